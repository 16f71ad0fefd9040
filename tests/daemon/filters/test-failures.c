/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/filters/failures.c. */
#include "daemon/filters/failures.h"

#include "compiler/facts/abi.h"
#include "tests/daemon/unit.h"

enum {
    TIMEOUT = 1000,
    WAIT = FAILURE_WAIT_FACTOR * TIMEOUT,
};

/* A digest that tells N. */
static const uint8_t *digest(unsigned n)
{
    static uint8_t bytes[DIGEST_SIZE];

    memset(bytes, 7, sizeof(bytes));
    memcpy(bytes, &n, sizeof(n));
    return bytes;
}

/* No more of a target is looked at than which one it is. */
static const struct target targets[2];
static const struct target *const here = &targets[0], *const there = &targets[1];

START_TEST(it_is_remembered_for_a_while)
{
    static struct failures failures;
    const struct failure *found;

    failures_init(&failures, TIMEOUT);
    ck_assert_ptr_null(failures_find(&failures, digest(1), here, 0));
    failures_note(&failures, digest(1), here, "why", 50);
    found = failures_find(&failures, digest(1), here, 50);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->why, "why");
    ck_assert_uint_eq(found->until_usec, 50 + WAIT);
    ck_assert_ptr_nonnull(failures_find(&failures, digest(1), here, 50 + WAIT - 1));
    ck_assert_ptr_null(failures_find(&failures, digest(1), here, 50 + WAIT));
    ck_assert_uint_eq(failures_count(&failures, digest(1), here), 1);
    /* Another text is another matter. */
    ck_assert_uint_eq(failures_count(&failures, digest(2), here), 0);
    ck_assert_ptr_null(failures_find(&failures, digest(2), here, 50));
    /* So is another target; but that the text failed is known. */
    ck_assert_ptr_null(failures_find(&failures, digest(1), there, 50));
    ck_assert_uint_eq(failures_count(&failures, digest(1), there), 0);
    ck_assert_uint_eq(failures_count(&failures, digest(1), NULL), 1);
    failures_note(&failures, digest(1), there, "why not", 60);
    failures_forget(&failures, digest(1), here);
    ck_assert_str_eq(failures_find(&failures, digest(1), there, 60)->why, "why not");
    ck_assert_ptr_null(failures_find(&failures, digest(1), here, 60));
}
END_TEST

START_TEST(the_wait_doubles_up_to_a_bound)
{
    static struct failures failures;
    uint64_t now = 1000, wait = WAIT;

    failures_init(&failures, TIMEOUT);
    for (int i = 0; i < 100; i++) {
        failures_note(&failures, digest(1), here, "why", now);
        ck_assert_uint_eq(failures_find(&failures, digest(1), here, now)->until_usec, now + wait);
        now += wait;
        wait = wait * 2 < FAILURE_WAIT_MAX_USEC ? wait * 2 : FAILURE_WAIT_MAX_USEC;
    }
    ck_assert_uint_eq(wait, FAILURE_WAIT_MAX_USEC);
    /* After a success it begins anew. */
    failures_forget(&failures, digest(1), here);
    ck_assert_ptr_null(failures_find(&failures, digest(1), here, now));
    failures_note(&failures, digest(1), here, "why", now);
    ck_assert_uint_eq(failures_find(&failures, digest(1), here, now)->until_usec, now + WAIT);
}
END_TEST

START_TEST(there_are_only_so_many)
{
    static struct failures failures;
    unsigned known = 0;

    failures_init(&failures, TIMEOUT);
    for (unsigned i = 0; i < 3 * FAILURES_MAX; i++)
        failures_note(&failures, digest(i), here, "why", i);
    for (unsigned i = 0; i < 3 * FAILURES_MAX; i++)
        known += failures_find(&failures, digest(i), here, 3 * FAILURES_MAX) != NULL;
    ck_assert_uint_eq(known, FAILURES_MAX);
    /* The newest stay. */
    ck_assert_ptr_nonnull(
        failures_find(&failures, digest(3 * FAILURES_MAX - 1), here, 3 * FAILURES_MAX));
    ck_assert_ptr_nonnull(
        failures_find(&failures, digest(2 * FAILURES_MAX), here, 3 * FAILURES_MAX));
    failures_clear(&failures);
    for (unsigned i = 0; i < 3 * FAILURES_MAX; i++)
        ck_assert_ptr_null(failures_find(&failures, digest(i), here, 3 * FAILURES_MAX));
}
END_TEST

