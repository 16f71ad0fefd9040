/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Diagnostics: counting, double lines, limits, what is rendered. */
#include <check.h>
#include <string.h>

#include "compiler/parse/diag.h"
#include "tests/suite.h"
#include "util/arena.h"

static const struct location whole = {0, 0};

START_TEST(renders_place_and_severity)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diags diags;

    diags_init(&diags, &arena);
    diags_add(&diags, DIAG_ERROR, (struct location){3, 14}, "found %s", "this");
    diags_add(&diags, DIAG_WARNING, (struct location){1, 2}, "odd");
    diags_add(&diags, DIAG_NOTE, whole, "by the way");
    ck_assert_str_eq(diags_render(&diags, &arena, "a.json"), "a.json:3:14: error: found this\n"
                                                             "a.json:1:2: warning: odd\n"
                                                             "a.json: note: by the way\n");
    ck_assert_uint_eq(diags.n, 3);
    ck_assert_uint_eq(diags.n_errors, 1);
    ck_assert_uint_eq(diags.n_warnings, 1);
    ck_assert_uint_eq(diags.n_dropped, 0);
}
END_TEST

START_TEST(renders_nothing_as_empty_text)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diags diags;

    diags_init(&diags, &arena);
    ck_assert_str_eq(diags_render(&diags, &arena, "a.json"), "");
}
END_TEST

START_TEST(keeps_one_of_equal_lines)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diags diags;

    diags_init(&diags, &arena);
    for (int i = 0; i < 3; i++) {
        diags_add(&diags, DIAG_ERROR, (struct location){1, 1}, "twice");
        diags_add(&diags, DIAG_ERROR, (struct location){1, 2}, "twice");
        diags_add(&diags, DIAG_ERROR, (struct location){2, 1}, "twice");
    }
    ck_assert_uint_eq(diags.n, 3);
    ck_assert_uint_eq(diags.n_errors, 3);
}
END_TEST

START_TEST(quotes_no_control_characters)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diags diags;

    diags_init(&diags, &arena);
    diags_add(&diags, DIAG_ERROR, whole, "%s", "a\nb\x1b[31m\x7f \xc2\x9b \xc3\xa9");
    ck_assert_str_eq(diags.items[0].text, "a?b?[31m? ?? \xc3\xa9");
    /* The first and the last of each range, and what is beside it. */
    diags_add(&diags, DIAG_ERROR, whole, "%s", "\x01\x1f \x7e\xc2\x80\xc2\x9f\xc2\xa0\xc3\x80");
    ck_assert_str_eq(diags.items[1].text, "?? \x7e????\xc2\xa0\xc3\x80");
}
END_TEST

START_TEST(counts_what_it_drops)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diags diags;

    diags_init(&diags, &arena);
    for (int i = 0; i < DIAGS_MAX + 10; i++)
        diags_add(&diags, DIAG_ERROR, whole, "error %d", i);
    ck_assert_uint_eq(diags.n, DIAGS_MAX);
    ck_assert_uint_eq(diags.n_dropped, 10);
    ck_assert_uint_eq(diags.n_errors, DIAGS_MAX + 10);

    const char *text = diags_render(&diags, &arena, "a.json");

    ck_assert_ptr_nonnull(strstr(text, "a.json: error: error 255\na.json: note: 10 more not "
                                       "shown\n"));
}
END_TEST

START_TEST(warnings_leave_room_for_errors)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diags diags;

    diags_init(&diags, &arena);
    for (int i = 0; i < DIAGS_MAX; i++)
        diags_add(&diags, DIAG_WARNING, whole, "warning %d", i);
    ck_assert_uint_eq(diags.n, DIAGS_MAX / 2);
    ck_assert_uint_eq(diags.n_warnings, DIAGS_MAX);
    for (int i = 0; i < DIAGS_MAX / 2; i++)
        diags_add(&diags, DIAG_ERROR, whole, "error %d", i);
    ck_assert_uint_eq(diags.n, DIAGS_MAX);
    ck_assert_uint_eq(diags.n_errors, DIAGS_MAX / 2);
    ck_assert_uint_eq(diags.n_dropped, DIAGS_MAX / 2);
}
END_TEST

START_TEST(no_memory_still_counts_the_error)
{
    cleanup_arena struct arena arena = {.limit = 1};
    struct diags diags;

    diags_init(&diags, &arena);
    diags_add(&diags, DIAG_ERROR, whole, "no room for this");
    ck_assert_uint_eq(diags.n, 0);
    ck_assert_uint_eq(diags.n_errors, 1);
    ck_assert_uint_eq(diags.n_dropped, 1);
    ck_assert_ptr_null(diags_render(&diags, &arena, "a.json"));
}
END_TEST

START_TEST(quotes_are_cut_between_characters)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    char text[DIAG_QUOTE_MAX + 3];

    ck_assert_str_eq(diag_quote(&arena, ""), "\"\"");
    ck_assert_str_eq(diag_quote(&arena, "abc"), "\"abc\"");
    memset(text, 'a', sizeof(text));
    text[DIAG_QUOTE_MAX] = '\0';
    ck_assert_str_eq(diag_quote(&arena, text), arena_printf(&arena, "\"%s\"", text));
    strcpy(text + DIAG_QUOTE_MAX, "b");
    ck_assert_str_eq(diag_quote(&arena, text),
                     arena_printf(&arena, "\"%.*s…\"", DIAG_QUOTE_MAX, text));
    strcpy(text + DIAG_QUOTE_MAX - 1, "\xc3\xa9");
    ck_assert_str_eq(diag_quote(&arena, text),
                     arena_printf(&arena, "\"%.*s…\"", DIAG_QUOTE_MAX - 1, text));

    struct arena none = {.limit = 1};

    ck_assert_str_eq(diag_quote(&none, "abc"), "…");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diag");
    TCase *tc = tcase_create("diag");

    tcase_add_test(tc, renders_place_and_severity);
    tcase_add_test(tc, renders_nothing_as_empty_text);
    tcase_add_test(tc, keeps_one_of_equal_lines);
    tcase_add_test(tc, quotes_no_control_characters);
    tcase_add_test(tc, counts_what_it_drops);
    tcase_add_test(tc, warnings_leave_room_for_errors);
    tcase_add_test(tc, no_memory_still_counts_the_error);
    tcase_add_test(tc, quotes_are_cut_between_characters);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
