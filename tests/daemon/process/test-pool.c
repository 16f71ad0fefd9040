/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of what is decided about workers: there is no process, and the test is the clock. */
#include "compiler/facts/abi.h"
#include "daemon/filters/jobs.h"
#include "daemon/filters/store.h"
#include "daemon/process/pool.h"

#include "tests/daemon/unit.h"

enum {
    N = 2,
    TIMEOUT = 20000000,
    START = 1000000,
};

static struct store store;
static struct jobs jobs;
static struct source *sources[3];
static struct pool pool;
static uint64_t now;

static void begin(void)
{
    static const char *const texts[] = {"{}", "{ }", "{  }"};

    store_init(&store, 3);
    jobs_init(&jobs, N - 1);
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
        ck_assert_int_eq(source_new(&sources[i], &store, texts[i], strlen(texts[i]), "/p/x.json"),
                         0);
    pool_init(&pool, &jobs, N, TIMEOUT);
    now = START;
}

static void end(void)
{
    jobs_clear(&jobs);
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
        source_unref(sources[i]);
}

/* A job about the text of the source at INDEX. */
static struct job *submit(size_t index, uint64_t caps)
{
    const struct variant_request request = {.target = target_by_name("x86_64"), .caps = caps};
    struct job *job;

    ck_assert_int_eq(jobs_submit(&jobs, sources[index], &request, JOB_NATIVE, &job), 0);
    return job;
}

/* Has all that are wanted made; returns how many these were. */
static size_t make_all(void)
{
    size_t n = 0, place;

    for (; pool_wants(&pool, now); n++)
        pool_asked(&pool);
    for (size_t i = 0; i < n; i++) {
        ck_assert(pool_made(&pool, &place));
        ck_assert_int_eq(pool.places[place].state, POOL_STARTING);
        pool_ready(&pool, place);
    }
    return n;
}

/* Has those that are to end killed and reaped; returns how many these were. */
static size_t reap_all(void)
{
    size_t n = 0, place;

    for (; pool_kill(&pool, now, &place); n++)
        pool_gone(&pool, place, now);
    return n;
}

/* The place of the worker that gets the next job, which is to be WANTED. */
static size_t give(const struct job *wanted)
{
    size_t place;

    ck_assert_ptr_eq(pool_begin(&pool, now, &place), wanted);
    return place;
}

START_TEST(as_many_stand_by_as_may_work)
{
    struct job *first, *second;
    size_t place;

    ck_assert_uint_eq(make_all(), N);
    ck_assert_uint_eq(pool_alive(&pool), N);
    ck_assert_uint_eq(make_all(), 0);
    first = submit(0, 1);
    second = submit(1, 1);
    submit(2, 1);
    give(first);
    give(second);
    ck_assert_uint_eq(make_all(), N);
    /* No more than N work, whoever stands by. */
    ck_assert_ptr_null(pool_begin(&pool, now, &place));
    ck_assert_uint_eq(pool_alive(&pool), 2 * N);
}
END_TEST

START_TEST(one_that_starts_gets_no_job)
{
    struct job *job = submit(0, 1);
    size_t place, nobody;

    ck_assert_ptr_null(pool_begin(&pool, now, &nobody));
    pool_asked(&pool);
    ck_assert_ptr_null(pool_begin(&pool, now, &nobody));
    ck_assert(pool_made(&pool, &place));
    ck_assert_ptr_null(pool_begin(&pool, now, &nobody));
    pool_ready(&pool, place);
    ck_assert_uint_eq(give(job), place);
}
END_TEST

START_TEST(a_worker_sees_one_text)
{
    struct job *a1 = submit(0, 1), *a2 = submit(0, 2), *b = submit(1, 1), *a3 = submit(0, 3);
    size_t first, other;

    make_all();
    first = give(a1);
    ck_assert_ptr_eq(pool_finish(&pool, first), a1);
    jobs_remove(&jobs, a1);
    /* The same text: the same worker. */
    ck_assert_uint_eq(give(a2), first);
    other = give(b);
    ck_assert_uint_ne(other, first);
    ck_assert_ptr_eq(pool_finish(&pool, other), b);
    jobs_remove(&jobs, b);
    /* One that is done with another text is no worker for it. */
    ck_assert_uint_eq(pool.places[other].state, POOL_DONE);
    make_all();
    ck_assert_uint_ne(give(a3), other);
    pool_end_done(&pool);
    ck_assert_uint_eq(pool.places[other].state, POOL_ENDING);
    ck_assert_uint_eq(reap_all(), 1);
}
END_TEST

