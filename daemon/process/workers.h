/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pool of worker processes: hands them jobs, checks what comes back, ends those that
 * take too long, and replaces those that are gone. A worker sees one profile in its life: whoever
 * takes it over by that can lie about that one only. While some work, as many fresh ones are made.
 */
#ifndef DAEMON_PROCESS_WORKERS_H
#define DAEMON_PROCESS_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/digest.h"
#include "daemon/filters/jobs.h"
#include "daemon/process/spawner.h"

enum {
    WORKERS_MAX = 16,                 /* that work at a time */
    WORKER_SLOTS = 3 * WORKERS_MAX,   /* these, as many fresh ones, and as many that end */
    WORKER_MEMORY_MIB = 1024,         /* address space of one worker */
    WORKER_CPU_SECONDS = 300,         /* in its life; it is replaced in time: see below */
    WORKER_BUSY_MAX_USEC = 120000000, /* after this much work it is replaced by a fresh one */
    WORKER_BACKOFF_MIN_USEC = 100000, /* before a fresh one that failed is replaced */
    WORKER_BACKOFF_MAX_USEC = 5000000,
};

enum worker_state {
    WORKER_NONE,     /* the place is empty */
    WORKER_STARTING, /* it did not say yet that it is confined */
    WORKER_IDLE,
    WORKER_BUSY,
    WORKER_DYING, /* nothing is heard from it any more; it is killed, and is still to be reaped */
};

struct worker {
    struct workers *workers;
    enum worker_state state;
    pid_t pid;
    int sock;
    sd_event_source *io;
    sd_event_source *child;
    sd_event_source *deadline;
    struct job *job;              /* where BUSY */
    bool used;                    /* it got a profile: it gets no other one */
    uint8_t profile[DIGEST_SIZE]; /* where USED: which */
    bool failed;                  /* where DYING: it did something wrong before it got one */
    bool spared;                  /* where DYING: it could not be killed yet */
    uint64_t began_usec;
    uint64_t busy_usec; /* in all */
};

struct workers {
    struct daemon *daemon;
    struct spawner spawner;
    struct worker slots[WORKER_SLOTS];
    size_t n;          /* that work at a time; as many fresh ones stand by */
    size_t n_slots;    /* in use */
    size_t requested;  /* workers that the spawner was asked for */
    unsigned failures; /* of fresh ones, in a row */
    sd_event_source *restart;
    sd_event_source *kick;
    uint8_t *packet; /* WORKER_ANSWER_MAX bytes */
};

/* Starts N worker processes; N (at most WORKERS_MAX) may work at a time. Returns 0 or -errno. */
int workers_start(struct workers *workers, struct daemon *daemon, size_t n);
void workers_stop(struct workers *workers);

/*
 * Has waiting jobs handed to idle workers, and used ones without work replaced, as soon as the
 * event loop comes to it.
 */
void workers_kick(struct workers *workers);

/* True where a process is being made: one of this pool, or one that makes them. */
bool workers_are_coming(const struct workers *workers);

/* True where PID is a process of this pool, or one that makes them. */
bool workers_know(const struct workers *workers, pid_t pid);

/* How many processes there are. */
size_t workers_alive(const struct workers *workers);

#endif
