# tests/integration/: unit tests of integration/
check_PROGRAMS += tests/integration/test-oci-config
TESTS += tests/integration/test-oci-config
tests_integration_test_oci_config_SOURCES = tests/integration/test-oci-config.c
tests_integration_test_oci_config_CPPFLAGS = $(check_unit_cppflags)
tests_integration_test_oci_config_LDADD = libintegration.la libcompiler.la libutil.la $(CHECK_LIBS)
