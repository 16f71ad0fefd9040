# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/profiles/: what the shipped profiles, and the profiles in tests/data/verdicts, mean.
profiles_test_libs = libcompiler.la libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/profiles/test-verdicts
TESTS += tests/profiles/test-verdicts
tests_profiles_test_verdicts_SOURCES = tests/profiles/test-verdicts.c tests/profiles/verdict-table.c \
	tests/profiles/verdict-table.h tests/profiles/fixture.c tests/profiles/fixture.h
tests_profiles_test_verdicts_CPPFLAGS = $(check_unit_cppflags)
tests_profiles_test_verdicts_LDADD = $(profiles_test_libs)

check_PROGRAMS += tests/profiles/test-readme
TESTS += tests/profiles/test-readme
tests_profiles_test_readme_SOURCES = tests/profiles/test-readme.c tests/profiles/readme-table.c \
	tests/profiles/readme-table.h tests/profiles/fixture.c tests/profiles/fixture.h
tests_profiles_test_readme_CPPFLAGS = $(check_unit_cppflags)
tests_profiles_test_readme_LDADD = $(profiles_test_libs)

EXTRA_DIST += \
	tests/data/blocked-calls.md \
	tests/data/peers/LICENSE \
	tests/data/peers/README.md \
	tests/data/peers/containers-common-0.50.1.json \
	tests/data/peers/docker-20.10.24.json \
	tests/data/verdicts/README.md \
	tests/data/verdicts/actions.txt \
	tests/data/verdicts/conditions.txt \
	tests/data/verdicts/default-allowed.txt \
	tests/data/verdicts/default-arguments.txt \
	tests/data/verdicts/default-blocked.txt \
	tests/data/verdicts/forms.txt \
	tests/data/verdicts/libseccomp-01-19.txt \
	tests/data/verdicts/libseccomp-22-41.txt \
	tests/data/verdicts/libseccomp-42-62.txt \
	tests/data/verdicts/multiplexed.txt \
	tests/data/verdicts/operators.txt \
	tests/data/verdicts/podman.txt \
	tests/data/verdicts/rules.txt \
	tests/data/verdicts/seed-example.json \
	tests/data/verdicts/seed-example.txt \
	tests/data/verdicts/wide-values.txt

check_PROGRAMS += tests/profiles/test-live
TESTS += tests/profiles/test-live
tests_profiles_test_live_SOURCES = tests/profiles/test-live.c tests/profiles/live.c \
	tests/profiles/live.h tests/profiles/fixture.c tests/profiles/fixture.h
tests_profiles_test_live_CPPFLAGS = $(check_unit_cppflags)
tests_profiles_test_live_LDADD = $(profiles_test_libs)

check_PROGRAMS += tests/profiles/test-diff
TESTS += tests/profiles/test-diff
tests_profiles_test_diff_SOURCES = tests/profiles/test-diff.c tests/profiles/readme-table.c \
	tests/profiles/readme-table.h tests/profiles/fixture.c tests/profiles/fixture.h
tests_profiles_test_diff_CPPFLAGS = $(check_unit_cppflags)
tests_profiles_test_diff_LDADD = $(profiles_test_libs)

check_PROGRAMS += tests/profiles/test-proven
TESTS += tests/profiles/test-proven
tests_profiles_test_proven_SOURCES = tests/profiles/test-proven.c \
	tests/compiler/random-profile.c tests/compiler/random-profile.h \
	tests/profiles/fixture.c tests/profiles/fixture.h
tests_profiles_test_proven_CPPFLAGS = $(check_unit_cppflags)
tests_profiles_test_proven_LDADD = $(profiles_test_libs)

check_PROGRAMS += tests/profiles/test-removable
TESTS += tests/profiles/test-removable
tests_profiles_test_removable_SOURCES = tests/profiles/test-removable.c \
	tests/profiles/fixture.c tests/profiles/fixture.h
tests_profiles_test_removable_CPPFLAGS = $(check_unit_cppflags)
tests_profiles_test_removable_LDADD = $(profiles_test_libs)

check_PROGRAMS += tests/profiles/test-digests
TESTS += tests/profiles/test-digests
EXTRA_DIST += tests/data/digests.txt
tests_profiles_test_digests_SOURCES = tests/profiles/test-digests.c \
	tests/profiles/fixture.c tests/profiles/fixture.h
tests_profiles_test_digests_CPPFLAGS = $(check_unit_cppflags)
tests_profiles_test_digests_LDADD = $(profiles_test_libs)
