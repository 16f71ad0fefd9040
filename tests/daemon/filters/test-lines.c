/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/filters/lines.c: lines for people. */
#include "daemon/filters/lines.h"

#include "tests/daemon/unit.h"

static void check_lines(const char *lines, size_t max, const char *wanted)
{
    cleanup_free char *text = lines_prefix("/p", lines, max);

    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, wanted);
    ck_assert_uint_le(strlen(text), max);
}

START_TEST(each_line_gets_its_prefix)
{
    check_lines("", 100, "");
    check_lines(":1: a\n", 100, "/p:1: a\n");
    check_lines(":1: a\n:2: b\n", 100, "/p:1: a\n/p:2: b\n");
    check_lines(":1: a\n:2: b", 100, "/p:1: a\n/p:2: b\n");
    check_lines("\n\n", 100, "/p\n/p\n");
}
END_TEST

START_TEST(what_does_not_fit_is_told)
{
    char lines[4096] = "";

    check_lines(":1: a\n:2: b\n", 16, "/p:1: a\n/p:2: b\n");
    check_lines(":1: a\n:2: b\n", 15, "");
    for (int i = 0; i < 300; i++)
        strcat(lines, ":1: word\n");
    for (size_t max = 0; max < 400; max++) {
        cleanup_free char *text = lines_prefix("/p", lines, max);
        size_t len = strlen(text);

        ck_assert_uint_le(len, max);
        if (max >= 80) {
            ck_assert_ptr_nonnull(strstr(text, "there is more"));
            ck_assert_uint_ge(len + strlen("/p:1: word\n"), max);
        }
        ck_assert(len == 0 || text[len - 1] == '\n');
    }
}
END_TEST

START_TEST(first_lines)
{
    ck_assert_uint_eq(lines_first_length(""), 0);
    ck_assert_uint_eq(lines_first_length("abc"), 3);
    ck_assert_uint_eq(lines_first_length("abc\ndef\n"), 3);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "lines");

    tcase_add_test(tests, each_line_gets_its_prefix);
    tcase_add_test(tests, what_does_not_fit_is_told);
    tcase_add_test(tests, first_lines);
    return unit_end(suite);
}
