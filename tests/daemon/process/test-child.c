/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of the parent's end of a child, with real processes. */
#include "daemon/process/child.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/daemon/unit.h"
#include "util/packet.h"

enum {
    TURN_USEC = 10000,
    TURNS_MAX = 2000,
};

static struct children children;
static struct child child;
static char heard[64];
static ssize_t last;
static int received_fd;
static bool wants_fd;
static int n_ended, n_stopped, n_went_on;
static char how[CHILD_WHY_SIZE];

static void on_spoke(void *user)
{
    ck_assert_ptr_eq(user, heard);
    last = child_receive(&child, heard, sizeof(heard), wants_fd ? &received_fd : NULL);
}

static void on_ended(void *user, const char *why)
{
    ck_assert_ptr_eq(user, heard);
    ck_assert(!child_exists(&child));
    n_ended++;
    snprintf(how, sizeof(how), "%s", why);
}

static void on_stopped(void *user)
{
    ck_assert_ptr_eq(user, heard);
    n_stopped++;
}

static void on_went_on(void *user)
{
    ck_assert_ptr_eq(user, heard);
    n_went_on++;
}

static const struct child_events events = {on_spoke, on_ended, on_stopped, on_went_on};

static void begin(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
    ck_assert_int_ge(sd_event_new(&children.event), 0);
    LIST_INIT(&children.known);
    memset(heard, 0, sizeof(heard));
    last = 0;
    n_ended = n_stopped = n_went_on = 0;
    wants_fd = false;
    received_fd = -1;
}

static void end(void)
{
    child_drop(&child);
    ck_assert(LIST_EMPTY(&children.known));
    sd_event_unref(children.event);
    while (waitpid(-1, NULL, 0) > 0)
        ;
}

#define run_until(condition)                                              \
    do {                                                                  \
        for (int turn = 0; !(condition); turn++) {                        \
            ck_assert_msg(turn < TURNS_MAX, #condition);                  \
            ck_assert_int_ge(sd_event_run(children.event, TURN_USEC), 0); \
        }                                                                 \
    } while (false)

/* Sends back what it gets, with an fd if it gets "fd"; ends as it is told. */
static void echo(int sock, pid_t parent, const void *arg)
{
    char packet[64];
    size_t n_fds;

    if (getppid() != parent || strcmp(arg, "echo") != 0)
        _exit(99);
    for (;;) {
        ssize_t len = packet_recv(sock, packet, sizeof(packet), NULL, 0, &n_fds, 0);
        const struct iovec iov = {packet, (size_t)len};
        bool with_fd = len >= 2 && !memcmp(packet, "fd", 2);

        if (len <= 0)
            _exit(0);
        if (!memcmp(packet, "exit", 4))
            _exit(7);
        if (!memcmp(packet, "kill", 4))
            raise(SIGKILL);
        if (!memcmp(packet, "back", 4))
            return;
        if (packet_send(sock, &iov, 1, &sock, with_fd, 0) < 0)
            _exit(98);
    }
}

static void start(void)
{
    ck_assert_int_eq(child_fork(&child, &children, echo, "echo", &events, heard), 0);
    ck_assert(child_exists(&child));
    ck_assert(children_know(&children, child.pid));
    ck_assert(!children_know(&children, getpid()));
}

static void say(const char *text)
{
    const struct iovec iov = {(void *)text, strlen(text)};

    ck_assert_int_eq(child_send(&child, &iov, 1, NULL, 0), 0);
}

START_TEST(it_is_talked_to)
{
    start();
    say("hello");
    run_until(last == 5);
    ck_assert_str_eq(heard, "hello");
    wants_fd = true;
    last = 0;
    say("fd please");
    run_until(last == 9);
    ck_assert_int_ge(received_fd, 0);
    close(received_fd);
    last = 0;
    say("none");
    run_until(last == 4);
    ck_assert_int_eq(received_fd, -1);
    /* An fd that nobody asked for. */
    wants_fd = false;
    say("fd");
    run_until(last == -EBADMSG);
    ck_assert_int_eq(n_ended, 0);
}
END_TEST

static const struct {
    const char *order, *why;
} ends[] = {
    {"exit", "ended with status 7"},
    {"kill", "was killed by signal 9 (SIGKILL)"},
    {"back", "ended with status 1"},
};

START_TEST(how_it_ended_is_told)
{
    const struct iovec iov = {(void *)"x", 1};
    pid_t pid;

    start();
    pid = child.pid;
    say(ends[_i].order);
    run_until(n_ended > 0);
    ck_assert_str_eq(how, ends[_i].why);
    ck_assert(!children_know(&children, pid));
    ck_assert_int_eq(child_send(&child, &iov, 1, NULL, 0), -EPIPE);
    ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), -1);
    /* The place can be used again. */
    start();
    say("again");
    run_until(last == 5);
    ck_assert_int_eq(n_ended, 1);
}
END_TEST

