/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A child process that works for the main process, and another one that stands by. Both are born
 * before the main process has anything worth stealing, and each can make a sibling as clean as it
 * is itself: so the main process never forks again, and one that dies is replaced at once.
 */
#ifndef DAEMON_PROCESS_STANDBY_H
#define DAEMON_PROCESS_STANDBY_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <systemd/sd-event.h>

enum {
    STANDBY_PROCESSES = 2,
    STANDBY_RETRY_USEC = 1000000,
    STANDBY_WHY_SIZE = 80,
    STANDBY_SPARE = 1, /* the one kind of request and answer that is not the owner's */
};

/* A request that is no more than its kind. */
struct standby_request {
    uint32_t kind;
};

/* Each packet that such a process sends; an fd may come along. */
struct standby_answer {
    uint32_t kind;
    int32_t value; /* -errno, or what the kind says: the pid of a new process */
};

struct standby;

struct standby_process {
    struct standby *standby;
    int sock; /* -1: there is none, or it is of no use any more */
    sd_event_source *io;
    sd_event_source *child; /* NULL: there is none */
};

struct standby {
    sd_event *event;
    struct standby_process processes[STANDBY_PROCESSES];
    struct standby_process *active; /* NULL: none is left */
    bool asked;                     /* the active one is making a spare */
    sd_event_source *retry;         /* it could not: it is asked again after a while */
    /* Called for each answer of the active process. The callee owns FD (-1: there is none). */
    void (*answered)(void *user, uint32_t kind, int32_t value, int fd);
    /* Called where the active process ended: WHY is how. What it was asked for is void. */
    void (*lost)(void *user, const char *why);
    void *user;
};

/*
 * The life of a process: confined, it receives requests over SOCK until that is closed. PARENT is
 * the main process. Must not return.
 */
typedef void standby_main(int sock, pid_t parent, const void *arg);

/*
 * Starts both processes. EVENT is borrowed, ARG goes to LIFE. The callbacks have to be set. Returns
 * 0 or -errno; then there is none.
 */
int standby_start(struct standby *standby, sd_event *event, standby_main *life, const void *arg);
void standby_stop(struct standby *standby);

/* Sends a packet to the active process. Returns 0; -EPIPE where none is left; -errno. */
int standby_send(struct standby *standby, const struct iovec *iov, size_t n_iov, const int *fds,
                 size_t n_fds);

/* The same for a request that is no more than its KIND. */
int standby_request(struct standby *standby, uint32_t kind, const int *fds, size_t n_fds);

/* True where a spare is being made. */
bool standby_is_coming(const struct standby *standby);

/* True where PID is one of the processes. */
bool standby_knows(const struct standby *standby, pid_t pid);

/* Writes to WHY how the process ended that INFO tells of. */
void standby_describe(const siginfo_t *info, char why[STANDBY_WHY_SIZE]);

/* For the processes themselves, whose socket is SANDBOX_SOCKET. */

/* Answers, with the fd at FD (borrowed; NULL: none). Returns 0 or -errno. */
int standby_answer(uint32_t kind, int32_t value, const int *fd);

/*
 * Makes a sibling, a child of PARENT too, and tells the main process (KIND, its pid, its socket).
 * Returns as fork(2) does: 0 in the sibling, whose own socket is SANDBOX_SOCKET; else 1, or -errno
 * where the main process cannot be reached.
 */
int standby_bear(uint32_t kind, pid_t parent);

#endif
