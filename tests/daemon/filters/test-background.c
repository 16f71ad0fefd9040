/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/filters/background.c: what is made ahead of time, when it waits and pauses. */
#include "daemon/filters/background.h"

#include "daemon/cache/queue.h"
#include "tests/daemon/filters/fake-service.h"

struct fixture {
    struct fake *fake;
    const struct target *targets[3];
    struct background background;
};

static void start(struct fixture *fixture)
{
    *fixture = (struct fixture){
        .fake = fake_new(),
        .targets = {target_by_name("x86_64"), target_by_name("aarch64"), target_by_name("s390x")},
    };
    fixture->background = (struct background){
        .service = &fixture->fake->service,
        .targets = fixture->targets,
        .n_targets = ARRAY_SIZE(fixture->targets),
        .path = "/var/cache/x",
    };
}

/* Steps until there is nothing to do, with a worker that makes all jobs at once. Returns how many
 * there were. */
static unsigned work(struct fixture *fixture)
{
    unsigned n = 0;

    while (background_step(&fixture->background) || fixture->fake->service.jobs.n)
        while (jobs_next(&fixture->fake->service.jobs, 0)) {
            fake_succeed(fixture->fake, fake_take(fixture->fake), 1);
            n++;
        }
    return n;
}

START_TEST(each_version_is_made_for_the_other_targets)
{
    struct fixture fixture;

    start(&fixture);
    fake_serve(fixture.fake, "a", "{1}", 1);
    fake_serve(fixture.fake, "b", "{2}", 2);
    ck_assert_uint_eq(background_left(&fixture.background), 6);
    ck_assert_uint_eq(work(&fixture), 4);
    ck_assert_uint_eq(fixture.fake->n, 6);
    /* This machine's are in memory: nobody looks for them on the disk. */
    ck_assert_uint_eq(fixture.fake->service.cache_hits, 0);
    ck_assert_uint_eq(background_left(&fixture.background), 0);
    /* A new version is another one. */
    fake_offer(fixture.fake, "a", "{3}", 2);
    fake_succeed(fixture.fake, fake_take(fixture.fake), 3);
    ck_assert_uint_eq(work(&fixture), 2);
    fake_free(fixture.fake);
}
END_TEST

START_TEST(what_the_disk_has_is_not_made)
{
    struct fixture fixture;

    start(&fixture);
    fake_serve(fixture.fake, "a", "{1}", 1);
    ck_assert_uint_eq(work(&fixture), 2);
    service_remove(&fixture.fake->service, 0);
    fake_offer(fixture.fake, "a", "{1}", 2);
    ck_assert_uint_eq(background_left(&fixture.background), 3);
    ck_assert_uint_eq(work(&fixture), 0);
    ck_assert_uint_eq(background_left(&fixture.background), 0);
    fake_free(fixture.fake);
}
END_TEST

START_TEST(a_few_jobs_wait_at_a_time)
{
    struct fixture fixture;
    struct service *service;

    start(&fixture);
    service = &fixture.fake->service;
    for (int i = 0; i < 8; i++) {
        char name[8];

        snprintf(name, sizeof(name), "p%d", i);
        fake_serve(fixture.fake, name, name, 1);
    }
    while (background_step(&fixture.background))
        ;
    ck_assert_uint_eq(service->jobs.n, FAKE_BACKGROUND + BACKGROUND_AHEAD);
    fake_succeed(fixture.fake, fake_take(fixture.fake), 1);
    ck_assert(background_step(&fixture.background));
    /* What is urgent goes first. */
    fake_succeed(fixture.fake, fake_take(fixture.fake), 1);
    fake_offer(fixture.fake, "x", "{x}", 2);
    ck_assert(!background_step(&fixture.background));
    fake_succeed(fixture.fake, fake_take(fixture.fake), 1);
    ck_assert(background_step(&fixture.background));
    service_clear(service);
    free(fixture.fake);
}
END_TEST

