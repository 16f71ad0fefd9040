/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of where the cache lies: what is found, made and opened, and what is noticed when it is
 * removed, made again or exchanged.
 */
#include "daemon/cache/dir.h"

#include <errno.h>

#include "tests/daemon/unit.h"

static struct cache_dir dir;
static char why[TRUST_WHY_SIZE];
static bool other;

static void begin(void)
{
    unit_setup();
    ck_assert_int_eq(cache_dir_find(&dir, unit_path("c"), geteuid()), 0);
    ck_assert_int_eq(cache_dir_make(dir.place_fd), 0);
    ck_assert_int_eq(cache_dir_open(&dir, &other, why), TRUST_OK);
    ck_assert(other);
}

static void end(void)
{
    cache_dir_clear(&dir);
    unit_teardown();
}

static void refused(const char *word)
{
    why[0] = '\0';
    ck_assert(!cache_dir_is_in_place(&dir));
    ck_assert_int_eq(cache_dir_open(&dir, &other, why), TRUST_REFUSED);
    ck_assert_msg(strstr(why, word) != NULL, "%s: %s", word, why);
    ck_assert_int_eq(dir.fd, -1);
}

/* What lies there now is taken, and is another one than before. */
static void taken(void)
{
    ck_assert(!cache_dir_is_in_place(&dir));
    ck_assert_int_eq(cache_dir_open(&dir, &other, why), TRUST_OK);
    ck_assert(other);
    ck_assert(cache_dir_is_in_place(&dir));
}

