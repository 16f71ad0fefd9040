/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of what writes the cache, with its real processes: directories go and come back, and
 * processes end, while entries are on their way.
 */
#include "daemon/cache/dir.h"
#include "daemon/cache/writer.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "daemon/cache/process.h"
#include "daemon/files/trust.h"
#include "daemon/process/own-filter.h"
#include "daemon/process/sandbox.h"
#include "tests/daemon/unit.h"

enum {
    WAIT_USEC = 20000000,
    QUEUED = 50,
    ROUNDS = 60,
};

/* What was called back. */
static struct {
    int written, dropped, errors, last_error;
    int lost, went_on, failed, found;
    char why[TRUST_WHY_SIZE];
} seen;

static struct own_filters own;
static struct children children;
static struct cache_dir dir;
static struct cache_writer writer;
static uint8_t next_key;

static void on_done(void *user, int result)
{
    (void)user;
    seen.written += result == CACHE_WRITTEN;
    seen.dropped += result == CACHE_DROPPED;
    seen.errors += result < 0;
    if (result < 0)
        seen.last_error = result;
}

static void on_lost(void *user, const char *why)
{
    (void)user;
    seen.lost++;
    snprintf(seen.why, sizeof(seen.why), "%s", why);
}

static void on_went_on(void *user)
{
    (void)user;
    seen.went_on++;
}

static void on_failed(void *user, const char *why)
{
    (void)user;
    seen.failed++;
    snprintf(seen.why, sizeof(seen.why), "%s", why);
}

static void on_found(void *user)
{
    (void)user;
    seen.found++;
}

static void make_filters(void)
{
    const char *why;

    ck_assert_msg(own_filters_make(&own, &why) == 0, "%s", why);
}

static void clear_filters(void)
{
    own_filters_clear(&own);
}

static void begin(void)
{
    char why[TRUST_WHY_SIZE];
    sigset_t set;
    bool other;

    unit_setup();
    memset(&seen, 0, sizeof(seen));
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    ck_assert_int_ge(sd_event_new(&children.event), 0);
    ck_assert_int_eq(cache_dir_find(&dir, unit_path("c"), geteuid()), 0);
    ck_assert_int_eq(cache_dir_make(dir.place_fd), 0);
    ck_assert_int_eq(cache_dir_open(&dir, &other, why), TRUST_OK);
    writer = (struct cache_writer){.size_limit = 1 << 26,
                                   .done = on_done,
                                   .lost = on_lost,
                                   .went_on = on_went_on,
                                   .failed = on_failed,
                                   .found = on_found};
    ck_assert_int_eq(cache_writer_start(&writer, &children, &dir, &own), 0);
}

static void end(void)
{
    cache_writer_stop(&writer);
    cache_dir_clear(&dir);
    sd_event_unref(children.event);
    /* All of them end by themselves. */
    while (waitpid(-1, NULL, 0) > 0)
        ;
    ck_assert_int_eq(errno, ECHILD);
    unit_teardown();
}

static void run_once(uint64_t usec)
{
    ck_assert_int_ge(sd_event_run(children.event, usec), 0);
}

