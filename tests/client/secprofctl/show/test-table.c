/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables, to the character. */
#include "client/secprofctl/show/table.h"

#include <check.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

static const char *const headings[] = {"NAME", ">N", "TEXT"};

static void make(struct table *table, struct arena *arena)
{
    table_start(table, arena, headings, ARRAY_SIZE(headings));
    table_cell(table, "a");
    table_number(table, 12345);
    table_cell(table, "one two three");
    table_cell(table, "l\xc3\xa4nger");
    table_cell(table, NULL);
    table_cell(table, "a\nb\tc\xff");
}

static void check(size_t width, const char *wanted)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_free char *text = NULL;
    size_t size;
    struct table table;
    FILE *file = open_memstream(&text, &size);

    make(&table, &arena);
    ck_assert_int_eq(table_print(&table, file, width), 0);
    fclose(file);
    ck_assert_str_eq(text, wanted);
}

START_TEST(as_wide_as_it_is)
{
    check(0, "NAME        N  TEXT\n"
             "a       12345  one two three\n"
             "l\xc3\xa4nger      -  a\\x0ab c\\xff\n");
}
END_TEST

START_TEST(cut)
{
    check(22, "NAME        N  TEXT\n"
              "a       12345  one two\n"
              "l\xc3\xa4nger      -  a\\x0ab \n");
    /* Where not even the first columns fit, nothing is gained by cutting. */
    check(5, "NAME        N  TEXT\n"
             "a       12345  one two three\n"
             "l\xc3\xa4nger      -  a\\x0ab c\\xff\n");
}
END_TEST

START_TEST(no_memory)
{
    cleanup_arena struct arena arena = {.limit = 512};
    struct table table;

    for (size_t i = 0; i < 100; i++)
        make(&table, &arena);
    ck_assert(table.failed);
    ck_assert_int_lt(table_print(&table, stdout, 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *tc = tcase_create("table");

    tcase_add_test(tc, as_wide_as_it_is);
    tcase_add_test(tc, cut);
    tcase_add_test(tc, no_memory);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
