/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where connections end in whose queues there may be fds that nobody has looked at. Whoever drops
 * the last reference to an fd waits until it is closed, and that takes as long as whoever made the
 * fd likes: a TCP socket with SO_LINGER and unsent data. So the main process drops none. It sends
 * the connection itself to a process that does nothing but wait, a sink, and closes its own end of
 * the socket between them: the sink ends, and in a process that ends the kernel lingers for
 * nothing. What takes long there for another reason holds up that process only.
 *
 * There is one sink at a time for all such connections. It is made when one is needed, and ends
 * after a while, or when it is full; until the next one is there connections wait.
 */
#ifndef DAEMON_PROCESS_SINK_H
#define DAEMON_PROCESS_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/process/child.h"

enum {
    SINKS_MAX = 8,          /* processes; all but one are ending */
    SINK_USEC = 500000,     /* that connections stay in one */
    SINK_WAITING_MAX = 256, /* connections that wait for one; then no more should be taken */
};

struct log;
struct sinks;
struct spawner;

struct sink {
    struct sinks *sinks;
    struct child child;
    size_t n; /* connections in it */
};

struct sinks {
    struct log *log;
    struct children *children;
    struct spawner *spawner;
    struct sink places[SINKS_MAX];
    struct sink *open;     /* that takes connections; NULL: none does */
    bool asked;            /* the spawner is making one */
    bool paused;           /* none could be made: not until the next tick */
    sd_event_source *tick; /* then the open one ends, and what failed is tried again */
    int *waiting;          /* connections without a sink */
    size_t n_waiting;
    size_t max_waiting;
};

/*
 * Makes no process yet. LOG, CHILDREN and SPAWNER (whose owner of sinks it becomes) are borrowed.
 * ROOM is how many connections there can be at once that will come here. Returns 0 or -errno.
 */
int sinks_open(struct sinks *sinks, struct log *log, struct children *children,
               struct spawner *spawner, size_t room);

/* At the end of the daemon. Connections that still wait are left to the end of the process. */
void sinks_close(struct sinks *sinks);

/* Ends the connection FD (consumed). Its peer sees that at once. */
void sinks_put(struct sinks *sinks, int fd);

/* True where so many connections wait that no more should be accepted for now. */
static inline bool sinks_are_behind(const struct sinks *sinks)
{
    return sinks->n_waiting >= SINK_WAITING_MAX;
}

/* The life of a sink, whose socket is SANDBOX_SOCKET. */
_Noreturn void sink_main(void);

#endif
