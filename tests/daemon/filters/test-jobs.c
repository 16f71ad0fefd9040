/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/filters/jobs.c: what is shared, and what comes first. */
#include "compiler/facts/abi.h"
#include "compiler/parse/request.h"
#include "daemon/filters/jobs.h"

#include "tests/daemon/unit.h"

struct fixture {
    struct store store;
    struct source *source;
    struct jobs jobs;
};

static void make(struct fixture *fixture)
{
    store_init(&fixture->store, 3);
    jobs_init(&fixture->jobs, 1);
    ck_assert_int_eq(source_new(&fixture->source, &fixture->store, "{}", 2, "/p/x.json"), 0);
}

static void drop(struct fixture *fixture)
{
    jobs_clear(&fixture->jobs);
    ck_assert_uint_eq(fixture->jobs.n, 0);
    ck_assert_uint_eq(fixture->jobs.n_background, 0);
    ck_assert_uint_eq(fixture->source->refs, 1);
    source_unref(fixture->source);
}

static struct job *submit(struct fixture *fixture, uint64_t caps, enum job_priority priority)
{
    const struct variant_request request = {.target = target_by_name("x86_64"), .caps = caps};
    struct job *job;

    ck_assert_int_eq(jobs_submit(&fixture->jobs, fixture->source, &request, priority, &job), 0);
    return job;
}

static uint64_t now_usec;

/* Has a worker take the next job; NULL: there is none for it. */
static struct job *take(struct fixture *fixture)
{
    struct job *job = jobs_next(&fixture->jobs, now_usec);

    if (job)
        jobs_begin(&fixture->jobs, job, now_usec);
    return job;
}

START_TEST(the_same_is_compiled_once)
{
    struct fixture fixture;

    make(&fixture);

    struct job *job = submit(&fixture, 1, JOB_REQUEST);

    ck_assert_ptr_eq(submit(&fixture, 1, JOB_REQUEST), job);
    ck_assert_ptr_ne(submit(&fixture, 2, JOB_REQUEST), job);
    ck_assert_uint_eq(fixture.jobs.n, 2);
    ck_assert_ptr_eq(take(&fixture), job);
    ck_assert_ptr_eq(submit(&fixture, 1, JOB_NATIVE), job);
    ck_assert_uint_eq(fixture.jobs.n, 2);
    drop(&fixture);
}
END_TEST

START_TEST(urgent_ones_come_first)
{
    struct fixture fixture;

    make(&fixture);

    struct job *background = submit(&fixture, 1, JOB_BACKGROUND);
    struct job *request = submit(&fixture, 2, JOB_REQUEST);
    struct job *later = submit(&fixture, 3, JOB_REQUEST);
    struct job *native = submit(&fixture, 4, JOB_NATIVE);
    struct job *other = submit(&fixture, 5, JOB_BACKGROUND);

    ck_assert_uint_eq(fixture.jobs.n_background, 2);
    /* A client that asks for it makes it urgent. */
    ck_assert_ptr_eq(submit(&fixture, 5, JOB_REQUEST), other);
    ck_assert_uint_eq(fixture.jobs.n_background, 1);
    ck_assert_ptr_eq(submit(&fixture, 5, JOB_BACKGROUND), other);
    ck_assert_ptr_eq(take(&fixture), native);
    ck_assert_ptr_eq(take(&fixture), request);
    ck_assert_ptr_eq(take(&fixture), later);
    ck_assert_ptr_eq(take(&fixture), other);
    ck_assert_ptr_eq(take(&fixture), background);
    ck_assert_ptr_null(take(&fixture));
    drop(&fixture);
}
END_TEST

START_TEST(users_take_turns)
{
    static const struct {
        uint32_t caps;
        uid_t uid;
    } asked[] = {{1, 1000}, {2, 1000}, {3, 0}, {4, 1000}, {5, 2000}, {6, 0}};
    static const uint32_t taken[] = {1, 5, 3, 2, 6, 4};
    struct fixture fixture;

    make(&fixture);
    for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
        submit(&fixture, asked[i].caps, JOB_REQUEST)->uid = asked[i].uid;
    for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
        ck_assert_uint_eq(take(&fixture)->request.caps, taken[i]);
    drop(&fixture);
}
END_TEST

