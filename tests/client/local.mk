# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/client/: unit tests of client/. Those of the library's inner functions link its parts, since
# the library itself shows the public ones only.
libsecprof_parts = libsecprof-parts.la libprotocol.la libutil.la
check_LTLIBRARIES = libsecprof-parts.la
libsecprof_parts_la_SOURCES = $(libsecprof_la_SOURCES)

fake_server = tests/client/libsecprof/fake-server.c tests/client/libsecprof/fake-server.h

check_PROGRAMS += tests/client/libsecprof/test-libsecprof
TESTS += tests/client/libsecprof/test-libsecprof
tests_client_libsecprof_test_libsecprof_SOURCES = tests/client/libsecprof/test-libsecprof.c $(fake_server)
tests_client_libsecprof_test_libsecprof_CPPFLAGS = $(check_unit_cppflags)
tests_client_libsecprof_test_libsecprof_LDADD = libsecprof.la libprotocol.la libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/libsecprof/test-connection
TESTS += tests/client/libsecprof/test-connection
tests_client_libsecprof_test_connection_SOURCES = tests/client/libsecprof/test-connection.c $(fake_server)
tests_client_libsecprof_test_connection_CPPFLAGS = $(check_unit_cppflags)
tests_client_libsecprof_test_connection_LDADD = libsecprof.la libprotocol.la libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/libsecprof/test-errors
TESTS += tests/client/libsecprof/test-errors
tests_client_libsecprof_test_errors_SOURCES = tests/client/libsecprof/test-errors.c
tests_client_libsecprof_test_errors_CPPFLAGS = $(check_unit_cppflags)
tests_client_libsecprof_test_errors_LDADD = $(libsecprof_parts) $(CHECK_LIBS)

check_PROGRAMS += tests/client/libsecprof/test-install
TESTS += tests/client/libsecprof/test-install
tests_client_libsecprof_test_install_SOURCES = tests/client/libsecprof/test-install.c
tests_client_libsecprof_test_install_CPPFLAGS = $(check_unit_cppflags)
tests_client_libsecprof_test_install_LDADD = $(libsecprof_parts) $(CHECK_LIBS)

check_PROGRAMS += tests/client/libsecprof/test-replies
TESTS += tests/client/libsecprof/test-replies
tests_client_libsecprof_test_replies_SOURCES = tests/client/libsecprof/test-replies.c $(fake_server)
tests_client_libsecprof_test_replies_CPPFLAGS = $(check_unit_cppflags)
tests_client_libsecprof_test_replies_LDADD = libsecprof.la libprotocol.la libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/secprofctl/subject/test-container
TESTS += tests/client/secprofctl/subject/test-container
tests_client_secprofctl_subject_test_container_SOURCES = tests/client/secprofctl/subject/test-container.c
tests_client_secprofctl_subject_test_container_CPPFLAGS = $(check_unit_cppflags)
tests_client_secprofctl_subject_test_container_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/secprofctl/subject/test-permits
TESTS += tests/client/secprofctl/subject/test-permits
tests_client_secprofctl_subject_test_permits_SOURCES = tests/client/secprofctl/subject/test-permits.c
tests_client_secprofctl_subject_test_permits_CPPFLAGS = $(check_unit_cppflags)
tests_client_secprofctl_subject_test_permits_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/secprofctl/show/test-table
TESTS += tests/client/secprofctl/show/test-table
tests_client_secprofctl_show_test_table_SOURCES = tests/client/secprofctl/show/test-table.c
tests_client_secprofctl_show_test_table_CPPFLAGS = $(check_unit_cppflags)
tests_client_secprofctl_show_test_table_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/secprofctl/subject/test-records
TESTS += tests/client/secprofctl/subject/test-records
tests_client_secprofctl_subject_test_records_SOURCES = tests/client/secprofctl/subject/test-records.c
tests_client_secprofctl_subject_test_records_CPPFLAGS = $(check_unit_cppflags)
tests_client_secprofctl_subject_test_records_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/secprofctl/subject/test-denial
TESTS += tests/client/secprofctl/subject/test-denial
tests_client_secprofctl_subject_test_denial_SOURCES = tests/client/secprofctl/subject/test-denial.c
tests_client_secprofctl_subject_test_denial_CPPFLAGS = $(check_unit_cppflags)
tests_client_secprofctl_subject_test_denial_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/secprofctl/subject/test-export-dir
TESTS += tests/client/secprofctl/subject/test-export-dir
tests_client_secprofctl_subject_test_export_dir_SOURCES = tests/client/secprofctl/subject/test-export-dir.c
tests_client_secprofctl_subject_test_export_dir_CPPFLAGS = $(check_unit_cppflags)
tests_client_secprofctl_subject_test_export_dir_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/secprofctl/subject/test-helper-file
TESTS += tests/client/secprofctl/subject/test-helper-file
tests_client_secprofctl_subject_test_helper_file_SOURCES = tests/client/secprofctl/subject/test-helper-file.c
tests_client_secprofctl_subject_test_helper_file_CPPFLAGS = $(check_unit_cppflags)
tests_client_secprofctl_subject_test_helper_file_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/secprofctl/show/test-text
TESTS += tests/client/secprofctl/show/test-text
tests_client_secprofctl_show_test_text_SOURCES = tests/client/secprofctl/show/test-text.c
tests_client_secprofctl_show_test_text_CPPFLAGS = $(check_unit_cppflags)
tests_client_secprofctl_show_test_text_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/secprofctl/show/test-format
TESTS += tests/client/secprofctl/show/test-format
tests_client_secprofctl_show_test_format_SOURCES = tests/client/secprofctl/show/test-format.c
tests_client_secprofctl_show_test_format_CPPFLAGS = $(check_unit_cppflags)
tests_client_secprofctl_show_test_format_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/secprofctl/show/test-output
TESTS += tests/client/secprofctl/show/test-output
tests_client_secprofctl_show_test_output_SOURCES = tests/client/secprofctl/show/test-output.c
tests_client_secprofctl_show_test_output_CPPFLAGS = $(check_unit_cppflags)
tests_client_secprofctl_show_test_output_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/secprofctl/test-options
TESTS += tests/client/secprofctl/test-options
tests_client_secprofctl_test_options_SOURCES = tests/client/secprofctl/test-options.c
tests_client_secprofctl_test_options_CPPFLAGS = $(check_unit_cppflags)
tests_client_secprofctl_test_options_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/secprofctl/show/test-annotate
TESTS += tests/client/secprofctl/show/test-annotate
tests_client_secprofctl_show_test_annotate_SOURCES = tests/client/secprofctl/show/test-annotate.c
tests_client_secprofctl_show_test_annotate_CPPFLAGS = $(check_unit_cppflags)
tests_client_secprofctl_show_test_annotate_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/libsecprof/test-fetch
TESTS += tests/client/libsecprof/test-fetch
tests_client_libsecprof_test_fetch_SOURCES = tests/client/libsecprof/test-fetch.c $(fake_server)
tests_client_libsecprof_test_fetch_CPPFLAGS = $(check_unit_cppflags)
tests_client_libsecprof_test_fetch_LDADD = libsecprof.la libprotocol.la libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/libsecprof/test-subscribe
TESTS += tests/client/libsecprof/test-subscribe
tests_client_libsecprof_test_subscribe_SOURCES = tests/client/libsecprof/test-subscribe.c $(fake_server)
tests_client_libsecprof_test_subscribe_CPPFLAGS = $(check_unit_cppflags)
tests_client_libsecprof_test_subscribe_LDADD = libsecprof.la libprotocol.la libutil.la $(CHECK_LIBS)
