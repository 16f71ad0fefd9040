/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of what is to be written and when: there is no process and no disk. */
#include "daemon/cache/queue.h"

#include <errno.h>

#include "tests/daemon/unit.h"

static struct cache_queue queue;
static int results[512];
static size_t n_results;

static void on_done(void *user, int result)
{
    ck_assert_ptr_eq(user, results);
    results[n_results++] = result;
}

static void begin(void)
{
    n_results = 0;
    cache_queue_init(&queue, on_done, results);
}

static void end(void)
{
    queue.done = NULL;
    cache_queue_fail(&queue, -EPIPE);
    ck_assert_uint_eq(queue.n, 0);
}

static int add(uint8_t number, size_t size)
{
    struct cache_write *write = calloc(1, sizeof(*write) + size);

    ck_assert_ptr_nonnull(write);
    write->key[0] = number;
    write->size = size;
    return cache_queue_add(&queue, write);
}

/* The first step is to make the directory: it is done. */
static void made(void)
{
    ck_assert_int_eq(cache_queue_look(&queue, true), CACHE_STEP_MAKE);
    ck_assert_int_eq(cache_queue_look(&queue, true), CACHE_STEP_NONE);
    cache_queue_made(&queue, 0);
}

START_TEST(first_the_directory_then_entries_in_order)
{
    ck_assert_int_eq(cache_queue_next(&queue, true), CACHE_STEP_NONE);
    ck_assert_int_eq(add(1, 3), 0);
    ck_assert_int_eq(add(2, 0), 0);
    ck_assert_int_eq(cache_queue_next(&queue, true), CACHE_STEP_MAKE);
    ck_assert(!cache_queue_is_due(&queue));
    ck_assert_int_eq(cache_queue_next(&queue, true), CACHE_STEP_NONE);
    cache_queue_made(&queue, 0);
    ck_assert_int_eq(cache_queue_next(&queue, true), CACHE_STEP_WRITE);
    ck_assert_uint_eq(cache_queue_first(&queue)->key[0], 1);
    ck_assert_int_eq(cache_queue_next(&queue, true), CACHE_STEP_NONE);
    cache_queue_written(&queue, CACHE_WRITTEN, true);
    ck_assert_int_eq(cache_queue_next(&queue, true), CACHE_STEP_WRITE);
    ck_assert_uint_eq(cache_queue_first(&queue)->key[0], 2);
    cache_queue_written(&queue, CACHE_DROPPED, true);
    ck_assert_int_eq(cache_queue_next(&queue, true), CACHE_STEP_NONE);
    ck_assert_uint_eq(n_results, 2);
    ck_assert(results[0] == CACHE_WRITTEN && results[1] == CACHE_DROPPED);
}
END_TEST

START_TEST(a_lost_directory_costs_one_more_try)
{
    static const struct {
        int result;
        bool in_place;
    } lost[] = {{-EIO, false}, {-ENOENT, true}, {-ESTALE, true}};

    made();
    for (size_t i = 0; i < ARRAY_SIZE(lost); i++) {
        ck_assert_int_eq(add(1, 3), 0);
        ck_assert_int_eq(cache_queue_next(&queue, true), CACHE_STEP_WRITE);
        cache_queue_written(&queue, lost[i].result, lost[i].in_place);
        ck_assert_uint_eq(n_results, i);
        if (!lost[i].in_place || lost[i].result == -ESTALE) {
            ck_assert_int_eq(cache_queue_next(&queue, lost[i].in_place), CACHE_STEP_MAKE);
            cache_queue_made(&queue, 0);
        }
        ck_assert_int_eq(cache_queue_next(&queue, true), CACHE_STEP_WRITE);
        cache_queue_written(&queue, lost[i].result, lost[i].in_place);
        ck_assert_uint_eq(n_results, i + 1);
        ck_assert_int_eq(results[i], lost[i].result);
    }
}
END_TEST

