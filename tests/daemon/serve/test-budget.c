/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/serve/budget.c. */
#include "daemon/serve/budget.h"
#include "tests/daemon/unit.h"

enum {
    MOST = 10,
    INTERVAL = 5000,
};

START_TEST(a_user_has_a_budget)
{
    struct budget budget = {.max = MOST, .interval_usec = INTERVAL};
    uint64_t now = 1000;
    uint32_t dropped;

    for (int i = 0; i < MOST; i++)
        ck_assert(budget_take(&budget, 5, now, &dropped));
    for (int i = 0; i < 7; i++)
        ck_assert(!budget_take(&budget, 5, now + 1, NULL));
    ck_assert(budget_take(&budget, 6, now, &dropped));
    ck_assert_uint_eq(dropped, 0);
    ck_assert(!budget_take(&budget, 5, now + INTERVAL - 1, &dropped));
    ck_assert_uint_eq(dropped, 0);
    ck_assert(budget_take(&budget, 5, now + INTERVAL, &dropped));
    ck_assert_uint_eq(dropped, 8);
    ck_assert(budget_take(&budget, 5, now + INTERVAL, &dropped));
    ck_assert_uint_eq(dropped, 0);
}
END_TEST

START_TEST(none_is_none)
{
    struct budget budget = {.max = 0, .interval_usec = INTERVAL};

    for (uint64_t now = 0; now < 3 * INTERVAL; now += INTERVAL / 4)
        ck_assert(!budget_take(&budget, 0, now, NULL));
}
END_TEST

/* However many users there are, they get no more than the slots do. */
START_TEST(many_users_share)
{
    struct budget budget = {.max = 1, .interval_usec = INTERVAL};
    unsigned n = 0;

    for (uid_t uid = 0; uid < 1000; uid++)
        n += budget_take(&budget, uid, 1, NULL);
    ck_assert_uint_eq(n, BUDGET_SLOTS);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "budget");

    tcase_add_test(tests, a_user_has_a_budget);
    tcase_add_test(tests, none_is_none);
    tcase_add_test(tests, many_users_share);
    return unit_end(suite);
}
