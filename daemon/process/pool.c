/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides about workers. Touches memory only. */
#include "daemon/process/pool.h"

#include <string.h>

#include "daemon/filters/jobs.h"

void pool_init(struct pool *pool, struct jobs *jobs, size_t n, uint64_t timeout_usec)
{
    *pool = (struct pool){
        .jobs = jobs, .n = n, .n_places = n * POOL_PLACES_EACH, .timeout_usec = timeout_usec};
}

static size_t count(const struct pool *pool, enum pool_state state)
{
    size_t n = 0;

    for (size_t i = 0; i < pool->n_places; i++)
        n += pool->places[i].state == state;
    return n;
}

/* The first place in STATE; N_PLACES: there is none. */
static size_t find(const struct pool *pool, enum pool_state state)
{
    size_t i = 0;

    while (i < pool->n_places && pool->places[i].state != state)
        i++;
    return i;
}

size_t pool_alive(const struct pool *pool)
{
    return pool->n_places - count(pool, POOL_EMPTY) - count(pool, POOL_ENDING);
}

bool pool_wants(const struct pool *pool, uint64_t now)
{
    size_t fresh = count(pool, POOL_STARTING) + count(pool, POOL_FRESH) + pool->n_asked;

    return now >= pool->resume_usec && fresh < pool->n && pool->n_asked < count(pool, POOL_EMPTY);
}

void pool_asked(struct pool *pool)
{
    pool->n_asked++;
}

bool pool_made(struct pool *pool, size_t *place)
{
    pool->n_asked -= pool->n_asked > 0;
    *place = find(pool, POOL_EMPTY);
    if (*place == pool->n_places)
        return false;
    pool->places[*place] = (struct pool_place){.state = POOL_STARTING};
    return true;
}

void pool_back_off(struct pool *pool, uint64_t now)
{
    uint64_t wait = (uint64_t)POOL_BACKOFF_MIN_USEC << (pool->failures < 8 ? pool->failures : 8);

    if (now < pool->resume_usec)
        return;
    pool->failures++;
    pool->resume_usec = now + (wait < POOL_BACKOFF_MAX_USEC ? wait : POOL_BACKOFF_MAX_USEC);
}

void pool_not_made(struct pool *pool, uint64_t now)
{
    pool->n_asked -= pool->n_asked > 0;
    pool_back_off(pool, now);
}

void pool_ready(struct pool *pool, size_t place)
{
    pool->places[place].state = POOL_FRESH;
}

/* The worker for a job about TEXT; N_PLACES: there is none. */
static size_t find_for(const struct pool *pool, const uint8_t text[DIGEST_SIZE])
{
    for (size_t i = 0; i < pool->n_places; i++)
        if (pool->places[i].state == POOL_DONE && !memcmp(pool->places[i].text, text, DIGEST_SIZE))
            return i;
    return find(pool, POOL_FRESH);
}

struct job *pool_begin(struct pool *pool, uint64_t now, size_t *place)
{
    struct job *job = count(pool, POOL_BUSY) < pool->n ? jobs_next(pool->jobs, now) : NULL;
    struct pool_place *found;

    if (!job)
        return NULL;
    *place = find_for(pool, job->source->digest);
    if (*place == pool->n_places)
        return NULL;
    jobs_begin(pool->jobs, job, now);
    found = &pool->places[*place];
    found->state = POOL_BUSY;
    found->n_jobs++;
    memcpy(found->text, job->source->digest, DIGEST_SIZE);
    found->job = job;
    found->deadline_usec = now + pool->timeout_usec;
    return job;
}

void pool_postpone(struct pool *pool, size_t place, uint64_t now)
{
    struct pool_place *found = &pool->places[place];

    jobs_put_back(pool->jobs, found->job);
    found->job->attempts--;
    found->job = NULL;
    found->n_jobs--;
    found->state = found->n_jobs ? POOL_DONE : POOL_FRESH;
    pool_back_off(pool, now);
}

struct job *pool_finish(struct pool *pool, size_t place)
{
    struct pool_place *found = &pool->places[place];
    struct job *job = found->job;

    pool->failures = 0;
    found->job = NULL;
    /* The next one may take all the time that a compile may, and must not end for want of it. */
    found->state =
        (found->n_jobs + 1) * pool->timeout_usec <= POOL_LIFE_USEC ? POOL_DONE : POOL_ENDING;
    return job;
}

void pool_end_done(struct pool *pool)
{
    for (size_t i = 0; i < pool->n_places; i++)
        if (pool->places[i].state == POOL_DONE)
            pool->places[i].state = POOL_ENDING;
}

struct job *pool_fail(struct pool *pool, size_t place, enum pool_misdeed misdeed, uint64_t now)
{
    struct pool_place *found = &pool->places[place];
    struct job *job = found->job;

    *found = (struct pool_place){.state = POOL_ENDING, .failed = found->n_jobs == 0};
    if (misdeed == POOL_ENDED)
        pool_gone(pool, place, now);
    if (!job || misdeed == POOL_HUNG || job->attempts >= JOB_ATTEMPTS_MAX)
        return job;
    jobs_put_back(pool->jobs, job);
    return NULL;
}

bool pool_hung(const struct pool *pool, uint64_t now, size_t *place)
{
    for (*place = 0; *place < pool->n_places; ++*place)
        if (pool->places[*place].state == POOL_BUSY && pool->places[*place].deadline_usec <= now)
            return true;
    return false;
}

bool pool_kill(struct pool *pool, uint64_t now, size_t *place)
{
    for (*place = 0; *place < pool->n_places; ++*place) {
        struct pool_place *found = &pool->places[*place];

        if (found->state == POOL_ENDING && found->kill_usec <= now) {
            found->kill_usec = UINT64_MAX;
            return true;
        }
    }
    return false;
}

void pool_not_killed(struct pool *pool, size_t place, uint64_t now)
{
    pool_back_off(pool, now);
    pool->places[place].kill_usec = pool->resume_usec;
}

void pool_gone(struct pool *pool, size_t place, uint64_t now)
{
    if (pool->places[place].failed)
        pool_back_off(pool, now);
    pool->places[place] = (struct pool_place){.state = POOL_EMPTY};
}

uint64_t pool_next(const struct pool *pool, uint64_t now)
{
    uint64_t next = now < pool->resume_usec ? pool->resume_usec : UINT64_MAX;

    for (size_t i = 0; i < pool->n_places; i++)
        if (pool->places[i].state == POOL_BUSY && pool->places[i].deadline_usec < next)
            next = pool->places[i].deadline_usec;
    return next;
}
