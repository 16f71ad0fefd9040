/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Versions of profiles on their way into service: from the cache or a worker into memory, and into
 * the place of the version before. Which file stands for a profile is decided in follow.c.
 */
#include "daemon/filters/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"
#include "daemon/files/follow.h"
#include "daemon/filters/lines.h"
#include "daemon/phase.h"
#include "daemon/serve/subscribe.h"

struct variant_request service_default_request(const struct daemon *daemon)
{
    return (struct variant_request){.target = daemon->host, .kernel = daemon->kernel};
}

uint64_t service_pending_since(const struct daemon *daemon)
{
    uint64_t oldest = UINT64_MAX;

    for (size_t i = 0; i < daemon->registry.n; i++) {
        uint64_t since = entry_pending_since(daemon->registry.entries[i]);

        if (since < oldest)
            oldest = since;
    }
    return oldest;
}

/* Looks among what is on its way to the disk. */
static enum cache_outcome read_waiting(struct daemon *daemon, const uint8_t key[DIGEST_SIZE],
                                       const struct target *target, struct cache_entry *entry)
{
    const struct cache_write *write = cache_writer_find(&daemon->writer, key);

    if (!write)
        return CACHE_MISS;
    memcpy(daemon->entry, write->bytes, write->size);
    return cache_entry_check(entry, daemon->entry, write->size, key, target) == 0 ? CACHE_HIT
                                                                                  : CACHE_MISS;
}

int service_read_cache(struct daemon *daemon, const struct source *source,
                       const struct variant_request *request, struct cache_entry *entry)
{
    uint8_t key[DIGEST_SIZE];

    if (daemon->cache.fd < 0)
        return CACHE_MISS;
    cache_key_finish(&source->key, request, key);

    /* What waits is newer than what is there. */
    enum cache_outcome outcome = read_waiting(daemon, key, request->target, entry);

    if (outcome != CACHE_HIT)
        outcome = cache_read(&daemon->cache, key, request->target, daemon->entry, entry);
    daemon->counters.cache_hits += outcome == CACHE_HIT;
    daemon->counters.cache_misses += outcome != CACHE_HIT;
    daemon->counters.cache_bad += outcome == CACHE_BAD;
    if (outcome == CACHE_BAD) {
        log_write(&daemon->log, LOG_WARNING, "a cache entry for %s failed its check: dropped",
                  source->path);
        /* Where this is not possible, it fails its check the next time as well. */
        (void)cache_writer_drop(&daemon->writer, key);
    }
    return (int)outcome;
}

/* Sends what was compiled to the disk. */
static void write_cache(struct daemon *daemon, const struct source *source,
                        const struct variant_request *request, const struct outcome *outcome)
{
    const struct cache_entry entry = {.filter = outcome->filter, .axes = outcome->axes};
    uint8_t key[DIGEST_SIZE];
    int r;

    if (daemon->cache.fd < 0)
        return;
    cache_key_finish(&source->key, request, key);
    r = cache_writer_add(&daemon->writer, &entry, key);
    if (r < 0)
        background_note_written(daemon, r);
}

/* The same under the request that REQUEST is cut down to, if that is another: see read_variant().
 */
static void write_cache_normalised(struct daemon *daemon, const struct source *source,
                                   const struct variant_request *request,
                                   const struct outcome *outcome)
{
    struct variant_request normalised = *request;

    variant_normalise(&outcome->axes, &normalised);
    if (!variant_request_equal(&normalised, request))
        write_cache(daemon, source, &normalised, outcome);
}

/* Logs that ENTRY changed, and why it did or did not. */
static void log_entry(struct daemon *daemon, const struct profile_entry *entry)
{
    const struct log_subject subject = {.profile = entry->name};
    char digest[DIGEST_HEX_SIZE];

    if (entry->failed) {
        const char *error = entry->error ? entry->error : "no memory";

        log_about(&daemon->log, LOG_WARNING, &subject, "%s: %s: %.*s", entry->name,
                  entry->served ? "the last good version stays in service" : "not in service",
                  (int)text_first_line(error), error);
        return;
    }
    digest_hex(entry->native->digest, digest);
    log_about(&daemon->log, LOG_INFO, &subject,
              "%s: in service (generation %llu, %u instructions, %.12s)", entry->name,
              (unsigned long long)entry->generation, entry->native->n_insns, digest);
}

/* Puts SOURCE (a reference, consumed) with its filter NATIVE into service as ENTRY's version. */
static void serve(struct daemon *daemon, struct profile_entry *entry, struct source *source,
                  struct stored_variant *native)
{
    struct source *old = entry->served;

