# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/util/: unit tests of util/
check_PROGRAMS += tests/util/test-arena
TESTS += tests/util/test-arena
tests_util_test_arena_SOURCES = tests/util/test-arena.c
tests_util_test_arena_CPPFLAGS = $(check_unit_cppflags)
tests_util_test_arena_LDADD = libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/util/test-base64
TESTS += tests/util/test-base64
tests_util_test_base64_SOURCES = tests/util/test-base64.c
tests_util_test_base64_CPPFLAGS = $(check_unit_cppflags)
tests_util_test_base64_LDADD = libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/util/test-deadline
TESTS += tests/util/test-deadline
tests_util_test_deadline_SOURCES = tests/util/test-deadline.c
tests_util_test_deadline_CPPFLAGS = $(check_unit_cppflags)
tests_util_test_deadline_LDADD = libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/util/test-hex
TESTS += tests/util/test-hex
tests_util_test_hex_SOURCES = tests/util/test-hex.c
tests_util_test_hex_CPPFLAGS = $(check_unit_cppflags)
tests_util_test_hex_LDADD = libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/util/test-io
TESTS += tests/util/test-io
tests_util_test_io_SOURCES = tests/util/test-io.c
tests_util_test_io_CPPFLAGS = $(check_unit_cppflags)
tests_util_test_io_LDADD = libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/util/test-packet
TESTS += tests/util/test-packet
tests_util_test_packet_SOURCES = tests/util/test-packet.c
tests_util_test_packet_CPPFLAGS = $(check_unit_cppflags)
tests_util_test_packet_LDADD = libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/util/test-replace
TESTS += tests/util/test-replace
tests_util_test_replace_SOURCES = tests/util/test-replace.c
tests_util_test_replace_CPPFLAGS = $(check_unit_cppflags)
tests_util_test_replace_LDADD = libutil.la $(CHECK_LIBS)

check_PROGRAMS += tests/util/test-sha256
TESTS += tests/util/test-sha256
tests_util_test_sha256_SOURCES = tests/util/test-sha256.c
tests_util_test_sha256_CPPFLAGS = $(check_unit_cppflags) $(NETTLE_CFLAGS)
tests_util_test_sha256_LDADD = libutil.la $(NETTLE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/util/test-utf8
TESTS += tests/util/test-utf8
tests_util_test_utf8_SOURCES = tests/util/test-utf8.c
tests_util_test_utf8_CPPFLAGS = $(check_unit_cppflags)
tests_util_test_utf8_LDADD = libcompiler.la $(CHECK_LIBS)
