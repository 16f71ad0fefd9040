/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of daemon/files/follow.c: what becomes of the profiles in service when files come, change
 * and go.
 */
#include <sys/resource.h>

#include "daemon/log.h"
#include "tests/daemon/files/following.h"

START_TEST(files_come_change_and_go)
{
    struct fixture fixture;

    start(&fixture);
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    unit_write_text("first/a.json", "{1}");
    unit_write_text("second/b.json", "{2}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 2);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{1}");
    check(&fixture, "b", WIRE_PROFILE_SERVED, "{2}");
    ck_assert_uint_eq(fixture.service->generation, 2);
    unit_write_text("first/a.json", "{3}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{3}");
    ck_assert_uint_eq(fixture.service->generation, 3);
    ck_assert_int_eq(unlink(unit_path("first/a.json")), 0);
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    ck_assert_ptr_null(registry_find(&fixture.service->registry, "a"));
    ck_assert_uint_eq(fixture.service->generation, 4);
    check(&fixture, "b", WIRE_PROFILE_SERVED, "{2}");
    ck_assert_uint_eq(fixture.fake->n_changed, 4 + 3);
    stop(&fixture);
}
END_TEST

START_TEST(the_same_text_again_is_not_compiled)
{
    struct fixture fixture;
    uint64_t told;

    start(&fixture);
    unit_write_text("first/a.json", "{1}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    told = fixture.service->changes.n;
    ck_assert_int_eq(unlink(unit_path("first/a.json")), 0);
    unit_write_text("first/a.json", "{1}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{1}");
    ck_assert_uint_eq(fixture.service->generation, 1);
    ck_assert_uint_eq(fixture.service->changes.n, told);
    stop(&fixture);
}
END_TEST

START_TEST(a_text_that_comes_back_while_another_is_compiled_is_the_last_one)
{
    struct fixture fixture;

    start(&fixture);
    unit_write_text("first/a.json", "{1}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    unit_write_text("first/a.json", "{2}");
    scan(&fixture);
    unit_write_text("first/a.json", "{1}");
    scan(&fixture);
    /* The second and then, from the cache, the first again. */
    ck_assert_uint_eq(compile(&fixture), 1);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{1}");
    ck_assert_uint_eq(fixture.service->generation, 3);
    stop(&fixture);
}
END_TEST

START_TEST(the_same_text_is_not_compiled_twice_at_a_time)
{
    struct fixture fixture;

    start(&fixture);
    unit_write_text("first/a.json", "{1}");
    scan(&fixture);
    ck_assert_int_eq(chmod(unit_path("first/a.json"), 0640), 0);
    scan(&fixture);
    ck_assert_uint_eq(compile(&fixture), 1);
    /* Its filter is for those who can read it as it is now. */
    ck_assert_uint_eq(get(&fixture, "a")->served->access.mode, 0640);
    stop(&fixture);
}
END_TEST

START_TEST(a_broken_text_keeps_the_last_good_one_until_it_is_mended)
{
    struct fixture fixture;

    start(&fixture);
    unit_write_text("first/a.json", "{1}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    unit_write_text("first/a.json", "{");
    scan(&fixture);
    fake_refuse(fixture.fake, fake_take(fixture.fake));
    check(&fixture, "a", WIRE_PROFILE_STALE, "{1}");
    /* It is not compiled again as long as it is the same. */
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    check(&fixture, "a", WIRE_PROFILE_STALE, "{1}");
    unit_write_text("first/a.json", "{1}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{1}");
    ck_assert_uint_eq(fixture.service->generation, 1);
    stop(&fixture);
}
END_TEST

START_TEST(a_file_that_others_can_write_is_refused)
{
    struct fixture fixture;

    start(&fixture);
    unit_write_text("first/a.json", "{1}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    unit_write_text("first/a.json", "{2}");
    ck_assert_int_eq(chmod(unit_path("first/a.json"), 0666), 0);
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    check(&fixture, "a", WIRE_PROFILE_STALE, "{1}");
    check_error(&fixture, "a", "first/a.json: error: ");
    ck_assert_int_eq(chmod(unit_path("first/a.json"), 0644), 0);
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{2}");
    stop(&fixture);
}
END_TEST

START_TEST(an_access_change_counts_at_once)
{
    struct fixture fixture;
    const struct change *change;

    start(&fixture);
    unit_write_text("first/a.json", "{1}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    ck_assert_int_eq(chmod(unit_path("first/a.json"), 0600), 0);
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    ck_assert_uint_eq(get(&fixture, "a")->access.mode, 0600);
    ck_assert_uint_eq(get(&fixture, "a")->served->access.mode, 0600);
    ck_assert_uint_eq(fixture.service->generation, 2);
    ck_assert_uint_eq(fixture.service->changes.n, 2);
    change = &fixture.service->changes.ring[1];
    ck_assert_uint_eq(change->before.file.mode, 0644);
    ck_assert_uint_eq(change->after.file.mode, 0600);
    stop(&fixture);
}
END_TEST

START_TEST(the_better_directory_decides)
{
    struct fixture fixture;

    start(&fixture);
    unit_write_text("second/a.json", "{2}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    unit_write_text("first/a.json", "{1}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{1}");
    ck_assert_str_eq(get(&fixture, "a")->path, unit_path("first/a.json"));
    unit_write_text("second/a.json", "{3}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    ck_assert_int_eq(unlink(unit_path("first/a.json")), 0);
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{3}");
    stop(&fixture);
}
END_TEST

START_TEST(a_mask_takes_a_profile_out_of_service)
{
    struct fixture fixture;

    start(&fixture);
    unit_write_text("second/a.json", "{2}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    ck_assert_int_eq(symlink("/dev/null", unit_path("first/a.json")), 0);
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    ck_assert_uint_eq(fixture.service->registry.n, 0);
    ck_assert_uint_eq(fixture.service->generation, 2);
    ck_assert_int_eq(unlink(unit_path("first/a.json")), 0);
    scan(&fixture);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{2}");
    stop(&fixture);
}
END_TEST

/* A directory cannot be read where its path is a loop of links, even by root. */
static void make_unreadable(const char *directory)
{
    char aside[32];

    snprintf(aside, sizeof(aside), "%s.aside", directory);
    ck_assert_int_eq(rename(unit_path(directory), unit_path(aside)), 0);
    ck_assert_int_eq(symlink(directory, unit_path(directory)), 0);
}

static void make_readable(const char *directory)
{
    char aside[32];

    snprintf(aside, sizeof(aside), "%s.aside", directory);
    ck_assert_int_eq(unlink(unit_path(directory)), 0);
    ck_assert_int_eq(rename(unit_path(aside), unit_path(directory)), 0);
}

START_TEST(an_unreadable_directory_keeps_what_came_from_it)
{
    struct fixture fixture;

    start(&fixture);
    unit_write_text("first/a.json", "{1}");
    unit_write_text("second/a.json", "{2}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    make_unreadable("first");
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    check(&fixture, "a", WIRE_PROFILE_STALE, "{1}");
    check_error(&fixture, "a", "its directory cannot be read");
    make_readable("first");
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{1}");
    ck_assert_uint_eq(fixture.service->generation, 1);
    stop(&fixture);
}
END_TEST

START_TEST(nothing_comes_newly_into_service_behind_an_unreadable_directory)
{
    struct fixture fixture;

    start(&fixture);
    unit_write_text("second/same.json", "{1}");
    unit_write_text("second/other.json", "{2}");
    unit_write_text("second/gone.json", "{3}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 3);
    make_unreadable("first");
    unit_write_text("second/new.json", "{4}");
    unit_write_text("second/other.json", "{5}");
    ck_assert_int_eq(unlink(unit_path("second/gone.json")), 0);
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    check(&fixture, "same", WIRE_PROFILE_SERVED, "{1}");
    check(&fixture, "other", WIRE_PROFILE_STALE, "{2}");
    check_error(&fixture, "other", "first, which comes before its directory, cannot be read");
    check(&fixture, "new", WIRE_PROFILE_BROKEN, NULL);
    check_error(&fixture, "new", "first, which comes before its directory, cannot be read");
    ck_assert_ptr_null(registry_find(&fixture.service->registry, "gone"));
    /* What it was before may come back. */
    unit_write_text("second/other.json", "{2}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    check(&fixture, "other", WIRE_PROFILE_SERVED, "{2}");
    unit_write_text("second/other.json", "{5}");
    make_readable("first");
    ck_assert_uint_eq(scan_and_compile(&fixture), 2);
    check(&fixture, "other", WIRE_PROFILE_SERVED, "{5}");
    check(&fixture, "new", WIRE_PROFILE_SERVED, "{4}");
    stop(&fixture);
}
END_TEST

START_TEST(two_changes_in_a_row_end_with_the_second)
{
    struct fixture fixture;
    struct job *job;

    start(&fixture);
    unit_write_text("first/a.json", "{1}");
    scan(&fixture);
    job = fake_take(fixture.fake);
    unit_write_text("first/a.json", "{2}");
    scan(&fixture);
    unit_write_text("first/a.json", "{3}");
    scan(&fixture);
    ck_assert_uint_eq(service_pending_since(fixture.service), 1);
    fake_succeed(fixture.fake, job, 1);
    ck_assert_uint_eq(service_pending_since(fixture.service), 2);
    ck_assert_uint_eq(compile(&fixture), 1);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{3}");
    stop(&fixture);
}
END_TEST

START_TEST(a_compile_without_a_result_is_tried_again_by_a_later_scan)
{
    struct fixture fixture;

    start(&fixture);
    unit_write_text("first/a.json", "{1}");
    scan(&fixture);
    fake_fail(fixture.fake, fake_take(fixture.fake), "it took too long");
    check(&fixture, "a", WIRE_PROFILE_BROKEN, NULL);
    /* Not before its time, which each scan finds out anew. */
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    ck_assert_uint_ne(fixture.service->retry_usec, UINT64_MAX);
    fixture.fake->now_usec = fixture.service->retry_usec;
    ck_assert_uint_eq(follow_scan(&fixture.follow, false), 3);
    while (follow_step(&fixture.follow))
        ;
    ck_assert_uint_eq(fixture.service->retry_usec, UINT64_MAX);
    ck_assert_uint_eq(compile(&fixture), 1);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{1}");
    stop(&fixture);
}
END_TEST

START_TEST(without_fds_all_stays_and_is_looked_at_again)
{
    struct fixture fixture;
    struct rlimit before, few;
    int fd;

    start(&fixture);
    unit_write_text("first/a.json", "{1}");
    scan(&fixture);
    compile(&fixture);
    unit_write_text("first/a.json", "{2}");
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    fd = dup(0);
    ck_assert_int_ge(fd, 0);
    close(fd);
    few = before;
    few.rlim_cur = (rlim_t)fd;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    scan(&fixture);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert(fixture.follow.watch.pending);
    check(&fixture, "a", WIRE_PROFILE_STALE, "{1}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{2}");
    stop(&fixture);
}
END_TEST

START_TEST(over_the_limit_what_is_in_service_stays)
{
    struct fixture fixture;

    start(&fixture);
    fixture.follow.max_profiles = 2;
    unit_write_text("second/m.json", "{1}");
    unit_write_text("second/n.json", "{2}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 2);
    /* Whatever its name, and in the better directory, too. */
    unit_write_text("first/a.json", "{3}");
    unit_write_text("first/z.json", "{4}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 0);
    check(&fixture, "m", WIRE_PROFILE_SERVED, "{1}");
    check(&fixture, "n", WIRE_PROFILE_SERVED, "{2}");
    ck_assert_uint_eq(fixture.service->registry.n, 2);
    ck_assert_uint_eq(fixture.follow.left_out, 2);
    /* A new text of a profile that is in service is not left out. */
    unit_write_text("first/m.json", "{5}");
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    check(&fixture, "m", WIRE_PROFILE_SERVED, "{5}");
    /* Where one goes, there is room for another: the next scan is soon. */
    ck_assert_int_eq(unlink(unit_path("second/n.json")), 0);
    ck_assert_int_eq(unlink(unit_path("first/z.json")), 0);
    scan(&fixture);
    ck_assert(fixture.follow.watch.pending);
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{3}");
    ck_assert_uint_eq(fixture.follow.left_out, 0);
    stop(&fixture);
}
END_TEST

START_TEST(the_log_names_what_is_left_out)
{
    struct fixture fixture;
    char text[4096];
    size_t size;
    int fd, saved = dup(STDERR_FILENO);

    start(&fixture);
    fixture.follow.max_profiles = 0;
    unit_write_text("first/this-one.json", "{1}");
    fd = open(unit_path("log"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
    log_init(&fixture.fake->log, LOG_ERR);
    scan(&fixture);
    log_close(&fixture.fake->log);
    ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
    close(saved);
    size = (size_t)pread(fd, text, sizeof(text) - 1, 0);
    close(fd);
    text[size < sizeof(text) ? size : 0] = '\0';
    ck_assert_msg(strstr(text, "this-one") != NULL, "%s", text);
    fixture.fake->log.level = -1;
    stop(&fixture);
}
END_TEST

START_TEST(a_link_within_its_directory_is_followed_and_watched)
{
    struct fixture fixture;
    const char *place;

    start(&fixture);
    ck_assert_int_eq(mkdir(unit_path("first/data"), 0755), 0);
    unit_write_text("first/data/x", "{1}");
    ck_assert_int_eq(symlink("data/x", unit_path("first/a.json")), 0);
    ck_assert_uint_eq(scan_and_compile(&fixture), 1);
    check(&fixture, "a", WIRE_PROFILE_SERVED, "{1}");
    place = get(&fixture, "a")->place;
    ck_assert_ptr_nonnull(place);
    ck_assert(watch_covers(&fixture.follow.watch, place));
    ck_assert(fixture.follow.watch.pending);
    stop(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "follow");

    tcase_add_test(tests, files_come_change_and_go);
    tcase_add_test(tests, the_same_text_again_is_not_compiled);
    tcase_add_test(tests, a_text_that_comes_back_while_another_is_compiled_is_the_last_one);
    tcase_add_test(tests, the_same_text_is_not_compiled_twice_at_a_time);
    tcase_add_test(tests, a_broken_text_keeps_the_last_good_one_until_it_is_mended);
    tcase_add_test(tests, a_file_that_others_can_write_is_refused);
    tcase_add_test(tests, an_access_change_counts_at_once);
    tcase_add_test(tests, the_better_directory_decides);
    tcase_add_test(tests, a_mask_takes_a_profile_out_of_service);
    tcase_add_test(tests, an_unreadable_directory_keeps_what_came_from_it);
    tcase_add_test(tests, nothing_comes_newly_into_service_behind_an_unreadable_directory);
    tcase_add_test(tests, two_changes_in_a_row_end_with_the_second);
    tcase_add_test(tests, a_compile_without_a_result_is_tried_again_by_a_later_scan);
    tcase_add_test(tests, without_fds_all_stays_and_is_looked_at_again);
    tcase_add_test(tests, over_the_limit_what_is_in_service_stays);
    tcase_add_test(tests, the_log_names_what_is_left_out);
    tcase_add_test(tests, a_link_within_its_directory_is_followed_and_watched);
    return unit_end(suite);
}
