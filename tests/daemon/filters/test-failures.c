/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/filters/failures.c. */
#include "compiler/facts/abi.h"
#include "compiler/parse/request.h"
#include "daemon/filters/failures.h"

#include "tests/daemon/unit.h"

enum {
    TIMEOUT = 1000,
    WAIT = FAILURE_WAIT_FACTOR * TIMEOUT,
};

static struct variant_request request_for(uint64_t caps)
{
    return (struct variant_request){.target = target_by_name("x86_64"), .caps = caps};
}

/* A digest that tells N. */
static const uint8_t *digest(unsigned n)
{
    static uint8_t bytes[DIGEST_SIZE];

    memset(bytes, 7, sizeof(bytes));
    memcpy(bytes, &n, sizeof(n));
    return bytes;
}

START_TEST(it_is_remembered_for_a_while)
{
    static struct failures failures;
    const struct variant_request request = request_for(1), other = request_for(2);
    const struct failure *found;

    failures_init(&failures, TIMEOUT);
    ck_assert_ptr_null(failures_find(&failures, digest(1), &request, 0));
    failures_note(&failures, digest(1), &request, "why", 50);
    found = failures_find(&failures, digest(1), &request, 50);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->why, "why");
    ck_assert_uint_eq(found->until_usec, 50 + WAIT);
    ck_assert_ptr_nonnull(failures_find(&failures, digest(1), &request, 50 + WAIT - 1));
    ck_assert_ptr_null(failures_find(&failures, digest(1), &request, 50 + WAIT));
    /* Neither another variant nor another version. */
    ck_assert_ptr_null(failures_find(&failures, digest(1), &other, 50));
    ck_assert_ptr_null(failures_find(&failures, digest(2), &request, 50));
}
END_TEST

START_TEST(the_wait_doubles_up_to_a_bound)
{
    static struct failures failures;
    const struct variant_request request = request_for(0);
    uint64_t now = 1000, wait = WAIT;

    failures_init(&failures, TIMEOUT);
    for (int i = 0; i < 100; i++) {
        failures_note(&failures, digest(1), &request, "why", now);
        ck_assert_uint_eq(failures_find(&failures, digest(1), &request, now)->until_usec,
                          now + wait);
        now += wait;
        wait = wait * 2 < FAILURE_WAIT_MAX_USEC ? wait * 2 : FAILURE_WAIT_MAX_USEC;
    }
    ck_assert_uint_eq(wait, FAILURE_WAIT_MAX_USEC);
    /* After a success it begins anew. */
    failures_forget(&failures, digest(1), &request);
    ck_assert_ptr_null(failures_find(&failures, digest(1), &request, now));
    failures_note(&failures, digest(1), &request, "why", now);
    ck_assert_uint_eq(failures_find(&failures, digest(1), &request, now)->until_usec, now + WAIT);
}
END_TEST

START_TEST(there_are_only_so_many)
{
    static struct failures failures;
    const struct variant_request request = request_for(0);
    unsigned known = 0;

    failures_init(&failures, TIMEOUT);
    for (unsigned i = 0; i < 3 * FAILURES_MAX; i++)
        failures_note(&failures, digest(i), &request, "why", i);
    for (unsigned i = 0; i < 3 * FAILURES_MAX; i++)
        known += failures_find(&failures, digest(i), &request, 3 * FAILURES_MAX) != NULL;
    ck_assert_uint_eq(known, FAILURES_MAX);
    /* The newest stay. */
    ck_assert_ptr_nonnull(
        failures_find(&failures, digest(3 * FAILURES_MAX - 1), &request, 3 * FAILURES_MAX));
    ck_assert_ptr_nonnull(
        failures_find(&failures, digest(2 * FAILURES_MAX), &request, 3 * FAILURES_MAX));
    failures_clear(&failures);
    for (unsigned i = 0; i < 3 * FAILURES_MAX; i++)
        ck_assert_ptr_null(failures_find(&failures, digest(i), &request, 3 * FAILURES_MAX));
}
END_TEST

START_TEST(a_long_reason_is_cut)
{
    static struct failures failures;
    const struct variant_request request = request_for(0);
    char why[2 * FAILURE_WHY_SIZE];

    memset(why, 'x', sizeof(why) - 1);
    why[sizeof(why) - 1] = '\0';
    failures_init(&failures, TIMEOUT);
    failures_note(&failures, digest(1), &request, why, 1);
    ck_assert_uint_eq(strlen(failures_find(&failures, digest(1), &request, 1)->why),
                      FAILURE_WHY_SIZE - 1);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "failures");

    tcase_add_test(tests, it_is_remembered_for_a_while);
    tcase_add_test(tests, the_wait_doubles_up_to_a_bound);
    tcase_add_test(tests, there_are_only_so_many);
    tcase_add_test(tests, a_long_reason_is_cut);
    return unit_end(suite);
}
