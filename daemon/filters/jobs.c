/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The queue of compiles. Touches memory only. */
#include "daemon/filters/jobs.h"

#include <errno.h>
#include <stdlib.h>

#include "compiler/parse/request.h"

void jobs_init(struct jobs *jobs, size_t max_background)
{
    *jobs = (struct jobs){.max_background = max_background};
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

static struct job *find_in(struct job_list *list, const struct source *source,
                           const struct variant_request *request)
{
    struct job *job;

    TAILQ_FOREACH(job, list, link)
    {
        if (job->source == source && variant_request_equal(&job->request, request))
            return job;
    }
    return NULL;
}

struct job *jobs_find(struct jobs *jobs, const struct source *source,
                      const struct variant_request *request)
{
    struct job *job = find_in(&jobs->running, source, request);

    for (int i = 0; i < JOB_PRIORITIES && !job; i++)
        job = find_in(&jobs->waiting[i], source, request);
    return job;
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
    struct job *job = jobs_find(jobs, source, request);

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
    jobs->n++;
    jobs->n_background += priority == JOB_BACKGROUND;
    *out = job;
    return 0;
}

/* The first job of the user whose turn it is: the next one, going round, after the last. */
static struct job *next_in_turn(const struct jobs *jobs)
{
    struct job *job, *best = NULL;

    TAILQ_FOREACH(job, &jobs->waiting[JOB_REQUEST], link)
    {
        if (!best || job->uid - jobs->last_uid - 1 < best->uid - jobs->last_uid - 1)
            best = job;
    }
    return best;
}

/* True where as many jobs as may be made ahead of time at a time are under way. */
static bool background_is_full(const struct jobs *jobs)
{
    const struct job *job;
    size_t n = 0;

    TAILQ_FOREACH(job, &jobs->running, link)
    {
        n += job->priority == JOB_BACKGROUND;
    }
    return n >= jobs->max_background;
}

struct job *jobs_next(const struct jobs *jobs)
{
    struct job *job = TAILQ_FIRST(&jobs->waiting[JOB_NATIVE]);

    if (!job)
        job = next_in_turn(jobs);
    if (!job && !background_is_full(jobs))
        job = TAILQ_FIRST(&jobs->waiting[JOB_BACKGROUND]);
    return job;
}

void jobs_begin(struct jobs *jobs, struct job *job)
{
    if (job->priority == JOB_REQUEST)
        jobs->last_uid = job->uid;
    TAILQ_REMOVE(&jobs->waiting[job->priority], job, link);
    TAILQ_INSERT_TAIL(&jobs->running, job, link);
    job->running = true;
    job->attempts++;
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
