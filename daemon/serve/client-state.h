/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The states of a connection, and what leads from one to the next. It decides, and does nothing:
 * client.c reads and sends.
 */
#ifndef DAEMON_SERVE_CLIENT_STATE_H
#define DAEMON_SERVE_CLIENT_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/protocol.h"

enum {
    CLIENT_REFUSED_USEC = 2000000, /* for which one over a limit may wait to hear so */
};

enum client_state {
    CLIENT_READING,    /* for a request */
    CLIENT_WAITING,    /* for a job or a scan; the request is kept */
    CLIENT_WRITING,    /* a reply that did not fit the socket */
    CLIENT_SUBSCRIBED, /* it hears of changes, and has heard of all */
    CLIENT_BEHIND,     /* it hears of changes, and its socket is full */
    CLIENT_ENDED,
};

struct client_life {
    enum client_state state;
    bool refused;    /* over a limit: its first request is answered with that, and it is closed */
    bool last;       /* the next reply is the last one */
    bool subscribed; /* changes follow the next reply, or that reply is sent */
    enum wire_reason dismissed; /* the daemon ends it: whatever it asks is refused for that; or 0 */
    uint64_t active_usec;
};

/* What its socket calls for. */
enum client_task {
    CLIENT_DO_NOTHING,
    CLIENT_DO_END,
    CLIENT_DO_READ,
    CLIENT_DO_FLUSH, /* sends the reply that is kept */
    CLIENT_DO_PUSH,  /* sends changes */
};

/* What is to be looked for in STATE (EPOLL*), and what is to be done where REVENTS were found. */
uint32_t client_state_events(enum client_state state);
enum client_task client_state_task(enum client_state state, uint32_t revents);

/* The state after a reply was sent whole. */
enum client_state client_state_replied(const struct client_life *life);

/* The state after a change was sent, with the result R: 0 or -errno. */
enum client_state client_state_pushed(int r);

/* When it is to be closed if nothing happens until then; UINT64_MAX: never. IDLE_USEC is how long a
 * client may do nothing; 0: for ever. */
uint64_t client_state_deadline(const struct client_life *life, uint64_t idle_usec);

#endif
