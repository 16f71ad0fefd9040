/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection. It is read one request at a time: the next one is looked at when the reply to
 * the one before is with the kernel, so replies keep their order and a client that does not read
 * costs what fits its socket, and one reply. Of replies with fds that is a few: see send_reply().
 */
#ifndef DAEMON_SERVE_CLIENT_H
#define DAEMON_SERVE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <systemd/sd-event.h>

#include "daemon/files/access.h"
#include "daemon/filters/failures.h"
#include "daemon/filters/jobs.h"
#include "protocol/codec.h"

struct daemon;

enum {
    CLIENT_WAITS_MAX = 16, /* times that one request is put off */
};

enum client_state {
    CLIENT_READING,    /* for a request */
    CLIENT_WAITING,    /* for a job or a scan; the request is kept */
    CLIENT_WRITING,    /* a reply that did not fit the socket */
    CLIENT_SUBSCRIBED, /* it hears of changes, and has heard of all */
    CLIENT_BEHIND,     /* it hears of changes, and its socket is full */
};

TAILQ_HEAD(client_list, client);

struct client {
    TAILQ_ENTRY(client) in_server;
    TAILQ_ENTRY(client) wait_link; /* among server->woken, or subscribers */
    struct daemon *daemon;
    unsigned refs; /* of the connection itself, until it ends, and of who is just working on it */
    bool ended;
    int fd;
    struct peer peer;
    enum client_state state;
    bool refused; /* over a limit: its first request is answered with that, and it is closed */
    bool narrow;  /* its socket has room for few replies */
    bool trusted; /* it may administer the daemon: its fds are taken */
    bool guarded; /* it is not trusted, and the kernel lets it send fds: see receive() */
    bool last;    /* it did that: the next reply is the last one */
    bool asked;   /* it has sent a good request, and is not over a limit */
    bool watched; /* by the server, for what its state waits for */
    uint64_t active_usec;
    union wire_request request;
    struct source *content; /* of a COMPILE: a reference, until it is answered */
    bool subscribed;
    uint64_t seen;        /* where SUBSCRIBED: how many of changes->n it has heard of */
    struct waiter waiter; /* where WAITING */
    bool woken;           /* where WAITING: it is over, and is to be gone on with */
    bool failed;          /* where WOKEN: what it waited for will not come, for this reason */
    char why[FAILURE_WHY_SIZE];
    unsigned waits;
    void *out; /* where WRITING: OUT_LEN bytes, and an fd or -1 */
    size_t out_len;
    int out_fd;
};

/*
 * Takes over the connection FD (consumed) of PEER (consumed), and serves the request that may be
 * there. REFUSED: it is over a limit. Returns 0 or -errno.
 */
int client_new(struct daemon *daemon, int fd, struct peer *peer, bool refused);

/* Keeps CLIENT where it is until client_unref(), even if it ends. */
void client_ref(struct client *client);
void client_unref(struct client *client);

/* Does what the events REVENTS (EPOLL*) of its socket call for. CLIENT may have ended before. */
void client_on_io(struct client *client, uint32_t revents);

/* Ends the connection. CLIENT is gone, unless somebody up the stack works on it. */
void client_end(struct client *client);

/*
 * Sends the LEN bytes at REPLY (a struct that begins with a header, which is filled in here), with
 * the fd FD (consumed) unless it is -1. CLIENT may have ended afterwards.
 */
void client_reply(struct client *client, void *reply, size_t len, int fd);

/* Sends STATUS, with a text unless it is empty. CLIENT may have ended afterwards. */
void client_refuse(struct client *client, enum wire_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Sends the LEN bytes at PACKET to a subscribed client now. Returns 0; -EAGAIN: the socket is full,
 * and CLIENT is pushed again when it is not; another -errno: CLIENT has ended.
 */
int client_push(struct client *client, const void *packet, size_t len);

/* Puts the request off until JOB is done. CLIENT may have ended afterwards. */
void client_wait_for_job(struct client *client, struct job *job);

/* Puts the reply off until what the scan BARRIER found is in service. */
void client_wait_for_scan(struct client *client, uint64_t barrier);

/* Goes on with the request of CLIENT, which was woken, and is in no list any more. */
void client_go_on(struct client *client);

/* The daemon stops: says so to a client that waits, and ends the connection. */
void client_stop(struct client *client);

/* When CLIENT is to be closed if nothing happens until then; UINT64_MAX: never. */
uint64_t client_deadline(const struct client *client);

#endif
