/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pool of worker processes: has them made, hands them jobs, checks what comes back, and has
 * them killed. What is decided about them stands in pool.h. A worker sees one text in its life:
 * whoever takes it over by that can lie about that one only. While some work, as many fresh ones
 * stand by.
 */
#ifndef DAEMON_PROCESS_WORKERS_H
#define DAEMON_PROCESS_WORKERS_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/process/child.h"
#include "daemon/process/pool.h"

struct job;
struct jobs;
struct log;
struct outcome;
struct spawner;

struct worker {
    struct workers *workers;
    struct child child;
};

struct workers {
    /* What it uses; set before workers_start(). */
    struct log *log;
    struct children *children;
    struct spawner *spawner;
    struct jobs *jobs;
    /* Called for each job: it came to OUTCOME, and is the callee's to end. */
    void (*done)(void *user, struct job *job, const struct outcome *outcome);
    void *user;

    struct pool pool;
    struct worker workers[POOL_PLACES_MAX]; /* by their place in the pool */
    sd_event_source *turn;                  /* does what is due */
    sd_event_source *timer;                 /* for what is due later */
    uint64_t failures;                      /* of workers, since the start */
    uint8_t *packet;                        /* WORKER_ANSWER_MAX bytes */
};

/*
 * Has workers made, of which N (at most POOL_WORKERS_MAX) may work at a time, each for at most
 * TIMEOUT_USEC. Returns 0 or -errno.
 */
int workers_start(struct workers *workers, size_t n, uint64_t timeout_usec);
void workers_stop(struct workers *workers);

/* How many processes there are. */
static inline size_t workers_alive(const struct workers *workers)
{
    return pool_alive(&workers->pool);
}

/* Has waiting jobs handed to fresh workers as soon as the event loop comes to it. */
void workers_kick(struct workers *workers);

#endif
