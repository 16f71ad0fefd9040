/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of daemon/files/follow.c: which files are looked at when something changed, and what
 * happens while that is under way.
 */
#include "tests/daemon/files/following.h"

/* Tells that NAMES changed, as the watch does, and does what follows. Returns how many compiles. */
static unsigned change(struct fixture *fixture, const char *const *names, size_t n)
{
    struct watch *watch = &fixture->follow.watch;

    for (size_t i = 0; i < n; i++)
        strcpy(watch->names[watch->n_names++], names[i]);
    follow_changes(&fixture->follow);
    while (follow_step(&fixture->follow))
        ;
    return compile(fixture);
}

#define CHANGE(fixture, ...)                            \
    change(fixture, (const char *const[]){__VA_ARGS__}, \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

START_TEST(a_changed_name_is_looked_at_alone)
{
    struct fixture fixture;

    start(&fixture);
    unit_write_text("first/a.json", "{1}");
    unit_write_text("first/b.json", "{2}");
    unit_write_text("second/a.json", "{3}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 2);
    /* Nothing tells of b: it stays as it is. */
    unit_write_text("first/a.json", "{4}");
    unit_write_text("first/b.json", "{5}");
    ck_assert_uint_eq(CHANGE(&fixture, "a.json"), 1);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{4}");
    check(&fixture, "b", WIRE_PROFILE_SERVED, "{2}");
    ck_assert_int_eq(unlink(unit_path("first/a.json")), 0);
    ck_assert_uint_eq(CHANGE(&fixture, "a.json"), 1);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{3}");
    ck_assert_int_eq(unlink(unit_path("second/a.json")), 0);
    unit_write_text("second/c.json", "{6}");
    ck_assert_uint_eq(CHANGE(&fixture, "c.json", "a.json"), 1);
    ck_assert_ptr_null(registry_find(&fixture.service->registry, "a"));
    check(&fixture, "c", WIRE_PROFILE_SERVED, "{6}");
    stop(&fixture);
}
END_TEST

START_TEST(other_names_cost_nothing_unless_there_are_links)
{
    struct fixture fixture;
    uint64_t scans;

    start(&fixture);
    unit_write_text("first/a.json", "{1}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    scans = fixture.follow.scans;
    ck_assert_uint_eq(CHANGE(&fixture, "a.json.tmp", "bad name.json"), 0);
    ck_assert_uint_eq(fixture.follow.scans, scans);
    unit_write_text("first/x", "{2}");
    ck_assert_int_eq(symlink("x", unit_path("first/l.json")), 0);
    ck_assert_uint_eq(CHANGE(&fixture, "l.json"), 1);
    watch_forget(&fixture.follow.watch);
    unit_write_text("first/x", "{3}");
    ck_assert_uint_eq(CHANGE(&fixture, "x"), 1);
    check(&fixture, "l", WIRE_PROFILE_SERVED, "{3}");
    ck_assert_int_eq(unlink(unit_path("first/l.json")), 0);
    scan_and_compile(&fixture);
    ck_assert_uint_eq(fixture.follow.n_linked, 0);
    stop(&fixture);
}
END_TEST

START_TEST(what_is_asked_for_during_a_scan_comes_after_it)
{
    struct fixture fixture;
    uint64_t first, second;

    start(&fixture);
    unit_write_text("first/a.json", "{1}");
    first = follow_scan(&fixture.follow, true);
    ck_assert_uint_eq(fixture.begun, 1);
    ck_assert_uint_eq(service_pending_since(fixture.service), first);
    second = follow_scan(&fixture.follow, false);
    ck_assert_uint_eq(second, first + 1);
    ck_assert_uint_eq(follow_scan(&fixture.follow, true), second);
    strcpy(fixture.follow.watch.names[fixture.follow.watch.n_names++], "b.json");
    follow_changes(&fixture.follow);
    ck_assert_uint_eq(fixture.follow.watch.n_names, 1);
    while (follow_step(&fixture.follow) && fixture.follow.scans == first)
        ;
    ck_assert_uint_eq(fixture.follow.scans, second);
    ck_assert(fixture.follow.everything);
    unit_write_text("first/b.json", "{2}");
    while (follow_step(&fixture.follow))
        ;
    ck_assert_uint_eq(fixture.follow.scans, second + 1);
    ck_assert_uint_eq(fixture.follow.watch.n_names, 0);
    ck_assert_uint_eq(compile(&fixture), 2);
    ck_assert_uint_eq(service_pending_since(fixture.service), UINT64_MAX);
    stop(&fixture);
}
END_TEST

/* The counters of the registry are what a count of all entries gives. */
START_TEST(states_are_counted)
{
    size_t n_in[WIRE_PROFILE_PENDING + 1] = {0};
    const struct registry *registry;
    struct fixture fixture;

    start(&fixture);
    registry = &fixture.service->registry;
    for (char name[] = "first/a.json"; name[6] < 'g'; name[6]++)
        unit_write_text(name, name);
    scan_and_compile(&fixture);
    unit_write_text("first/a.json", "wrong");
    unit_write_text("first/h.json", "wrong too");
    scan(&fixture);
    while (registry->entries[0]->compiling || fixture.service->jobs.n)
        fake_refuse(fixture.fake, fake_take(fixture.fake));
    unit_write_text("first/i.json", "waits");
    ck_assert_int_eq(unlink(unit_path("first/b.json")), 0);
    ck_assert_int_eq(chmod(unit_path("first/c.json"), 0666), 0);
    scan(&fixture);
    for (size_t i = 0; i < registry->n; i++)
        n_in[entry_state(registry->entries[i])]++;
    ck_assert_uint_eq(n_in[WIRE_PROFILE_SERVED], 3);
    ck_assert_uint_eq(n_in[WIRE_PROFILE_STALE], 2);
    ck_assert_uint_eq(n_in[WIRE_PROFILE_BROKEN], 1);
    ck_assert_uint_eq(n_in[WIRE_PROFILE_PENDING], 1);
    ck_assert_mem_eq(registry->n_in, n_in, sizeof(n_in));
    stop(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "follow-changes");

    tcase_add_test(tests, a_changed_name_is_looked_at_alone);
    tcase_add_test(tests, other_names_cost_nothing_unless_there_are_links);
    tcase_add_test(tests, what_is_asked_for_during_a_scan_comes_after_it);
    tcase_add_test(tests, states_are_counted);
    return unit_end(suite);
}
