/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Versions of profiles on their way into service: from the cache or a worker into memory, and into
 * the place of the version before. Which file stands for a profile is decided in follow.c.
 */
#include "daemon/filters/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/parse/request.h"
#include "daemon/filters/lines.h"
#include "daemon/filters/registry.h"
#include "daemon/log.h"
#include "util/cleanup.h"

void service_init(struct service *service, const struct service_limits *limits)
{
    store_init(&service->store, limits->max_variants);
    contents_init(&service->contents, limits->max_contents);
    jobs_init(&service->jobs, limits->max_background);
    failures_init(&service->failures, limits->compile_timeout_usec);
    service->compile_timeout_usec = limits->compile_timeout_usec;
    TAILQ_INIT(&service->scanned);
    TAILQ_INIT(&service->pending);
    TAILQ_INIT(&service->ahead);
    TAILQ_INIT(&service->lacking);
    service->scanning = UINT64_MAX;
    service->retry_usec = UINT64_MAX;
}

void service_clear(struct service *service)
{
    registry_clear(&service->registry);
    jobs_clear(&service->jobs);
    contents_clear(&service->contents);
    store_clear(&service->store);
}

uint64_t service_now(const struct service *service)
{
    return service->hooks.now(service->hooks.user);
}

struct variant_request service_default_request(const struct service *service)
{
    return (struct variant_request){.target = service->host, .kernel = service->kernel};
}

uint64_t service_pending_since(const struct service *service)
{
    const struct source *oldest = TAILQ_FIRST(&service->pending);

    return oldest && oldest->changed_at < service->scanning ? oldest->changed_at
                                                            : service->scanning;
}

static enum cache_outcome read_cache(struct service *service, const struct source *source,
                                     const struct variant_request *request,
                                     struct compiled *compiled)
{
    const struct cache_ops *cache = &service->cache;
    uint8_t key[DIGEST_SIZE];
    enum cache_outcome outcome;

    if (!cache->is_open(cache->user))
        return CACHE_MISS;
    cache_key_finish(&source->key, request, key);
    outcome = cache->read(cache->user, key, request->target, compiled);
    service->cache_hits += outcome == CACHE_HIT;
    service->cache_misses += outcome != CACHE_HIT;
    service->cache_bad += outcome == CACHE_BAD;
    if (outcome == CACHE_BAD) {
        log_write(service->log, LOG_WARNING, "a cache entry for %s failed its check: dropped",
                  source->path);
        cache->drop(cache->user, key);
    }
    return outcome;
}

/* Sends what was compiled to the disk. */
static void write_cache(struct service *service, const struct source *source,
                        const struct variant_request *request, const struct compiled *compiled,
                        const struct job *job)
{
    const struct variant_request native = service_default_request(service);
    const bool costly = service_now(service) - job->began_usec >= SERVICE_COSTLY_USEC;
    const struct cache_ops *cache = &service->cache;
    enum cache_use use = job->priority == JOB_BACKGROUND ? CACHE_AHEAD : CACHE_ASKED;
    uint8_t key[DIGEST_SIZE];

    if (source->entry && variant_request_equal(request, &native))
        use = CACHE_NEEDED;
    if (!cache->is_open(cache->user))
        return;
    cache_key_finish(&source->key, request, key);
    cache->write(cache->user, compiled, key, use, costly);
}

/* The same under the request that REQUEST is cut down to, if that is another: see read_variant().
 */
static void write_cache_normalised(struct service *service, const struct source *source,
                                   const struct compiled *compiled, const struct job *job)
{
    struct variant_request normalised = job->request;

    variant_normalise(&compiled->axes, &normalised);
    if (!variant_request_equal(&normalised, &job->request))
        write_cache(service, source, &normalised, compiled, job);
}