START_TEST(one_that_is_hung_up_on_ends)
{
    const struct iovec iov = {(void *)"x", 1};

    start();
    say("unheard");
    child_hang_up(&child);
    child_hang_up(&child);
    ck_assert(child_exists(&child));
    ck_assert_int_eq(child_send(&child, &iov, 1, NULL, 0), -EPIPE);
    run_until(n_ended == 1);
    ck_assert_int_eq(last, 0);
}
END_TEST

START_TEST(one_that_is_dropped_is_forgotten)
{
    pid_t pid;

    start();
    pid = child.pid;
    child_drop(&child);
    child_drop(&child);
    ck_assert(!child_exists(&child) && !children_know(&children, pid));
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    for (int i = 0; i < 3; i++)
        ck_assert_int_ge(sd_event_run(children.event, 0), 0);
    ck_assert_int_eq(n_ended, 0);
}
END_TEST

/* Its socket is closed, so that it ends; whoever adopted it has none. */
START_TEST(one_that_is_gone_is_not_adopted)
{
    int socks[2], status;
    char byte;
    pid_t pid;

    /* Under valgrind; then sd-event waits for SIGCHLD, and cannot know. */
    if (syscall(SYS_pidfd_open, getpid(), 0) < 0 && errno == ENOSYS) {
        puts("one_that_is_gone_is_not_adopted: not run: no pidfd_open() here");
        return;
    }
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks), 0);
    ck_assert_int_lt(child_adopt(&child, &children, pid, socks[0], &events, heard), 0);
    ck_assert(!child_exists(&child));
    ck_assert_int_eq(recv(socks[1], &byte, 1, 0), 0);
    close(socks[1]);
}
END_TEST

/* Sends it SIGNAL, and has it looked at NOW_USEC until that is seen. */
static void send_signal(int signal, uint64_t now_usec)
{
    const bool stops = signal == SIGSTOP;

    ck_assert_int_eq(kill(child.pid, signal), 0);
    for (int turn = 0; (child.stopped_usec != 0) != stops; turn++) {
        ck_assert_int_lt(turn, TURNS_MAX);
        children_look(&children, now_usec);
        usleep(1000);
    }
}

START_TEST(one_that_is_stopped_is_noticed)
{
    start();
    ck_assert_uint_eq(children_look(&children, 1), UINT64_MAX);
    send_signal(SIGSTOP, 10);
    ck_assert_uint_eq(child.stopped_usec, 10);
    ck_assert_uint_eq(children_look(&children, 11), 10 + CHILD_STOPPED_USEC);
    /* One that goes on in time has done nothing wrong. */
    send_signal(SIGCONT, 12);
    ck_assert_uint_eq(children_look(&children, 12 + CHILD_STOPPED_USEC), UINT64_MAX);
    ck_assert_int_eq(n_stopped, 0);
    send_signal(SIGSTOP, 20);
    ck_assert_uint_eq(children_look(&children, 20 + CHILD_STOPPED_USEC - 1),
                      20 + CHILD_STOPPED_USEC);
    ck_assert_int_eq(n_stopped, 0);
    ck_assert_uint_eq(children_look(&children, 20 + CHILD_STOPPED_USEC), UINT64_MAX);
    ck_assert_int_eq(n_stopped, 1);
    /* Told once. */
    children_look(&children, 20 + 2 * CHILD_STOPPED_USEC);
    ck_assert_int_eq(n_stopped, 1);
    ck_assert_int_eq(n_went_on, 0);
    ck_assert_int_eq(kill(child.pid, SIGCONT), 0);
    for (int turn = 0; n_went_on == 0; turn++) {
        ck_assert_int_lt(turn, TURNS_MAX);
        children_look(&children, 30);
        usleep(1000);
    }
    ck_assert(!child.is_stopped);
    ck_assert_int_eq(n_went_on, 1);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *unused = unit_begin(&suite, "child");
    TCase *tests = tcase_create("children");

    (void)unused;
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, it_is_talked_to);
    tcase_add_loop_test(tests, how_it_ended_is_told, 0, ARRAY_SIZE(ends));
    tcase_add_test(tests, one_that_is_hung_up_on_ends);
    tcase_add_test(tests, one_that_is_dropped_is_forgotten);
    tcase_add_test(tests, one_that_is_stopped_is_noticed);
    tcase_add_test(tests, one_that_is_gone_is_not_adopted);
    suite_add_tcase(suite, tests);
    return unit_end(suite);
}
