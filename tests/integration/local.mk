# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/integration/: unit tests of integration/
integration_test_cppflags = $(check_unit_cppflags) -D_GNU_SOURCE
integration_test_libs = libintegration.la libcompiler.la libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/integration/test-files
TESTS += tests/integration/test-files
tests_integration_test_files_SOURCES = tests/integration/test-files.c
tests_integration_test_files_CPPFLAGS = $(integration_test_cppflags)
tests_integration_test_files_LDADD = $(integration_test_libs)

check_PROGRAMS += tests/integration/test-logs
TESTS += tests/integration/test-logs
tests_integration_test_logs_SOURCES = tests/integration/test-logs.c
tests_integration_test_logs_CPPFLAGS = $(integration_test_cppflags)
tests_integration_test_logs_LDADD = $(integration_test_libs)

check_PROGRAMS += tests/integration/test-oci-config
TESTS += tests/integration/test-oci-config
tests_integration_test_oci_config_SOURCES = tests/integration/test-oci-config.c
tests_integration_test_oci_config_CPPFLAGS = $(integration_test_cppflags)
tests_integration_test_oci_config_LDADD = $(integration_test_libs)

check_PROGRAMS += tests/integration/test-oci-seccomp
TESTS += tests/integration/test-oci-seccomp
tests_integration_test_oci_seccomp_SOURCES = tests/integration/test-oci-seccomp.c
tests_integration_test_oci_seccomp_CPPFLAGS = $(integration_test_cppflags)
tests_integration_test_oci_seccomp_LDADD = $(integration_test_libs)

check_PROGRAMS += tests/integration/test-runtime-args
TESTS += tests/integration/test-runtime-args
tests_integration_test_runtime_args_SOURCES = tests/integration/test-runtime-args.c
tests_integration_test_runtime_args_CPPFLAGS = $(integration_test_cppflags)
tests_integration_test_runtime_args_LDADD = $(integration_test_libs)

check_PROGRAMS += tests/integration/test-source
TESTS += tests/integration/test-source
tests_integration_test_source_SOURCES = tests/integration/test-source.c $(fake_server)
tests_integration_test_source_CPPFLAGS = $(integration_test_cppflags)
tests_integration_test_source_LDADD = libintegration.la libcompiler.la libprotocol.la libutil.la $(CHECK_LIBS)