    variant_pin(native);
    entry->served = source;
    entry->native = native;
    entry->generation = ++daemon->generation;
    entry_clear_error(entry, source->changed_at);
    if (old)
        old->entry = NULL;
    source_unref(old);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *user)
{
    struct daemon *daemon = user;

    (void)usec;
    sd_event_source_disable_unref(source);
    daemon->retry = NULL;
    follow_scan(daemon, false);
    return 0;
}

void service_stop(struct daemon *daemon)
{
    daemon->retry = sd_event_source_disable_unref(daemon->retry);
}

void service_forgive(struct daemon *daemon)
{
    failures_clear(&daemon->failures);
}

/* The failure because of which SOURCE is not to be compiled for REQUEST now, or NULL. */
static const struct failure *find_failure(const struct daemon *daemon, const struct source *source,
                                          const struct variant_request *request)
{
    return failures_find(&daemon->failures, source->digest, request, daemon_now(daemon));
}

/*
 * SOURCE, a new version of a profile, could not be compiled: has the files looked at again when
 * that may be tried again. Where there are many of these, not once for each.
 */
static void retry_later(struct daemon *daemon, const struct source *source)
{
    const struct variant_request request = service_default_request(daemon);
    const struct failure *failure = find_failure(daemon, source, &request);
    uint64_t due, usec = daemon_now(daemon) + daemon->failures.wait_usec;

    if (failure && failure->until_usec > usec)
        usec = failure->until_usec;
    if (daemon->retry) {
        if (sd_event_source_get_time(daemon->retry, &due) >= 0 && usec < due)
            sd_event_source_set_time(daemon->retry, usec);
    } else if (sd_event_add_time(daemon->event, &daemon->retry, CLOCK_MONOTONIC, usec, 0, on_retry,
                                 daemon) < 0) {
        log_write(&daemon->log, LOG_ERR, "cannot set a timer: what failed waits for a change");
    }
}

/*
 * The version of ENTRY that was being compiled is done: NATIVE is its filter, or the compiler's
 * refusal; NULL: there was no compile, and WHY is the reason.
 */
static void resolve(struct daemon *daemon, struct profile_entry *entry,
                    struct stored_variant *native, const char *why)
{
    const struct entry_access before = entry_access(entry);
    struct source *source = entry->compiling;
    bool is_newest = entry->newest == NEWEST_COMPILING && !entry->next;

    entry->compiling = NULL;
    if (native && !native->refused) {
        if (is_newest)
            entry->newest = NEWEST_SERVED;
        serve(daemon, entry, source, native);
    } else {
        if (native)
            entry_set_lines(entry, source->path, native->text, source->changed_at);
        else
            entry_set_reason(entry, source->path, why, source->changed_at);
        if (is_newest)
            entry->newest = native ? NEWEST_FAILED : NEWEST_UNKNOWN;
        /* What was no fault of the profile is tried again with a scan. */
        entry->content_known &= native != NULL;
        if (!native)
            retry_later(daemon, source);
        source->entry = NULL;
        source_unref(source);
    }
    log_entry(daemon, entry);
    changes_note(daemon, entry, &before);
    if (entry->next) {
        source = entry->next;
        entry->next = NULL;
        service_compile(daemon, entry, source);
    }
}

/* Keeps OUTCOME in memory as SOURCE's variant for REQUEST. */
static int keep(struct source *source, struct variant_request request,
                const struct outcome *outcome, struct stored_variant **variant)
{
    /* All variants of a source have the same; the first answer counts. */
    if (!source->axes_known)
        source->axes = outcome->axes;
    source->axes_known = true;
    source_normalise(source, &request);
    return source_keep(source, &request, &outcome->filter, variant);
}

void service_compile(struct daemon *daemon, struct profile_entry *entry, struct source *source)
{
    struct variant_request request = service_default_request(daemon);
    const struct failure *failure = find_failure(daemon, source, &request);
    struct stored_variant *native = NULL;
    struct cache_entry cached;
    struct job *job;
    int r;

    entry->compiling = source;
    if (service_read_cache(daemon, source, &request, &cached) == CACHE_HIT) {
        const struct outcome outcome = {.filter = cached.filter, .axes = cached.axes};

        r = keep(source, request, &outcome, &native);
        resolve(daemon, entry, r == 0 ? native : NULL, strerror(-r));
        return;
    }
    if (failure) {
        resolve(daemon, entry, NULL, failure->why);
        return;
    }
    r = jobs_submit(&daemon->jobs, source, &request, JOB_NATIVE, &job);
    if (r < 0)
        resolve(daemon, entry, NULL, strerror(-r));
    workers_kick(&daemon->workers);
}

