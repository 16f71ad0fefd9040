/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/log.c on a pipe: what is written, what is left out, and that it never waits. */
#include "daemon/files/access.h"
#include "daemon/log.h"

#include "tests/daemon/unit.h"

struct fixture {
    struct log log;
    int saved; /* the real standard error */
    int reader;
};

static void start(struct fixture *fixture, int level)
{
    int fds[2];

    ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    ck_assert_int_eq(unsetenv("JOURNAL_STREAM"), 0);
    fixture->saved = dup(STDERR_FILENO);
    fixture->reader = fds[0];
    ck_assert_int_ge(dup2(fds[1], STDERR_FILENO), 0);
    close(fds[1]);
    log_init(&fixture->log, level);
}

static void stop(struct fixture *fixture)
{
    log_close(&fixture->log);
    ck_assert_int_ge(dup2(fixture->saved, STDERR_FILENO), 0);
    close(fixture->saved);
    close(fixture->reader);
}

/* Checks that just EXPECTED was written since the last time. */
static void check(struct fixture *fixture, const char *expected)
{
    char text[4096];
    ssize_t len = read(fixture->reader, text, sizeof(text) - 1);

    text[len < 0 ? 0 : len] = '\0';
    ck_assert_str_eq(text, expected);
}

START_TEST(lines_have_a_priority_in_front)
{
    struct fixture fixture;

    start(&fixture, LOG_INFO);
    errno = 77;
    log_write(&fixture.log, LOG_ERR, "%s is %d", "this", 1);
    ck_assert_int_eq(errno, 77);
    check(&fixture, "<3>this is 1\n");
    log_write(&fixture.log, LOG_DEBUG, "unseen");
    check(&fixture, "");
    log_write(&fixture.log, LOG_INFO, "two\nlines\x1b\x7f");
    check(&fixture, "<6>two?lines??\n");
    ck_assert_uint_eq(fixture.log.dropped, 0);
    stop(&fixture);
}
END_TEST

START_TEST(one_user_may_cause_few_lines)
{
    const struct peer peer = {.uid = 1000, .payer = 1000}, other = {.uid = 1001, .payer = 1001};
    const struct log_subject subject = {.peer = &peer}, second = {.peer = &other};
    struct fixture fixture;

    start(&fixture, LOG_INFO);
    fixture.log.peers.max = 2;
    for (int i = 0; i < 4; i++)
        log_about(&fixture.log, LOG_INFO, &subject, "%d", i);
    check(&fixture, "<6>0\n<6>1\n");
    ck_assert_uint_eq(fixture.log.dropped, 2);
    /* That is nothing to others, nor to lines about no peer. */
    log_about(&fixture.log, LOG_INFO, &second, "other");
    log_about(&fixture.log, LOG_INFO, &(struct log_subject){.profile = "a"}, "none");
    check(&fixture, "<6>other\n<6>none\n");
    stop(&fixture);
}
END_TEST

START_TEST(nothing_waits_for_a_reader)
{
    char filler[4096], text[8192];
    struct fixture fixture;
    ssize_t len;

    start(&fixture, LOG_INFO);
    memset(filler, 'x', sizeof(filler));
    while (write(STDERR_FILENO, filler, sizeof(filler)) > 0)
        ;
    log_write(&fixture.log, LOG_INFO, "lost");
    log_write(&fixture.log, LOG_INFO, "lost, too");
    ck_assert_uint_eq(fixture.log.dropped, 2);
    while ((len = read(fixture.reader, text, sizeof(text))) > 0)
        ck_assert_ptr_null(memchr(text, 'l', (size_t)len));
    /* The next one says so, once. */
    log_write(&fixture.log, LOG_INFO, "here");
    log_write(&fixture.log, LOG_INFO, "again");
    check(&fixture, "<4>2 lines are missing here: they could not be written\n<6>here\n<6>again\n");
    ck_assert_uint_eq(fixture.log.dropped, 2);
    stop(&fixture);
}
END_TEST

START_TEST(levels_have_names)
{
    ck_assert_int_eq(log_level_by_name("error"), LOG_ERR);
    ck_assert_int_eq(log_level_by_name("debug"), LOG_DEBUG);
    ck_assert_int_eq(log_level_by_name("Error"), -EINVAL);
    ck_assert_int_eq(log_level_by_name(""), -EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "log");

    tcase_add_test(tests, lines_have_a_priority_in_front);
    tcase_add_test(tests, one_user_may_cause_few_lines);
    tcase_add_test(tests, nothing_waits_for_a_reader);
    tcase_add_test(tests, levels_have_names);
    return unit_end(suite);
}