/* Logs that ENTRY changed, and why it did or did not. */
static void log_entry(struct service *service, const struct profile_entry *entry)
{
    const struct log_subject subject = {.profile = entry->name};
    char digest[DIGEST_HEX_SIZE];

    if (entry->failed) {
        const char *error = entry->error ? entry->error : "no memory";

        log_about(service->log, LOG_WARNING, &subject, "%s: %s: %.*s", entry->name,
                  entry->served ? "the last good version stays in service" : "not in service",
                  (int)lines_first_length(error), error);
        return;
    }
    digest_hex(entry->native->digest, digest);
    log_about(service->log, LOG_INFO, &subject,
              "%s: in service (generation %llu, %u instructions, %.12s)", entry->name,
              (unsigned long long)entry->generation, entry->native->n_insns, digest);
}

/* Puts SOURCE (a reference, consumed) with its filter NATIVE into service as ENTRY's version. */
static void serve(struct service *service, struct profile_entry *entry, struct source *source,
                  struct stored_variant *native)
{
    struct source *old = entry->served;

    variant_pin(native);
    source_enter(source, &service->ahead);
    entry->served = source;
    entry->native = native;
    entry->generation = ++service->generation;
    entry_clear_error(entry, source->changed_at);
    if (!old)
        return;
    old->entry = NULL;
    source_leave(old);
    source_unref(old);
}

void service_forgive(struct service *service)
{
    failures_clear(&service->failures);
    service->forgiven = true;
}

static uint32_t bit_of(const struct target *target)
{
    return UINT32_C(1) << target->abis[0];
}

/* Learns what the disk remembers of SOURCE from before the start, once. */
static void read_failure(struct service *service, struct source *source,
                         const struct target *target)
{
    const struct cache_ops *cache = &service->cache;
    const uint32_t bit = bit_of(target);
    uint8_t key[DIGEST_SIZE];
    struct compiled kept;
    enum cache_outcome outcome;

    if ((source->failure_read & bit) || !cache->is_open(cache->user))
        return;
    source->failure_read |= bit;
    cache_key_failure(&source->key, target, key);
    outcome = cache->read(cache->user, key, service->host, &kept);
    if (outcome == CACHE_HIT)
        source->failure_kept |= bit;
    if (outcome == CACHE_BAD)
        cache->drop(cache->user, key);
    if (outcome == CACHE_HIT && !service->forgiven)
        failures_read(&service->failures, source->digest, target, kept.filter.text,
                      kept.filter.text_len, service_now(service));
}

/* Has the disk remember that SOURCE failed; or, KEEP being false, that it did not. */
static void keep_failure(struct service *service, struct source *source,
                         const struct target *target, bool keep)
{
    const struct cache_ops *cache = &service->cache;
    const uint32_t bit = bit_of(target);
    char line[FAILURE_LINE_SIZE];
    uint8_t key[DIGEST_SIZE];
    struct compiled kept = {.result = -EINVAL, .filter.text = line};

    if (!cache->is_open(cache->user) || (!keep && !(source->failure_kept & bit)))
        return;
    cache_key_failure(&source->key, target, key);
    source->failure_kept = keep ? source->failure_kept | bit : source->failure_kept & ~bit;
    if (!keep) {
        cache->drop(cache->user, key);
        return;
    }
    failures_write(&service->failures, source->digest, target, line);
    kept.filter.text_len = strlen(line);
    /* It stands for a compile that took all the time that one may take. */
    cache->write(cache->user, &kept, key, CACHE_NEEDED, true);
}

/* The failure because of which SOURCE is not to be compiled for TARGET now, or NULL. */
static const struct failure *find_failure(struct service *service, struct source *source,
                                          const struct target *target)
{
    read_failure(service, source, target);
    return failures_find(&service->failures, source->digest, target, service_now(service));
}

/* Finds or makes the job for REQUEST of SOURCE. */
static int submit(struct service *service, struct source *source,
                  const struct variant_request *request, enum job_priority priority,
                  struct job **job)
{
    int r = jobs_submit(&service->jobs, source, request, priority, job);

