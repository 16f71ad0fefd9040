/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/files/steps.c: names in their order, and links in the place of names. */
#include "daemon/files/steps.h"

#include <errno.h>

#include "tests/daemon/unit.h"

/* Checks that the next name is EXPECTED; NULL: that there is none. */
static void check_next(struct steps *steps, const char *expected)
{
    char name[NAME_MAX + 1];

    ck_assert_int_eq(steps_are_done(steps), expected == NULL);
    ck_assert_int_eq(steps_next(steps, name), expected != NULL);
    if (expected)
        ck_assert_str_eq(name, expected);
}

/* Follows a new link whose target is TARGET. */
static int follow(struct steps *steps, const char *target)
{
    int fd, r;

    ck_assert_int_eq(symlink(target, unit_path("link")), 0);
    fd = open(unit_path("link"), O_PATH | O_NOFOLLOW | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(unlink(unit_path("link")), 0);
    r = steps_follow(steps, fd);
    close(fd);
    return r;
}

START_TEST(names_come_one_after_the_other)
{
    struct steps steps;

    ck_assert_int_eq(steps_begin(&steps, "/a//bc/../d/"), 0);
    check_next(&steps, "a");
    check_next(&steps, "bc");
    check_next(&steps, "..");
    check_next(&steps, "d");
    check_next(&steps, NULL);
    ck_assert_int_eq(steps_begin(&steps, "/"), 0);
    check_next(&steps, NULL);
}
END_TEST

START_TEST(a_link_is_put_before_the_rest)
{
    struct steps steps;

    ck_assert_int_eq(steps_begin(&steps, "a/b"), 0);
    check_next(&steps, "a");
    ck_assert_int_eq(follow(&steps, "../x/y"), 0);
    check_next(&steps, "..");
    check_next(&steps, "x");
    ck_assert_int_eq(follow(&steps, "/z"), 1);
    check_next(&steps, "z");
    check_next(&steps, "y");
    check_next(&steps, "b");
    check_next(&steps, NULL);
    ck_assert_uint_eq(steps.links, 2);
}
END_TEST

START_TEST(links_and_lengths_are_bounded)
{
    char text[PATH_MAX + 1], name[NAME_MAX + 1];
    struct steps steps;

    ck_assert_int_eq(steps_begin(&steps, ""), 0);
    for (int i = 0; i < STEPS_LINKS_MAX; i++)
        ck_assert_int_eq(follow(&steps, "a"), 0);
    ck_assert_int_eq(follow(&steps, "a"), -ELOOP);

    memset(text, 'a', PATH_MAX);
    text[PATH_MAX] = '\0';
    ck_assert_int_eq(steps_begin(&steps, text), -ENAMETOOLONG);
    text[NAME_MAX + 1] = '\0';
    ck_assert_int_eq(steps_begin(&steps, text), 0);
    ck_assert_int_eq(steps_next(&steps, name), -ENAMETOOLONG);

    /* Target and rest are too long together. */
    text[NAME_MAX + 1] = 'a';
    text[PATH_MAX / 2] = '\0';
    ck_assert_int_eq(steps_begin(&steps, text), 0);
    ck_assert_int_eq(follow(&steps, text), -ENAMETOOLONG);
    steps.rest = "";
    ck_assert_int_eq(follow(&steps, text), 0);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "steps");

    tcase_add_test(tests, names_come_one_after_the_other);
    tcase_add_test(tests, a_link_is_put_before_the_rest);
    tcase_add_test(tests, links_and_lengths_are_bounded);
    return unit_end(suite);
}