START_TEST(it_waits_for_a_slow_disk)
{
    struct fixture fixture;

    start(&fixture);
    fake_serve(fixture.fake, "a", "{1}", 1);
    fixture.fake->n_waiting = BACKGROUND_WRITES_MAX - 1;
    ck_assert(background_step(&fixture.background));
    fixture.fake->n_waiting = BACKGROUND_WRITES_MAX;
    ck_assert(!background_step(&fixture.background));
    /* Until only a few are left. */
    fixture.fake->n_waiting = BACKGROUND_WRITES_FEW + 1;
    ck_assert(!background_step(&fixture.background));
    fixture.fake->n_waiting = BACKGROUND_WRITES_FEW;
    ck_assert(background_step(&fixture.background));
    ck_assert_uint_eq(work(&fixture), 2);
    fake_free(fixture.fake);
}
END_TEST

START_TEST(it_pauses_while_nothing_can_be_written)
{
    struct fixture fixture;
    struct background *background = &fixture.background;
    unsigned told;

    start(&fixture);
    fake_serve(fixture.fake, "a", "{1}", 1);
    told = fixture.fake->n_changed;
    background_note_written(background, -ENOSPC);
    ck_assert_uint_eq(fixture.fake->n_changed, told + 1);
    ck_assert_uint_eq(background->errors, 1);
    ck_assert_ptr_nonnull(strstr(background->why, "No space left"));
    ck_assert_uint_eq(background->paused_until_usec,
                      fixture.fake->now_usec + BACKGROUND_PAUSE_MIN_USEC);
    ck_assert(!background_is_wanted(background));
    ck_assert(!background_step(background));
    ck_assert_uint_eq(background_left(background), 0);
    ck_assert_int_eq(background_cache_state(background), WIRE_CACHE_FAILING);

    fixture.fake->now_usec += BACKGROUND_PAUSE_MIN_USEC - 1;
    background_wake(background);
    ck_assert(!background_is_wanted(background));
    fixture.fake->now_usec++;
    background_wake(background);
    ck_assert(background_is_wanted(background));
    ck_assert_uint_eq(fixture.fake->n_looks, 1);
    /* What was made meanwhile may be missing, this machine's filters too. */
    fixture.fake->n = 0;
    ck_assert_uint_eq(work(&fixture), 3);
    fake_free(fixture.fake);
}
END_TEST

START_TEST(each_pause_is_longer_until_something_is_written)
{
    struct fixture fixture;
    struct background *background = &fixture.background;
    uint64_t expected = BACKGROUND_PAUSE_MIN_USEC;

    start(&fixture);
    for (int i = 0; i < 10; i++) {
        background_note_written(background, -EIO);
        ck_assert_uint_eq(background->paused_until_usec - fixture.fake->now_usec, expected);
        fixture.fake->now_usec = background->paused_until_usec;
        background_wake(background);
        expected =
            expected * 2 < BACKGROUND_PAUSE_MAX_USEC ? expected * 2 : BACKGROUND_PAUSE_MAX_USEC;
    }
    ck_assert_uint_eq(expected, BACKGROUND_PAUSE_MAX_USEC);
    background_note_written(background, CACHE_WRITTEN);
    ck_assert_str_eq(background->why, "");
    background_note_written(background, -EIO);
    ck_assert_uint_eq(background->paused_until_usec - fixture.fake->now_usec,
                      BACKGROUND_PAUSE_MIN_USEC);
    /* A reload does not wait for it. */
    background_unpause(background);
    ck_assert(background_is_wanted(background));
    fake_free(fixture.fake);
}
END_TEST

START_TEST(in_another_directory_everything_is_missing)
{
    struct fixture fixture;

    start(&fixture);
    fake_serve(fixture.fake, "a", "{1}", 1);
    ck_assert_uint_eq(work(&fixture), 2);
    fixture.fake->n = 0;
    ck_assert_uint_eq(work(&fixture), 0);
    background_note_found(&fixture.background);
    ck_assert_uint_eq(work(&fixture), 3);
    ck_assert_uint_eq(fixture.fake->n, 3);
    ck_assert(!fixture.background.natives);
    fake_free(fixture.fake);
}
END_TEST

