# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/fuzz/: fuzz targets, and their corpora, which `make check` replays. scripts/fuzz builds the
# targets with libFuzzer (FUZZ_ENGINE) and runs them.
FUZZ_ENGINE = -fsanitize=fuzzer

EXTRA_DIST += tests/fuzz/corpus tests/fuzz/oci-config.dict tests/fuzz/profile.dict

fuzz_programs = tests/fuzz/fuzz-answer tests/fuzz/fuzz-bdd tests/fuzz/fuzz-bpf tests/fuzz/fuzz-cache \
	tests/fuzz/fuzz-oci-config tests/fuzz/fuzz-profile tests/fuzz/fuzz-wire
EXTRA_PROGRAMS += $(fuzz_programs)
CLEANFILES += $(fuzz_programs)
fuzz_libs = libcompiler.la libutil.la

fuzz_answer_sources = tests/fuzz/fuzz-answer.c tests/fuzz/check-packed.h tests/fuzz/check-text.h \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_answer_SOURCES = $(fuzz_answer_sources)
tests_fuzz_fuzz_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_answer_LDADD = libdaemon.la

fuzz_bdd_sources = tests/fuzz/fuzz-bdd.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_bdd_SOURCES = $(fuzz_bdd_sources)
tests_fuzz_fuzz_bdd_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_bdd_LDADD = $(fuzz_libs)

fuzz_bpf_sources = tests/fuzz/fuzz-bpf.c tests/fuzz/fuzz.h tests/compiler/random.h
tests_fuzz_fuzz_bpf_SOURCES = $(fuzz_bpf_sources)
tests_fuzz_fuzz_bpf_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_bpf_LDADD = $(fuzz_libs)

fuzz_cache_sources = tests/fuzz/fuzz-cache.c tests/fuzz/check-packed.h tests/fuzz/check-text.h \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_cache_SOURCES = $(fuzz_cache_sources)
tests_fuzz_fuzz_cache_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_cache_LDADD = libdaemon.la

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

fuzz_wire_sources = tests/fuzz/fuzz-wire.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_wire_SOURCES = $(fuzz_wire_sources)
tests_fuzz_fuzz_wire_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_ENGINE)
tests_fuzz_fuzz_wire_LDADD = libprotocol.la libutil.la

if HAVE_CHECK
check_PROGRAMS += tests/fuzz/replay-answer
TESTS += tests/fuzz/replay-answer
tests_fuzz_replay_answer_SOURCES = tests/fuzz/replay.c $(fuzz_answer_sources)
tests_fuzz_replay_answer_CPPFLAGS = $(check_unit_cppflags) -DFUZZ_TARGET='"answer"'
tests_fuzz_replay_answer_LDADD = libdaemon.la $(CHECK_LIBS)

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

check_PROGRAMS += tests/fuzz/replay-cache
TESTS += tests/fuzz/replay-cache
tests_fuzz_replay_cache_SOURCES = tests/fuzz/replay.c $(fuzz_cache_sources)
tests_fuzz_replay_cache_CPPFLAGS = $(check_unit_cppflags) -DFUZZ_TARGET='"cache"'
tests_fuzz_replay_cache_LDADD = libdaemon.la $(CHECK_LIBS)

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

check_PROGRAMS += tests/fuzz/replay-wire
TESTS += tests/fuzz/replay-wire
tests_fuzz_replay_wire_SOURCES = tests/fuzz/replay.c $(fuzz_wire_sources)
tests_fuzz_replay_wire_CPPFLAGS = $(check_unit_cppflags) -DFUZZ_TARGET='"wire"'
tests_fuzz_replay_wire_LDADD = libprotocol.la libutil.la $(CHECK_LIBS)
endif
