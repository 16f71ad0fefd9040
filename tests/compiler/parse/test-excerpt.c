/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The line with a caret below it: places, long lines, characters of several bytes, controls. */
#include "compiler/parse/excerpt.h"

#include <check.h>
#include <string.h>

#include "compiler/parse/diag.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

static const struct {
    const char *text;
    struct location at;
    const char *lines;
} cases[] = {
    {"abc\ndef", {1, 1}, "     1 | abc\n       | ^\n"},
    {"abc\ndef", {2, 3}, "     2 | def\n       |   ^\n"},
    {"abc\r\ndef\r\n", {1, 2}, "     1 | abc\n       |  ^\n"},
    {"abc\ndef", {2, 4}, "     2 | def\n       |    ^\n"}, /* behind the end of the text */
    {"abc\n", {2, 1}, "     2 | \n       | ^\n"},
    {"", {1, 1}, "     1 | \n       | ^\n"},
    /* No such place. */
    {"abc", {0, 0}, ""},
    {"abc", {1, 0}, ""},
    {"abc", {1, 5}, ""},
    {"abc", {2, 1}, ""},
    /* Columns are bytes: the caret stands below the character. */
    {"\xc3\xa4\xe2\x82\xac!", {1, 6}, "     1 | \xc3\xa4\xe2\x82\xac!\n       |   ^\n"},
    {"\xc3\xa4x", {1, 2}, "     1 | \xc3\xa4x\n       | ^\n"},
    /* A tab is one blank; nothing that a terminal obeys gets through. */
    {"\t\tx", {1, 3}, "     1 |   x\n       |   ^\n"},
    {"a\x1b[31mb\x7f\xc2\x9b\xe2\x80\xae"
     "c",
     {1, 12},
     "     1 | a?[31mb?"
     "?"
     "?c\n       |          ^\n"},
    {"a\xff\xc3"
     "(c",
     {1, 5},
     "     1 | a?"
     "?(c\n       |     ^\n"},
};

START_TEST(places_and_characters)
{
    cleanup_arena struct arena arena = ARENA_INIT;

    ck_assert_str_eq(excerpt_render(&arena, cases[_i].text, strlen(cases[_i].text), &cases[_i].at),
                     cases[_i].lines);
}
END_TEST

/* Wherever the column is in a long line: as much is shown, and the caret is below its byte. */
START_TEST(long_lines)
{
    enum {
        LENGTH = 1000,
        SHOWN = 72
    };
    cleanup_arena struct arena arena = ARENA_INIT;
    char text[LENGTH];

    memset(text, '.', sizeof(text));
    for (uint32_t column = 1; column <= LENGTH; column++) {
        text[column - 1] = 'x';

        const struct location at = {1, column};
        const char *lines = excerpt_render(&arena, text, sizeof(text), &at);
        const char *below = strchr(lines, '\n') + 1;
        const char *x = strchr(lines, 'x');
        size_t cut = (strstr(lines, "…") && strstr(lines, "…") < x) ? strlen("…") - 1 : 0;

        ck_assert_ptr_nonnull(x);
        ck_assert_uint_eq((size_t)(x - lines) - cut, (size_t)(strchr(below, '^') - below));
        ck_assert_uint_eq(strspn(strpbrk(lines, ".x"), ".x"), SHOWN);
        ck_assert_int_eq(cut != 0, column > SHOWN / 2 + 1);
        text[column - 1] = '.';
    }
}
END_TEST

START_TEST(lines_that_just_fit)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    char text[72];
    const struct location end = {1, sizeof(text) + 1};

    memset(text, '.', sizeof(text));
    ck_assert_ptr_null(strstr(excerpt_render(&arena, text, sizeof(text), &end), "…"));
}
END_TEST

START_TEST(no_memory)
{
    struct arena arena = {.limit = 1};
    const struct location at = {1, 1};

    ck_assert_ptr_null(excerpt_render(&arena, "abc", 3, &at));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("excerpt");
    TCase *tc = tcase_create("excerpt");

    tcase_add_loop_test(tc, places_and_characters, 0, ARRAY_SIZE(cases));
    tcase_add_test(tc, long_lines);
    tcase_add_test(tc, lines_that_just_fit);
    tcase_add_test(tc, no_memory);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
