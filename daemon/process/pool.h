/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is decided about workers: which of them gets which job, when one is to be made, ended or
 * waited for, and what becomes of the job of one that fails. Touches memory only: workers.c does
 * what is decided here, and says what came of it. Times are in microseconds of any steady clock.
 */
#ifndef DAEMON_PROCESS_POOL_H
#define DAEMON_PROCESS_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/digest.h"

struct job;
struct jobs;

enum {
    POOL_WORKERS_MAX = 16, /* that work at a time */
    POOL_PLACES_EACH = 3,  /* one that works, a fresh one, and one that ends */
    POOL_PLACES_MAX = POOL_PLACES_EACH * POOL_WORKERS_MAX,
    POOL_LIFE_USEC =
        280000000, /* of compiles in the life of a worker: less than WORKER_CPU_SECONDS */
    POOL_BACKOFF_MIN_USEC = 100000, /* before a fresh one that failed is replaced */
    POOL_BACKOFF_MAX_USEC = 5000000,
};

enum pool_state {
    POOL_EMPTY,    /* there is no process */
    POOL_STARTING, /* it did not say yet that it is confined */
    POOL_FRESH,    /* it waits for its first job */
    POOL_BUSY,
    POOL_DONE,   /* it may get another job for the text that it has seen, and no other */
    POOL_ENDING, /* nothing is heard from it any more; it is to be killed, and reaped */
};

struct pool_place {
    enum pool_state state;
    size_t n_jobs;             /* that it got */
    uint8_t text[DIGEST_SIZE]; /* the text of these */
    struct job *job;           /* BUSY */
    uint64_t deadline_usec;    /* BUSY: until when it may take */
    bool failed;               /* ENDING: it did something wrong before it got a job */
    uint64_t kill_usec;        /* ENDING: not before this time; UINT64_MAX: it was killed */
};

struct pool {
    struct jobs *jobs;
    struct pool_place places[POOL_PLACES_MAX];
    size_t n; /* that work at a time; as many fresh ones stand by */
    size_t n_places;
    uint64_t timeout_usec; /* of a compile */
    size_t n_asked;        /* workers that are being made, and have no place yet */
    unsigned failures;     /* of fresh ones, in a row */
    uint64_t resume_usec;  /* none is made before; 0: no need to wait */
};

/* What a worker did wrong. */
enum pool_misdeed {
    POOL_ENDED,      /* it is reaped */
    POOL_MISBEHAVED, /* it runs, but is of no use */
    POOL_HUNG,       /* so would the next one */
};

/* N (at most POOL_WORKERS_MAX) may work at a time, at JOBS (borrowed). */
void pool_init(struct pool *pool, struct jobs *jobs, size_t n, uint64_t timeout_usec);

/* How many processes there are, but for those that end. */
size_t pool_alive(const struct pool *pool);

/* True where one more is to be made now; the caller asks for it, and says so (pool_asked()). */
bool pool_wants(const struct pool *pool, uint64_t now);
void pool_asked(struct pool *pool);

/* One that was asked for is there. Returns false where there is no place left for it. */
bool pool_made(struct pool *pool, size_t *place);

/* Something could not be done, whoever is to blame: none is made for a while, which grows. */
void pool_back_off(struct pool *pool, uint64_t now);

/* One that was asked for could not be made. */
void pool_not_made(struct pool *pool, uint64_t now);

/* The worker at PLACE is confined. */
void pool_ready(struct pool *pool, size_t place);

/*
 * The next job and the worker that is to do it, which has it from now on: one that has seen its
 * text and nothing else, or a fresh one. NULL: there is no job, or nobody for it. The order is that
 * of the jobs, whichever workers there are.
 */
struct job *pool_begin(struct pool *pool, uint64_t now, size_t *place);

/* The job of PLACE did not reach it, and neither is to blame: it waits again, the worker too. */
void pool_postpone(struct pool *pool, size_t place, uint64_t now);

/* The worker at PLACE did its job, which is returned. */
struct job *pool_finish(struct pool *pool, size_t place);

/* Workers without a job that have seen a text are to end: what waits now is about other texts. */
void pool_end_done(struct pool *pool);

/*
 * The worker at PLACE did something wrong. Returns its job where that had its share of tries; NULL
 * where it had none, or that waits for another one.
 */
struct job *pool_fail(struct pool *pool, size_t place, enum pool_misdeed misdeed, uint64_t now);

/* A worker that works for too long. Returns false where there is none. */
bool pool_hung(const struct pool *pool, uint64_t now, size_t *place);

/* The next worker to be killed; it counts as killed. Returns false where there is none. */
bool pool_kill(struct pool *pool, uint64_t now, size_t *place);

/* The worker at PLACE could not be killed: it is tried again. */
void pool_not_killed(struct pool *pool, size_t place, uint64_t now);

/* The worker at PLACE, which was to end, is reaped. */
void pool_gone(struct pool *pool, size_t place, uint64_t now);

/* When something will be due even if nothing happens; UINT64_MAX: never. */
uint64_t pool_next(const struct pool *pool, uint64_t now);

#endif