    if (r < 0)
        return r;
    (*job)->failed_before = failures_count(&service->failures, source->digest, NULL) > 0;
    service->hooks.jobs_wait(service->hooks.user);
    return 0;
}

/*
 * SOURCE, a new version of a profile, could not be compiled: has the files looked at again when
 * that may be tried again. Where there are many of these, not once for each.
 */
static void retry_later(struct service *service, struct source *source)
{
    const struct failure *failure = find_failure(service, source, service->host);
    uint64_t usec = service_now(service) + service->failures.wait_usec;

    if (failure && failure->until_usec > usec)
        usec = failure->until_usec;
    if (usec < service->retry_usec)
        service->retry_usec = usec;
}

static void compile(struct service *service, struct profile_entry *entry, struct source *source);

/*
 * The version of ENTRY that was being compiled is done: NATIVE is its filter, or the compiler's
 * refusal; NULL: there was no compile, and WHY is the reason.
 */
static void resolve(struct service *service, struct profile_entry *entry,
                    struct stored_variant *native, const char *why)
{
    const struct entry_access before = entry_access(entry);
    struct source *source = entry->compiling;
    bool is_newest = entry->newest == NEWEST_COMPILING && !entry->next;

    entry->compiling = NULL;
    source_leave(source);
    if (native && !native->refused) {
        if (is_newest)
            entry->newest = NEWEST_SERVED;
        serve(service, entry, source, native);
    } else {
        if (native)
            entry_set_lines(entry, source->path, native->text, source->changed_at);
        else
            entry_set_reason(entry, source->path, why, true, source->changed_at);
        if (is_newest)
            entry->newest = native ? NEWEST_FAILED : NEWEST_UNKNOWN;
        /* What was no fault of the profile is tried again with a scan. */
        entry->content_known &= native != NULL;
        if (!native)
            retry_later(service, source);
        source->entry = NULL;
        source_unref(source);
    }
    log_entry(service, entry);
    registry_count(&service->registry, entry);
    changes_note(&service->changes, service->generation, entry, &before);
    if (entry->next) {
        source = entry->next;
        entry->next = NULL;
        compile(service, entry, source);
    }
}

/* Keeps COMPILED in memory as SOURCE's variant for REQUEST. */
static int keep(struct source *source, struct variant_request request,
                const struct compiled *compiled, struct stored_variant **variant)
{
    /* All variants of a source have the same; the first answer counts. */
    if (!source->axes_known)
        source->axes = compiled->axes;
    source->axes_known = true;
    source_normalise(source, &request);
    return source_keep(source, &request, &compiled->filter, variant);
}

/* Has SOURCE (a reference, consumed) compiled for ENTRY, which compiles nothing now. */
static void compile(struct service *service, struct profile_entry *entry, struct source *source)
{
    const struct variant_request request = service_default_request(service);
    const struct failure *failure;
    struct stored_variant *native = NULL;
    struct compiled cached;
    struct job *job;
    int r;

    entry->compiling = source;
    if (read_cache(service, source, &request, &cached) == CACHE_HIT) {
        r = keep(source, request, &cached, &native);
        resolve(service, entry, r == 0 ? native : NULL, strerror(-r));
        return;
    }
    failure = find_failure(service, source, request.target);
    if (failure) {
        resolve(service, entry, NULL, failure->why);
        return;
    }
    r = submit(service, source, &request, JOB_NATIVE, &job);
    if (r < 0)
        resolve(service, entry, NULL, strerror(-r));
}

/* Drops the version of ENTRY that was to be compiled next. */
static void drop_next(struct profile_entry *entry)
{
    if (!entry->next)
        return;
    entry->next->entry = NULL;
    source_leave(entry->next);
    source_unref(entry->next);
    entry->next = NULL;
}

