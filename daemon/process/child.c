/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parent's end of child processes. Touches nothing but them and their sockets. */
#include "daemon/process/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/priority.h"
#include "util/packet.h"

static int on_input(sd_event_source *source, int fd, uint32_t revents, void *user)
{
    struct child *child = user;

    (void)source;
    (void)fd;
    (void)revents;
    child->events->spoke(child->user);
    return 0;
}

static int on_ended(sd_event_source *source, const siginfo_t *info, void *user)
{
    struct child *child = user;
    const struct child_events *events = child->events;
    char why[CHILD_WHY_SIZE];

    (void)source;
    if (info->si_code == CLD_EXITED)
        snprintf(why, sizeof(why), "ended with status %d", info->si_status);
    else
        snprintf(why, sizeof(why), "was killed by signal %d (SIG%s)", info->si_status,
                 sigabbrev_np(info->si_status) ? sigabbrev_np(info->si_status) : "?");
    child_drop(child);
    events->ended(child->user, why);
    return 0;
}

int child_adopt(struct child *child, struct children *children, pid_t pid, int sock,
                const struct child_events *events, void *user)
{
    int r;

    *child = (struct child){.events = events, .user = user, .pid = pid, .sock = sock};
    r = sd_event_add_child(children->event, &child->reaper, pid, WEXITED, on_ended, child);
    if (r >= 0)
        r = sd_event_source_set_priority(child->reaper, PRIORITY_PROCESS_ENDED);
    if (r >= 0 && events->spoke)
        r = sd_event_add_io(children->event, &child->input, sock, EPOLLIN, on_input, child);
    if (r >= 0 && events->spoke)
        r = sd_event_source_set_priority(child->input, PRIORITY_COMPILES);
    LIST_INSERT_HEAD(&children->known, child, link);
    if (r < 0)
        child_drop(child);
    return r < 0 ? r : 0;
}

int child_fork(struct child *child, struct children *children, child_life *life, const void *arg,
               const struct child_events *events, void *user)
{
    pid_t pid, parent = getpid();
    int r, socks[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) < 0)
        return -errno;
    pid = fork();
    if (pid == 0) {
        close(socks[0]);
        life(socks[1], parent, arg);
        _exit(EXIT_FAILURE);
    }
    r = pid < 0 ? -errno : 0;
    close(socks[1]);
    if (r < 0)
        close(socks[0]);
    return r < 0 ? r : child_adopt(child, children, pid, socks[0], events, user);
}

int child_send(const struct child *child, const struct iovec *iov, size_t n_iov, const int *fds,
               size_t n_fds)
{
    if (!child_exists(child) || child->sock < 0)
        return -EPIPE;
    return packet_send(child->sock, iov, n_iov, fds, n_fds, MSG_DONTWAIT);
}

ssize_t child_receive(struct child *child, void *buffer, size_t size, int *fd)
{
    size_t n_fds;
    ssize_t len;

    if (fd)
        *fd = -1;
    len = packet_recv(child->sock, buffer, size, fd, fd != NULL, &n_fds, MSG_DONTWAIT);
    if (len != 0 && len != -ECONNRESET)
        return len;
    /* It ended; how, is known as soon as it is reaped. */
    child->input = sd_event_source_disable_unref(child->input);
    return -EAGAIN;
}

void child_hang_up(struct child *child)
{
    child->input = sd_event_source_disable_unref(child->input);
    if (child->sock >= 0)
        close(child->sock);
    child->sock = -1;
}

void child_drop(struct child *child)
{
    if (!child_exists(child))
        return;
    child_hang_up(child);
    child->reaper = sd_event_source_disable_unref(child->reaper);
    LIST_REMOVE(child, link);
    child->events = NULL;
}

/* Learns whether CHILD was stopped, or goes on. */
static void look(struct child *child, uint64_t now_usec)
{
    siginfo_t info = {0};

    while (waitid(P_PID, (id_t)child->pid, &info, WSTOPPED | WCONTINUED | WNOHANG) == 0 &&
           info.si_pid > 0) {
        child->stopped_usec = info.si_code == CLD_STOPPED ? now_usec : 0;
        info.si_pid = 0;
        if (child->stopped_usec || !child->is_stopped)
            continue;
        child->is_stopped = false;
        if (child->events->went_on)
            child->events->went_on(child->user);
    }
}

/* One that is stopped for too long, and has an owner who wants to hear of it; or NULL. */
static struct child *find_stopped(struct children *children, uint64_t now_usec)
{
    struct child *child;

    LIST_FOREACH(child, &children->known, link)
    if (child->stopped_usec && now_usec >= child->stopped_usec + CHILD_STOPPED_USEC &&
        child->events->stopped)
        return child;
    return NULL;
}

uint64_t children_look(struct children *children, uint64_t now_usec)
{
    uint64_t next = UINT64_MAX;
    struct child *child;

    LIST_FOREACH(child, &children->known, link)
    {
        look(child, now_usec);
    }
    while ((child = find_stopped(children, now_usec))) {
        child->stopped_usec = 0;
        child->is_stopped = true;
        child->events->stopped(child->user);
    }
    LIST_FOREACH(child, &children->known, link)
    {
        if (child->stopped_usec && child->events->stopped &&
            child->stopped_usec + CHILD_STOPPED_USEC < next)
            next = child->stopped_usec + CHILD_STOPPED_USEC;
    }
    return next;
}

bool children_know(const struct children *children, pid_t pid)
{
    const struct child *child;

    LIST_FOREACH(child, &children->known, link)
    if (child->pid == pid)
        return true;
    return false;
}
