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
    ck_assert_int_eq(cache_dir_make(&dir), 0);
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

    ck_assert_int_eq(stat(unit_path("c"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
    ck_assert(cache_dir_is_in_place(&dir));
    ck_assert_int_eq(cache_dir_make(&dir), 0);
    ck_assert_int_eq(cache_dir_open(&dir, &other, why), TRUST_OK);
    ck_assert_msg(!other, "it is the same one");
}
END_TEST

START_TEST(a_removed_one_is_made_again)
{
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(rmdir(unit_path("c")), 0);
        ck_assert(!cache_dir_is_in_place(&dir));
        if (i % 2) {
            ck_assert_int_eq(cache_dir_open(&dir, &other, why), -ENOENT);
            ck_assert_int_eq(dir.fd, -1);
        }
        ck_assert_int_eq(cache_dir_make(&dir), 0);
        taken();
    }
}
END_TEST

START_TEST(an_exchanged_one_is_noticed)
{
    ck_assert_int_eq(rename(unit_path("c"), unit_path("old")), 0);
    ck_assert_int_eq(mkdir(unit_path("c"), 0700), 0);
    taken();
    ck_assert_int_eq(rmdir(unit_path("c")), 0);
    ck_assert_int_eq(rename(unit_path("old"), unit_path("c")), 0);
    taken();
}
END_TEST

START_TEST(modes_count_at_any_time)
{
    ck_assert_int_eq(chmod(unit_path("c"), 0770), 0);
    refused("writable");
    ck_assert_int_eq(chmod(unit_path("c"), 0702), 0);
    refused("writable");
    ck_assert_int_eq(chmod(unit_path("c"), 0700), 0);
    taken();
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chown(unit_path("c"), 12345, 0), 0);
    refused("belongs");
    ck_assert_int_eq(chown(unit_path("c"), 0, 0), 0);
    taken();
}
END_TEST

/* A link is no place for it, wherever it leads: what lies in the place was looked for. */
START_TEST(links_are_not_followed_later)
{
    ck_assert_int_eq(rename(unit_path("c"), unit_path("d")), 0);
    ck_assert_int_eq(symlink("d", unit_path("c")), 0);
    refused("another place");
    ck_assert_int_eq(cache_dir_make(&dir), 0);
    refused("another place");
    ck_assert_int_eq(unlink(unit_path("c")), 0);
    ck_assert_int_eq(rename(unit_path("d"), unit_path("c")), 0);
    taken();
    ck_assert_int_eq(rename(unit_path("c"), unit_path("d")), 0);
    unit_write_text("c", "");
    ck_assert_int_eq(cache_dir_make(&dir), 0);
    ck_assert_int_eq(cache_dir_open(&dir, &other, why), -ENOTDIR);
}
END_TEST

/* Where a link leads there at the start, it is made again behind the link. */
START_TEST(links_are_followed_at_first)
{
    struct cache_dir linked;
    struct stat st;

    ck_assert_int_eq(mkdir(unit_path("far"), 0755), 0);
    ck_assert_int_eq(mkdir(unit_path("far/away"), 0700), 0);
    ck_assert_int_eq(symlink("far/away", unit_path("link")), 0);
    ck_assert_int_eq(cache_dir_find(&linked, unit_path("link//"), geteuid()), 0);
    ck_assert_str_eq(linked.name, "away");
    ck_assert_int_eq(cache_dir_open(&linked, &other, why), TRUST_OK);
    ck_assert_int_eq(rmdir(unit_path("far/away")), 0);
    ck_assert(!cache_dir_is_in_place(&linked));
    ck_assert_int_eq(cache_dir_make(&linked), 0);
    ck_assert_int_eq(stat(unit_path("far/away"), &st), 0);
    ck_assert_int_eq(cache_dir_open(&linked, &other, why), TRUST_OK);
    ck_assert(cache_dir_is_in_place(&linked));
    cache_dir_clear(&linked);
}
END_TEST

/* What it lies in is judged each time, and must stay the same. */
START_TEST(the_way_there_counts)
{
    struct cache_dir deep;

    ck_assert_int_eq(mkdir(unit_path("in"), 0755), 0);
    ck_assert_int_eq(cache_dir_find(&deep, unit_path("in/c"), geteuid()), 0);
    ck_assert_int_eq(cache_dir_make(&deep), 0);
    ck_assert_int_eq(cache_dir_open(&deep, &other, why), TRUST_OK);
    ck_assert_int_eq(chmod(unit_path("in"), 0777), 0);
    ck_assert_int_eq(cache_dir_open(&deep, &other, why), TRUST_REFUSED);
    ck_assert_ptr_nonnull(strstr(why, "others can write"));
    ck_assert_int_eq(chmod(unit_path("in"), 0755), 0);
    ck_assert_int_eq(cache_dir_open(&deep, &other, why), TRUST_OK);
    ck_assert_int_eq(rename(unit_path("in"), unit_path("was")), 0);
    ck_assert_int_eq(mkdir(unit_path("in"), 0755), 0);
    ck_assert_int_eq(mkdir(unit_path("in/c"), 0700), 0);
    ck_assert_int_eq(cache_dir_open(&deep, &other, why), TRUST_REFUSED);
    ck_assert_ptr_nonnull(strstr(why, "another place"));
    cache_dir_clear(&deep);
}
END_TEST

START_TEST(places_that_cannot_be)
{
    const struct {
        const char *path;
        int result;
    } places[] = {{unit_path("no/such"), -ENOENT}, {"/", -EINVAL}, {"//", -EINVAL}};
    struct cache_dir none;

    unit_write_text("file", "");
    ck_assert_int_eq(cache_dir_find(&none, "/secprof-none", geteuid()), 0);
    ck_assert(none.in_root && !dir.in_root);
    cache_dir_clear(&none);
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        ck_assert_int_eq(cache_dir_find(&none, places[i].path, geteuid()), places[i].result);
        cache_dir_clear(&none);
    }
    ck_assert_int_eq(cache_dir_find(&none, unit_path("file/c"), geteuid()), -ENOTDIR);
    cache_dir_clear(&none);
    ck_assert_int_eq(cache_dir_find(&none, unit_path("file"), geteuid()), 0);
    ck_assert_int_eq(cache_dir_open(&none, &other, why), -ENOTDIR);
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
    tcase_add_test(cases, places_that_cannot_be);
    suite_add_tcase(suite, cases);
    return unit_end(suite);
}
