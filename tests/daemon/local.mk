# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/daemon/: unit tests of daemon/
daemon_test_cppflags = $(check_unit_cppflags) -D_GNU_SOURCE $(NETTLE_CFLAGS) $(SYSTEMD_CFLAGS)
daemon_test_libs = libdaemon.la $(CHECK_LIBS)
EXTRA_DIST += tests/daemon/unit.h tests/daemon/filters/fake-service.h \
	tests/daemon/files/following.h tests/daemon/files/scanning.h \
	tests/daemon/serve/asking.h

check_PROGRAMS += tests/daemon/files/test-access
TESTS += tests/daemon/files/test-access
tests_daemon_files_test_access_SOURCES = tests/daemon/files/test-access.c
tests_daemon_files_test_access_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_files_test_access_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-budget
TESTS += tests/daemon/test-budget
tests_daemon_test_budget_SOURCES = tests/daemon/test-budget.c
tests_daemon_test_budget_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_budget_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-fds
TESTS += tests/daemon/test-fds
tests_daemon_test_fds_SOURCES = tests/daemon/test-fds.c
tests_daemon_test_fds_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_fds_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/serve/test-owners
TESTS += tests/daemon/serve/test-owners
tests_daemon_serve_test_owners_SOURCES = tests/daemon/serve/test-owners.c
tests_daemon_serve_test_owners_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_serve_test_owners_LDADD = $(daemon_test_libs) $(SYSTEMD_LIBS)

check_PROGRAMS += tests/daemon/serve/test-dispatch
TESTS += tests/daemon/serve/test-dispatch
tests_daemon_serve_test_dispatch_SOURCES = tests/daemon/serve/test-dispatch.c
tests_daemon_serve_test_dispatch_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_serve_test_dispatch_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/serve/test-list
TESTS += tests/daemon/serve/test-list
tests_daemon_serve_test_list_SOURCES = tests/daemon/serve/test-list.c
tests_daemon_serve_test_list_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_serve_test_list_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/serve/test-status
TESTS += tests/daemon/serve/test-status
tests_daemon_serve_test_status_SOURCES = tests/daemon/serve/test-status.c
tests_daemon_serve_test_status_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_serve_test_status_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/serve/test-subscribe
TESTS += tests/daemon/serve/test-subscribe
tests_daemon_serve_test_subscribe_SOURCES = tests/daemon/serve/test-subscribe.c
tests_daemon_serve_test_subscribe_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_serve_test_subscribe_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/serve/test-fetch
TESTS += tests/daemon/serve/test-fetch
tests_daemon_serve_test_fetch_SOURCES = tests/daemon/serve/test-fetch.c
tests_daemon_serve_test_fetch_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_serve_test_fetch_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/serve/test-client-state
TESTS += tests/daemon/serve/test-client-state
tests_daemon_serve_test_client_state_SOURCES = tests/daemon/serve/test-client-state.c
tests_daemon_serve_test_client_state_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_serve_test_client_state_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/serve/test-server
TESTS += tests/daemon/serve/test-server
tests_daemon_serve_test_server_SOURCES = tests/daemon/serve/test-server.c
tests_daemon_serve_test_server_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_serve_test_server_LDADD = $(daemon_test_libs) $(SYSTEMD_LIBS)

check_PROGRAMS += tests/daemon/serve/test-users
TESTS += tests/daemon/serve/test-users
tests_daemon_serve_test_users_SOURCES = tests/daemon/serve/test-users.c
tests_daemon_serve_test_users_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_serve_test_users_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/cache/test-entry
TESTS += tests/daemon/cache/test-entry
tests_daemon_cache_test_entry_SOURCES = tests/daemon/cache/test-entry.c
tests_daemon_cache_test_entry_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_cache_test_entry_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/filters/test-texts
TESTS += tests/daemon/filters/test-texts
tests_daemon_filters_test_texts_SOURCES = tests/daemon/filters/test-texts.c
tests_daemon_filters_test_texts_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_filters_test_texts_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/filters/test-failures
TESTS += tests/daemon/filters/test-failures
tests_daemon_filters_test_failures_SOURCES = tests/daemon/filters/test-failures.c
tests_daemon_filters_test_failures_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_filters_test_failures_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/cache/test-dir
TESTS += tests/daemon/cache/test-dir
tests_daemon_cache_test_dir_SOURCES = tests/daemon/cache/test-dir.c
tests_daemon_cache_test_dir_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_cache_test_dir_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/cache/test-writer
TESTS += tests/daemon/cache/test-writer
tests_daemon_cache_test_writer_SOURCES = tests/daemon/cache/test-writer.c
tests_daemon_cache_test_writer_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_cache_test_writer_LDADD = $(daemon_test_libs) $(SYSTEMD_LIBS)

