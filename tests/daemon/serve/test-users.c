/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/serve/users.c, against a count of all connections. */
#include "daemon/serve/users.h"

#include <errno.h>
#include <stdbool.h>

#include "tests/daemon/unit.h"

enum {
    USERS = 40,
    STEPS = 20000,
};

/* A uid among USERS, small and large ones. */
static uid_t uid_of(unsigned i)
{
    return i % 2 ? i : UINT32_MAX - 1 - i;
}

START_TEST(connections_come_and_go)
{
    unsigned counts[USERS] = {0}, state = 1;
    struct users users;
    bool all_right = true;

    ck_assert_int_eq(users_init(&users, USERS), 0);
    for (int step = 0; step < STEPS && all_right; step++) {
        unsigned i, n = 0;

        state = state * 1103515245 + 12345;
        i = (state >> 16) % USERS;
        if (state >> 31 ? counts[i] > 0 : counts[i] > 3) {
            users_remove(&users, uid_of(i));
            counts[i]--;
        } else {
            ck_assert_int_eq(users_add(&users, uid_of(i)), 0);
            counts[i]++;
        }
        for (i = 0; i < USERS; i++) {
            all_right = all_right && users_count(&users, uid_of(i)) == counts[i];
            n += counts[i] > 0;
        }
        all_right = all_right && users.n == n;
    }
    ck_assert(all_right);
    users_clear(&users);
    ck_assert_uint_eq(users_count(&users, uid_of(0)), 0);
}
END_TEST

START_TEST(room_is_for_users)
{
    struct users users;

    ck_assert_int_eq(users_init(&users, 2), 0);
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(users_add(&users, 7), 0);
        ck_assert_int_eq(users_add(&users, 5), 0);
    }
    ck_assert_int_eq(users_add(&users, 6), -ENOSPC);
    ck_assert_uint_eq(users_count(&users, 6), 0);
    ck_assert_uint_eq(users_count(&users, 5), 10);
    ck_assert_uint_eq(users_count(&users, 7), 10);
    for (int i = 0; i < 10; i++)
        users_remove(&users, 5);
    ck_assert_int_eq(users_add(&users, 6), 0);
    ck_assert_int_eq(users_add(&users, 5), -ENOSPC);
    users_clear(&users);
}
END_TEST

/* Of those who have none, none can end. */
START_TEST(what_is_not_there_stays_so)
{
    struct users users;

    ck_assert_int_eq(users_init(&users, 2), 0);
    users_remove(&users, 3);
    ck_assert_int_eq(users_add(&users, 4), 0);
    users_remove(&users, 3);
    users_remove(&users, 5);
    ck_assert_uint_eq(users_count(&users, 4), 1);
    ck_assert_uint_eq(users.n, 1);
    users_clear(&users);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tcase = unit_begin(&suite, "users");

    tcase_add_test(tcase, connections_come_and_go);
    tcase_add_test(tcase, room_is_for_users);
    tcase_add_test(tcase, what_is_not_there_stays_so);
    return unit_end(suite);
}