/* Remembers that JOB failed, so that it is not tried again and again; or that it did not. */
static void note_result(struct daemon *daemon, const struct job *job, bool compiled,
                        const char *why)
{
    struct variant_request request = job->request;

    source_normalise(job->source, &request);
    if (compiled)
        failures_forget(&daemon->failures, job->source->digest, &request);
    else
        failures_note(&daemon->failures, job->source->digest, &request, why, daemon_now(daemon));
}

void service_finish(struct daemon *daemon, struct job *job, const struct outcome *outcome)
{
    struct source *source = source_ref(job->source);
    struct profile_entry *entry = source->entry;
    bool is_version = entry && entry->compiling == source;
    bool compiled = outcome->result == 0 || outcome->result == -EINVAL;
    bool wanted = is_version || job->priority != JOB_BACKGROUND || !TAILQ_EMPTY(&job->waiters);
    struct stored_variant *variant = NULL;
    const char *why = outcome->why;
    int r;

    note_result(daemon, job, compiled, why);
    if (compiled) {
        daemon->counters.compiles++;
        daemon->counters.compile_errors += outcome->result != 0;
        write_cache(daemon, source, &job->request, outcome);
        if (!entry)
            write_cache_normalised(daemon, source, &job->request, outcome);
        if (outcome->result != 0 && !is_version)
            log_write(&daemon->log, LOG_NOTICE, "%s, for %s: refused: %.*s", source->path,
                      job->request.target->name, (int)strcspn(outcome->filter.text, "\n"),
                      outcome->filter.text);
    }
    if (compiled && wanted) {
        r = keep(source, job->request, outcome, &variant);
        if (r < 0)
            why = strerror(-r);
    }
    if (is_version)
        resolve(daemon, entry, variant, why);
    jobs_wake(job, variant || is_version ? NULL : why);
    jobs_remove(&daemon->jobs, job);
    source_unref(source);
    background_kick(daemon);
    phase_check(daemon);
}

/* Keeps what the disk had for REQUEST. */
static int keep_cached(struct source *source, const struct variant_request *request,
                       const struct cache_entry *cached, struct stored_variant **variant)
{
    const struct outcome outcome = {.filter = cached->filter, .axes = cached->axes};
    int r = keep(source, *request, &outcome, variant);

    return r < 0 ? r : VARIANT_READ;
}

/*
 * Looks on the disk for SOURCE's variant for REQUEST. Where it is not known what SOURCE's
 * conditions look at, the variant that meets none of them can tell: a profile that comes by content
 * is seldom asked for without capabilities first, but most have no conditions. Returns VARIANT_READ
 * and *VARIANT; VARIANT_NOWHERE: it is not there; -errno.
 */
static int read_variant(struct daemon *daemon, struct source *source,
                        struct variant_request *request, struct stored_variant **variant)
{
    const struct variant_request bare = {.target = request->target};
    struct cache_entry cached;

    if (!source->axes_known && service_read_cache(daemon, source, &bare, &cached) == CACHE_HIT) {
        source->axes = cached.axes;
        source->axes_known = true;
        source_normalise(source, request);
        if (variant_request_equal(request, &bare))
            return keep_cached(source, request, &cached, variant);
    }
    if (service_read_cache(daemon, source, request, &cached) == CACHE_HIT)
        return keep_cached(source, request, &cached, variant);
    return VARIANT_NOWHERE;
}

int service_find(struct daemon *daemon, struct source *source, struct variant_request *request,
                 struct found *found)
{
    int r;

    *found = (struct found){0};
    source_normalise(source, request);
    found->variant = source_find(source, request);
    if (found->variant)
        return VARIANT_HERE;
    found->job = jobs_find(&daemon->jobs, source, request);
    if (found->job)
        return VARIANT_COMING;
    r = read_variant(daemon, source, request, &found->variant);
    if (r != VARIANT_NOWHERE)
        return r;
    found->failure = find_failure(daemon, source, request);
    return found->failure ? VARIANT_FAILED : VARIANT_NOWHERE;
}

int service_request(struct daemon *daemon, struct source *source,
                    const struct variant_request *request, struct job **job)
{
    int r = jobs_submit(&daemon->jobs, source, request, JOB_REQUEST, job);

    if (r == 0)
        workers_kick(&daemon->workers);
    return r;
}

void service_leave(struct daemon *daemon, struct waiter *waiter)
{
    jobs_leave(&daemon->jobs, waiter);
    background_kick(daemon);
}
