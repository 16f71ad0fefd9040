/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which bytes are a character, and which characters are controls. */
#include "util/utf8.h"

#include <check.h>
#include <string.h>

#include "tests/suite.h"
#include "util/cleanup.h"

START_TEST(characters)
{
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {
        {"a", 1},
        {"\x7f", 1},
        {"\xc3\xa4", 2},
        {"\xe2\x82\xac", 3},
        {"\xf0\x9f\x98\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\xee\x80\x80", 3},
        {"\x80", 0},
        {"\xc0\x80", 0},         /* overlong */
        {"\xc1\xbf", 0},         /* overlong */
        {"\xe0\x9f\xbf", 0},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 0}, /* overlong */
        {"\xed\xa0\x80", 0},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        {"\xc3", 0}, /* cut short */
        {"\xe2\x82", 0},
        {"\xf0\x9f\x98", 0},
        {"\xc3(", 0},
        {"\xe2\x82(", 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        ck_assert_msg(utf8_length(cases[i].text, strlen(cases[i].text)) == cases[i].len, "case %zu",
                      i);
    ck_assert_uint_eq(utf8_length("", 0), 0);
    /* What lies behind the end does not count. */
    ck_assert_uint_eq(utf8_length("\xc3\xa4", 1), 0);
}
END_TEST

START_TEST(controls)
{
    static const struct {
        const char *text;
        uint32_t number;
        bool control;
    } cases[] = {
        {"\n", 0x0a, true},
        {"\x1b", 0x1b, true},
        {" ", 0x20, false},
        {"\x7f", 0x7f, true},
        {"\xc2\x9b", 0x9b, true},
        {"\xc2\xa0", 0xa0, false},
        {"\xd8\x9c", 0x61c, true},
        {"\xe2\x80\xae", 0x202e, true}, /* writes what follows from right to left */
        {"\xe2\x81\xa9", 0x2069, true},
        {"\xe2\x82\xac", 0x20ac, false},
        {"\xf0\x9f\x98\x80", 0x1f600, false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t len = strlen(cases[i].text);

        ck_assert_uint_eq(utf8_code_point(cases[i].text, len), cases[i].number);
        ck_assert_msg(utf8_is_control(cases[i].text, len) == cases[i].control, "case %zu", i);
    }
}
END_TEST

START_TEST(what_is_no_text_is_escaped)
{
    static const struct {
        const char *text, *kept, *escaped;
    } cases[] = {
        {"", "", ""},
        {"a\xc3\xa4\n", "a\xc3\xa4\n", "a\xc3\xa4\\x0a"},
        {"\xff\xc3", "\\xff\\xc3", "\\xff\\xc3"},
        {"\\x", "\\x", "\\x5cx"},
        {"\xe2\x80\xae", "\xe2\x80\xae", "\\xe2\\x80\\xae"},
    };
    char out[64];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t n = utf8_escape(out, sizeof(out), cases[i].text, UTF8_KEEP_CONTROLS);

        ck_assert_uint_eq(n, strlen(cases[i].kept));
        ck_assert_mem_eq(out, cases[i].kept, n);
        n = utf8_escape(out, sizeof(out), cases[i].text, UTF8_ESCAPE_CONTROLS);
        ck_assert_uint_eq(n, strlen(cases[i].escaped));
        ck_assert_mem_eq(out, cases[i].escaped, n);
    }
    /* No character is cut, and no escape. */
    ck_assert_uint_eq(utf8_escape(out, 2, "a\xc3\xa4", UTF8_KEEP_CONTROLS), 1);
    ck_assert_uint_eq(utf8_escape(out, 3, "a\xc3\xa4", UTF8_KEEP_CONTROLS), 3);
    ck_assert_uint_eq(utf8_escape(out, 4, "a\xff", UTF8_KEEP_CONTROLS), 1);
    ck_assert_uint_eq(utf8_escape(out, 5, "a\xff", UTF8_KEEP_CONTROLS), 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tc = tcase_create("utf8");

    tcase_add_test(tc, characters);
    tcase_add_test(tc, controls);
    tcase_add_test(tc, what_is_no_text_is_escaped);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
