/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of a handle, and its one way to the daemon: sends a request, receives and checks the
 * reply. Knows about timeouts, forks and restarted daemons, but not what the requests mean.
 */
#ifndef CLIENT_LIBSECPROF_CONNECTION_H
#define CLIENT_LIBSECPROF_CONNECTION_H

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#include "client/libsecprof/secprof.h"
#include "protocol/protocol.h"

union wire_request;

enum {
    CONNECTION_MAX_USERS = 8,
};

struct secprof {
    pthread_mutex_t lock;  /* protects what follows */
    _Atomic(pid_t) *owner; /* see connection_enter(); in a page that a fork leaves zeroed */
    int sock;              /* or -1 */
    dev_t sock_dev;        /* what sock was when it was opened */
    ino_t sock_ino;
    int timeout_ms;                    /* or SECPROF_NO_TIMEOUT */
    uid_t users[CONNECTION_MAX_USERS]; /* who may be the daemon */
    size_t n_users;                    /* 0: anybody */
    uint32_t serial;
    struct sockaddr_un address;
    char message[WIRE_TEXT_MAX + 1]; /* of the last refusal */
    struct secprof_refusal refusal;  /* the rest of it; its status is 0: there was none */
    alignas(8) unsigned char reply[WIRE_MAX_REPLY];
};

/*
 * Locks HANDLE for the calling thread. Where the process is a new one since it was last used, drops
 * what it shares with the old one first.
 */
void connection_enter(struct secprof *handle);
void connection_leave(struct secprof *handle);

/* Makes the page of handle->owner. Returns 0 or -errno. */
int connection_init(struct secprof *handle);
void connection_free(struct secprof *handle);

/* The last call was not refused. */
void connection_forget_refusal(struct secprof *handle);

/*
 * Sends REQUEST, whose header needs no serial yet, and waits for its reply, which is then in
 * HANDLE->reply, checked by wire_reply_check(), *LEN bytes. Connects first where HANDLE has no
 * connection, and once again where a kept one was closed by the daemon.
 * FD (may be NULL: none may come) gets the fd that came along, or -1; the caller owns it.
 * Returns 0; else a code of secprof.h.
 */
int connection_call(struct secprof *handle, union wire_request *request, size_t *len, int *fd);

/* The same for a request that the fd IN_FD (borrowed) goes with. */
int connection_call_with(struct secprof *handle, union wire_request *request, int in_fd,
                         size_t *len, int *fd);

/* When a call that begins now has to end, for connection_call_until(). */
int64_t connection_deadline(const struct secprof *handle);

/* The same for one of several requests of a call that has to end at DEADLINE. */
int connection_call_until(struct secprof *handle, union wire_request *request, int in_fd,
                          int64_t deadline, size_t *len, int *fd);

/*
 * Whether the connection of HANDLE, which is locked, is to one of its users, and the socket's file
 * of one. Returns 0, -EKEYREJECTED or another code; then it is closed.
 */
int connection_check_users(struct secprof *handle);

/* Connects HANDLE, which has no connection. Returns 0 or a code of secprof.h. */
int connection_open(struct secprof *handle);

/*
 * Waits until DEADLINE for a packet that HANDLE did not ask for, and receives it
 * into HANDLE->reply. Returns its length; 0: none came in time; else a code of secprof.h.
 */
ssize_t connection_receive(struct secprof *handle, int64_t deadline);

static inline void connection_leave_ptr(struct secprof **handle)
{
    connection_leave(*handle);
}

static inline struct secprof *connection_hold(struct secprof *handle)
{
    connection_enter(handle);
    return handle;
}

/* Locks HANDLE until the end of the block. */
#define hold(handle)                                                              \
    struct secprof *held __attribute__((cleanup(connection_leave_ptr), unused)) = \
        connection_hold(handle)

#endif