START_TEST(it_is_made_private)
{
    struct stat st;

    ck_assert_int_eq(stat(unit_path("c/entries"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
    ck_assert_int_eq(stat(unit_path("c"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
    ck_assert(cache_dir_is_in_place(&dir));
    ck_assert_int_eq(cache_dir_make(dir.place_fd), 0);
    ck_assert_int_eq(cache_dir_open(&dir, &other, why), TRUST_OK);
    ck_assert_msg(!other, "it is the same one");
}
END_TEST

START_TEST(a_removed_one_is_made_again)
{
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(rmdir(unit_path("c/entries")), 0);
        ck_assert(!cache_dir_is_in_place(&dir));
        if (i % 2) {
            ck_assert_int_eq(cache_dir_open(&dir, &other, why), -ENOENT);
            ck_assert_int_eq(dir.fd, -1);
        }
        ck_assert_int_eq(cache_dir_make(dir.place_fd), 0);
        taken();
    }
}
END_TEST

START_TEST(an_exchanged_one_is_noticed)
{
    ck_assert_int_eq(rename(unit_path("c/entries"), unit_path("c/old")), 0);
    ck_assert_int_eq(mkdir(unit_path("c/entries"), 0700), 0);
    taken();
    ck_assert_int_eq(rmdir(unit_path("c/entries")), 0);
    ck_assert_int_eq(rename(unit_path("c/old"), unit_path("c/entries")), 0);
    taken();
}
END_TEST

START_TEST(modes_count_at_any_time)
{
    ck_assert_int_eq(chmod(unit_path("c/entries"), 0770), 0);
    refused("writable");
    ck_assert_int_eq(chmod(unit_path("c/entries"), 0702), 0);
    refused("writable");
    ck_assert_int_eq(chmod(unit_path("c/entries"), 0700), 0);
    taken();
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chown(unit_path("c/entries"), 12345, 0), 0);
    refused("belongs");
    ck_assert_int_eq(chown(unit_path("c/entries"), 0, 0), 0);
    taken();
}
END_TEST

/* A link is no place for it, wherever it leads: what lies in the place was looked for. */
START_TEST(links_are_not_followed_later)
{
    ck_assert_int_eq(rename(unit_path("c/entries"), unit_path("c/d")), 0);
    ck_assert_int_eq(symlink("d", unit_path("c/entries")), 0);
    refused("another place");
    ck_assert_int_eq(cache_dir_make(dir.place_fd), 0);
    refused("another place");
    ck_assert_int_eq(unlink(unit_path("c/entries")), 0);
    ck_assert_int_eq(rename(unit_path("c/d"), unit_path("c/entries")), 0);
    taken();
    ck_assert_int_eq(rename(unit_path("c/entries"), unit_path("c/d")), 0);
    unit_write_text("c/entries", "");
    ck_assert_int_eq(cache_dir_make(dir.place_fd), 0);
    ck_assert_int_eq(cache_dir_open(&dir, &other, why), -ENOTDIR);
}
END_TEST

/* The modes of the cache's own directory count as much. */
START_TEST(the_place_counts_at_any_time)
{
    ck_assert_int_eq(chmod(unit_path("c"), 0770), 0);
    ck_assert_int_eq(cache_dir_check(&dir, why), TRUST_REFUSED);
    refused("writable");
    ck_assert_int_eq(chmod(unit_path("c"), 01777), 0);
    refused("writable");
    ck_assert_int_eq(chmod(unit_path("c"), 0700), 0);
    ck_assert_int_eq(cache_dir_check(&dir, why), TRUST_OK);
    taken();
}
END_TEST

/* It is what was found at the start, or none. */
START_TEST(another_place_takes_a_restart)
{
    ck_assert_int_eq(rename(unit_path("c"), unit_path("old")), 0);
    refused("restart");
    ck_assert_int_eq(mkdir(unit_path("c"), 0700), 0);
    ck_assert_int_eq(mkdir(unit_path("c/entries"), 0700), 0);
    refused("restart");
    ck_assert_int_eq(rename(unit_path("c"), unit_path("new")), 0);
    ck_assert_int_eq(rename(unit_path("old"), unit_path("c")), 0);
    taken();
}
END_TEST

START_TEST(links_are_followed_at_first)
{
    struct cache_dir linked;

    ck_assert_int_eq(mkdir(unit_path("far"), 0755), 0);
    ck_assert_int_eq(mkdir(unit_path("far/away"), 0700), 0);
    ck_assert_int_eq(symlink("far/away", unit_path("link")), 0);
    ck_assert_int_eq(cache_dir_find(&linked, unit_path("link//"), geteuid()), 0);
    ck_assert_int_eq(cache_dir_make(linked.place_fd), 0);
    ck_assert_int_eq(access(unit_path("far/away/entries"), F_OK), 0);
    ck_assert_int_eq(cache_dir_open(&linked, &other, why), TRUST_OK);
    ck_assert(cache_dir_is_in_place(&linked));
    ck_assert_int_eq(rmdir(unit_path("far/away/entries")), 0);
    ck_assert(!cache_dir_is_in_place(&linked));
    ck_assert_int_eq(cache_dir_make(linked.place_fd), 0);
    ck_assert_int_eq(cache_dir_open(&linked, &other, why), TRUST_OK);
    ck_assert(cache_dir_is_in_place(&linked));
    cache_dir_clear(&linked);
}
END_TEST

/* The way there is judged each time the subdirectory is opened. */
START_TEST(the_way_there_counts)
{
    struct cache_dir deep;

    ck_assert_int_eq(cache_dir_find(&deep, unit_path("in/c"), geteuid()), 0);
    ck_assert_int_eq(cache_dir_make(deep.place_fd), 0);
    ck_assert_int_eq(cache_dir_open(&deep, &other, why), TRUST_OK);
    ck_assert_int_eq(chmod(unit_path("in"), 0777), 0);
    ck_assert_int_eq(cache_dir_open(&deep, &other, why), TRUST_REFUSED);
    ck_assert_ptr_nonnull(strstr(why, "others can write"));
    ck_assert_int_eq(chmod(unit_path("in"), 0755), 0);
    ck_assert_int_eq(cache_dir_open(&deep, &other, why), TRUST_OK);
    cache_dir_clear(&deep);
}
END_TEST

START_TEST(it_is_made_with_what_it_lies_in)
{
    struct cache_dir made;
    struct stat st;

    ck_assert_int_eq(cache_dir_find(&made, unit_path("a/b/c"), geteuid()), -ENOENT);
    cache_dir_clear(&made);
    ck_assert_int_lt(access(unit_path("a"), F_OK), 0);
    ck_assert_int_eq(cache_dir_find(&made, unit_path("b/c//"), geteuid()), 0);
    cache_dir_clear(&made);
    ck_assert_int_eq(stat(unit_path("b"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 0022, 0);
    ck_assert_int_eq(stat(unit_path("b/c"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
}
END_TEST

START_TEST(places_that_cannot_be)
{
    struct cache_dir none;

    unit_write_text("file", "");
    ck_assert_int_eq(cache_dir_find(&none, unit_path("file/c"), geteuid()), -ENOTDIR);
    cache_dir_clear(&none);
    ck_assert_int_eq(cache_dir_find(&none, unit_path("file"), geteuid()), -ENOTDIR);
    ck_assert(!cache_dir_is_in_place(&none));
    cache_dir_clear(&none);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "cache-dir");
    TCase *cases = tcase_create("cases");

    (void)tests;
    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, it_is_made_private);
    tcase_add_test(cases, a_removed_one_is_made_again);
    tcase_add_test(cases, an_exchanged_one_is_noticed);
    tcase_add_test(cases, modes_count_at_any_time);
    tcase_add_test(cases, links_are_not_followed_later);
    tcase_add_test(cases, links_are_followed_at_first);
    tcase_add_test(cases, the_way_there_counts);
    tcase_add_test(cases, the_place_counts_at_any_time);
    tcase_add_test(cases, another_place_takes_a_restart);
    tcase_add_test(cases, it_is_made_with_what_it_lies_in);
    tcase_add_test(cases, places_that_cannot_be);
    suite_add_tcase(suite, cases);
    return unit_end(suite);
}
