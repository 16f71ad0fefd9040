# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/protocol/: unit tests of protocol/
check_PROGRAMS += tests/protocol/test-codec
TESTS += tests/protocol/test-codec
tests_protocol_test_codec_SOURCES = tests/protocol/test-codec.c tests/protocol/requests.h
tests_protocol_test_codec_CPPFLAGS = $(check_unit_cppflags)
tests_protocol_test_codec_LDADD = libprotocol.la $(CHECK_LIBS)

check_PROGRAMS += tests/protocol/test-changes
TESTS += tests/protocol/test-changes
tests_protocol_test_changes_SOURCES = tests/protocol/test-changes.c
tests_protocol_test_changes_CPPFLAGS = $(check_unit_cppflags)
tests_protocol_test_changes_LDADD = libprotocol.la $(CHECK_LIBS)

check_PROGRAMS += tests/protocol/test-document
TESTS += tests/protocol/test-document
tests_protocol_test_document_SOURCES = tests/protocol/test-document.c
tests_protocol_test_document_CPPFLAGS = $(check_unit_cppflags)
tests_protocol_test_document_LDADD = libprotocol.la $(CHECK_LIBS)

check_PROGRAMS += tests/protocol/test-replies
TESTS += tests/protocol/test-replies
tests_protocol_test_replies_SOURCES = tests/protocol/test-replies.c tests/protocol/requests.h
tests_protocol_test_replies_CPPFLAGS = $(check_unit_cppflags)
tests_protocol_test_replies_LDADD = libprotocol.la $(CHECK_LIBS)

check_PROGRAMS += tests/protocol/test-order
TESTS += tests/protocol/test-order
tests_protocol_test_order_SOURCES = tests/protocol/test-order.c
tests_protocol_test_order_CPPFLAGS = $(check_unit_cppflags)
tests_protocol_test_order_LDADD = libprotocol.la $(CHECK_LIBS)

check_PROGRAMS += tests/protocol/test-reason
TESTS += tests/protocol/test-reason
tests_protocol_test_reason_SOURCES = tests/protocol/test-reason.c
tests_protocol_test_reason_CPPFLAGS = $(check_unit_cppflags)
tests_protocol_test_reason_LDADD = libprotocol.la $(CHECK_LIBS)
