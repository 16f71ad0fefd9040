/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The main process's end of a working process and its spare. Touches nothing but processes. */
#include "daemon/process/standby.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/packet.h"

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *user);
static int on_child(sd_event_source *source, const siginfo_t *info, void *user);

static struct standby_process *other_of(struct standby_process *process)
{
    struct standby *standby = process->standby;

    return &standby->processes[process == &standby->processes[0]];
}

/* Asks the active process for a spare, where there is none and room for one. */
static void want_spare(struct standby *standby)
{
    struct standby_process *active = standby->active;
    const struct standby_request request = {.kind = STANDBY_SPARE};
    const struct iovec iov = {(void *)&request, sizeof(request)};

    if (!active || standby->asked || other_of(active)->child)
        return;
    standby->asked = packet_send(active->sock, &iov, 1, NULL, 0, MSG_DONTWAIT) == 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *user)
{
    struct standby *standby = user;

    (void)usec;
    sd_event_source_disable_unref(source);
    standby->retry = NULL;
    want_spare(standby);
    return 0;
}

/* There is no spare for now. Where even the timer fails, the next request asks for one. */
static void retry_later(struct standby *standby)
{
    if (!standby->retry)
        (void)sd_event_add_time_relative(standby->event, &standby->retry, CLOCK_MONOTONIC,
                                         STANDBY_RETRY_USEC, 0, on_retry, standby);
}

static void disconnect(struct standby_process *process)
{
    process->io = sd_event_source_disable_unref(process->io);
    if (process->sock >= 0)
        close(process->sock);
    process->sock = -1;
}

/* Puts the process PID behind the socket SOCK (consumed) into an empty place. */
static int adopt(struct standby_process *process, pid_t pid, int sock)
{
    sd_event *event = process->standby->event;
    int r;

    process->sock = sock;
    r = sd_event_add_child(event, &process->child, pid, WEXITED, on_child, process);
    if (r >= 0)
        r = sd_event_add_io(event, &process->io, sock, EPOLLIN, on_io, process);
    /* A process that nobody talks to ends by itself. */
    if (r < 0)
        disconnect(process);
    return r < 0 ? r : 0;
}

/* PROCESS is of no use any more: the spare takes its place. */
static void give_up(struct standby_process *process, const char *why)
{
    struct standby *standby = process->standby;

    disconnect(process);
    if (standby->active == process) {
        struct standby_process *spare = other_of(process);

        standby->active = spare->sock >= 0 ? spare : NULL;
        standby->asked = false;
        standby->lost(standby->user, why);
    }
    want_spare(standby);
}

/* The active process made a spare (PID, its socket SOCK: consumed), or could not. */
static void take_spare(struct standby *standby, int32_t pid, int sock)
{
    struct standby_process *spare = other_of(standby->active);

    standby->asked = false;
    if (sock >= 0 && (pid <= 0 || spare->child))
        close(sock);
    else if (sock < 0 || adopt(spare, pid, sock) < 0)
        retry_later(standby);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *user)
{
    struct standby_process *process = user;
    struct standby *standby = process->standby;
    struct standby_answer answer;
    cleanup_close int sent = -1;
    size_t n_fds;
    ssize_t len = packet_recv(fd, &answer, sizeof(answer), &sent, 1, &n_fds, MSG_DONTWAIT);

    (void)source;
    (void)revents;
    if (len == -EAGAIN)
        return 0;
    if (len == 0 || len == -ECONNRESET) {
        /* It ended; how, is known as soon as it is reaped. */
        process->io = sd_event_source_disable_unref(process->io);
        return 0;
    }
    if (len == -EMFILE && process == standby->active) {
        /* All of the answer is there but its fd. Whatever was made ends without a peer: strays.c.
         */
        answer.value = -EMFILE;
    } else if (len != sizeof(answer) || process != standby->active) {
        /* A spare has nothing to say, and what a process says is one answer. */
        give_up(process, "sent nonsense");
        return 0;
    }
    if (answer.kind == STANDBY_SPARE)
        take_spare(standby, answer.value, steal_fd(&sent));
    else
        standby->answered(standby->user, answer.kind, answer.value, steal_fd(&sent));
    return 0;
}

void standby_describe(const siginfo_t *info, char why[STANDBY_WHY_SIZE])
{
    if (info->si_code == CLD_EXITED)
        snprintf(why, STANDBY_WHY_SIZE, "ended with status %d", info->si_status);
    else
        snprintf(why, STANDBY_WHY_SIZE, "was killed by signal %d (SIG%s)", info->si_status,
                 sigabbrev_np(info->si_status) ? sigabbrev_np(info->si_status) : "?");
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *user)
{
    struct standby_process *process = user;
    char why[STANDBY_WHY_SIZE];

    standby_describe(info, why);
    sd_event_source_disable_unref(source);
    process->child = NULL;
    give_up(process, why);
    return 0;
}

/* Forks one process from the main one. */
static int start(struct standby_process *process, standby_main *life, const void *arg)
{
    pid_t pid, parent = getpid();
    int socks[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) < 0)
        return -errno;
    pid = fork();
    if (pid == 0) {
        life(socks[1], parent, arg);
        _exit(EXIT_FAILURE);
    }

    int r = pid < 0 ? -errno : 0;

    close(socks[1]);
    if (r < 0)
        close(socks[0]);
    return r < 0 ? r : adopt(process, pid, socks[0]);
}

int standby_start(struct standby *standby, sd_event *event, standby_main *life, const void *arg)
{
    int r = 0;

    standby->event = event;
    standby->asked = false;
    for (size_t i = 0; i < STANDBY_PROCESSES; i++)
        standby->processes[i] = (struct standby_process){.standby = standby, .sock = -1};
    for (size_t i = 0; r == 0 && i < STANDBY_PROCESSES; i++)
        r = start(&standby->processes[i], life, arg);
    if (r < 0)
        standby_stop(standby);
    else
        standby->active = &standby->processes[0];
    return r;
}

void standby_stop(struct standby *standby)
{
    if (!standby->event)
        return;
    standby->retry = sd_event_source_disable_unref(standby->retry);
    /* They end by themselves, their sockets being closed; who reaps them does not matter any more.
     */
    for (size_t i = 0; i < STANDBY_PROCESSES; i++) {
        disconnect(&standby->processes[i]);
        standby->processes[i].child = sd_event_source_disable_unref(standby->processes[i].child);
    }
    standby->active = NULL;
}

int standby_send(struct standby *standby, const struct iovec *iov, size_t n_iov, const int *fds,
                 size_t n_fds)
{
    want_spare(standby);
    if (!standby->active)
        return -EPIPE;
    return packet_send(standby->active->sock, iov, n_iov, fds, n_fds, MSG_DONTWAIT);
}

int standby_request(struct standby *standby, uint32_t kind, const int *fds, size_t n_fds)
{
    const struct standby_request request = {.kind = kind};
    const struct iovec iov = {(void *)&request, sizeof(request)};

    return standby_send(standby, &iov, 1, fds, n_fds);
}

bool standby_is_coming(const struct standby *standby)
{
    return standby->asked;
}

bool standby_knows(const struct standby *standby, pid_t pid)
{
    pid_t known;

    for (size_t i = 0; i < STANDBY_PROCESSES; i++) {
        sd_event_source *child = standby->processes[i].child;

        if (child && sd_event_source_get_child_pid(child, &known) >= 0 && known == pid)
            return true;
    }
    return false;
}
