# tests/daemon/: unit tests of daemon/
daemon_test_cppflags = $(check_unit_cppflags) -D_GNU_SOURCE $(NETTLE_CFLAGS) $(SYSTEMD_CFLAGS)
daemon_test_libs = libdaemon.la $(CHECK_LIBS)
EXTRA_DIST += tests/daemon/unit.h

check_PROGRAMS += tests/daemon/test-access
TESTS += tests/daemon/test-access
tests_daemon_test_access_SOURCES = tests/daemon/test-access.c
tests_daemon_test_access_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_access_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-budget
TESTS += tests/daemon/test-budget
tests_daemon_test_budget_SOURCES = tests/daemon/test-budget.c
tests_daemon_test_budget_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_budget_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-users
TESTS += tests/daemon/test-users
tests_daemon_test_users_SOURCES = tests/daemon/test-users.c
tests_daemon_test_users_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_users_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-cache
TESTS += tests/daemon/test-cache
tests_daemon_test_cache_SOURCES = tests/daemon/test-cache.c
tests_daemon_test_cache_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_cache_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-failures
TESTS += tests/daemon/test-failures
tests_daemon_test_failures_SOURCES = tests/daemon/test-failures.c
tests_daemon_test_failures_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_failures_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-cache-dir
TESTS += tests/daemon/test-cache-dir
tests_daemon_test_cache_dir_SOURCES = tests/daemon/test-cache-dir.c
tests_daemon_test_cache_dir_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_cache_dir_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-cache-writer
TESTS += tests/daemon/test-cache-writer
tests_daemon_test_cache_writer_SOURCES = tests/daemon/test-cache-writer.c
tests_daemon_test_cache_writer_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_cache_writer_LDADD = $(daemon_test_libs) $(SYSTEMD_LIBS)

check_PROGRAMS += tests/daemon/test-helper
TESTS += tests/daemon/test-helper
tests_daemon_test_helper_SOURCES = tests/daemon/test-helper.c
tests_daemon_test_helper_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_helper_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-confine
TESTS += tests/daemon/test-confine
tests_daemon_test_confine_SOURCES = tests/daemon/test-confine.c
tests_daemon_test_confine_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_confine_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-jobs
TESTS += tests/daemon/test-jobs
tests_daemon_test_jobs_SOURCES = tests/daemon/test-jobs.c
tests_daemon_test_jobs_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_jobs_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-own-filter
TESTS += tests/daemon/test-own-filter
tests_daemon_test_own_filter_SOURCES = tests/daemon/test-own-filter.c
tests_daemon_test_own_filter_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_own_filter_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-registry
TESTS += tests/daemon/test-registry
tests_daemon_test_registry_SOURCES = tests/daemon/test-registry.c
tests_daemon_test_registry_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_registry_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-scan
TESTS += tests/daemon/test-scan
tests_daemon_test_scan_SOURCES = tests/daemon/test-scan.c
tests_daemon_test_scan_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_scan_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-start
TESTS += tests/daemon/test-start
tests_daemon_test_start_SOURCES = tests/daemon/test-start.c
tests_daemon_test_start_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_start_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-sink
TESTS += tests/daemon/test-sink
tests_daemon_test_sink_SOURCES = tests/daemon/test-sink.c
tests_daemon_test_sink_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_sink_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-store
TESTS += tests/daemon/test-store
tests_daemon_test_store_SOURCES = tests/daemon/test-store.c
tests_daemon_test_store_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_store_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-text
TESTS += tests/daemon/test-text
tests_daemon_test_text_SOURCES = tests/daemon/test-text.c
tests_daemon_test_text_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_text_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-watch
TESTS += tests/daemon/test-watch
tests_daemon_test_watch_SOURCES = tests/daemon/test-watch.c
tests_daemon_test_watch_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_watch_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-worker
TESTS += tests/daemon/test-worker
tests_daemon_test_worker_SOURCES = tests/daemon/test-worker.c
tests_daemon_test_worker_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_worker_LDADD = $(daemon_test_libs)
