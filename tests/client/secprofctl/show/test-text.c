/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of client/secprofctl/show/text.c. */
#include "config.h"

#include "client/secprofctl/show/text.h"

#include <check.h>
#include <string.h>

#include "tests/suite.h"
#include "util/cleanup.h"

static char *printed(const char *text, void (*print)(FILE *file, const char *text))
{
    char *out;
    size_t size;
    FILE *file = open_memstream(&out, &size);

    print(file, text);
    fclose(file);
    return out;
}

START_TEST(terminals_get_no_control_characters)
{
    static const char *const cases[][2] = {
        {"plain\ttext", "plain\ttext"},
        {"comment\nx86_64 0: ALLOW", "comment\\x0ax86_64 0: ALLOW"},
        /* Others turn around what follows, or begin a line for some terminals. */
        {"\xe2\x80\xae", "\\xe2\\x80\\xae"},
        {"\xe2\x81\xa6\xd8\x9c", "\\xe2\\x81\\xa6\\xd8\\x9c"},
        {"\xe2\x80\xa8\xe2\x80\xa7", "\\xe2\\x80\\xa8\xe2\x80\xa7"},
        {"\x1b[2J", "\\x1b[2J"},
        {"a\rb\x07\x7f", "a\\x0db\\x07\\x7f"},
        {"\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac"},
        {"\xc2\x9b"
         "2J\xc2\xa0",
         "\\xc2\\x9b2J\xc2\xa0"},
        {"\xff\xc3", "\\xff\\xc3"},
        {"", ""},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cleanup_free char *out = printed(cases[i][0], text_print);

        ck_assert_str_eq(out, cases[i][1]);
    }
}
END_TEST

START_TEST(texts_of_several_lines_stay_so)
{
    cleanup_free char *out = printed("one\n\ttwo\x1b\n", text_print_lines);

    ck_assert_str_eq(out, "one\n\ttwo\\x1b\n");
}
END_TEST

START_TEST(json_is_for_terminals_too)
{
    static const char json[] =
        "{\n  \"a\x7f\": \"\\n\xc2\x9b\xc3\xa4\xe2\x80\xae\xf0\x9f\x98\x80\"\n}";
    size_t size;
    cleanup_free char *out = text_escape_json(json, strlen(json), &size);

    ck_assert_str_eq(out, "{\n  \"a\\u007f\": \"\\n\\u009b\xc3\xa4\\u202e\xf0\x9f\x98\x80\"\n}");
    ck_assert_uint_eq(size, strlen(out));
}
END_TEST

START_TEST(json_gets_valid_utf8)
{
    cleanup_free char *good = text_to_utf8("a\n\xc3\xa4");
    cleanup_free char *bad = text_to_utf8("a\xff\xe2\x82z");

    ck_assert_str_eq(good, "a\n\xc3\xa4");
    ck_assert_str_eq(bad, "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *tcase = tcase_create("text");

    tcase_add_test(tcase, terminals_get_no_control_characters);
    tcase_add_test(tcase, texts_of_several_lines_stay_so);
    tcase_add_test(tcase, json_is_for_terminals_too);
    tcase_add_test(tcase, json_gets_valid_utf8);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
