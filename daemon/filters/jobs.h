/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compiles that wait or are under way. Whoever wants the same variant shares one.
 */
#ifndef DAEMON_FILTERS_JOBS_H
#define DAEMON_FILTERS_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "compiler/parse/request.h"
#include "daemon/budget.h"
#include "daemon/filters/packed.h"
#include "daemon/filters/store.h"
#include "daemon/filters/waiter.h"

/* What is done first. */
enum job_priority {
    JOB_NATIVE,     /* a new version of a profile, for this machine */
    JOB_REQUEST,    /* a client waits */
    JOB_BACKGROUND, /* ahead of time */
    JOB_PRIORITIES,
};

enum {
    JOB_ATTEMPTS_MAX =
        3, /* a worker may be killed through no fault of the profile, but not often */
    JOB_COSTLY_USEC = 500000, /* most take a tenth of that */
};

#define JOBS_COSTLY_INTERVAL_USEC UINT64_C(600000000)

struct job {
    TAILQ_ENTRY(job) link; /* among those of its priority that wait, or those under way */
    LIST_ENTRY(job) in_source;
    enum job_priority priority;
    struct source *source; /* a reference */
    struct variant_request request;
    uint64_t id;
    unsigned attempts;   /* that began */
    bool running;        /* a worker has it */
    bool failed_before;  /* a compile of this text did */
    bool suspect;        /* RUNNING: it may take long; see jobs_next() */
    uint64_t began_usec; /* RUNNING: when it got the worker */
    uid_t uid;           /* JOB_REQUEST: of the first one who waits for it */
    struct waiter_list waiters;
};

TAILQ_HEAD(job_list, job);

struct jobs {
    struct job_list waiting[JOB_PRIORITIES];
    struct job_list running;
    size_t n;              /* in all */
    size_t n_background;   /* of these, JOB_BACKGROUND */
    size_t max_background; /* that may be under way at a time, suspect ones included */
    bool native_last;      /* the last one that began was JOB_NATIVE */
    struct budget costly;  /* of each user: what failed or took long */
    uint64_t last_id;
    uid_t last_uid; /* whose JOB_REQUEST a worker got last */
};

/* What came of a job. */
struct outcome {
    struct compiled compiled;
    const char *why; /* no compile: the reason */
};

/* Of jobs that can wait MAX_BACKGROUND may be under way at a time: those that are made ahead of
 * time, and suspect ones. */
void jobs_init(struct jobs *jobs, size_t max_background);
void jobs_clear(struct jobs *jobs);

/*
 * Finds the job for REQUEST of SOURCE, or makes one; the more urgent of two priorities counts.
 * Returns 0 and *JOB; -ENOMEM.
 */
int jobs_submit(struct jobs *jobs, struct source *source, const struct variant_request *request,
                enum job_priority priority, struct job **job);

/* The job of SOURCE for REQUEST, or NULL. */
struct job *jobs_find(const struct source *source, const struct variant_request *request);

/*
 * The most urgent job that waits and may begin at NOW_USEC; NULL: none. New versions and what
 * clients wait for take turns, and of the latter, users do: one with many requests does not hold up
 * the others. The order does not depend on which workers there are, or one user's profile could
 * keep them for itself.
 *
 * A job is suspect where a compile of its text failed before, or something that its user asked for
 * failed or took long lately. Such jobs leave a worker to the others.
 */
struct job *jobs_next(const struct jobs *jobs, uint64_t now_usec);

/* Takes JOB, which jobs_next() gave, for a worker. */
void jobs_begin(struct jobs *jobs, struct job *job, uint64_t now_usec);

/* JOB, which runs, has ended; FAILED: without a result. Its user is to pay for what that cost. */
void jobs_note_cost(struct jobs *jobs, const struct job *job, bool failed, uint64_t now_usec);

/* Puts JOB, which a worker had, back to the front of those that wait. */
void jobs_put_back(struct jobs *jobs, struct job *job);

/* Ends JOB. Nobody may wait for it any more. */
void jobs_remove(struct jobs *jobs, struct job *job);

/* WAITER, who acts for the user UID, waits for JOB from now on. */
void jobs_wait(struct job *job, struct waiter *waiter, uid_t uid);

/* WAITER, who waits for a job, has no use for it any more; who else has none, does not keep it. */
void jobs_leave(struct jobs *jobs, struct waiter *waiter);

/* Wakes all who wait for JOB; WHY is NULL, or why there was no compile. */
void jobs_wake(struct job *job, const char *why);

/* Ends JOB if nobody has a use for it: it waits, and neither somebody nor a profile waits for it.
 */
void jobs_drop_unwanted(struct jobs *jobs, struct job *job);

#endif
