/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compiles ahead of time. Works through the queue of jobs and the cache like everybody else. */
#include "daemon/filters/background.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

#include "daemon/cache/process.h"
#include "daemon/daemon.h"
#include "daemon/filters/service.h"

/* True where what is compiled now would reach the disk. */
static bool can_write(const struct daemon *daemon)
{
    return daemon->cache.fd >= 0 && cache_writer_is_alive(&daemon->writer) &&
           !daemon->background.pause && daemon->phase != PHASE_STOPPING;
}

/* The next version in service of which something is to be done, or NULL. */
static struct source *next_source(const struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->registry.n; i++) {
        struct source *source = daemon->registry.entries[i]->served;

        if (source && source->next_target < daemon->n_targets)
            return source;
    }
    return NULL;
}

static bool is_busy(struct daemon *daemon)
{
    const struct jobs *jobs = &daemon->jobs;
    size_t writes = cache_writer_waiting(&daemon->writer);

    if (writes >= BACKGROUND_WRITES_MAX)
        daemon->background.draining = true;
    else if (writes <= BACKGROUND_WRITES_FEW)
        daemon->background.draining = false;
    return jobs->n_background >= jobs->max_background + BACKGROUND_AHEAD ||
           jobs->n > jobs->n_background || daemon->background.draining;
}

static int on_step(sd_event_source *event_source, void *user)
{
    struct daemon *daemon = user;
    struct variant_request request = service_default_request(daemon);
    struct source *source;
    struct cache_entry entry;
    struct job *job;

    if (!can_write(daemon) || is_busy(daemon))
        return 0;
    source = next_source(daemon);
    if (!source) {
        daemon->background.natives = false;
        return 0;
    }
    request.target = daemon->targets[source->next_target++];
    /* The next start looks for the native one before it knows what it can be cut down to. */
    if (request.target != daemon->host)
        source_normalise(source, &request);
    /* The native one is in memory: the profile is in service with it. */
    if ((request.target != daemon->host || daemon->background.natives) &&
        service_read_cache(daemon, source, &request, &entry) != CACHE_HIT &&
        !failures_find(&daemon->failures, source->digest, &request, daemon_now(daemon)) &&
        jobs_submit(&daemon->jobs, source, &request, JOB_BACKGROUND, &job) == 0)
        workers_kick(&daemon->workers);
    return sd_event_source_set_enabled(event_source, SD_EVENT_ONESHOT);
}

void background_kick(struct daemon *daemon)
{
    if (can_write(daemon))
        sd_event_source_set_enabled(daemon->background.step, SD_EVENT_ONESHOT);
}

/* What was compiled while nothing could be written is not on the disk: looks for all again. */
static void start_over(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->registry.n; i++)
        if (daemon->registry.entries[i]->served)
            daemon->registry.entries[i]->served->next_target = 0;
    daemon->background.natives = true;
}

void background_unpause(struct daemon *daemon)
{
    if (daemon->background.pause)
        start_over(daemon);
    daemon->background.pause = sd_event_source_disable_unref(daemon->background.pause);
    cache_writer_look(&daemon->writer);
    background_kick(daemon);
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *user)
{
    struct background *background = &((struct daemon *)user)->background;

    (void)source;
    (void)usec;
    background->pause_usec *= 2;
    if (background->pause_usec > BACKGROUND_PAUSE_MAX_USEC)
        background->pause_usec = BACKGROUND_PAUSE_MAX_USEC;
    background_unpause(user);
    return 0;
}

/* All is well (again). */
static void end_failing(struct daemon *daemon, const char *text)
{
    struct background *background = &daemon->background;

    if (background->why[0])
        log_write(&daemon->log, LOG_NOTICE, "%s", text);
    background->why[0] = '\0';
    background->pause_usec = 0;
}

/* TEXT is why it cannot go on for a while. Each reason is told once. */
static void pause_for(struct daemon *daemon, const char *text)
{
    struct background *background = &daemon->background;

    if (background->pause)
        return;
    if (strncmp(background->why, text, sizeof(background->why) - 1) != 0) {
        snprintf(background->why, sizeof(background->why), "%s", text);
        log_write(&daemon->log, LOG_WARNING,
                  "%s; compiling ahead of time pauses, and it is tried again", background->why);
    }
    if (background->pause_usec == 0)
        background->pause_usec = BACKGROUND_PAUSE_MIN_USEC;
    if (sd_event_add_time_relative(daemon->event, &background->pause, CLOCK_MONOTONIC,
                                   background->pause_usec, 0, on_pause_over, daemon) < 0)
        log_write(&daemon->log, LOG_ERR, "cannot set a timer: the cache stays as it is");
}