void service_offer(struct service *service, struct profile_entry *entry, struct source *source,
                   uint64_t scan)
{
    source->entry = entry;
    source->access = entry->access;
    source->changed_at = scan;
    entry->newest = NEWEST_COMPILING;
    memcpy(entry->newest_digest, source->digest, DIGEST_SIZE);
    source_enter(source, &service->pending);
    if (!entry->compiling) {
        compile(service, entry, source);
        return;
    }
    /* Whoever waits for the older content is content with the newer. */
    if (entry->next) {
        source->changed_at = entry->next->changed_at;
        TAILQ_REMOVE(&service->pending, source, link);
        TAILQ_INSERT_BEFORE(entry->next, source, link);
    }
    drop_next(entry);
    entry->next = source;
}

void service_refuse(struct service *service, struct profile_entry *entry, const char *why,
                    uint64_t scan)
{
    const struct log_subject subject = {.profile = entry->name};
    const struct entry_access access = entry_access(entry);
    cleanup_free char *before = steal_ptr(&entry->error);

    entry_set_reason(entry, entry->path, why, false, scan);
    entry->newest = NEWEST_UNKNOWN;
    entry->content_known = false;
    drop_next(entry);
    registry_count(&service->registry, entry);
    if (entry->error && before && !strcmp(before, entry->error))
        return;
    if (entry->error)
        log_about(service->log, LOG_WARNING, &subject, "%s: %.*s", entry->name,
                  (int)lines_first_length(entry->error), entry->error);
    changes_note(&service->changes, service->generation, entry, &access);
}

struct job *service_job_of(const struct service *service, const struct profile_entry *entry)
{
    const struct variant_request request = service_default_request(service);

    return entry->compiling ? jobs_find(entry->compiling, &request) : NULL;
}

void service_remove(struct service *service, size_t index)
{
    struct profile_entry *entry = service->registry.entries[index];
    const struct log_subject subject = {.profile = entry->name};
    struct job *job = service_job_of(service, entry);

    log_about(service->log, LOG_INFO, &subject, "%s: gone", entry->name);
    if (entry->served)
        service->generation++;
    changes_note_gone(&service->changes, service->generation, entry);
    registry_remove(&service->registry, index);
    if (job)
        jobs_drop_unwanted(&service->jobs, job);
}

/* Remembers that JOB failed, so that its text is not tried again and again; or that it did not. */
static void note_result(struct service *service, const struct job *job, bool compiled,
                        const char *why)
{
    struct source *source = job->source;

    jobs_note_cost(&service->jobs, job, !compiled, service_now(service));
    if (compiled)
        failures_forget(&service->failures, source->digest, job->request.target);
    else
        failures_note(&service->failures, source->digest, job->request.target, why,
                      service_now(service));
    keep_failure(service, source, job->request.target, !compiled);
}

/* The text does not end with a NUL. */
static size_t first_line_length(const struct filter_bytes *filter)
{
    const char *end = filter->text_len ? memchr(filter->text, '\n', filter->text_len) : NULL;

    return end ? (size_t)(end - filter->text) : filter->text_len;
}

void service_finish(struct service *service, struct job *job, const struct outcome *outcome)
{
    struct source *source = source_ref(job->source);
    struct profile_entry *entry = source->entry;
    bool is_version = entry && entry->compiling == source;
    const struct compiled *compiled = &outcome->compiled;
    bool is_result = compiled->result == 0 || compiled->result == -EINVAL;
    bool wanted = is_version || job->priority != JOB_BACKGROUND || !TAILQ_EMPTY(&job->waiters);
    struct stored_variant *variant = NULL;
    const char *why = outcome->why;
    int r;

    note_result(service, job, is_result, why);
    if (is_result) {
        service->compiles++;
        service->compile_errors += compiled->result != 0;
        write_cache(service, source, &job->request, compiled, job);
        if (!entry)
            write_cache_normalised(service, source, compiled, job);
        if (compiled->result != 0 && !is_version)
            log_write(service->log, LOG_NOTICE, "%s, for %s: refused: %.*s", source->path,
                      job->request.target->name, (int)first_line_length(&compiled->filter),
                      compiled->filter.text);
    }
    if (is_result && wanted) {
        r = keep(source, job->request, compiled, &variant);
        if (r < 0)
            why = strerror(-r);
    }
    if (is_version)
        resolve(service, entry, variant, why);
    jobs_wake(job, variant || is_version ? NULL : why);
    jobs_remove(&service->jobs, job);
    source_unref(source);
    service->hooks.changed(service->hooks.user);
}

