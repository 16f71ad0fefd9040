# tests/fuzz/: fuzz targets, and their corpora, which `make check` replays. scripts/fuzz builds the
# targets with libFuzzer (FUZZ_ENGINE) and runs them.
FUZZ_ENGINE = -fsanitize=fuzzer

EXTRA_DIST += tests/fuzz/corpus tests/fuzz/oci-config.dict tests/fuzz/profile.dict

fuzz_programs = tests/fuzz/fuzz-bdd tests/fuzz/fuzz-bpf tests/fuzz/fuzz-oci-config \
	tests/fuzz/fuzz-profile
EXTRA_PROGRAMS += $(fuzz_programs)
CLEANFILES += $(fuzz_programs)
fuzz_libs = libcompiler.la libutil.la

fuzz_bdd_sources = tests/fuzz/fuzz-bdd.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_bdd_SOURCES = $(fuzz_bdd_sources)
tests_fuzz_fuzz_bdd_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_bdd_LDADD = $(fuzz_libs)

fuzz_bpf_sources = tests/fuzz/fuzz-bpf.c tests/fuzz/fuzz.h tests/compiler/random.h
tests_fuzz_fuzz_bpf_SOURCES = $(fuzz_bpf_sources)
tests_fuzz_fuzz_bpf_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_bpf_LDADD = $(fuzz_libs)

fuzz_oci_config_sources = tests/fuzz/fuzz-oci-config.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_oci_config_SOURCES = $(fuzz_oci_config_sources)
tests_fuzz_fuzz_oci_config_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_oci_config_LDADD = libintegration.la $(fuzz_libs)

fuzz_profile_sources = tests/fuzz/fuzz-profile.c tests/fuzz/fuzz.h \
	tests/compiler/random-profile.c tests/compiler/random-profile.h \
	tests/compiler/reference.c tests/compiler/reference.h
tests_fuzz_fuzz_profile_SOURCES = $(fuzz_profile_sources)
tests_fuzz_fuzz_profile_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_profile_LDADD = $(fuzz_libs)

if HAVE_CHECK
check_PROGRAMS += tests/fuzz/replay-bdd
TESTS += tests/fuzz/replay-bdd
tests_fuzz_replay_bdd_SOURCES = tests/fuzz/replay.c $(fuzz_bdd_sources)
tests_fuzz_replay_bdd_CPPFLAGS = $(check_unit_cppflags) -DFUZZ_TARGET='"bdd"'
tests_fuzz_replay_bdd_LDADD = $(fuzz_libs) $(CHECK_LIBS)

check_PROGRAMS += tests/fuzz/replay-bpf
TESTS += tests/fuzz/replay-bpf
tests_fuzz_replay_bpf_SOURCES = tests/fuzz/replay.c $(fuzz_bpf_sources)
tests_fuzz_replay_bpf_CPPFLAGS = $(check_unit_cppflags) -DFUZZ_TARGET='"bpf"'
tests_fuzz_replay_bpf_LDADD = $(fuzz_libs) $(CHECK_LIBS)

check_PROGRAMS += tests/fuzz/replay-oci-config
TESTS += tests/fuzz/replay-oci-config
tests_fuzz_replay_oci_config_SOURCES = tests/fuzz/replay.c $(fuzz_oci_config_sources)
tests_fuzz_replay_oci_config_CPPFLAGS = $(check_unit_cppflags) -DFUZZ_TARGET='"oci-config"'
tests_fuzz_replay_oci_config_LDADD = libintegration.la $(fuzz_libs) $(CHECK_LIBS)

check_PROGRAMS += tests/fuzz/replay-profile
TESTS += tests/fuzz/replay-profile
tests_fuzz_replay_profile_SOURCES = tests/fuzz/replay.c $(fuzz_profile_sources)
tests_fuzz_replay_profile_CPPFLAGS = $(check_unit_cppflags) -DFUZZ_TARGET='"profile"'
tests_fuzz_replay_profile_LDADD = $(fuzz_libs) $(CHECK_LIBS)
endif
