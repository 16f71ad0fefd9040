# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/bench/: programs that scripts/bench builds and runs; no test.
bench_programs = tests/bench/bench-filter tests/bench/bench-fetch tests/bench/bench-clients \
	tests/bench/bench-start tests/bench/bench-helper tests/bench/bench-commands \
	tests/bench/bench-set
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)

bench_measure = tests/bench/measure.c tests/bench/measure.h

tests_bench_bench_filter_SOURCES = tests/bench/bench-filter.c $(bench_measure) \
	tests/bench/live.c tests/bench/live.h tests/bench/peer.c tests/bench/peer.h \
	tests/bench/program.h tests/bench/steps.c tests/bench/steps.h
tests_bench_bench_filter_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)
tests_bench_bench_filter_LDADD = libcompiler.la libutil.la $(SECCOMP_LIBS)

tests_bench_bench_start_SOURCES = tests/bench/bench-start.c $(bench_measure) \
	tests/bench/live.c tests/bench/live.h tests/bench/peer.c tests/bench/peer.h tests/bench/program.h
tests_bench_bench_start_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)
tests_bench_bench_start_LDADD = libsecprof.la libcompiler.la libutil.la $(SECCOMP_LIBS)

tests_bench_bench_fetch_SOURCES = tests/bench/bench-fetch.c $(bench_measure) \
	tests/bench/echo.c tests/bench/echo.h
tests_bench_bench_fetch_LDADD = libprotocol.la libutil.la

tests_bench_bench_commands_SOURCES = tests/bench/bench-commands.c $(bench_measure)
EXTRA_DIST += tests/bench/containers.sh tests/bench/scale.py

tests_bench_bench_set_SOURCES = tests/bench/bench-set.c $(bench_measure) tests/bench/peer.c \
	tests/bench/peer.h tests/bench/program.h
tests_bench_bench_set_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)
tests_bench_bench_set_LDADD = libcompiler.la libutil.la $(SECCOMP_LIBS)

tests_bench_bench_helper_SOURCES = tests/bench/bench-helper.c $(bench_measure)
tests_bench_bench_helper_LDADD = libsecprof.la libutil.la

# tests/e2e compiles load.c into a program of its own, too.
tests_bench_bench_clients_SOURCES = tests/bench/bench-clients.c tests/bench/load.c \
	tests/bench/load.h tests/bench/echo.c tests/bench/echo.h $(bench_measure)
tests_bench_bench_clients_LDADD = libprotocol.la libutil.la
