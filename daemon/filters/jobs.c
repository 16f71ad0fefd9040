/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The queue of compiles. Touches memory only. */
#include "daemon/filters/jobs.h"

#include <errno.h>
#include <stdlib.h>

#include "compiler/parse/request.h"

void jobs_init(struct jobs *jobs, size_t max_background)
{
    *jobs = (struct jobs){
        .max_background = max_background,
        .costly = {.max = UINT32_MAX, .interval_usec = JOBS_COSTLY_INTERVAL_USEC},
    };
    for (int i = 0; i < JOB_PRIORITIES; i++)
        TAILQ_INIT(&jobs->waiting[i]);
    TAILQ_INIT(&jobs->running);
}

static struct job_list *list_of(struct jobs *jobs, const struct job *job)
{
    return job->running ? &jobs->running : &jobs->waiting[job->priority];
}

void jobs_remove(struct jobs *jobs, struct job *job)
{
    TAILQ_REMOVE(list_of(jobs, job), job, link);
    LIST_REMOVE(job, in_source);
    jobs->n--;
    jobs->n_background -= job->priority == JOB_BACKGROUND;
    source_unref(job->source);
    free(job);
}

static void clear_list(struct jobs *jobs, struct job_list *list)
{
    for (struct job *job; (job = TAILQ_FIRST(list));)
        jobs_remove(jobs, job);
}

void jobs_clear(struct jobs *jobs)
{
    for (int i = 0; i < JOB_PRIORITIES; i++)
        clear_list(jobs, &jobs->waiting[i]);
    clear_list(jobs, &jobs->running);
}

struct job *jobs_find(const struct source *source, const struct variant_request *request)
{
    struct job *job;

    LIST_FOREACH(job, &source->jobs, in_source)
    {
        if (variant_request_equal(&job->request, request))
            return job;
    }
    return NULL;
}

/* Gives JOB a more urgent priority. */
static void raise_priority(struct jobs *jobs, struct job *job, enum job_priority priority)
{
    TAILQ_REMOVE(list_of(jobs, job), job, link);
    jobs->n_background -= job->priority == JOB_BACKGROUND;
    job->priority = priority;
    TAILQ_INSERT_TAIL(list_of(jobs, job), job, link);
}

int jobs_submit(struct jobs *jobs, struct source *source, const struct variant_request *request,
                enum job_priority priority, struct job **out)
{
    struct job *job = jobs_find(source, request);

    if (job) {
        if (priority < job->priority)
            raise_priority(jobs, job, priority);
        *out = job;
        return 0;
    }
    job = calloc(1, sizeof(*job));
    if (!job)
        return -ENOMEM;
    job->priority = priority;
    job->source = source_ref(source);
    job->request = *request;
    job->id = ++jobs->last_id;
    TAILQ_INIT(&job->waiters);
    TAILQ_INSERT_TAIL(&jobs->waiting[priority], job, link);
    LIST_INSERT_HEAD(&source->jobs, job, in_source);
    jobs->n++;
    jobs->n_background += priority == JOB_BACKGROUND;
    *out = job;
    return 0;
}

/* True where JOB may take long, as far as one can know. */
static bool is_suspect(const struct jobs *jobs, const struct job *job, uint64_t now_usec)
{
    return job->failed_before ||
           (job->priority == JOB_REQUEST && budget_used(&jobs->costly, job->uid, now_usec) > 0);
}

/* The first new version that may begin; FULL: none that is suspect. */
static struct job *next_native(const struct jobs *jobs, bool full, uint64_t now_usec)
{
    struct job *job;

    TAILQ_FOREACH(job, &jobs->waiting[JOB_NATIVE], link)
    {
        if (!full || !is_suspect(jobs, job, now_usec))
            return job;
    }
    return NULL;
}

/* The first job of the user whose turn it is: the next one, going round, after the last. */
static struct job *next_in_turn(const struct jobs *jobs, bool full, uint64_t now_usec)
{
    struct job *job, *best = NULL;

    TAILQ_FOREACH(job, &jobs->waiting[JOB_REQUEST], link)
    {
        if (full && is_suspect(jobs, job, now_usec))
            continue;
        if (!best || job->uid - jobs->last_uid - 1 < best->uid - jobs->last_uid - 1)
            best = job;
    }
    return best;
}

/* True where as many jobs as may be of those that can wait are under way. */
static bool is_full(const struct jobs *jobs)
{
    const struct job *job;
    size_t n = 0;

    TAILQ_FOREACH(job, &jobs->running, link)
    {
        n += job->priority == JOB_BACKGROUND || job->suspect;
    }
    return n >= jobs->max_background;
}

struct job *jobs_next(const struct jobs *jobs, uint64_t now_usec)
{
    const bool full = is_full(jobs);
    struct job *native = next_native(jobs, full, now_usec);
    struct job *request = next_in_turn(jobs, full, now_usec);

    if (native && request)
        return jobs->native_last ? request : native;
    if (native || request)
        return native ? native : request;
    return full ? NULL : TAILQ_FIRST(&jobs->waiting[JOB_BACKGROUND]);
}

void jobs_begin(struct jobs *jobs, struct job *job, uint64_t now_usec)
{
    if (job->priority == JOB_REQUEST)
        jobs->last_uid = job->uid;
    jobs->native_last = job->priority == JOB_NATIVE;
    job->suspect = is_suspect(jobs, job, now_usec);
    TAILQ_REMOVE(&jobs->waiting[job->priority], job, link);
    TAILQ_INSERT_TAIL(&jobs->running, job, link);
    job->running = true;
    job->began_usec = now_usec;
    job->attempts++;
}

void jobs_note_cost(struct jobs *jobs, const struct job *job, bool failed, uint64_t now_usec)
{
    if (job->priority == JOB_REQUEST && (failed || now_usec - job->began_usec >= JOB_COSTLY_USEC))
        (void)budget_take(&jobs->costly, job->uid, now_usec, NULL);
}

void jobs_put_back(struct jobs *jobs, struct job *job)
{
    TAILQ_REMOVE(&jobs->running, job, link);
    TAILQ_INSERT_HEAD(&jobs->waiting[job->priority], job, link);
    job->running = false;
}

void jobs_wait(struct job *job, struct waiter *waiter, uid_t uid)
{
    if (TAILQ_EMPTY(&job->waiters))
        job->uid = uid;
    waiter->job = job;
    TAILQ_INSERT_TAIL(&job->waiters, waiter, link);
}

void jobs_leave(struct jobs *jobs, struct waiter *waiter)
{
    struct job *job = waiter->job;

    TAILQ_REMOVE(&job->waiters, waiter, link);
    waiter->job = NULL;
    jobs_drop_unwanted(jobs, job);
}

void jobs_wake(struct job *job, const char *why)
{
    for (struct waiter *waiter; (waiter = TAILQ_FIRST(&job->waiters));)
        waiter_wake(&job->waiters, waiter, why);
}

void jobs_drop_unwanted(struct jobs *jobs, struct job *job)
{
    if (!job->running && job->priority != JOB_BACKGROUND && TAILQ_EMPTY(&job->waiters) &&
        (job->priority != JOB_NATIVE || !job->source->entry))
        jobs_remove(jobs, job);
}
