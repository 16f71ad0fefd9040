# tests/client/: unit tests of client/. Those of the library's inner functions link its parts, since
# the library itself shows the public ones only.
libsecprof_parts = libsecprof-parts.la libprotocol.la libutil.la
check_LTLIBRARIES = libsecprof-parts.la
libsecprof_parts_la_SOURCES = $(libsecprof_la_SOURCES)

fake_server = tests/client/fake-server.c tests/client/fake-server.h

check_PROGRAMS += tests/client/test-libsecprof
TESTS += tests/client/test-libsecprof
tests_client_test_libsecprof_SOURCES = tests/client/test-libsecprof.c $(fake_server)
tests_client_test_libsecprof_CPPFLAGS = $(check_unit_cppflags)
tests_client_test_libsecprof_LDADD = libsecprof.la libprotocol.la libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/test-connection
TESTS += tests/client/test-connection
tests_client_test_connection_SOURCES = tests/client/test-connection.c $(fake_server)
tests_client_test_connection_CPPFLAGS = $(check_unit_cppflags)
tests_client_test_connection_LDADD = libsecprof.la libprotocol.la libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/test-errors
TESTS += tests/client/test-errors
tests_client_test_errors_SOURCES = tests/client/test-errors.c
tests_client_test_errors_CPPFLAGS = $(check_unit_cppflags)
tests_client_test_errors_LDADD = $(libsecprof_parts) $(CHECK_LIBS)

check_PROGRAMS += tests/client/test-install
TESTS += tests/client/test-install
tests_client_test_install_SOURCES = tests/client/test-install.c
tests_client_test_install_CPPFLAGS = $(check_unit_cppflags)
tests_client_test_install_LDADD = $(libsecprof_parts) $(CHECK_LIBS)

check_PROGRAMS += tests/client/test-replies
TESTS += tests/client/test-replies
tests_client_test_replies_SOURCES = tests/client/test-replies.c $(fake_server)
tests_client_test_replies_CPPFLAGS = $(check_unit_cppflags)
tests_client_test_replies_LDADD = libsecprof.la libprotocol.la libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/test-helper-file
TESTS += tests/client/test-helper-file
tests_client_test_helper_file_SOURCES = tests/client/test-helper-file.c
tests_client_test_helper_file_CPPFLAGS = $(check_unit_cppflags)
tests_client_test_helper_file_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/test-text
TESTS += tests/client/test-text
tests_client_test_text_SOURCES = tests/client/test-text.c
tests_client_test_text_CPPFLAGS = $(check_unit_cppflags)
tests_client_test_text_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/test-format
TESTS += tests/client/test-format
tests_client_test_format_SOURCES = tests/client/test-format.c
tests_client_test_format_CPPFLAGS = $(check_unit_cppflags)
tests_client_test_format_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/test-output
TESTS += tests/client/test-output
tests_client_test_output_SOURCES = tests/client/test-output.c
tests_client_test_output_CPPFLAGS = $(check_unit_cppflags)
tests_client_test_output_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/test-options
TESTS += tests/client/test-options
tests_client_test_options_SOURCES = tests/client/test-options.c
tests_client_test_options_CPPFLAGS = $(check_unit_cppflags)
tests_client_test_options_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/test-annotate
TESTS += tests/client/test-annotate
tests_client_test_annotate_SOURCES = tests/client/test-annotate.c
tests_client_test_annotate_CPPFLAGS = $(check_unit_cppflags)
tests_client_test_annotate_LDADD = libsecprofctl.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/test-filters
TESTS += tests/client/test-filters
tests_client_test_filters_SOURCES = tests/client/test-filters.c $(fake_server)
tests_client_test_filters_CPPFLAGS = $(check_unit_cppflags)
tests_client_test_filters_LDADD = libsecprof.la libprotocol.la libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/client/test-changes
TESTS += tests/client/test-changes
tests_client_test_changes_SOURCES = tests/client/test-changes.c $(fake_server)
tests_client_test_changes_CPPFLAGS = $(check_unit_cppflags)
tests_client_test_changes_LDADD = libsecprof.la libprotocol.la libutil.la $(CHECK_LIBS)
