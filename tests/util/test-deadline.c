/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long is waited: until something is ready, until the deadline, and not shorter for signals. */
#include "util/deadline.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/suite.h"

#define MSEC INT64_C(1000000)

static int ends[2];

static void open_pipe(void)
{
    ck_assert_int_eq(pipe(ends), 0);
}

static void close_pipe(void)
{
    close(ends[0]);
    close(ends[1]);
}

START_TEST(what_is_left)
{
    int64_t deadline = deadline_after(5000);

    ck_assert_int_eq(deadline_after(-1), DEADLINE_NEVER);
    ck_assert_int_le(deadline_left(deadline), 5000 * MSEC);
    ck_assert_int_gt(deadline_left(deadline), 3000 * MSEC);
    ck_assert_int_le(deadline_left_ms(deadline), 5000);
    ck_assert_int_gt(deadline_left_ms(deadline), 3000);
    /* A part of a millisecond counts as one. */
    ck_assert_int_eq(deadline_left_ms(deadline_after(0) + 4000 * MSEC + 999 * MSEC), 4999);
    ck_assert_int_eq(deadline_left(deadline_after(0) - 1000), 0);
    ck_assert_int_eq(deadline_left_ms(deadline_after(0)), 0);
}
END_TEST

START_TEST(waits_until_it_is_ready)
{
    ck_assert_int_eq(deadline_wait(ends[1], POLLOUT, DEADLINE_NEVER), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    ck_assert_int_eq(deadline_wait(ends[0], POLLIN, DEADLINE_NEVER), 0);
    ck_assert_int_eq(deadline_wait(ends[0], POLLIN, deadline_after(0)), 0);
}
END_TEST

static volatile sig_atomic_t signals;

static void on_alarm(int number)
{
    (void)number;
    signals++;
}

START_TEST(waits_to_the_deadline_through_signals)
{
    const struct itimerval often = {{0, 10 * 1000}, {0, 10 * 1000}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = on_alarm};
    int64_t deadline = deadline_after(120);

    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
    ck_assert_int_eq(deadline_wait(ends[0], POLLIN, deadline), -ETIMEDOUT);
    setitimer(ITIMER_REAL, &never, NULL);
    ck_assert_int_eq(deadline_left(deadline), 0);
    ck_assert_int_gt(signals, 1);
}
END_TEST

START_TEST(writes_until_nobody_reads)
{
    static char block[300 * 1000];
    ssize_t got = 0, n;
    int64_t deadline = deadline_after(60);

    memset(block, 'x', sizeof(block));
    /* The write end blocks, as standard error does. */
    ck_assert_int_eq(deadline_write(ends[1], block, sizeof(block), deadline), -ETIMEDOUT);
    ck_assert_int_eq(deadline_left(deadline), 0);
    ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    while ((n = read(ends[0], block, sizeof(block))) > 0)
        got += n;
    ck_assert_int_ge(got, 4096);
    ck_assert_int_eq(deadline_write(ends[1], "abc", 3, DEADLINE_NEVER), 0);
    ck_assert_int_eq(read(ends[0], block, sizeof(block)), 3);
    ck_assert_mem_eq(block, "abc", 3);
}
END_TEST

START_TEST(writes_all_to_a_reader)
{
    static char block[300 * 1000];
    size_t got = 0;
    int status;

    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = (char)('a' + i % 23);

    pid_t pid = fork();

    if (pid == 0)
        _exit(deadline_write(ends[1], block, sizeof(block), DEADLINE_NEVER) == 0 ? 0 : 1);
    close(ends[1]);
    while (got < sizeof(block)) {
        char part[5000];
        ssize_t n = read(ends[0], part, sizeof(part));

        ck_assert_int_gt(n, 0);
        ck_assert_mem_eq(part, block + got, (size_t)n);
        got += (size_t)n;
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(says_what_is_wrong)
{
    signal(SIGPIPE, SIG_IGN);
    close(ends[0]);
    ck_assert_int_eq(deadline_write(ends[1], "x", 1, DEADLINE_NEVER), -EPIPE);
    ck_assert_int_eq(deadline_write(-1, "x", 1, DEADLINE_NEVER), -EBADF);
}
END_TEST

/* The kernel does not even look where so few files are allowed. */
START_TEST(a_wait_that_fails)
{
    struct rlimit before, none;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert_int_eq(deadline_wait(ends[1], POLLOUT, DEADLINE_NEVER), -EINVAL);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deadline");
    TCase *tc = tcase_create("deadline");

    tcase_add_checked_fixture(tc, open_pipe, close_pipe);
    tcase_add_test(tc, what_is_left);
    tcase_add_test(tc, waits_until_it_is_ready);
    tcase_add_test(tc, waits_to_the_deadline_through_signals);
    tcase_add_test(tc, writes_until_nobody_reads);
    tcase_add_test(tc, writes_all_to_a_reader);
    tcase_add_test(tc, says_what_is_wrong);
    tcase_add_test(tc, a_wait_that_fails);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