/* Runs the loop until CONDITION is true. */
#define run_until(condition)                         \
    do {                                             \
        for (int turn = 0; !(condition); turn++) {   \
            ck_assert_msg(turn < 10000, #condition); \
            run_once(WAIT_USEC / 10000);             \
        }                                            \
    } while (false)

static void key_of(uint8_t number, uint8_t key[DIGEST_SIZE])
{
    memset(key, number, DIGEST_SIZE);
}

/* Has one more entry written; returns its number. */
static uint8_t add(void)
{
    const struct compiled refused = {.result = -EINVAL,
                                     .filter = {.text = "refused\n", .text_len = 8}};
    uint8_t key[DIGEST_SIZE];

    key_of(++next_key, key);
    ck_assert_int_eq(cache_writer_add(&writer, &refused, key, CACHE_ASKED, false), 0);
    return next_key;
}

static bool is_written(uint8_t number)
{
    char name[DIGEST_HEX_SIZE + 16] = "c/entries/";
    uint8_t key[DIGEST_SIZE];

    key_of(number, key);
    digest_hex(key, name + strlen(name));
    return access(unit_path(name), F_OK) == 0;
}

/* As it is done by hand: the files one after the other, then the directory. */
static void remove_directory(void)
{
    while (access(unit_path("c/entries"), F_OK) == 0)
        nftw(unit_path("c/entries"), unit_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static size_t count_fds(void)
{
    DIR *fds = opendir("/proc/self/fd");
    size_t n = 0;

    ck_assert_ptr_nonnull(fds);
    while (readdir(fds))
        n++;
    closedir(fds);
    return n;
}

static void kill_writer(void)
{
    ck_assert_int_eq(kill(writer.child.pid, SIGKILL), 0);
}

START_TEST(entries_are_written_and_dropped)
{
    uint8_t key[DIGEST_SIZE], first = add();

    for (int i = 1; i < QUEUED; i++)
        add();
    key_of(next_key, key);
    ck_assert_ptr_nonnull(cache_writer_find(&writer, key));
    ck_assert_mem_eq(cache_writer_find(&writer, key)->key, key, DIGEST_SIZE);
    key_of((uint8_t)(next_key + 1), key);
    ck_assert_ptr_null(cache_writer_find(&writer, key));
    run_until(seen.written == QUEUED);
    key_of(next_key, key);
    ck_assert_ptr_null(cache_writer_find(&writer, key));
    for (int i = 0; i < QUEUED; i++)
        ck_assert(is_written((uint8_t)(first + i)));
    key_of(first, key);
    ck_assert_int_eq(cache_writer_drop(&writer, key), 0);
    ck_assert_int_eq(cache_writer_drop(&writer, key), 0);
    run_until(seen.dropped == 2);
    ck_assert(!is_written(first) && is_written((uint8_t)(first + 1)));
    ck_assert_int_eq(seen.errors + seen.lost + seen.failed + seen.found, 0);
}
END_TEST

START_TEST(what_waits_goes_to_the_new_directory)
{
    uint8_t number = add();

    run_until(seen.written == 1);
    remove_directory();
    for (int i = 0; i < QUEUED; i++)
        add();
    run_until(seen.written == 1 + QUEUED);
    for (int i = 1; i <= QUEUED; i++)
        ck_assert(is_written((uint8_t)(number + i)));
    ck_assert_int_eq(seen.found, 1);
    ck_assert_int_eq(seen.errors + seen.failed + seen.lost, 0);
}
END_TEST

/* Somebody else may be faster, or put another one in its place. */
START_TEST(a_directory_of_others_is_used)
{
    for (int i = 0; i < 4; i++) {
        add();
        run_until(seen.written == 2 * i + 1);
        if (i % 2)
            remove_directory();
        else
            ck_assert_int_eq(rename(unit_path("c/entries"), unit_path(i ? "c/old" : "c/older")), 0);
        ck_assert_int_eq(mkdir(unit_path("c/entries"), 0700), 0);

        uint8_t number = add();

        run_until(seen.written == 2 * i + 2);
        ck_assert(is_written(number));
        ck_assert_int_eq(seen.found, i + 1);
    }
    ck_assert_int_eq(seen.errors + seen.failed + seen.lost, 0);
}
END_TEST

START_TEST(nobody_has_to_write_for_it)
{
    add();
    run_until(seen.written == 1);
    cache_writer_look(&writer);
    remove_directory();
    cache_writer_look(&writer);
    run_until(seen.found == 1);
    ck_assert_int_eq(access(unit_path("c/entries"), F_OK), 0);
    ck_assert(cache_dir_is_in_place(&dir));
}
END_TEST

/* At any moment: entries may fail then, but each is accounted for, and the next one is written. */
START_TEST(removals_at_any_time)
{
    size_t before;
    int added = 1;

    add();
    run_until(seen.written == 1);
    before = count_fds();
    for (int i = 0; i < ROUNDS; i++) {
        for (int k = 0; k < 4; k++, added++)
            add();
        for (int k = 0; k < i % 7; k++)
            run_once(i % 3 * 1000);
        remove_directory();
        if (i % 4 == 3)
            ck_assert(mkdir(unit_path("c/entries"), 0700) == 0 || errno == EEXIST);
        run_until(cache_writer_waiting(&writer) == 0);
    }
    ck_assert_int_eq(seen.written + seen.errors, added);

    uint8_t number = add();

    added++;
    run_until(seen.written + seen.errors == added);
    ck_assert(is_written(number));
    ck_assert_uint_le(count_fds(), before);
    ck_assert_int_ge(seen.found, ROUNDS / 2);
}
END_TEST

START_TEST(what_is_refused_is_told_and_taken_when_put_right)
{
    add();
    run_until(seen.written == 1);
    remove_directory();
    ck_assert_int_eq(mkdir(unit_path("c/entries"), 0700), 0);
    ck_assert_int_eq(chmod(unit_path("c/entries"), 0777), 0);
    add();
    add();
    run_until(seen.errors == 2);
    ck_assert_int_eq(seen.last_error, -EPERM);
    ck_assert_int_eq(seen.failed, 1);
    ck_assert_msg(strstr(seen.why, "writable") != NULL, "%s", seen.why);
    ck_assert_int_eq(dir.fd, -1);
    for (int i = 0; i < 3; i++) {
        cache_writer_look(&writer);
        run_until(seen.failed == 2 + i);
    }
    ck_assert_int_eq(seen.found, 0);
    ck_assert_int_eq(chmod(unit_path("c/entries"), 0700), 0);
    cache_writer_look(&writer);
    run_until(seen.found == 1);
    add();
    run_until(seen.written == 2);
}
END_TEST

START_TEST(a_place_that_cannot_be_written_is_told)
{
    if (geteuid() != 0)
        return; /* the way there has to belong to this user, who could just chmod it */
    add();
    run_until(seen.written == 1);
    remove_directory();
    ck_assert_int_eq(chmod(unit_path("c"), 0555), 0);
    add();
    run_until(seen.errors == 1);
    ck_assert_int_eq(seen.last_error, -EACCES);
    ck_assert_msg(strstr(seen.why, "Permission denied") != NULL, "%s", seen.why);
    ck_assert_int_eq(chmod(unit_path("c"), 0755), 0);
    cache_writer_look(&writer);
    run_until(seen.found == 1);
}
END_TEST

/* Entries that wait are lost; each is accounted for, and more are refused. */
START_TEST(without_a_process_nothing_is_written)
{
    const struct compiled refused = {.result = -EINVAL, .filter = {.text = ""}};
    uint8_t key[DIGEST_SIZE] = {0};

    add();
    run_until(seen.written == 1);
    kill_writer();
    for (int i = 0; i < 9; i++)
        add();
    run_until(seen.lost == 1);
    ck_assert_str_eq(seen.why, "was killed by signal 9 (SIGKILL)");
    ck_assert_int_eq(seen.written + seen.errors, 10);
    ck_assert_uint_eq(cache_writer_waiting(&writer), 0);
    ck_assert(!cache_writer_is_alive(&writer));
    ck_assert_int_eq(cache_writer_add(&writer, &refused, key, CACHE_ASKED, false), -EPIPE);
    ck_assert_int_eq(cache_writer_drop(&writer, key), -EPIPE);
    remove_directory();
    cache_writer_look(&writer);
    ck_assert_int_lt(access(unit_path("c/entries"), F_OK), 0);
}
END_TEST

/* Has the writer stopped, or go on, and seen so at times that go on with each look. */
static void signal_writer(int signal, const int *count)
{
    static uint64_t now_usec;
    const int before = *count;

    ck_assert_int_eq(kill(writer.child.pid, signal), 0);
    for (int turn = 0; *count == before; turn++) {
        ck_assert_int_lt(turn, 10000);
        children_look(&children, now_usec += CHILD_STOPPED_USEC);
        usleep(1000);
    }
}

/* Stopped with something to do, and without; twice, before it could answer. */
START_TEST(one_that_was_stopped_writes_again)
{
    uint8_t number;

    add();
    run_until(seen.written == 1);
    signal_writer(SIGSTOP, &seen.lost);
    ck_assert_str_eq(seen.why, "was stopped by a signal");
    ck_assert(!cache_writer_is_alive(&writer));
    signal_writer(SIGCONT, &seen.went_on);
    ck_assert(cache_writer_is_alive(&writer));
    number = add();
    run_until(seen.written == 2);
    ck_assert(is_written(number));

    ck_assert_int_eq(kill(writer.child.pid, SIGSTOP), 0);
    add();
    add();
    signal_writer(SIGSTOP, &seen.lost);
    ck_assert_int_eq(seen.errors, 2);
    signal_writer(SIGCONT, &seen.went_on);
    number = add();
    run_until(seen.written == 3);
    ck_assert(is_written(number));
    ck_assert_int_eq(seen.lost, 2);
    ck_assert_int_eq(seen.went_on, 2);
    ck_assert_uint_eq(writer.owed, 0);
}
END_TEST

/* Nothing is made nor written in another directory than the one that was found. */
START_TEST(a_lost_place_is_told)
{
    add();
    run_until(seen.written == 1);
    ck_assert_int_eq(rename(unit_path("c"), unit_path("old")), 0);
    ck_assert_int_eq(mkdir(unit_path("c"), 0700), 0);
    add();
    run_until(seen.errors == 1);
    ck_assert_int_eq(seen.failed, 1);
    ck_assert_msg(strstr(seen.why, "restart") != NULL, "%s", seen.why);
    ck_assert_int_lt(access(unit_path("c/entries"), F_OK), 0);
    ck_assert_int_eq(rmdir(unit_path("c")), 0);
    ck_assert_int_eq(rename(unit_path("old"), unit_path("c")), 0);
    cache_writer_look(&writer);
    run_until(seen.failed + seen.found == 2);
    add();
    run_until(seen.written == 2);
}
END_TEST

/* Whatever the main process says, if it ever was taken over. */
START_TEST(the_process_touches_nothing_else)
{
    const struct {
        struct cache_request request;
        uint8_t bytes[4];
    } packet = {.request = {.order = CACHE_WRITE}};
    const struct iovec iov = {(void *)&packet, sizeof(packet)};

    if (sandbox_landlock_version() == 0)
        return;
    add();
    run_until(seen.written == 1);
    ck_assert_int_eq(mkdir(unit_path("beside"), 0700), 0);
    ck_assert_int_eq(rename(unit_path("c/entries"), unit_path("beside/entries")), 0);
    ck_assert_int_eq(child_send(&writer.child, &iov, 1, NULL, 0), 0);
    run_until(seen.lost == 1);
    ck_assert_str_eq(seen.why, "sent nonsense");
    ck_assert_int_lt(
        access(unit_path("beside/entries/"
                         "0000000000000000000000000000000000000000000000000000000000000000"),
               F_OK),
        0);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *filters = unit_begin(&suite, "cache-writer");
    TCase *cases = tcase_create("cases");

    (void)filters;
    tcase_add_unchecked_fixture(cases, make_filters, clear_filters);
    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_test(cases, entries_are_written_and_dropped);
    tcase_add_test(cases, what_waits_goes_to_the_new_directory);
    tcase_add_test(cases, a_directory_of_others_is_used);
    tcase_add_test(cases, nobody_has_to_write_for_it);
    tcase_add_test(cases, removals_at_any_time);
    tcase_add_test(cases, what_is_refused_is_told_and_taken_when_put_right);
    tcase_add_test(cases, a_place_that_cannot_be_written_is_told);
    tcase_add_test(cases, without_a_process_nothing_is_written);
    tcase_add_test(cases, one_that_was_stopped_writes_again);
    tcase_add_test(cases, a_lost_place_is_told);
    tcase_add_test(cases, the_process_touches_nothing_else);
    suite_add_tcase(suite, cases);
    return unit_end(suite);
}
