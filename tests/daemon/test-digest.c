/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/digest.c: SHA-256, and that no two lists of parts give the same key. */
#include "daemon/digest.h"

#include "tests/daemon/unit.h"

/* FIPS 180-2, example B.1. */
static const char of_abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

START_TEST(it_is_sha256)
{
    uint8_t digest[DIGEST_SIZE], again[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    struct digest state;

    digest_of("abc", 3, digest);
    digest_hex(digest, hex);
    ck_assert_str_eq(hex, of_abc);
    digest_init(&state);
    digest_add(&state, "a", 1);
    digest_add(&state, "bc", 2);
    digest_finish(&state, again);
    ck_assert_mem_eq(again, digest, DIGEST_SIZE);
}
END_TEST

/* The digest of two parts, each framed. */
static void frame(const char *first, const char *second, uint8_t digest[DIGEST_SIZE])
{
    struct digest state;

    digest_init(&state);
    digest_frame(&state, first, strlen(first));
    digest_frame(&state, second, strlen(second));
    digest_finish(&state, digest);
}

START_TEST(parts_are_told_apart)
{
    uint8_t a[DIGEST_SIZE], b[DIGEST_SIZE];
    struct digest state;

    frame("ab", "c", a);
    frame("a", "bc", b);
    ck_assert_mem_ne(a, b, DIGEST_SIZE);
    frame("", "abc", b);
    ck_assert_mem_ne(a, b, DIGEST_SIZE);

    /* A number is the part of its eight bytes, the lowest first. */
    digest_init(&state);
    digest_frame_number(&state, 0x0102);
    digest_finish(&state, a);
    digest_init(&state);
    digest_frame(&state, "\x02\x01\0\0\0\0\0\0", 8);
    digest_finish(&state, b);
    ck_assert_mem_eq(a, b, DIGEST_SIZE);
}
END_TEST

START_TEST(a_copy_goes_on_by_itself)
{
    uint8_t a[DIGEST_SIZE], b[DIGEST_SIZE];
    struct digest state, copy;

    digest_init(&state);
    digest_add(&state, "ab", 2);
    copy = state;
    digest_add(&state, "x", 1);
    digest_finish(&state, a);
    digest_add(&copy, "c", 1);
    digest_finish(&copy, b);
    digest_of("abc", 3, a);
    ck_assert_mem_eq(a, b, DIGEST_SIZE);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "digest");

    tcase_add_test(tests, it_is_sha256);
    tcase_add_test(tests, parts_are_told_apart);
    tcase_add_test(tests, a_copy_goes_on_by_itself);
    return unit_end(suite);
}