/* A worker cannot draw jobs to itself by being free. */
START_TEST(the_jobs_decide_the_order)
{
    struct job *a1 = submit(0, 1), *b, *a2;
    size_t place;

    pool_init(&pool, &jobs, 1, TIMEOUT);
    make_all();
    place = give(a1);
    make_all();
    b = submit(1, 1);
    a2 = submit(0, 2);
    ck_assert_ptr_eq(pool_finish(&pool, place), a1);
    jobs_remove(&jobs, a1);
    ck_assert_uint_ne(give(b), place);
    ck_assert_ptr_null(pool_begin(&pool, now, &place));
    ck_assert(!a2->running);
}
END_TEST

/* As long as it could do one more job in the time that it has, however long one may take. */
START_TEST(a_life_has_an_end)
{
    static const struct {
        uint64_t timeout_usec;
        uint64_t n_jobs;
    } cases[] = {{20000000, 14}, {120000000, 2}, {70000001, 3}};
    size_t place, first = SIZE_MAX;

    pool_init(&pool, &jobs, N, cases[_i].timeout_usec);
    make_all();
    for (uint64_t i = 0; i < cases[_i].n_jobs; i++) {
        struct job *job = submit(0, i);

        place = give(job);
        ck_assert(first == SIZE_MAX || place == first);
        first = place;
        ck_assert_ptr_eq(pool_finish(&pool, place), job);
        jobs_remove(&jobs, job);
    }
    ck_assert_int_eq(pool.places[first].state, POOL_ENDING);
    ck_assert_uint_ne(give(submit(0, 99)), first);
}
END_TEST

START_TEST(a_job_has_its_tries)
{
    struct job *job = submit(0, 1);
    size_t place;

    for (int i = 1; i < JOB_ATTEMPTS_MAX; i++) {
        make_all();
        place = give(job);
        ck_assert_ptr_null(pool_fail(&pool, place, i % 2 ? POOL_ENDED : POOL_MISBEHAVED, now));
        ck_assert(!job->running);
        reap_all();
    }
    make_all();
    place = give(job);
    ck_assert_ptr_eq(pool_fail(&pool, place, POOL_ENDED, now), job);
    ck_assert(job->running);
    ck_assert_int_eq(pool.places[place].state, POOL_EMPTY);
    /* Who failed at a job is replaced at once. */
    ck_assert_uint_eq(make_all(), 1);
}
END_TEST

START_TEST(who_takes_too_long_is_not_tried_again)
{
    struct job *job = submit(0, 1);
    size_t place, hung;

    make_all();
    place = give(job);
    ck_assert_uint_eq(pool_next(&pool, now), now + TIMEOUT);
    now += TIMEOUT - 1;
    ck_assert(!pool_hung(&pool, now, &hung));
    now++;
    ck_assert(pool_hung(&pool, now, &hung));
    ck_assert_uint_eq(hung, place);
    ck_assert_ptr_eq(pool_fail(&pool, place, POOL_HUNG, now), job);
    ck_assert(!pool_hung(&pool, now, &hung));
    ck_assert_uint_eq(pool_next(&pool, now), UINT64_MAX);
    ck_assert_uint_eq(reap_all(), 1);
}
END_TEST

/* Fresh ones that fail cost more and more time, up to a bound; one that works ends that. */
START_TEST(failures_make_it_wait)
{
    uint64_t wait = POOL_BACKOFF_MIN_USEC;
    struct job *job;
    size_t place;

    for (int i = 0; i < 12; i++) {
        ck_assert_uint_gt(make_all(), 0);
        place = 0;
        while (pool.places[place].state != POOL_FRESH)
            place++;
        ck_assert_ptr_null(pool_fail(&pool, place, POOL_ENDED, now));
        ck_assert_uint_eq(make_all(), 0);
        ck_assert_uint_eq(pool_next(&pool, now), now + wait);
        now += wait - 1;
        ck_assert_uint_eq(make_all(), 0);
        now++;
        wait = 2 * wait < POOL_BACKOFF_MAX_USEC ? 2 * wait : POOL_BACKOFF_MAX_USEC;
    }
    make_all();
    job = submit(0, 1);
    place = give(job);
    ck_assert_ptr_eq(pool_finish(&pool, place), job);
    pool_not_made(&pool, now);
    ck_assert_uint_eq(pool_next(&pool, now), now + POOL_BACKOFF_MIN_USEC);
}
END_TEST