/* Looking at what is next is no turn. */
START_TEST(a_look_changes_nothing)
{
    struct fixture fixture;

    make(&fixture);
    submit(&fixture, 1, JOB_REQUEST)->uid = 1000;
    submit(&fixture, 2, JOB_REQUEST)->uid = 2000;
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(jobs_next(&fixture.jobs, 0)->request.caps, 1);
    ck_assert_uint_eq(take(&fixture)->request.caps, 1);
    ck_assert_uint_eq(take(&fixture)->request.caps, 2);
    drop(&fixture);
}
END_TEST

START_TEST(what_is_made_ahead_leaves_workers_free)
{
    struct fixture fixture;

    make(&fixture);

    struct job *first = submit(&fixture, 1, JOB_BACKGROUND);
    struct job *second = submit(&fixture, 2, JOB_BACKGROUND);

    ck_assert_ptr_eq(take(&fixture), first);
    ck_assert_ptr_null(take(&fixture));
    submit(&fixture, 3, JOB_REQUEST);
    ck_assert_uint_eq(take(&fixture)->request.caps, 3);
    /* Somebody waits for it now: it no longer counts. */
    ck_assert_ptr_eq(submit(&fixture, 1, JOB_REQUEST), first);
    ck_assert_ptr_eq(take(&fixture), second);
    submit(&fixture, 4, JOB_BACKGROUND);
    ck_assert_ptr_null(take(&fixture));
    jobs_remove(&fixture.jobs, second);
    ck_assert_uint_eq(take(&fixture)->request.caps, 4);
    drop(&fixture);
}
END_TEST

/* Of a user whose requests cost a lot, and of a text that failed. */
START_TEST(what_may_take_long_leaves_a_worker_free)
{
    const struct variant_request two = {.target = target_by_name("x86_64"), .caps = 2};
    struct fixture fixture;
    struct job *costly;

    make(&fixture);
    submit(&fixture, 1, JOB_REQUEST)->uid = 1000;
    costly = take(&fixture);
    ck_assert(!costly->suspect);
    /* What is quick costs nothing. */
    jobs_note_cost(&fixture.jobs, costly, false, JOB_COSTLY_USEC - 1);
    ck_assert_uint_eq(budget_used(&fixture.jobs.costly, 1000, 0), 0);
    now_usec = JOB_COSTLY_USEC;
    jobs_note_cost(&fixture.jobs, costly, false, now_usec);
    jobs_remove(&fixture.jobs, costly);
    submit(&fixture, 2, JOB_REQUEST)->uid = 1000;
    submit(&fixture, 3, JOB_REQUEST)->uid = 1000;
    submit(&fixture, 4, JOB_REQUEST)->uid = 2000;
    submit(&fixture, 5, JOB_REQUEST)->uid = 2000;
    submit(&fixture, 6, JOB_NATIVE)->failed_before = true;
    ck_assert_uint_eq(take(&fixture)->request.caps, 6);
    ck_assert_uint_eq(take(&fixture)->request.caps, 4);
    ck_assert_uint_eq(take(&fixture)->request.caps, 5);
    ck_assert_ptr_null(take(&fixture));
    jobs_remove(&fixture.jobs, TAILQ_FIRST(&fixture.jobs.running));
    ck_assert_uint_eq(take(&fixture)->request.caps, 2);
    ck_assert(jobs_find(fixture.source, &two)->suspect);
    ck_assert_ptr_null(take(&fixture));
    /* It is forgotten after a while. */
    now_usec += JOBS_COSTLY_INTERVAL_USEC;
    ck_assert_uint_eq(take(&fixture)->request.caps, 3);
    drop(&fixture);
}
END_TEST

START_TEST(a_failure_costs_its_user)
{
    struct fixture fixture;
    struct job *job;

    make(&fixture);
    submit(&fixture, 1, JOB_REQUEST)->uid = 1000;
    job = take(&fixture);
    jobs_note_cost(&fixture.jobs, job, true, 0);
    ck_assert_uint_eq(budget_used(&fixture.jobs.costly, 1000, 0), 1);
    /* Nobody asked for these. */
    job->priority = JOB_BACKGROUND;
    jobs_note_cost(&fixture.jobs, job, true, 0);
    job->priority = JOB_NATIVE;
    jobs_note_cost(&fixture.jobs, job, true, 0);
    ck_assert_uint_eq(budget_used(&fixture.jobs.costly, 1000, 0), 1);
    jobs_remove(&fixture.jobs, job);
    drop(&fixture);
}
END_TEST