START_TEST(it_looks_for_all_before_it_makes_one)
{
    struct fixture fixture;
    struct service *service;

    start(&fixture);
    service = &fixture.fake->service;
    fake_serve(fixture.fake, "a", "{1}", 1);
    fake_serve(fixture.fake, "b", "{2}", 1);
    for (int i = 0; i < 6; i++) {
        ck_assert_uint_eq(service->jobs.n, 0);
        ck_assert(background_step(&fixture.background));
    }
    ck_assert_uint_eq(background_left(&fixture.background), 4);
    ck_assert_uint_eq(work(&fixture), 4);
    /* Only what a start looks for first is needed. */
    for (size_t i = 0; i < fixture.fake->n; i++)
        ck_assert_int_eq(fixture.fake->entries[i].use, i < 2 ? CACHE_NEEDED : CACHE_AHEAD);
    fake_free(fixture.fake);
}
END_TEST

START_TEST(a_full_cache_ends_it_for_long)
{
    struct fixture fixture;
    struct background *background = &fixture.background;

    start(&fixture);
    fake_serve(fixture.fake, "a", "{1}", 1);
    background_note_written(background, CACHE_FULL);
    ck_assert_uint_eq(background->errors, 0);
    ck_assert_ptr_nonnull(strstr(background->why, "full"));
    ck_assert_int_eq(background_cache_state(background), WIRE_CACHE_FAILING);
    /* What is needed is written all the same, and does not wake it. */
    background_note_written(background, CACHE_WRITTEN);
    ck_assert(!background_is_wanted(background));
    fixture.fake->now_usec += BACKGROUND_PAUSE_FULL_USEC;
    background_wake(background);
    ck_assert_uint_ge(background->since, 1);
    ck_assert_uint_eq(work(&fixture), 2);
    fake_free(fixture.fake);
}
END_TEST

START_TEST(the_state_of_the_cache_is_known)
{
    struct fixture fixture;
    struct background *background = &fixture.background;

    start(&fixture);
    ck_assert_int_eq(background_cache_state(background), WIRE_CACHE_USED);
    fixture.fake->is_in_place = false;
    ck_assert_int_eq(background_cache_state(background), WIRE_CACHE_FAILING);
    ck_assert_uint_eq(fixture.fake->n_looks, 1);
    fixture.fake->is_in_place = true;
    fixture.fake->has_writer = false;
    ck_assert_int_eq(background_cache_state(background), WIRE_CACHE_FAILING);
    ck_assert(!background_is_wanted(background));
    background_note_written(background, -EPIPE);
    ck_assert_uint_eq(background->errors, 1);
    ck_assert_str_eq(background->why, "");
    ck_assert_uint_eq(background->paused_until_usec, 0);
    fixture.fake->has_writer = true;
    background_note_failed(background, "it is a file");
    ck_assert_str_eq(background->why, "no cache on disk: /var/cache/x: it is a file");
    ck_assert_uint_eq(background->errors, 1);
    ck_assert_int_eq(background_cache_state(background), WIRE_CACHE_FAILING);
    background->path = NULL;
    ck_assert_int_eq(background_cache_state(background), WIRE_CACHE_NONE);
    fake_free(fixture.fake);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "background");

    tcase_add_test(tests, each_version_is_made_for_the_other_targets);
    tcase_add_test(tests, what_the_disk_has_is_not_made);
    tcase_add_test(tests, a_few_jobs_wait_at_a_time);
    tcase_add_test(tests, it_waits_for_a_slow_disk);
    tcase_add_test(tests, it_pauses_while_nothing_can_be_written);
    tcase_add_test(tests, each_pause_is_longer_until_something_is_written);
    tcase_add_test(tests, in_another_directory_everything_is_missing);
    tcase_add_test(tests, it_looks_for_all_before_it_makes_one);
    tcase_add_test(tests, a_full_cache_ends_it_for_long);
    tcase_add_test(tests, the_state_of_the_cache_is_known);
    return unit_end(suite);
}
