/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The listening socket, the connections behind it, and their limits.
 */
#ifndef DAEMON_SERVE_SERVER_H
#define DAEMON_SERVE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/process/sink.h"
#include "daemon/serve/answer.h"
#include "daemon/serve/client.h"
#include "daemon/serve/handlers.h"
#include "daemon/serve/listener.h"
#include "daemon/serve/owners.h"
#include "daemon/serve/users.h"

struct client;

enum {
    SERVER_TURNS_MAX = 4,             /* in one round of the event loop */
    SERVER_TURN_MAX = 64,             /* requests in one of them; */
    SERVER_ROUND_MAX = 128,           /* with so many the round is over, too */
    SERVER_PAUSE_USEC = 100000,       /* without accepting, where there is no fd or memory left */
    SERVER_PAUSE_LOG_USEC = 10000000, /* between two messages about that */
    SERVER_USELESS_MAX = 8,           /* connections without a good request, */
    SERVER_USELESS_USEC = 1000,       /* in such a time: then it pauses for the rest of it */
    SERVER_REFUSED_MAX = 64,          /* connections over a limit that wait to hear so */
    /* Who was woken goes on before another compile can push out what it waited for. */
    SERVER_PRIORITY_WOKEN = -15,
};

struct server {
    /* Set by the owner before server_listen(); of the handlers, what is said there. */
    struct log *log;
    sd_event *event;
    struct children *children;
    struct spawner *spawner; /* makes sinks */
    size_t max_connections;
    size_t max_connections_per_uid;
    uint64_t idle_usec; /* for which a client may do nothing; 0: for ever */
    struct handlers handlers;

    int listener;
    struct listener_entry entry; /* of a socket that we made */
    int ready;    /* an epoll instance with the sockets of all clients, and the listener (NULL) */
    bool arrived; /* there may be a connection to accept */
    sd_event_source *ready_io;
    bool paused;             /* connections are not accepted, */
    sd_event_source *resume; /* until then */
    uint64_t told_usec;      /* when the log was last told that there is nothing to accept with */
    uint64_t useless_usec;   /* since when the number of useless connections is */
    unsigned n_useless;
    sd_event_source *sweep;
    uint64_t sweep_usec;            /* when the sweep is due; 0: it is off */
    struct client_list clients;     /* all, linked by in_server */
    struct users users;             /* those without the ones over a limit, for each who pays */
    struct owners owners;           /* who pays for whom */
    size_t n_refused;               /* those over a limit */
    struct client_list woken;       /* clients whose wait is over, linked by wait_link */
    sd_event_source *go_on;         /* has these gone on with */
    struct client_list subscribers; /* linked by wait_link */
    sd_event_source *push;          /* tells them of changes: all that come together go together */
    struct sinks sinks;
    struct answer answer; /* the one that is being put together */
};

/* Looks whether the socket at PATH (not NULL) is free. Returns 0, or -errno after saying what is
 * wrong. */
int server_check(struct log *log, const char *path);

/* Empties SERVER, for its owner to fill in what it uses. */
void server_init(struct server *server);

/*
 * Gets the listening socket: PATH is made; NULL: the service manager passed one. A socket at PATH
 * on which nobody listens is replaced. Returns 0, or -errno after saying what is wrong.
 */
int server_listen(struct server *server, const char *path);

/* Begins to accept connections. Returns 0 or -errno. */
int server_open(struct server *server);

/* Ends all connections (who waits hears that the daemon stops) and removes the socket made. */
void server_close(struct server *server);

/* There may be changes that subscribers have not heard of: they do when the event loop comes to it.
 */
void server_note_changes(struct server *server);

/* What follows is for connections. */

/* Now, as CLOCK_MONOTONIC, in microseconds. */
uint64_t server_now(const struct server *server);

/*
 * Ends the connection FD (consumed). GUARDED: there may be fds in its queue, or fds can still be
 * sent, that this process must not be the one to close (see sink.h).
 */
void server_drop(struct server *server, int fd, bool guarded);

/* CLIENT, whom users_add() has counted unless it is over a limit, is there; or is gone. */
void server_add(struct server *server, struct client *client);
void server_remove(struct server *server, struct client *client);

/* CLIENT hears of changes from now on; or no more. */
void server_subscribe(struct server *server, struct client *client);
void server_unsubscribe(struct server *server, struct client *client);

/* A connection has ended that never had a good request. */
void server_note_useless(struct server *server);

/* CLIENT's wait is over: has it gone on with when the event loop comes to it. */
void server_note_woken(struct server *server, struct client *client);

/* CLIENT is to be looked at at the time USEC at the latest. */
void server_sweep_at(struct server *server, uint64_t usec);

#endif
