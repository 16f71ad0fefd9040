/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compiles ahead of time. Works through the queue of jobs and the cache like everybody else. */
#include "daemon/filters/background.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "compiler/facts/abi.h"
#include "compiler/parse/request.h"
#include "daemon/cache/queue.h"
#include "daemon/log.h"

static_assert(ABI_COUNT <= 32, "a bit for each target");

static const struct cache_ops *cache_of(const struct background *background)
{
    return &background->service->cache;
}

static bool has_writer(const struct background *background)
{
    return cache_of(background)->has_writer(cache_of(background)->user);
}

/* True where what is compiled now would reach the disk. */
bool background_is_wanted(const struct background *background)
{
    const struct cache_ops *cache = cache_of(background);

    return cache->is_open(cache->user) && has_writer(background) && !background->paused_until_usec;
}

static bool is_busy(struct background *background)
{
    const struct jobs *jobs = &background->service->jobs;
    size_t writes = cache_of(background)->count_waiting(cache_of(background)->user);

    if (writes >= BACKGROUND_WRITES_MAX)
        background->draining = true;
    else if (writes <= BACKGROUND_WRITES_FEW)
        background->draining = false;
    return jobs->n_background >= jobs->max_background + BACKGROUND_AHEAD ||
           jobs->n > jobs->n_background || background->draining;
}

/* What SOURCE's filter for the target AT is made by. */
static struct variant_request request_for(const struct background *background,
                                          const struct source *source, size_t at)
{
    const struct service *service = background->service;
    struct variant_request request = service_default_request(service);

    request.target = background->targets[at];
    /* The next start looks for the native one before it knows what it can be cut down to. */
    if (request.target != service->host)
        source_normalise(source, &request);
    return request;
}

/* Looks whether the disk has the next filter of SOURCE. */
static void look_for(const struct background *background, struct source *source)
{
    struct service *service = background->service;
    const size_t at = source->next_target++;
    const struct variant_request request = request_for(background, source, at);

    /* The native one is in memory: the profile is in service with it. */
    if ((request.target != service->host || background->natives) &&
        !service_is_kept(service, source, &request))
        source->missing |= UINT32_C(1) << at;
    if (source->next_target < background->n_targets)
        return;
    if (source->missing)
        source_enter(source, &service->lacking);
    else
        source_leave(source);
}

/*
 * First it looks for all filters, and only then has missing ones made. So what nobody uses any more
 * is known before room is needed: see cache_disk_write().
 */
bool background_step(struct background *background)
{
    struct service *service = background->service;
    struct source *source;
    struct variant_request request;
    unsigned at;

    if (!background_is_wanted(background) || is_busy(background))
        return false;
    source = TAILQ_FIRST(&service->ahead);
    if (source) {
        look_for(background, source);
        return true;
    }
    background->natives = false;
    source = TAILQ_FIRST(&service->lacking);
    if (!source)
        return false;
    at = (unsigned)__builtin_ctz(source->missing);
    source->missing &= source->missing - 1;
    if (!source->missing)
        source_leave(source);
    request = request_for(background, source, at);
    service_prepare(service, source, &request);
    return true;
}

/* What was compiled while nothing could be written is not on the disk: looks for all again. */
static void start_over(struct background *background)
{
    const struct registry *registry = &background->service->registry;

    for (size_t i = 0; i < registry->n; i++) {
        struct source *source = registry->entries[i]->served;

        if (!source)
            continue;
        source->next_target = 0;
        source->missing = 0;
        source_enter(source, &background->service->ahead);
    }
    background->natives = true;
    background->since = (int64_t)time(NULL);
}

/* Has the owner look whether background_is_wanted(). */
static void tell(const struct background *background)
{
    background->service->hooks.changed(background->service->hooks.user);
}

void background_unpause(struct background *background)
{
    if (background->paused_until_usec)
        start_over(background);
    background->paused_until_usec = 0;
    cache_of(background)->look(cache_of(background)->user);
    tell(background);
}

