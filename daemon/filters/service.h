/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is in service: has new versions of profiles compiled, puts them in the place of the old
 * ones, and finds the variants that clients ask for.
 */
#ifndef DAEMON_FILTERS_SERVICE_H
#define DAEMON_FILTERS_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/cache/entry.h"
#include "daemon/filters/failures.h"
#include "daemon/filters/jobs.h"
#include "daemon/filters/registry.h"
#include "daemon/filters/store.h"

struct daemon;

/*
 * The number of the oldest scan of which something is not in service (or refused) yet; UINT64_MAX:
 * of none.
 */
uint64_t service_pending_since(const struct daemon *daemon);

/*
 * Has SOURCE (a reference, consumed), a new version of ENTRY, brought into service. ENTRY compiles
 * nothing else. One whose compile failed, and not because of what it says, is tried again later.
 */
void service_compile(struct daemon *daemon, struct profile_entry *entry, struct source *source);

/* JOB came to OUTCOME: keeps it, and tells all who wait. JOB is gone then. */
void service_finish(struct daemon *daemon, struct job *job, const struct outcome *outcome);

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
int service_find(struct daemon *daemon, struct source *source, struct variant_request *request,
                 struct found *found);

/*
 * Has SOURCE's variant for the normalised REQUEST, which is COMING or NOWHERE, compiled for a
 * client that waits. Returns 0 and *JOB, or -ENOMEM.
 */
int service_request(struct daemon *daemon, struct source *source,
                    const struct variant_request *request, struct job **job);

/* WAITER, who waits for a job, has no use for it any more. */
void service_leave(struct daemon *daemon, struct waiter *waiter);

/* Has all compiles that failed tried again when somebody asks for them. */
void service_forgive(struct daemon *daemon);

/* Ends what would go on by itself. */
void service_stop(struct daemon *daemon);

/*
 * Looks for SOURCE's variant for the normalised REQUEST on the disk. Returns an enum cache_outcome;
 * with CACHE_HIT *ENTRY is valid until the next call.
 */
int service_read_cache(struct daemon *daemon, const struct source *source,
                       const struct variant_request *request, struct cache_entry *entry);

/* What a request without a target, capabilities and a kernel stands for. */
struct variant_request service_default_request(const struct daemon *daemon);

#endif