START_TEST(new_versions_and_requests_take_turns)
{
    static const uint32_t taken[] = {1, 11, 2, 12, 3, 4};
    struct fixture fixture;

    make(&fixture);
    for (uint32_t i = 1; i <= 4; i++)
        submit(&fixture, i, JOB_NATIVE);
    for (uint32_t i = 11; i <= 12; i++)
        submit(&fixture, i, JOB_REQUEST);
    for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
        ck_assert_uint_eq(take(&fixture)->request.caps, taken[i]);
    drop(&fixture);
}
END_TEST

START_TEST(another_try_comes_before_the_rest)
{
    struct fixture fixture;

    make(&fixture);
    submit(&fixture, 1, JOB_REQUEST);
    submit(&fixture, 2, JOB_REQUEST);

    struct job *job = take(&fixture);

    ck_assert_uint_eq(job->attempts, 1);
    jobs_put_back(&fixture.jobs, job);
    ck_assert(!job->running);
    ck_assert_ptr_eq(take(&fixture), job);
    ck_assert_uint_eq(job->attempts, 2);
    drop(&fixture);
}
END_TEST

START_TEST(what_nobody_wants_is_dropped)
{
    struct profile_entry *entry = (struct profile_entry *)unit_dir; /* only whether there is one */
    struct fixture fixture;
    struct waiter waiter = {0}, other = {0};

    make(&fixture);

    struct job *job = submit(&fixture, 1, JOB_REQUEST);

    jobs_wait(job, &waiter, 1000);
    jobs_wait(job, &other, 2000);
    ck_assert_uint_eq(job->uid, 1000);
    jobs_drop_unwanted(&fixture.jobs, job);
    ck_assert_uint_eq(fixture.jobs.n, 1);
    jobs_leave(&fixture.jobs, &waiter);
    ck_assert_ptr_null(waiter.job);
    ck_assert_uint_eq(fixture.jobs.n, 1);
    jobs_leave(&fixture.jobs, &other);
    ck_assert_uint_eq(fixture.jobs.n, 0);
    jobs_drop_unwanted(&fixture.jobs, submit(&fixture, 1, JOB_BACKGROUND));
    ck_assert_uint_eq(fixture.jobs.n, 1);
    fixture.source->entry = entry;
    job = submit(&fixture, 2, JOB_NATIVE);
    jobs_drop_unwanted(&fixture.jobs, job);
    ck_assert_uint_eq(fixture.jobs.n, 2);
    fixture.source->entry = NULL;
    jobs_drop_unwanted(&fixture.jobs, job);
    ck_assert_uint_eq(fixture.jobs.n, 1);
    /* What a worker has already goes on. */
    submit(&fixture, 3, JOB_REQUEST);
    jobs_drop_unwanted(&fixture.jobs, take(&fixture));
    ck_assert_uint_eq(fixture.jobs.n, 2);
    drop(&fixture);
}
END_TEST

static char woken[32];

static void note_wake(struct waiter *waiter, const char *why)
{
    ck_assert_ptr_null(waiter->job);
    strcat(woken, why ? why : "-");
}

START_TEST(who_waits_is_woken_in_turn)
{
    struct waiter first = {.wake = note_wake}, second = first, third = first;
    struct fixture fixture;

    make(&fixture);
    woken[0] = '\0';

    struct job *job = submit(&fixture, 1, JOB_REQUEST);

    jobs_wait(job, &first, 0);
    jobs_wait(job, &second, 0);
    jobs_wake(job, NULL);
    ck_assert_str_eq(woken, "--");
    ck_assert(TAILQ_EMPTY(&job->waiters));
    jobs_wait(job, &third, 0);
    jobs_wake(job, "why");
    ck_assert_str_eq(woken, "--why");
    drop(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "jobs");

    tcase_add_test(tests, the_same_is_compiled_once);
    tcase_add_test(tests, urgent_ones_come_first);
    tcase_add_test(tests, users_take_turns);
    tcase_add_test(tests, a_look_changes_nothing);
    tcase_add_test(tests, what_is_made_ahead_leaves_workers_free);
    tcase_add_test(tests, what_may_take_long_leaves_a_worker_free);
    tcase_add_test(tests, a_failure_costs_its_user);
    tcase_add_test(tests, new_versions_and_requests_take_turns);
    tcase_add_test(tests, another_try_comes_before_the_rest);
    tcase_add_test(tests, what_nobody_wants_is_dropped);
    tcase_add_test(tests, who_waits_is_woken_in_turn);
    return unit_end(suite);
}
