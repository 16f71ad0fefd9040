/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of sinks, with a spawner that the test plays: connections whose queues hold the only write
 * end of a pipe are ended, and the pipe shows when that is gone.
 */
#include "daemon/log.h"
#include "daemon/process/child.h"
#include "daemon/process/sink.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/process/sandbox.h"
#include "daemon/process/spawner.h"
#include "tests/daemon/unit.h"
#include "util/packet.h"

enum {
    MANY = 700, /* more than two sinks hold */
    LOOP_USEC = 10000,
    LOOPS_MAX = 1000,
};

static struct children children;
static struct log logger;
static struct spawner spawner;
static struct sinks sinks;
static int requests; /* the other end of the spawner's socket */
static size_t asked, made;
static bool none_can_be_made;
static const struct child_events no_events;
static pid_t last_made;

static void open_all(void)
{
    sigset_t set;
    int pair[2];

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    ck_assert_int_ge(sd_event_new(&children.event), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    memset(&spawner, 0, sizeof(spawner));
    memset(&sinks, 0, sizeof(sinks));
    log_init(&logger, LOG_CRIT);
    /* A spawner without a process: only its socket is used. */
    spawner.child.events = &no_events;
    spawner.child.sock = pair[0];
    requests = pair[1];
    asked = made = 0;
    none_can_be_made = false;
    ck_assert_int_eq(sinks_open(&sinks, &logger, &children, &spawner, MANY), 0);
}

static void close_all(void)
{
    sinks_close(&sinks);
    sd_event_unref(children.event);
    close(requests);
    close(spawner.child.sock);
}

static void make_one(void)
{
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    last_made = fork();
    ck_assert_int_ge(last_made, 0);
    if (last_made == 0) {
        if (dup2(pair[1], SANDBOX_SOCKET) < 0 || close_range(SANDBOX_SOCKET + 1, ~0U, 0) < 0)
            _exit(EXIT_FAILURE);
        sink_main();
    }
    close(pair[1]);
    made++;
    spawner.owners[SPAWNER_SINK].made(&sinks, pair[0], last_made);
}

/* One round of the event loop, and of the spawner. */
static void turn(void)
{
    uint32_t request;
    size_t n_fds;

    while (packet_recv(requests, &request, sizeof(request), NULL, 0, &n_fds, MSG_DONTWAIT) > 0) {
        asked++;
        if (none_can_be_made)
            spawner.owners[SPAWNER_SINK].made(&sinks, -EAGAIN, 0);
        else
            make_one();
    }
    ck_assert_int_ge(sd_event_run(children.event, LOOP_USEC), 0);
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

    none_can_be_made = true;
    sinks_put(&sinks, connection);
    ck_assert_int_eq(recv(peer, &byte, 1, 0), 0);
    ck_assert_int_eq(send(peer, "y", 1, MSG_NOSIGNAL), -1);
    ck_assert_int_eq(errno, EPIPE);
    ck_assert(!is_gone(pipe));
    none_can_be_made = false;
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
    ck_assert_uint_ge(made, 3);
    ck_assert_uint_le(made, 3 + MANY / 20);
    for (int i = 0; i < LOOPS_MAX && sinks.open; i++)
        turn();
    ck_assert_ptr_null(sinks.open);
}
END_TEST

START_TEST(without_a_sink_they_wait)
{
    static int pipes[SINK_WAITING_MAX];

    none_can_be_made = true;
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
    none_can_be_made = false;
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
    ck_assert_int_eq(kill(last_made, SIGKILL), 0);
    second = make(&connection, &peer);
    for (int i = 0; i < LOOPS_MAX && !is_gone(first); i++)
        turn();
    ck_assert(is_gone(first));
    sinks_put(&sinks, connection);
    close(peer);
    for (int i = 0; i < LOOPS_MAX && !is_gone(second); i++)
        turn();
    ck_assert(is_gone(second));
    ck_assert_uint_eq(made, 2);
    close(first);
    close(second);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "sink");

    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_test(tests, the_peer_sees_the_end_at_once);
    tcase_add_test(tests, many_take_several_sinks);
    tcase_add_test(tests, without_a_sink_they_wait);
    tcase_add_test(tests, one_that_is_killed_is_replaced);
    return unit_end(suite);
}
