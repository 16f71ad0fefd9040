/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/files/scan.c: which files are profiles, and which file stands for a name. */
#include <errno.h>

#include "tests/daemon/files/scanning.h"

START_TEST(names_are_stems)
{
    static const struct {
        const char *file, *name;
        int result;
    } cases[] = {
        {"default.json", "default", 0},  {"a.b-c@1.json", "a.b-c@1", 0},
        {"default", NULL, -ENOENT},      {".json", NULL, -ENOENT},
        {".hidden.json", NULL, -ENOENT}, {"#x.json#", NULL, -ENOENT},
        {"#x.json", NULL, -ENOENT},      {"x.json~", NULL, -ENOENT},
        {".x.json.swp", NULL, -ENOENT},  {"x.json.tmp", NULL, -ENOENT},
        {"x.JSON", NULL, -ENOENT},       {"-x.json", NULL, -EINVAL},
        {"a b.json", NULL, -EINVAL},     {"\303\244.json", NULL, -EINVAL},
    };
    char name[WIRE_NAME_SIZE], longest[200];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        ck_assert_int_eq(scan_profile_name(cases[i].file, name), cases[i].result);
        if (cases[i].name)
            ck_assert_str_eq(name, cases[i].name);
    }
    memset(longest, 'a', sizeof(longest));
    strcpy(longest + 127, ".json");
    ck_assert_int_eq(scan_profile_name(longest, name), 0);
    memset(longest, 'a', sizeof(longest));
    strcpy(longest + 128, ".json");
    ck_assert_int_eq(scan_profile_name(longest, name), -EINVAL);
}
END_TEST

START_TEST(many_names_are_read_in_pieces)
{
    enum {
        MANY = 1300,
    };
    struct scan_input input = {.directories = directories,
                               .n_directories = 1,
                               .max_new = MANY,
                               .own_uid = geteuid(),
                               .whole = true};
    struct scan_item item;
    struct scan scan;
    unsigned pieces = 0;
    char name[32];

    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "etc/%u.json", i * 7919 % MANY);
        unit_write_text(name, "");
    }
    ck_assert_int_eq(scan_begin(&scan, &input), 0);
    for (; scan_list(&scan) > 0; pieces++)
        ;
    ck_assert_uint_ge(pieces, 3);
    for (unsigned i = 0; i < MANY; i++) {
        char before[WIRE_NAME_SIZE];

        memcpy(before, scan.last, sizeof(before));
        ck_assert_int_eq(scan_next(&scan, &item), 1);
        ck_assert_int_eq(item.kind, SCAN_READ);
        ck_assert_int_lt(strcmp(before, item.name), 0);
        scan_item_clear(&item);
    }
    ck_assert_int_eq(scan_next(&scan, &item), 0);
    scan_clear(&scan);
}
END_TEST

START_TEST(single_names_can_be_looked_at)
{
    char names[][WIRE_NAME_SIZE] = {"c", "a", "none", "a"};
    struct found found = {.n = 0};
    struct scan_input input = {
        .directories = directories, .n_directories = 2, .max_new = 8, .own_uid = geteuid()};
    struct scan_item item;

    add_directory("usr");
    unit_write_text("etc/b.json", "not this one");
    unit_write_text("usr/a.json", "usr");
    unit_write_text("etc/c.json", "etc");
    unit_write_text("usr/c.json", "usr");
    ck_assert_int_eq(scan_begin(&found.scan, &input), 0);
    ck_assert_int_eq(scan_add(&found.scan, names, ARRAY_SIZE(names)), 0);
    while (scan_next(&found.scan, &item) > 0)
        found.items[found.n++] = item;
    ck_assert_uint_eq(found.n, 3);
    ck_assert_mem_eq(find(&found, "a")->bytes, "usr", 3);
    ck_assert_mem_eq(find(&found, "c")->bytes, "etc", 3);
    ck_assert_int_eq(find(&found, "none")->kind, SCAN_GONE);
    clear(&found);
}
END_TEST

START_TEST(links_are_told_from_files)
{
    struct found scan;

    unit_write_text("etc/a.json", "x");
    ck_assert_int_eq(symlink("a.json", unit_path("etc/b.json")), 0);
    ck_assert_int_eq(symlink("nothing", unit_path("etc/c.json")), 0);
    run(&scan);
    ck_assert_uint_eq(scan.n, 3);
    ck_assert(!scan.items[0].linked && scan.items[1].linked && scan.items[2].linked);
    clear(&scan);
}
END_TEST

START_TEST(profiles_are_read_in_the_order_of_their_names)
{
    struct found scan;

    unit_write_text("etc/b.json", "two");
    unit_write_text("etc/a.json", "one");
    unit_write_text("etc/B.json", "");
    unit_write_text("etc/a.json~", "old");
    unit_write_text("etc/bad name.json", "x");
    ck_assert_int_eq(mkdir(unit_path("etc/sub"), 0755), 0);
    run(&scan);
    ck_assert_uint_eq(scan.n, 3);
    ck_assert_str_eq(scan.items[0].name, "B");
    ck_assert_str_eq(scan.items[1].name, "a");
    ck_assert_str_eq(scan.items[2].name, "b");
    ck_assert_uint_eq(scan.items[0].size, 0);
    ck_assert_mem_eq(scan.items[2].bytes, "two", 3);
    ck_assert_str_eq(scan.items[2].path, unit_path("etc/b.json"));
    ck_assert_uint_eq(scan.items[2].access.mode, 0644);
    ck_assert_uint_eq(scan.items[2].access.uid, geteuid());
    ck_assert_uint_eq(scan.scan.n_ignored, 1);
    ck_assert(!scan.scan.again);
    clear(&scan);
}
END_TEST

START_TEST(the_earlier_directory_wins)
{
    struct found scan;

    add_directory("run");
    add_directory("usr");
    unit_write_text("etc/a.json", "etc");
    unit_write_text("usr/a.json", "usr");
    unit_write_text("run/b.json", "run");
    unit_write_text("usr/b.json", "usr");
    unit_write_text("usr/c.json", "usr");
    run(&scan);
    ck_assert_uint_eq(scan.n, 3);
    ck_assert_mem_eq(find(&scan, "a")->bytes, "etc", 3);
    ck_assert_mem_eq(find(&scan, "b")->bytes, "run", 3);
    ck_assert_uint_eq(find(&scan, "b")->directory, 1);
    ck_assert_mem_eq(find(&scan, "c")->bytes, "usr", 3);
    clear(&scan);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan-names");
    TCase *tests = tcase_create("scan-names");

    tcase_add_checked_fixture(tests, setup, teardown);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, names_are_stems);
    tcase_add_test(tests, many_names_are_read_in_pieces);
    tcase_add_test(tests, single_names_can_be_looked_at);
    tcase_add_test(tests, links_are_told_from_files);
    tcase_add_test(tests, profiles_are_read_in_the_order_of_their_names);
    tcase_add_test(tests, the_earlier_directory_wins);
    return unit_end(suite);
}
