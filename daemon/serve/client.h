/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection. It is read one request at a time: the next one is looked at when the reply to
 * the one before is with the kernel, so replies keep their order and a client that does not read
 * costs what fits its socket, and one reply. Of replies with fds that is a few: see transmit().
 *
 * Each function here that takes a client ends its connection where that is due: then CLIENT is gone
 * when it returns. None of them ends another one's.
 */
#ifndef DAEMON_SERVE_CLIENT_H
#define DAEMON_SERVE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/filters/waiter.h"
#include "daemon/serve/client-state.h"
#include "daemon/serve/handlers.h"
#include "protocol/codec.h"

struct server;

enum {
    CLIENT_WAITS_MAX = 16, /* times that one request is put off */
};

TAILQ_HEAD(client_list, client);

struct client {
    TAILQ_ENTRY(client) in_server;
    TAILQ_ENTRY(client) wait_link; /* among server->woken, or server->subscribers */
    struct server *server;
    int fd;
    struct client_life life;
    struct asker asker;
    bool narrow;  /* its socket has room for few replies */
    bool guarded; /* it may not send fds, but the kernel lets it: see receive() */
    bool asked;   /* it has sent a good request, and is not over a limit */
    bool gone;    /* the peer has ended the connection */
    bool watched; /* by the server, for what its state waits for */
    union wire_request request;
    uint64_t seen;        /* where subscribed: how many of all changes it has heard of */
    struct waiter waiter; /* where WAITING */
    bool woken;           /* where WAITING: it is over, and is to be gone on with */
    char *why;            /* where WOKEN: what it waited for will not come, for this reason */
    void *out;            /* where WRITING: OUT_LEN bytes, and an fd or -1 */
    size_t out_len;
    int out_fd;
};

/*
 * Takes over the connection FD (consumed) of PEER (consumed), and serves the request that may be
 * there. REFUSED: it is over a limit. Returns 0 or -errno.
 */
int client_new(struct server *server, int fd, struct peer *peer, bool refused);

/* Does what the events REVENTS (EPOLL*) of its socket call for. */
void client_on_io(struct client *client, uint32_t revents);

/* Goes on with the request of CLIENT, which was woken, and is in no list any more. */
void client_go_on(struct client *client);

/* Sends CLIENT, a subscriber, what it has not heard of, as far as its socket has room. */
void client_push(struct client *client);

/* Ends the connection. */
void client_end(struct client *client);

/* Ends the connection of a client that may not know of it yet: what it asked by now is refused for
 * REASON. */
void client_dismiss(struct client *client, enum wire_reason reason);

#endif
