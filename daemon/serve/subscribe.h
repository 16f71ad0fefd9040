/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SUBSCRIBE: the clients that hear of changes. Each one has its own place in the ring of changes;
 * one that the ring overtakes is told that it lost something.
 */
#ifndef DAEMON_SERVE_SUBSCRIBE_H
#define DAEMON_SERVE_SUBSCRIBE_H

#include <stddef.h>
#include <systemd/sd-event.h>

#include "daemon/serve/client.h"

struct daemon;

struct subscribers {
    struct client_list clients; /* linked by wait_link */
    size_t n_clients;
    sd_event_source *push;
};

/* Returns 0 or -errno. */
int subscribers_start(struct daemon *daemon);
void subscribers_stop(struct daemon *daemon);

/* There may be changes: has them pushed as soon as the event loop comes to it. */
void subscribers_kick(struct subscribers *subscribers);

/* Answers CLIENT's SUBSCRIBE. CLIENT may have ended afterwards. */
void subscribe_begin(struct daemon *daemon, struct client *client);

/* Takes CLIENT out of those that hear of changes. */
void subscribe_end(struct client *client);

/* Sends CLIENT what it has not heard of, as far as its socket has room. CLIENT may have ended
 * afterwards. */
void subscribe_push(struct client *client);

#endif