/* Keeps what the disk had for REQUEST. */
static int keep_cached(struct source *source, const struct variant_request *request,
                       const struct compiled *cached, struct stored_variant **variant)
{
    int r = keep(source, *request, cached, variant);

    return r < 0 ? r : VARIANT_READ;
}

/*
 * Looks on the disk for SOURCE's variant for REQUEST. Where it is not known what SOURCE's
 * conditions look at, the variant that meets none of them can tell: a profile that comes by content
 * is seldom asked for without capabilities first, but most have no conditions. Returns VARIANT_READ
 * and *VARIANT; VARIANT_NOWHERE: it is not there; -errno.
 */
static int read_variant(struct service *service, struct source *source,
                        struct variant_request *request, struct stored_variant **variant)
{
    const struct variant_request bare = {.target = request->target, .mode = request->mode};
    struct compiled cached;

    if (!source->axes_known && read_cache(service, source, &bare, &cached) == CACHE_HIT) {
        source->axes = cached.axes;
        source->axes_known = true;
        source_normalise(source, request);
        if (variant_request_equal(request, &bare))
            return keep_cached(source, request, &cached, variant);
    }
    if (read_cache(service, source, request, &cached) == CACHE_HIT)
        return keep_cached(source, request, &cached, variant);
    return VARIANT_NOWHERE;
}

bool service_is_kept(struct service *service, struct source *source,
                     const struct variant_request *request)
{
    struct compiled cached;

    return read_cache(service, source, request, &cached) == CACHE_HIT;
}

void service_prepare(struct service *service, struct source *source,
                     const struct variant_request *request)
{
    struct job *job;

    if (!service_is_kept(service, source, request) &&
        !find_failure(service, source, request->target))
        (void)submit(service, source, request, JOB_BACKGROUND, &job);
}

int service_find(struct service *service, struct source *source, struct variant_request *request,
                 struct found *found)
{
    int r;

    *found = (struct found){0};
    source_normalise(source, request);
    found->variant = source_find(source, request);
    if (found->variant)
        return VARIANT_HERE;
    found->job = jobs_find(source, request);
    if (found->job)
        return VARIANT_COMING;
    r = read_variant(service, source, request, &found->variant);
    if (r != VARIANT_NOWHERE)
        return r;
    found->failure = find_failure(service, source, request->target);
    return found->failure ? VARIANT_FAILED : VARIANT_NOWHERE;
}

int service_request(struct service *service, struct source *source,
                    const struct variant_request *request, struct job **job)
{
    return submit(service, source, request, JOB_REQUEST, job);
}

void service_leave(struct service *service, struct waiter *waiter)
{
    if (waiter->barrier)
        TAILQ_REMOVE(&service->scanned, waiter, link);
    waiter->barrier = 0;
    if (!waiter->job)
        return;
    /* With one job less there may be room for what is made ahead of time. */
    jobs_leave(&service->jobs, waiter);
    service->hooks.changed(service->hooks.user);
}

void service_wait_for_scan(struct service *service, struct waiter *waiter, uint64_t scan)
{
    waiter->barrier = scan;
    TAILQ_INSERT_TAIL(&service->scanned, waiter, link);
}

uint64_t service_wake_scanned(struct service *service)
{
    uint64_t pending = service_pending_since(service);
    struct waiter *waiter;

    /* They are in the order of their scans. */
    while ((waiter = TAILQ_FIRST(&service->scanned)) && waiter->barrier < pending)
        waiter_wake(&service->scanned, waiter, NULL);
    return pending;
}