check_PROGRAMS += tests/daemon/serve/test-helper-image
TESTS += tests/daemon/serve/test-helper-image
tests_daemon_serve_test_helper_image_SOURCES = tests/daemon/serve/test-helper-image.c
tests_daemon_serve_test_helper_image_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_serve_test_helper_image_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/process/test-confine
TESTS += tests/daemon/process/test-confine
tests_daemon_process_test_confine_SOURCES = tests/daemon/process/test-confine.c
tests_daemon_process_test_confine_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_process_test_confine_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/process/test-sandbox
TESTS += tests/daemon/process/test-sandbox
tests_daemon_process_test_sandbox_SOURCES = tests/daemon/process/test-sandbox.c
tests_daemon_process_test_sandbox_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_process_test_sandbox_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/filters/test-jobs
TESTS += tests/daemon/filters/test-jobs
tests_daemon_filters_test_jobs_SOURCES = tests/daemon/filters/test-jobs.c
tests_daemon_filters_test_jobs_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_filters_test_jobs_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/process/test-own-filter
TESTS += tests/daemon/process/test-own-filter
tests_daemon_process_test_own_filter_SOURCES = tests/daemon/process/test-own-filter.c \
	tests/daemon/process/attempts.c tests/daemon/process/attempts.h
tests_daemon_process_test_own_filter_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_process_test_own_filter_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/filters/test-registry
TESTS += tests/daemon/filters/test-registry
tests_daemon_filters_test_registry_SOURCES = tests/daemon/filters/test-registry.c
tests_daemon_filters_test_registry_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_filters_test_registry_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/files/test-scan
TESTS += tests/daemon/files/test-scan
tests_daemon_files_test_scan_SOURCES = tests/daemon/files/test-scan.c
tests_daemon_files_test_scan_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_files_test_scan_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/files/test-scan-names
TESTS += tests/daemon/files/test-scan-names
tests_daemon_files_test_scan_names_SOURCES = tests/daemon/files/test-scan-names.c
tests_daemon_files_test_scan_names_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_files_test_scan_names_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-start
TESTS += tests/daemon/test-start
tests_daemon_test_start_SOURCES = tests/daemon/test-start.c
tests_daemon_test_start_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_start_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/process/test-sink
TESTS += tests/daemon/process/test-sink
tests_daemon_process_test_sink_SOURCES = tests/daemon/process/test-sink.c
tests_daemon_process_test_sink_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_process_test_sink_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/filters/test-store
TESTS += tests/daemon/filters/test-store
tests_daemon_filters_test_store_SOURCES = tests/daemon/filters/test-store.c
tests_daemon_filters_test_store_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_filters_test_store_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/filters/test-packed
TESTS += tests/daemon/filters/test-packed
tests_daemon_filters_test_packed_SOURCES = tests/daemon/filters/test-packed.c
tests_daemon_filters_test_packed_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_filters_test_packed_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/filters/test-lines
TESTS += tests/daemon/filters/test-lines
tests_daemon_filters_test_lines_SOURCES = tests/daemon/filters/test-lines.c
tests_daemon_filters_test_lines_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_filters_test_lines_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/files/test-watch
TESTS += tests/daemon/files/test-watch
tests_daemon_files_test_watch_SOURCES = tests/daemon/files/test-watch.c
tests_daemon_files_test_watch_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_files_test_watch_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/process/test-worker
TESTS += tests/daemon/process/test-worker
tests_daemon_process_test_worker_SOURCES = tests/daemon/process/test-worker.c
tests_daemon_process_test_worker_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_process_test_worker_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/files/test-follow
TESTS += tests/daemon/files/test-follow
tests_daemon_files_test_follow_SOURCES = tests/daemon/files/test-follow.c
tests_daemon_files_test_follow_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_files_test_follow_LDADD = $(daemon_test_libs) $(SYSTEMD_LIBS)