void background_wake(struct background *background)
{
    if (!background->paused_until_usec ||
        service_now(background->service) < background->paused_until_usec)
        return;
    background->pause_usec *= 2;
    if (background->pause_usec > BACKGROUND_PAUSE_MAX_USEC)
        background->pause_usec = BACKGROUND_PAUSE_MAX_USEC;
    background_unpause(background);
}

/* All is well (again). */
static void end_failing(struct background *background, const char *text)
{
    if (background->why[0])
        log_write(background->service->log, LOG_NOTICE, "%s", text);
    background->why[0] = '\0';
    background->pause_usec = 0;
}

/* TEXT is why it cannot go on for a while. Each reason is told once. */
static void pause_for(struct background *background, const char *text)
{
    if (background->paused_until_usec)
        return;
    if (strncmp(background->why, text, sizeof(background->why) - 1) != 0) {
        snprintf(background->why, sizeof(background->why), "%s", text);
        log_write(background->service->log, LOG_WARNING,
                  "%s; compiling ahead of time pauses, and it is tried again", background->why);
    }
    if (background->pause_usec == 0)
        background->pause_usec = BACKGROUND_PAUSE_MIN_USEC;
    background->paused_until_usec = service_now(background->service) + background->pause_usec;
    tell(background);
}

void background_note_written(struct background *background, int result)
{
    char text[BACKGROUND_WHY_SIZE];

    /* A full one takes what is needed all the same. */
    if (result == CACHE_WRITTEN && !background->paused_until_usec)
        end_failing(background, "the cache can be written again");
    /* One less is on its way. */
    if (result == CACHE_WRITTEN || result == CACHE_DROPPED)
        tell(background);
    if (result == CACHE_FULL && !background->paused_until_usec) {
        pause_for(background, "the cache is full (--cache-size)");
        background->paused_until_usec =
            service_now(background->service) + BACKGROUND_PAUSE_FULL_USEC;
    }
    if (result >= 0)
        return;
    background->errors++;
    /* Nothing is tried again: whoever lost the writer has said so. */
    if (!has_writer(background))
        return;
    snprintf(text, sizeof(text), "the cache cannot be written: %s%s", strerror(-result),
             result == -EROFS ? " (a directory that was made again outside of a service's own "
                                "mounts can be written after a restart)"
                              : "");
    pause_for(background, text);
}

void background_note_failed(struct background *background, const char *why)
{
    char text[BACKGROUND_WHY_SIZE];

    snprintf(text, sizeof(text), "no cache on disk: %.200s: %s", background->path, why);
    pause_for(background, text);
}

void background_note_writer(struct background *background)
{
    start_over(background);
    tell(background);
}

void background_note_found(struct background *background)
{
    char text[BACKGROUND_WHY_SIZE];

    snprintf(text, sizeof(text), "the cache directory %.200s is in use again", background->path);
    /* A directory that was made again and is found at once was not missed yet. */
    if (!background->why[0])
        log_write(background->service->log, LOG_NOTICE, "%s: it is another one", text);
    end_failing(background, text);
    start_over(background);
    tell(background);
}

enum wire_cache_state background_cache_state(const struct background *background)
{
    const struct cache_ops *cache = cache_of(background);

    if (!background->path)
        return WIRE_CACHE_NONE;
    if (background->paused_until_usec || !has_writer(background))
        return WIRE_CACHE_FAILING;
    if (cache->is_in_place(cache->user))
        return WIRE_CACHE_USED;
    cache->look(cache->user);
    return WIRE_CACHE_FAILING;
}

uint32_t background_left(const struct background *background)
{
    const struct source *source;
    uint32_t left = 0;

    if (!background_is_wanted(background))
        return 0;
    TAILQ_FOREACH(source, &background->service->ahead, link)
    {
        left += (uint32_t)(background->n_targets - source->next_target);
        left += (uint32_t)__builtin_popcount(source->missing);
    }
    TAILQ_FOREACH(source, &background->service->lacking, link)
    {
        left += (uint32_t)__builtin_popcount(source->missing);
    }
    return left;
}
