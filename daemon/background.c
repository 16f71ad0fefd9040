/* Compiles ahead of time. Works through the queue of jobs and the cache like everybody else. */
#include "daemon/background.h"

#include <errno.h>
#include <string.h>

#include "daemon/daemon.h"
#include "daemon/service.h"

/* True where what is compiled now would reach the disk. */
static bool can_write(const struct daemon *daemon)
{
    return daemon->cache.dir_fd >= 0 && cache_writer_is_alive(&daemon->writer) &&
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

static bool is_busy(const struct daemon *daemon)
{
    const struct jobs *jobs = &daemon->jobs;

    return jobs->n_background >= jobs->max_background + BACKGROUND_AHEAD ||
           jobs->n > jobs->n_background ||
           cache_writer_waiting(&daemon->writer) >= BACKGROUND_WRITES_MAX;
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
    if (!source)
        return 0;
    request.target = daemon->targets[source->next_target++];
    source_normalise(source, &request);
    /* The native one is there already: the profile is in service with it. */
    if (request.target != daemon->host &&
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
}

void background_unpause(struct daemon *daemon)
{
    if (daemon->background.pause)
        start_over(daemon);
    daemon->background.pause = sd_event_source_disable_unref(daemon->background.pause);
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

/* An entry was written, perhaps the first one after a pause. */
static void note_success(struct daemon *daemon)
{
    if (daemon->background.pause_usec)
        log_write(&daemon->log, LOG_NOTICE, "the cache can be written again");
    daemon->background.pause_usec = 0;
    background_kick(daemon);
}

void background_note_written(struct daemon *daemon, int result)
{
    struct background *background = &daemon->background;

    if (result == 0) {
        note_success(daemon);
        return;
    }
    daemon->counters.cache_errors++;
    if (background->pause)
        return;
    if (background->pause_usec == 0) {
        log_write(
            &daemon->log, LOG_WARNING,
            "the cache cannot be written: %s; compiling ahead of time pauses, and it is tried "
            "again",
            strerror(-result));
        background->pause_usec = BACKGROUND_PAUSE_MIN_USEC;
    }
    if (sd_event_add_time_relative(daemon->event, &background->pause, CLOCK_MONOTONIC,
                                   background->pause_usec, 0, on_pause_over, daemon) < 0)
        log_write(&daemon->log, LOG_ERR, "cannot set a timer: the cache stays as it is");
}

enum wire_cache_state background_cache_state(const struct daemon *daemon)
{
    if (!daemon->options->cache_path)
        return WIRE_CACHE_NONE;
    return daemon->cache.dir_fd >= 0 && cache_writer_is_alive(&daemon->writer) &&
                   !daemon->background.pause
               ? WIRE_CACHE_USED
               : WIRE_CACHE_FAILING;
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

int background_start(struct daemon *daemon)
{
    struct background *background = &daemon->background;
    int r = sd_event_add_defer(daemon->event, &background->step, on_step, daemon);

    if (r >= 0)
        r = sd_event_source_set_priority(background->step, SD_EVENT_PRIORITY_IDLE);
    if (r >= 0)
        r = sd_event_source_set_enabled(background->step, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

void background_stop(struct daemon *daemon)
{
    daemon->background.step = sd_event_source_disable_unref(daemon->background.step);
    daemon->background.pause = sd_event_source_disable_unref(daemon->background.pause);
}
