/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A child process at the other end of a SEQPACKET socket, as its parent sees it: taken in, talked
 * to, and noticed when it ends. What is said to it is its owner's business.
 */
#ifndef DAEMON_PROCESS_CHILD_H
#define DAEMON_PROCESS_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <systemd/sd-event.h>

enum {
    CHILD_WHY_SIZE = 80,
    CHILD_STOPPED_USEC = 3000000, /* for so long one may be stopped, by a debugger, say */
};

/* All that are known. The process waits for no other child: see strays.h. */
struct children {
    sd_event *event; /* borrowed */
    LIST_HEAD(child_list, child) known;
};

/* What its owner is told of one. Each function but went_on() may drop it. */
struct child_events {
    void (*spoke)(void *user);                  /* child_receive() has something; may be NULL */
    void (*ended)(void *user, const char *why); /* it is reaped, and dropped already */
    void (*stopped)(void *user);                /* somebody stopped it; may be NULL */
    void (*went_on)(void *user);                /* after that; may be NULL */
};

/* Zeroes: there is no process. */
struct child {
    LIST_ENTRY(child) link;
    const struct child_events *events; /* NULL: there is no process */
    void *user;
    pid_t pid;
    int sock;              /* -1: nothing is said any more */
    uint64_t stopped_usec; /* since when a signal keeps it from running; 0: it runs, or: */
    bool is_stopped;       /* its owner was told so */
    sd_event_source *input;
    sd_event_source *reaper;
};

/*
 * Takes in the process PID behind the socket SOCK (consumed). EVENTS and CHILD stay where they are.
 * Returns 0 or -errno; then there is none, and a process whose socket is closed ends.
 */
int child_adopt(struct child *child, struct children *children, pid_t pid, int sock,
                const struct child_events *events, void *user);

/* What a process does that this one forks: PARENT is this one. Must not return. */
typedef void child_life(int sock, pid_t parent, const void *arg);

/* Forks a process that lives LIFE, with ARG, and takes it in so. */
int child_fork(struct child *child, struct children *children, child_life *life, const void *arg,
               const struct child_events *events, void *user);

static inline bool child_exists(const struct child *child)
{
    return child->events;
}

/* Sends one packet, with N_FDS fds (borrowed). Returns as packet_send(); -EPIPE: there is none. */
int child_send(const struct child *child, const struct iovec *iov, size_t n_iov, const int *fds,
               size_t n_fds);

/*
 * Receives a packet of at most SIZE bytes, and an fd with it where FD is not NULL (-1: none came).
 * Returns its length; -EAGAIN where there is none, or the process ended, which its owner is told of
 * in a moment; else as packet_recv().
 */
ssize_t child_receive(struct child *child, void *buffer, size_t size, int *fd);

/* Closes the socket: nothing is heard of it any more but that it ended. */
void child_hang_up(struct child *child);

/* Forgets the process, if there is one. It ends when it looks at its socket, or with this one. */
void child_drop(struct child *child);

/*
 * Looks for those of CHILDREN that are stopped (SIGSTOP) at NOW_USEC, and tells their owners where
 * that takes too long, and when these go on. Returns when it is to look again; UINT64_MAX: after
 * the next SIGCHLD.
 */
uint64_t children_look(struct children *children, uint64_t now_usec);

/* True where PID is one of CHILDREN. */
bool children_know(const struct children *children, pid_t pid);

#endif