check_PROGRAMS += tests/daemon/files/test-follow-memory
TESTS += tests/daemon/files/test-follow-memory
tests_daemon_files_test_follow_memory_SOURCES = tests/daemon/files/test-follow-memory.c
tests_daemon_files_test_follow_memory_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_files_test_follow_memory_LDADD = $(daemon_test_libs) $(SYSTEMD_LIBS)

check_PROGRAMS += tests/daemon/files/test-follow-changes
TESTS += tests/daemon/files/test-follow-changes
tests_daemon_files_test_follow_changes_SOURCES = tests/daemon/files/test-follow-changes.c
tests_daemon_files_test_follow_changes_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_files_test_follow_changes_LDADD = $(daemon_test_libs) $(SYSTEMD_LIBS)

check_PROGRAMS += tests/daemon/filters/test-background
TESTS += tests/daemon/filters/test-background
tests_daemon_filters_test_background_SOURCES = tests/daemon/filters/test-background.c
tests_daemon_filters_test_background_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_filters_test_background_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/filters/test-changes
TESTS += tests/daemon/filters/test-changes
tests_daemon_filters_test_changes_SOURCES = tests/daemon/filters/test-changes.c
tests_daemon_filters_test_changes_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_filters_test_changes_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/filters/test-contents
TESTS += tests/daemon/filters/test-contents
tests_daemon_filters_test_contents_SOURCES = tests/daemon/filters/test-contents.c
tests_daemon_filters_test_contents_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_filters_test_contents_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/filters/test-service
TESTS += tests/daemon/filters/test-service
tests_daemon_filters_test_service_SOURCES = tests/daemon/filters/test-service.c
tests_daemon_filters_test_service_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_filters_test_service_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-phase
TESTS += tests/daemon/test-phase
tests_daemon_test_phase_SOURCES = tests/daemon/test-phase.c
tests_daemon_test_phase_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_phase_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/filters/test-service-variants
TESTS += tests/daemon/filters/test-service-variants
tests_daemon_filters_test_service_variants_SOURCES = tests/daemon/filters/test-service-variants.c
tests_daemon_filters_test_service_variants_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_filters_test_service_variants_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/files/test-steps
TESTS += tests/daemon/files/test-steps
tests_daemon_files_test_steps_SOURCES = tests/daemon/files/test-steps.c
tests_daemon_files_test_steps_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_files_test_steps_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-log
TESTS += tests/daemon/test-log
tests_daemon_test_log_SOURCES = tests/daemon/test-log.c
tests_daemon_test_log_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_log_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/test-digest
TESTS += tests/daemon/test-digest
tests_daemon_test_digest_SOURCES = tests/daemon/test-digest.c
tests_daemon_test_digest_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_test_digest_LDADD = $(daemon_test_libs)

check_PROGRAMS += tests/daemon/process/test-child
TESTS += tests/daemon/process/test-child
tests_daemon_process_test_child_SOURCES = tests/daemon/process/test-child.c
tests_daemon_process_test_child_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_process_test_child_LDADD = $(daemon_test_libs) $(SYSTEMD_LIBS)

check_PROGRAMS += tests/daemon/process/test-pool
TESTS += tests/daemon/process/test-pool
tests_daemon_process_test_pool_SOURCES = tests/daemon/process/test-pool.c
tests_daemon_process_test_pool_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_process_test_pool_LDADD = $(daemon_test_libs) $(SYSTEMD_LIBS)

check_PROGRAMS += tests/daemon/cache/test-queue
TESTS += tests/daemon/cache/test-queue
tests_daemon_cache_test_queue_SOURCES = tests/daemon/cache/test-queue.c
tests_daemon_cache_test_queue_CPPFLAGS = $(daemon_test_cppflags)
tests_daemon_cache_test_queue_LDADD = $(daemon_test_libs) $(SYSTEMD_LIBS)
