# tests/profiles/: what the shipped profiles, and the profiles in tests/data/verdicts, mean.
profiles_test_libs = libcompiler.la libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/profiles/test-live
TESTS += tests/profiles/test-live
tests_profiles_test_live_SOURCES = tests/profiles/test-live.c tests/profiles/live.c \
	tests/profiles/live.h tests/profiles/fixture.c tests/profiles/fixture.h
tests_profiles_test_live_CPPFLAGS = $(check_unit_cppflags)
tests_profiles_test_live_LDADD = $(profiles_test_libs)