START_TEST(other_failures_are_told_at_once)
{
    made();
    ck_assert_int_eq(add(1, 3), 0);
    ck_assert_int_eq(cache_queue_next(&queue, true), CACHE_STEP_WRITE);
    cache_queue_written(&queue, -ENOSPC, true);
    ck_assert_uint_eq(n_results, 1);
    ck_assert_int_eq(results[0], -ENOSPC);
}
END_TEST

START_TEST(without_a_directory_all_fail)
{
    made();
    for (uint8_t i = 0; i < 9; i++)
        ck_assert_int_eq(add(i, 1), 0);
    ck_assert_int_eq(cache_queue_next(&queue, false), CACHE_STEP_MAKE);
    cache_queue_made(&queue, -EPERM);
    ck_assert_uint_eq(n_results, 9);
    ck_assert_uint_eq(queue.n, 0);
    for (size_t i = 0; i < 9; i++)
        ck_assert_int_eq(results[i], -EPERM);
    /* The next one is tried again, also where only the process has none. */
    ck_assert_int_eq(add(1, 1), 0);
    ck_assert_int_eq(cache_queue_next(&queue, true), CACHE_STEP_MAKE);
}
END_TEST

START_TEST(nobody_looks_twice)
{
    made();
    ck_assert_int_eq(cache_queue_look(&queue, true), CACHE_STEP_NONE);
    ck_assert_int_eq(cache_queue_look(&queue, false), CACHE_STEP_MAKE);
    ck_assert_int_eq(cache_queue_look(&queue, false), CACHE_STEP_NONE);
    cache_queue_made(&queue, 0);
    ck_assert_int_eq(add(1, 1), 0);
    ck_assert_int_eq(cache_queue_next(&queue, true), CACHE_STEP_WRITE);
    ck_assert_int_eq(cache_queue_look(&queue, false), CACHE_STEP_NONE);
}
END_TEST

START_TEST(no_more_than_some_bytes_wait)
{
    enum {
        PIECE = CACHE_QUEUE_BYTES / 8,
    };

    for (uint8_t i = 0; i < 8; i++)
        ck_assert_int_eq(add(i, PIECE), 0);
    ck_assert_int_eq(add(8, 1), -EAGAIN);
    ck_assert_uint_eq(queue.n, 8);
    ck_assert_uint_eq(n_results, 0);
    /* One that is done makes room. */
    made();
    ck_assert_int_eq(cache_queue_next(&queue, true), CACHE_STEP_WRITE);
    cache_queue_written(&queue, CACHE_WRITTEN, true);
    ck_assert_int_eq(add(8, PIECE), 0);
    ck_assert_int_eq(add(9, 1), -EAGAIN);
}
END_TEST

START_TEST(the_newest_is_found)
{
    uint8_t key[DIGEST_SIZE] = {1};
    const struct cache_write *last;

    ck_assert_ptr_null(cache_queue_find(&queue, key));
    ck_assert_int_eq(add(1, 1), 0);
    ck_assert_int_eq(add(2, 7), 0);
    ck_assert_int_eq(add(1, 5), 0);
    ck_assert_int_eq(add(1, 0), 0); /* what is to be dropped is not found */
    last = cache_queue_find(&queue, key);
    ck_assert_ptr_nonnull(last);
    ck_assert_uint_eq(last->size, 5);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *unused = unit_begin(&suite, "cache-queue");
    TCase *tests = tcase_create("steps");

    (void)unused;
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, first_the_directory_then_entries_in_order);
    tcase_add_test(tests, a_lost_directory_costs_one_more_try);
    tcase_add_test(tests, other_failures_are_told_at_once);
    tcase_add_test(tests, without_a_directory_all_fail);
    tcase_add_test(tests, nobody_looks_twice);
    tcase_add_test(tests, no_more_than_some_bytes_wait);
    tcase_add_test(tests, the_newest_is_found);
    suite_add_tcase(suite, tests);
    return unit_end(suite);
}