void background_note_written(struct daemon *daemon, int result)
{
    char text[BACKGROUND_WHY_SIZE];

    if (result == CACHE_WRITTEN) {
        end_failing(daemon, "the cache can be written again");
        background_kick(daemon);
    }
    if (result >= 0)
        return;
    daemon->counters.cache_errors++;
    snprintf(text, sizeof(text), "the cache cannot be written: %s%s", strerror(-result),
             result == -EROFS ? " (a directory that was made again outside of a service's own "
                                "mounts can be written after a restart)"
                              : "");
    pause_for(daemon, text);
}

void background_note_failed(struct daemon *daemon, const char *why)
{
    char text[BACKGROUND_WHY_SIZE];

    snprintf(text, sizeof(text), "no cache on disk: %.200s: %s", daemon->cache.path, why);
    pause_for(daemon, text);
}

void background_note_found(struct daemon *daemon)
{
    char text[BACKGROUND_WHY_SIZE];

    snprintf(text, sizeof(text), "the cache directory %.200s is in use again", daemon->cache.path);
    /* A directory that was made again and is found at once was not missed yet. */
    if (!daemon->background.why[0])
        log_write(&daemon->log, LOG_NOTICE, "%s: it is another one", text);
    end_failing(daemon, text);
    start_over(daemon);
    background_kick(daemon);
}

enum wire_cache_state background_cache_state(struct daemon *daemon)
{
    if (!daemon->options->cache_path)
        return WIRE_CACHE_NONE;
    if (daemon->background.pause || !cache_writer_is_alive(&daemon->writer))
        return WIRE_CACHE_FAILING;
    if (cache_dir_is_in_place(&daemon->cache))
        return WIRE_CACHE_USED;
    cache_writer_look(&daemon->writer);
    return WIRE_CACHE_FAILING;
}

uint32_t background_left(const struct daemon *daemon)
{
    uint32_t left = 0;

    if (!can_write(daemon))
        return 0;
    for (size_t i = 0; i < daemon->registry.n; i++) {
        const struct source *source = daemon->registry.entries[i]->served;

        if (source)
            left += (uint32_t)(daemon->n_targets - source->next_target);
    }
    return left;
}

/* Something happened where the cache lies: perhaps it is gone, or was put right. */
static int on_place(sd_event_source *source, const struct inotify_event *event, void *user)
{
    struct daemon *daemon = user;

    (void)source;
    /* Without a name it is the place itself, or too much happened. */
    if (!event->len || !strcmp(event->name, daemon->cache.name))
        background_unpause(daemon);
    return 0;
}

/* So that a lost directory is made again before somebody needs it: a restart may come first. */
static void watch_place(struct daemon *daemon)
{
    const uint32_t mask = IN_CREATE | IN_DELETE | IN_MOVE | IN_ATTRIB | IN_ONLYDIR;
    char path[32];
    int r;

    if (daemon->cache.parent_fd < 0)
        return;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", daemon->cache.parent_fd);
    r = sd_event_add_inotify(daemon->event, &daemon->background.place, path, mask, on_place,
                             daemon);
    if (r < 0)
        log_write(&daemon->log, LOG_NOTICE,
                  "cannot watch where the cache lies: %s; what happens to it is noticed when it is "
                  "written",
                  strerror(-r));
}

int background_start(struct daemon *daemon)
{
    struct background *background = &daemon->background;
    int r = sd_event_add_defer(daemon->event, &background->step, on_step, daemon);

    if (r >= 0)
        r = sd_event_source_set_priority(background->step, SD_EVENT_PRIORITY_IDLE);
    if (r >= 0)
        r = sd_event_source_set_enabled(background->step, SD_EVENT_OFF);
    if (r >= 0)
        watch_place(daemon);
    return r < 0 ? r : 0;
}

void background_stop(struct daemon *daemon)
{
    daemon->background.step = sd_event_source_disable_unref(daemon->background.step);
    daemon->background.place = sd_event_source_disable_unref(daemon->background.place);
    daemon->background.pause = sd_event_source_disable_unref(daemon->background.pause);
}
