/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is in service: has new versions of profiles compiled, puts them in the place of the old
 * ones, and finds the variants that clients ask for. It knows no event loop, process or socket.
 */
#ifndef DAEMON_FILTERS_SERVICE_H
#define DAEMON_FILTERS_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/parse/request.h"
#include "daemon/filters/cache-ops.h"
#include "daemon/filters/changes.h"
#include "daemon/filters/contents.h"
#include "daemon/filters/failures.h"
#include "daemon/filters/jobs.h"
#include "daemon/filters/registry.h"
#include "daemon/filters/store.h"

struct log;

enum {
    SERVICE_COSTLY_USEC = 100000, /* a compile that took so long: its entry is worth an fsync(2) */
};

/* What the service asks of the event loop. Each of these does nothing but take a note. */
struct service_hooks {
    uint64_t (*now)(void *user);   /* a monotonic clock, in microseconds */
    void (*jobs_wait)(void *user); /* there may be a job that a worker can begin */
    void (*changed)(void *user);   /* something came into service, failed, or is gone */
    void *user;
};

struct service {
    /* What it uses; set before service_init(). */
    struct log *log;
    const struct target *host; /* this machine's */
    uint32_t kernel;
    struct cache_ops cache;
    struct service_hooks hooks;

    struct registry registry;
    struct store store;
    struct contents contents;
    struct jobs jobs;
    struct failures failures;
    bool forgiven; /* what failed before the start does not count any more */
    struct changes changes;
    struct waiter_list scanned; /* who waits for a scan, in the order of the scans */
    uint64_t scanning;          /* the number of the scan that is under way; UINT64_MAX: none is */
    struct source_list
        pending; /* versions that are compiled or are next, the oldest scan's first */
    struct source_list
        ahead; /* versions in service of which background.c has to look for filters */
    struct source_list lacking; /* those of which it found some missing */
    uint64_t generation;
    uint64_t compile_timeout_usec;
    uint64_t retry_usec; /* when the files are to be looked at again; UINT64_MAX: no need */

    /* Since the start; see struct wire_daemon_status. */
    uint64_t compiles;
    uint64_t compile_errors;
    uint64_t cache_hits;
    uint64_t cache_misses;
    uint64_t cache_bad;
};

struct service_limits {
    size_t max_variants;
    size_t max_contents;
    size_t max_background;
    uint64_t compile_timeout_usec;
};

void service_init(struct service *service, const struct service_limits *limits);
void service_clear(struct service *service);

/*
 * The number of the oldest scan of which something is not in service (or refused) yet; UINT64_MAX:
 * of none.
 */
uint64_t service_pending_since(const struct service *service);

/*
 * Has SOURCE (a reference, consumed), a new version of ENTRY that SCAN found, brought into service:
 * now, or after the one that is being compiled. Where its compile fails, and not because of what it
 * says, RETRY_USEC says when to try again.
 */
void service_offer(struct service *service, struct profile_entry *entry, struct source *source,
                   uint64_t scan);

/* SCAN found that the file of ENTRY is not to be taken, for the reason WHY. */
void service_refuse(struct service *service, struct profile_entry *entry, const char *why,
                    uint64_t scan);

/* Takes the profile at INDEX, whose file is gone, out of service. */
void service_remove(struct service *service, size_t index);

/* JOB came to OUTCOME: keeps it, and tells all who wait. JOB is gone then. */
void service_finish(struct service *service, struct job *job, const struct outcome *outcome);

/* Where a variant is. */
enum whereabouts {
    VARIANT_HERE = 0,    /* in memory */
    VARIANT_READ = 1,    /* in memory now, from the disk */
    VARIANT_COMING = 2,  /* there is a job for it */
    VARIANT_FAILED = 3,  /* its compile failed, and is not to be tried again yet */
    VARIANT_NOWHERE = 4, /* it has to be compiled */
};

struct found {
    struct stored_variant *variant; /* HERE, READ */
    struct job *job;                /* COMING; else NULL */
    const struct failure *failure;  /* FAILED; valid until the next call of anything here */
};

/*
 * Looks for SOURCE's variant for REQUEST (normalised in place) in memory and on the disk. Nothing
 * comes of it but what is read. Returns an enum whereabouts and *FOUND; -ENOMEM and the like.
 */
int service_find(struct service *service, struct source *source, struct variant_request *request,
                 struct found *found);

/*
 * Has SOURCE's variant for the normalised REQUEST, which is COMING or NOWHERE, compiled for a
 * client that waits. Returns 0 and *JOB, or -ENOMEM.
 */
int service_request(struct service *service, struct source *source,
                    const struct variant_request *request, struct job **job);

/* WAITER waits until what SCAN found is in service, or refused. */
void service_wait_for_scan(struct service *service, struct waiter *waiter, uint64_t scan);

/* Wakes those whose scan is in service. Returns what service_pending_since() says. */
uint64_t service_wake_scanned(struct service *service);

/* WAITER, who may wait for a job or a scan, does so no longer. */
void service_leave(struct service *service, struct waiter *waiter);

/* Has all compiles that failed tried again when somebody asks for them. */
void service_forgive(struct service *service);

/* True where SOURCE's variant for the normalised REQUEST is on the disk. It counts as used then. */
bool service_is_kept(struct service *service, struct source *source,
                     const struct variant_request *request);

/*
 * Has SOURCE's variant for the normalised REQUEST compiled ahead of time, unless it is on the disk
 * already, or failed and is not to be tried again yet.
 */
void service_prepare(struct service *service, struct source *source,
                     const struct variant_request *request);

/* The time, by the clock of the hooks. */
uint64_t service_now(const struct service *service);

/* What a request without a target, capabilities and a kernel stands for. */
struct variant_request service_default_request(const struct service *service);

/* The job by which ENTRY's next version comes, or NULL. */
struct job *service_job_of(const struct service *service, const struct profile_entry *entry);

#endif
