/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/budget.c. */
#include "daemon/budget.h"
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

START_TEST(what_is_used_can_be_asked)
{
    struct budget budget = {.max = MOST, .interval_usec = INTERVAL};

    ck_assert_uint_eq(budget_used(&budget, 5, 1000), 0);
    ck_assert(budget_take(&budget, 5, 1000, NULL));
    ck_assert(budget_take(&budget, 5, 1001, NULL));
    ck_assert_uint_eq(budget_used(&budget, 5, 1000 + INTERVAL - 1), 2);
    ck_assert_uint_eq(budget_used(&budget, 6, 1001), 0);
    ck_assert_uint_eq(budget_used(&budget, 5, 1000 + INTERVAL), 0);
    ck_assert_uint_eq(budget_wait(&budget, 5, 1001), INTERVAL - 1);
    ck_assert_uint_eq(budget_wait(&budget, 5, 1000 + INTERVAL), 0);
    ck_assert_uint_eq(budget_wait(&budget, 6, 1001), 0);
}
END_TEST

START_TEST(none_is_none)
{
    struct budget budget = {.max = 0, .interval_usec = INTERVAL};

    for (uint64_t now = 0; now < 3 * INTERVAL; now += INTERVAL / 4)
        ck_assert(!budget_take(&budget, 0, now, NULL));
}
END_TEST

/* Whatever their ids have in common. */
START_TEST(nobody_uses_up_the_budget_of_another)
{
    struct budget budget = {.max = MOST, .interval_usec = INTERVAL};

    for (uid_t uid = 0; uid < BUDGET_ACCOUNTS; uid++)
        for (int i = 0; i < MOST; i++)
            ck_assert(budget_take(&budget, uid * 64, 1, NULL));
    for (uid_t uid = 0; uid < BUDGET_ACCOUNTS; uid++)
        ck_assert(!budget_take(&budget, uid * 64, 2, NULL));
}
END_TEST

/* Who has used nothing for longest goes; who has used all has to wait all the same. */
START_TEST(the_oldest_idle_account_is_given_up)
{
    struct budget budget = {.max = 2, .interval_usec = INTERVAL};
    uint32_t dropped;

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(budget_take(&budget, 7, 1000, NULL), i < 2);
    for (uid_t uid = 100; uid < 100 + BUDGET_ACCOUNTS - 1; uid++)
        ck_assert_int_eq(budget_take(&budget, uid, uid - 99, NULL), 1);
    /* All accounts are in use: the first that is idle is that of 100. */
    ck_assert(budget_take(&budget, 8, INTERVAL + 1, NULL));
    for (uid_t uid = 102; uid < 100 + BUDGET_ACCOUNTS - 1; uid++)
        ck_assert_uint_eq(budget_used(&budget, uid, INTERVAL + 1), 1);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(budget_take(&budget, 101, 500, NULL), i < 1);
    ck_assert(!budget_take(&budget, 7, 1001, NULL));
    /* 7 has used all that it may: of those who are not idle it is not the one that goes. */
    for (uid_t uid = 5000; uid < 5000 + 2 * BUDGET_ACCOUNTS; uid++)
        ck_assert(budget_take(&budget, uid, 1002, NULL));
    ck_assert(!budget_take(&budget, 7, 1003, &dropped));
    ck_assert(budget_take(&budget, 7, 1000 + INTERVAL, &dropped));
    ck_assert_uint_eq(dropped, 3);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "budget");

    tcase_add_test(tests, a_user_has_a_budget);
    tcase_add_test(tests, what_is_used_can_be_asked);
    tcase_add_test(tests, none_is_none);
    tcase_add_test(tests, nobody_uses_up_the_budget_of_another);
    tcase_add_test(tests, the_oldest_idle_account_is_given_up);
    return unit_end(suite);
}