/* Nobody is to blame where a job could not be sent: it costs no try. */
START_TEST(what_cannot_be_sent_waits)
{
    struct job *job = submit(0, 1), *next;
    size_t place;

    make_all();
    for (int i = 0; i < 3 * JOB_ATTEMPTS_MAX; i++) {
        place = give(job);
        pool_postpone(&pool, place, now);
        ck_assert(!job->running);
        ck_assert_int_eq(pool.places[place].state, POOL_FRESH);
        ck_assert_uint_eq(job->attempts, 0);
    }
    ck_assert_uint_gt(pool_next(&pool, now), now);
    ck_assert_uint_lt(pool_next(&pool, now), UINT64_MAX);
    place = give(job);
    ck_assert_ptr_eq(pool_finish(&pool, place), job);
    jobs_remove(&jobs, job);
    /* One that has seen a text goes on to have seen it. */
    next = submit(0, 2);
    ck_assert_uint_eq(give(next), place);
    pool_postpone(&pool, place, now);
    ck_assert_int_eq(pool.places[place].state, POOL_DONE);
    ck_assert_uint_eq(give(next), place);
}
END_TEST

START_TEST(a_kill_is_tried_again)
{
    struct job *job = submit(0, 1);
    size_t place, again;

    make_all();
    place = give(job);
    ck_assert_ptr_eq(pool_fail(&pool, place, POOL_HUNG, now), job);
    ck_assert(pool_kill(&pool, now, &again));
    ck_assert_uint_eq(again, place);
    pool_not_killed(&pool, place, now);
    ck_assert(!pool_kill(&pool, now, &again));
    now = pool_next(&pool, now);
    ck_assert(pool_kill(&pool, now, &again));
    ck_assert(!pool_kill(&pool, now + TIMEOUT, &again));
    pool_gone(&pool, place, now);
    ck_assert_int_eq(pool.places[place].state, POOL_EMPTY);
}
END_TEST

START_TEST(places_run_out)
{
    size_t place;

    for (size_t i = 0; i < N * POOL_PLACES_EACH; i++) {
        pool_asked(&pool);
        ck_assert(pool_made(&pool, &place));
        ck_assert_ptr_null(pool_fail(&pool, place, POOL_MISBEHAVED, now));
    }
    now += POOL_BACKOFF_MAX_USEC;
    ck_assert_msg(!pool_wants(&pool, now), "there is no place for one more");
    pool_asked(&pool);
    ck_assert(!pool_made(&pool, &place));
    ck_assert_uint_eq(pool_alive(&pool), 0);
    ck_assert_uint_eq(reap_all(), N * POOL_PLACES_EACH);
    now += POOL_BACKOFF_MAX_USEC;
    ck_assert_uint_eq(make_all(), N);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *unused = unit_begin(&suite, "pool");
    TCase *tests = tcase_create("decisions");

    (void)unused;
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, as_many_stand_by_as_may_work);
    tcase_add_test(tests, one_that_starts_gets_no_job);
    tcase_add_test(tests, a_worker_sees_one_text);
    tcase_add_test(tests, the_jobs_decide_the_order);
    tcase_add_loop_test(tests, a_life_has_an_end, 0, 3);
    tcase_add_test(tests, a_job_has_its_tries);
    tcase_add_test(tests, who_takes_too_long_is_not_tried_again);
    tcase_add_test(tests, failures_make_it_wait);
    tcase_add_test(tests, what_cannot_be_sent_waits);
    tcase_add_test(tests, a_kill_is_tried_again);
    tcase_add_test(tests, places_run_out);
    suite_add_tcase(suite, tests);
    return unit_end(suite);
}