/* As many profiles as were seen to hold up others, for each target that there can be. */
START_TEST(many_hostile_profiles_are_remembered_for_all_targets)
{
    enum {
        PROFILES = 26
    };
    static const struct target all[ABI_COUNT];
    static struct failures failures;

    failures_init(&failures, TIMEOUT);
    for (unsigned i = 0; i < PROFILES; i++)
        for (size_t t = 0; t < ARRAY_SIZE(all); t++)
            failures_note(&failures, digest(i), &all[t], "why", 1);
    for (unsigned i = 0; i < PROFILES; i++)
        for (size_t t = 0; t < ARRAY_SIZE(all); t++)
            ck_assert_ptr_nonnull(failures_find(&failures, digest(i), &all[t], 1));
    /* A place that is free again is taken first. */
    failures_forget(&failures, digest(0), &all[0]);
    failures_note(&failures, digest(PROFILES), &all[0], "why", 1);
    ck_assert_uint_eq(failures.n, PROFILES * ARRAY_SIZE(all));
}
END_TEST

START_TEST(a_long_reason_is_cut)
{
    static struct failures failures;
    char why[2 * FAILURE_WHY_SIZE];

    memset(why, 'x', sizeof(why) - 1);
    why[sizeof(why) - 1] = '\0';
    failures_init(&failures, TIMEOUT);
    failures_note(&failures, digest(1), here, why, 1);
    ck_assert_uint_eq(strlen(failures_find(&failures, digest(1), here, 1)->why),
                      FAILURE_WHY_SIZE - 1);
}
END_TEST

START_TEST(it_survives_a_restart)
{
    static struct failures before, after;
    char line[FAILURE_LINE_SIZE];
    const struct failure *found;

    failures_init(&before, TIMEOUT);
    failures_init(&after, TIMEOUT);
    failures_note(&before, digest(1), here, "why it failed", 10);
    failures_note(&before, digest(1), here, "why it failed", 20);
    failures_write(&before, digest(1), here, line);
    failures_read(&after, digest(1), here, line, strlen(line), 5);
    found = failures_find(&after, digest(1), here, 5);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->why, "why it failed");
    ck_assert_uint_eq(found->until_usec, 5 + 2 * WAIT);
    ck_assert_ptr_null(failures_find(&after, digest(2), here, 5));
    /* What is known by now counts. */
    failures_note(&after, digest(1), here, "again", 6);
    failures_read(&after, digest(1), here, line, strlen(line), 7);
    ck_assert_uint_eq(failures_count(&after, digest(1), here), 3);
    ck_assert_str_eq(failures_find(&after, digest(1), here, 7)->why, "again");
}
END_TEST

START_TEST(what_is_no_line_says_nothing)
{
    static const char *const bad[] = {"", "x", "0 why", "-1 why", ":1:1: error: no\n"};
    static struct failures failures;
    char line[2 * FAILURE_LINE_SIZE];

    failures_init(&failures, TIMEOUT);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        failures_read(&failures, digest(1), here, bad[i], strlen(bad[i]), 1);
        ck_assert_uint_eq(failures_count(&failures, digest(1), here), 0);
    }
    memset(line, '1', sizeof(line));
    failures_read(&failures, digest(1), here, line, sizeof(line), 1);
    ck_assert_uint_eq(failures_count(&failures, digest(1), here), 0);
    failures_read(&failures, digest(1), here, "9999 why", 8, 1);
    ck_assert_uint_eq(failures_count(&failures, digest(1), here), FAILURE_N_MAX);
    ck_assert_uint_eq(failures_find(&failures, digest(1), here, 1)->until_usec,
                      1 + FAILURE_WAIT_MAX_USEC);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "failures");

    tcase_add_test(tests, it_is_remembered_for_a_while);
    tcase_add_test(tests, the_wait_doubles_up_to_a_bound);
    tcase_add_test(tests, there_are_only_so_many);
    tcase_add_test(tests, many_hostile_profiles_are_remembered_for_all_targets);
    tcase_add_test(tests, a_long_reason_is_cut);
    tcase_add_test(tests, it_survives_a_restart);
    tcase_add_test(tests, what_is_no_line_says_nothing);
    return unit_end(suite);
}
