/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/files/watch.c: which changes are told, and how often. */
#include "daemon/files/watch.h"

#include <time.h>

#include "tests/daemon/unit.h"

struct fixture {
    sd_event *event;
    struct watch watch;
    char *directory;
    unsigned told;
    unsigned everything;
    bool all; /* as it was told last */
    size_t n_names;
    char name[NAME_MAX + 1];
};

static void on_changed(void *user)
{
    struct fixture *fixture = user;
    const struct watch *watch = &fixture->watch;

    fixture->told++;
    fixture->everything += watch->everything;
    fixture->all = watch->all;
    fixture->n_names = watch->n_names;
    memcpy(fixture->name, watch->names[0], sizeof(fixture->name));
    watch_forget(&fixture->watch);
    watch_arm(&fixture->watch, &fixture->directory, 1, NULL, 0);
}

static void start(struct fixture *fixture, const char *directory)
{
    *fixture = (struct fixture){.watch = {.fd = -1}};
    fixture->directory = strdup(unit_path(directory));
    ck_assert_int_eq(sd_event_new(&fixture->event), 0);
    fixture->watch.changed = on_changed;
    fixture->watch.user = fixture;
    ck_assert_int_eq(watch_start(&fixture->watch, fixture->event), 0);
    ck_assert_int_eq(watch_arm(&fixture->watch, &fixture->directory, 1, NULL, 0), 0);
}

static void stop(struct fixture *fixture)
{
    watch_stop(&fixture->watch);
    sd_event_unref(fixture->event);
    free(fixture->directory);
}

/* Runs the event loop for USEC; returns how often a change was told in it. */
static unsigned run(struct fixture *fixture, uint64_t usec)
{
    unsigned before = fixture->told;
    struct timespec start_time, now;
    uint64_t passed = 0;

    clock_gettime(CLOCK_MONOTONIC, &start_time);
    while (passed < usec) {
        sd_event_run(fixture->event, usec - passed);
        clock_gettime(CLOCK_MONOTONIC, &now);
        passed = (uint64_t)((now.tv_sec - start_time.tv_sec) * 1000000 +
                            (now.tv_nsec - start_time.tv_nsec) / 1000);
    }
    return fixture->told - before;
}

enum {
    LONG_ENOUGH = 3 * WATCH_PATIENCE_USEC,
};

START_TEST(changes_are_told_once)
{
    struct fixture fixture;

    ck_assert_int_eq(mkdir(unit_path("d"), 0755), 0);
    start(&fixture, "d");
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH / 2), 0);
    for (int i = 0; i < 20; i++)
        unit_write_text("d/a.json", "x");
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 1);
    ck_assert_int_eq(rename(unit_path("d/a.json"), unit_path("d/b.json")), 0);
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 1);
    ck_assert_int_eq(chmod(unit_path("d/b.json"), 0600), 0);
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 1);
    ck_assert_int_eq(unlink(unit_path("d/b.json")), 0);
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 1);
    ck_assert_int_eq(symlink("x", unit_path("d/..data")), 0);
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 1);
    ck_assert_uint_eq(fixture.everything, 0);
    stop(&fixture);
}
END_TEST

START_TEST(noise_is_not_told)
{
    struct fixture fixture;
    int fd;

    ck_assert_int_eq(mkdir(unit_path("d"), 0755), 0);
    start(&fixture, "d");
    unit_write_text("d/.a.json.swp", "x");
    unit_write_text("d/a.json~", "x");
    unit_write_text("d/#a.json#", "x");
    unit_write_text("elsewhere", "x");
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 0);
    /* A file that is being written is no change before it is closed. */
    fd = open(unit_path("d/a.json"), O_WRONLY | O_CREAT, 0644);
    ck_assert_int_eq(write(fd, "x", 1), 1);
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 0);
    close(fd);
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 1);
    stop(&fixture);
}
END_TEST

START_TEST(a_stream_of_changes_is_told_now_and_then)
{
    const struct timespec pause = {0, 5000000};
    struct fixture fixture;
    unsigned told = 0;

    ck_assert_int_eq(mkdir(unit_path("d"), 0755), 0);
    start(&fixture, "d");
    for (int i = 0; i < 160; i++) {
        unit_write_text("d/a.json", "x");
        nanosleep(&pause, NULL);
        told += run(&fixture, 1);
    }
    /* 160 times 5 ms and more: at least every 200 ms, never for each single change. */
    ck_assert_uint_ge(told, 2);
    ck_assert_uint_le(told, 60);
    stop(&fixture);
}
END_TEST

