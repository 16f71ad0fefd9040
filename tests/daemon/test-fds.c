/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/fds.c. */
#include "daemon/fds.h"
#include "tests/daemon/unit.h"

static const struct fds_limits usual = {.connections = 1024, .variants = 512, .profiles = 4096};

/* LimitNOFILE= of the unit. */
START_TEST(the_defaults_fit_the_unit)
{
    struct fds_limits limits = usual;

    ck_assert(!fds_fit(&limits, 16384));
    ck_assert_mem_eq(&limits, &usual, sizeof(limits));
    ck_assert_uint_le(fds_needed(&limits), 16384);
}
END_TEST

/* A common hard limit. */
START_TEST(ten_thousand_profiles_fit_twenty_thousand)
{
    struct fds_limits limits = usual;

    limits.profiles = 10000;
    ck_assert(!fds_fit(&limits, 20000));
    ck_assert_uint_eq(limits.profiles, 10000);
}
END_TEST

START_TEST(what_is_left_fits)
{
    for (size_t n = 512; n <= 16384; n += 64) {
        struct fds_limits limits = usual;
        const bool is_cut = fds_fit(&limits, n);

        ck_assert_uint_le(fds_needed(&limits), n);
        ck_assert_int_eq(is_cut, memcmp(&limits, &usual, sizeof(limits)) != 0);
        ck_assert_uint_ge(limits.connections, n < 8192 ? n / 8 : 1024);
        ck_assert_uint_gt(limits.profiles, 0);
        /* What fits just so is not cut again. */
        ck_assert(!fds_fit(&limits, n));
    }
}
END_TEST

START_TEST(one_thousand_and_twenty_four)
{
    struct fds_limits limits = usual;

    ck_assert(fds_fit(&limits, 1024));
    ck_assert_uint_eq(limits.connections, 128);
    ck_assert_uint_eq(limits.variants, 128);
    ck_assert_uint_eq(limits.profiles, 480);
}
END_TEST

START_TEST(small_limits_stay)
{
    struct fds_limits limits = {.connections = 10, .variants = 5, .profiles = 7};

    ck_assert(!fds_fit(&limits, 1024));
    ck_assert_uint_eq(limits.profiles, 7);
    ck_assert(fds_fit(&limits, 64));
    ck_assert_uint_eq(limits.profiles, 0);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "fds");

    tcase_add_test(tests, the_defaults_fit_the_unit);
    tcase_add_test(tests, ten_thousand_profiles_fit_twenty_thousand);
    tcase_add_test(tests, what_is_left_fits);
    tcase_add_test(tests, one_thousand_and_twenty_four);
    tcase_add_test(tests, small_limits_stay);
    return unit_end(suite);
}
