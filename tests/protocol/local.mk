# tests/protocol/: unit tests of protocol/
check_PROGRAMS += tests/protocol/test-codec
TESTS += tests/protocol/test-codec
tests_protocol_test_codec_SOURCES = tests/protocol/test-codec.c
tests_protocol_test_codec_CPPFLAGS = $(check_unit_cppflags)
tests_protocol_test_codec_LDADD = libprotocol.la $(CHECK_LIBS)