START_TEST(directories_come_and_go)
{
    struct fixture fixture;

    start(&fixture, "a/b/c");
    ck_assert_int_eq(mkdir(unit_path("x"), 0755), 0);
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 0);
    ck_assert_int_eq(mkdir(unit_path("a"), 0755), 0);
    ck_assert_uint_ge(run(&fixture, LONG_ENOUGH), 1);
    ck_assert_int_eq(mkdir(unit_path("a/x"), 0755), 0);
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 0);
    ck_assert_int_eq(mkdir(unit_path("a/b"), 0755) || mkdir(unit_path("a/b/c"), 0755), 0);
    ck_assert_uint_ge(run(&fixture, LONG_ENOUGH), 1);
    unit_write_text("a/b/c/a.json", "x");
    ck_assert_uint_ge(run(&fixture, LONG_ENOUGH), 1);
    /* The whole way is exchanged. */
    ck_assert_int_eq(mkdir(unit_path("new"), 0755) || mkdir(unit_path("new/b"), 0755) ||
                         mkdir(unit_path("new/b/c"), 0755),
                     0);
    ck_assert_int_eq(rename(unit_path("a"), unit_path("old")), 0);
    ck_assert_int_eq(rename(unit_path("new"), unit_path("a")), 0);
    ck_assert_uint_ge(run(&fixture, LONG_ENOUGH), 1);
    /* What is gone is watched no longer, what is there is. */
    unit_write_text("old/b/c/a.json", "x");
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 0);
    unit_write_text("a/b/c/a.json", "x");
    ck_assert_uint_ge(run(&fixture, LONG_ENOUGH), 1);
    stop(&fixture);
}
END_TEST

START_TEST(other_places_are_watched_too)
{
    struct fixture fixture;
    char *place;

    ck_assert_int_eq(mkdir(unit_path("d"), 0755) || mkdir(unit_path("p"), 0755), 0);
    start(&fixture, "d");
    place = strdup(unit_path("p"));
    ck_assert(watch_covers(&fixture.watch, fixture.directory));
    ck_assert(!watch_covers(&fixture.watch, place));
    ck_assert_int_eq(watch_arm(&fixture.watch, &fixture.directory, 1, &place, 1), 0);
    ck_assert(watch_covers(&fixture.watch, place));
    unit_write_text("p/a.json", "x");
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 1);
    /* The callback armed without it. */
    unit_write_text("p/a.json", "x");
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 0);
    free(place);
    stop(&fixture);
}
END_TEST

START_TEST(names_are_told_where_that_is_all)
{
    char name[32];
    struct fixture fixture;

    ck_assert_int_eq(mkdir(unit_path("d"), 0755), 0);
    start(&fixture, "d");
    unit_write_text("d/a.json", "x");
    unit_write_text("d/a.json", "y");
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 1);
    ck_assert(!fixture.all);
    ck_assert_uint_eq(fixture.n_names, 1);
    ck_assert_str_eq(fixture.name, "a.json");
    ck_assert_int_eq(rename(unit_path("d/a.json"), unit_path("d/b")), 0);
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 1);
    ck_assert(!fixture.all);
    ck_assert_uint_eq(fixture.n_names, 2);
    /* The directory itself, another directory in it, and more names than are kept. */
    ck_assert_int_eq(chmod(unit_path("d"), 0750), 0);
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 1);
    ck_assert(fixture.all);
    ck_assert_int_eq(mkdir(unit_path("d/sub"), 0755), 0);
    ck_assert_uint_eq(run(&fixture, LONG_ENOUGH), 1);
    ck_assert(fixture.all);
    for (unsigned i = 0; i <= WATCH_NAMES_MAX; i++) {
        snprintf(name, sizeof(name), "d/%u.json", i);
        unit_write_text(name, "x");
    }
    ck_assert_uint_ge(run(&fixture, LONG_ENOUGH), 1);
    ck_assert(fixture.all);
    ck_assert_uint_eq(fixture.everything, 0);
    stop(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "watch");

    tcase_add_test(tests, changes_are_told_once);
    tcase_add_test(tests, noise_is_not_told);
    tcase_add_test(tests, a_stream_of_changes_is_told_now_and_then);
    tcase_add_test(tests, directories_come_and_go);
    tcase_add_test(tests, other_places_are_watched_too);
    tcase_add_test(tests, names_are_told_where_that_is_all);
    return unit_end(suite);
}
