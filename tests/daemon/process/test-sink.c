/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of sinks, with a spawner that the test plays: connections whose queues hold the only write
 * end of a pipe are ended, and the pipe shows when that is gone.
 */
#include "daemon/process/sink.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/process/sandbox.h"
#include "tests/daemon/unit.h"
#include "util/packet.h"

enum {
    MANY = 700, /* more than two sinks hold */
    LOOP_USEC = 10000,
    LOOPS_MAX = 1000,
};

static sd_event *event;
static struct log logger;
static struct spawner spawner;
static struct sinks sinks;
static int requests; /* the other end of the spawner's socket */
static size_t asked, born;
static bool none_to_be_had;
static pid_t last_born;

static void open_all(void)
{
    sigset_t set;
    int pair[2];

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    ck_assert_int_ge(sd_event_new(&event), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    memset(&spawner, 0, sizeof(spawner));
    memset(&sinks, 0, sizeof(sinks));
    log_init(&logger, LOG_CRIT);
    /* Its spare is being made: nobody asks for one. */
    spawner.standby.event = event;
    spawner.standby.asked = true;
    spawner.standby.active = &spawner.standby.processes[0];
    spawner.standby.processes[0].sock = pair[0];
    requests = pair[1];
    asked = born = 0;
    none_to_be_had = false;
    ck_assert_int_eq(sinks_open(&sinks, event, &logger, &spawner, MANY), 0);
}

static void close_all(void)
{
    sinks_close(&sinks);
    sd_event_unref(event);
    close(requests);
    close(spawner.standby.processes[0].sock);
}

static void bear(void)
{
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    last_born = fork();
    ck_assert_int_ge(last_born, 0);
    if (last_born == 0) {
        if (dup2(pair[1], SANDBOX_SOCKET) < 0 || close_range(SANDBOX_SOCKET + 1, ~0U, 0) < 0)
            _exit(EXIT_FAILURE);
        sink_main();
    }
    close(pair[1]);
    born++;
    spawner.sink_born(spawner.sink_user, pair[0], last_born);
}

/* One round of the event loop, and of the spawner. */
static void turn(void)
{
    struct standby_request request;
    size_t n_fds;

    while (packet_recv(requests, &request, sizeof(request), NULL, 0, &n_fds, MSG_DONTWAIT) > 0) {
        asked++;
        if (none_to_be_had)
            spawner.sink_born(spawner.sink_user, -EAGAIN, 0);
        else
            bear();
    }
    ck_assert_int_ge(sd_event_run(event, LOOP_USEC), 0);
}

/* Makes a connection with the write end of a pipe in its queue; returns the read end. */
static int make(int *connection, int *peer)
{
    int pair[2], ends[2];
    char byte = 0;
    const struct iovec iov = {&byte, sizeof(byte)};

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    ck_assert_int_eq(packet_send(pair[0], &iov, 1, &ends[1], 1, 0), 0);
    close(ends[1]);
    *peer = pair[0];
    *connection = pair[1];
    return ends[0];
}

/* True when nobody has the other end of the pipe FD any more. */
static bool is_gone(int fd)
{
    char byte;

    return read(fd, &byte, 1) == 0;
}

START_TEST(the_peer_sees_the_end_at_once)
{
    int connection, peer, pipe = make(&connection, &peer);
    char byte;

    none_to_be_had = true;
    sinks_put(&sinks, connection);
    ck_assert_int_eq(recv(peer, &byte, 1, 0), 0);
    ck_assert_int_eq(send(peer, "y", 1, MSG_NOSIGNAL), -1);
    ck_assert_int_eq(errno, EPIPE);
    ck_assert(!is_gone(pipe));
    none_to_be_had = false;
    for (int i = 0; i < LOOPS_MAX && !is_gone(pipe); i++)
        turn();
    ck_assert(is_gone(pipe));
    close(pipe);
    close(peer);
}
END_TEST

START_TEST(many_take_several_sinks)
{
    static int pipes[MANY];
    size_t done = 0;

    for (size_t i = 0; i < MANY; i++) {
        int connection, peer;

        pipes[i] = make(&connection, &peer);
        sinks_put(&sinks, connection);
        close(peer);
        turn();
    }
    for (int i = 0; i < LOOPS_MAX && done < MANY; i++) {
        turn();
        while (done < MANY && is_gone(pipes[done]))
            close(pipes[done++]);
    }
    ck_assert_uint_eq(done, MANY);
    ck_assert_uint_eq(sinks.n_waiting, 0);
    ck_assert_uint_ge(born, 3);
    ck_assert_uint_le(born, 3 + MANY / 20);
    for (int i = 0; i < LOOPS_MAX && sinks.open; i++)
        turn();
    ck_assert_ptr_null(sinks.open);
}
END_TEST

START_TEST(without_a_sink_they_wait)
{
    static int pipes[SINK_WAITING_MAX];

    none_to_be_had = true;
    for (size_t i = 0; i < SINK_WAITING_MAX; i++) {
        int connection, peer;

        ck_assert(!sinks_are_behind(&sinks));
        pipes[i] = make(&connection, &peer);
        sinks_put(&sinks, connection);
        close(peer);
        turn();
    }
    ck_assert(sinks_are_behind(&sinks));
    ck_assert_uint_le(asked, 1 + SINK_WAITING_MAX * LOOP_USEC / SINK_USEC + 1);
    for (size_t i = 0; i < SINK_WAITING_MAX; i++)
        ck_assert(!is_gone(pipes[i]));
    none_to_be_had = false;
    for (size_t i = 0; i < SINK_WAITING_MAX; i++) {
        for (int j = 0; j < LOOPS_MAX && !is_gone(pipes[i]); j++)
            turn();
        ck_assert(is_gone(pipes[i]));
        close(pipes[i]);
    }
    ck_assert(!sinks_are_behind(&sinks));
}
END_TEST

START_TEST(one_that_is_killed_is_replaced)
{
    int connection, peer, first = make(&connection, &peer), second;

    sinks_put(&sinks, connection);
    close(peer);
    while (!sinks.open)
        turn();
    ck_assert_int_eq(kill(last_born, SIGKILL), 0);
    second = make(&connection, &peer);
    for (int i = 0; i < LOOPS_MAX && !is_gone(first); i++)
        turn();
    ck_assert(is_gone(first));
    sinks_put(&sinks, connection);
    close(peer);
    for (int i = 0; i < LOOPS_MAX && !is_gone(second); i++)
        turn();
    ck_assert(is_gone(second));
    ck_assert_uint_eq(born, 2);
    close(first);
    close(second);
}
END_TEST

/* The spawner ended before it answered: its spare is asked. */
START_TEST(a_lost_request_is_made_again)
{
    int connection, peer, pipe = make(&connection, &peer);
    struct standby_request request;
    size_t n_fds;

    sinks_put(&sinks, connection);
    close(peer);
    ck_assert_int_gt(
        packet_recv(requests, &request, sizeof(request), NULL, 0, &n_fds, MSG_DONTWAIT), 0);
    spawner.sink_lost(spawner.sink_user);
    for (int i = 0; i < LOOPS_MAX && !is_gone(pipe); i++)
        turn();
    ck_assert(is_gone(pipe));
    close(pipe);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "sink");

    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, the_peer_sees_the_end_at_once);
    tcase_add_test(tests, many_take_several_sinks);
    tcase_add_test(tests, without_a_sink_they_wait);
    tcase_add_test(tests, one_that_is_killed_is_replaced);
    tcase_add_test(tests, a_lost_request_is_made_again);
    return unit_end(suite);
}
