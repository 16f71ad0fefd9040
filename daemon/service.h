/*
 * What is in service: has new versions of profiles compiled, puts them in the place of the old
 * ones, and finds the variants that clients ask for.
 */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/cache.h"
#include "daemon/jobs.h"
#include "daemon/registry.h"
#include "daemon/store.h"

struct daemon;

/*
 * The number of the oldest scan of which something is not in service (or refused) yet; UINT64_MAX:
 * of none.
 */
uint64_t service_pending_since(const struct daemon *daemon);

/*
 * Has SOURCE (a reference, consumed), a new version of ENTRY, brought into service. ENTRY compiles
 * nothing else.
 */
void service_compile(struct daemon *daemon, struct profile_entry *entry, struct source *source);

/* JOB came to OUTCOME: keeps it, and tells all who wait. JOB is gone then. */
void service_finish(struct daemon *daemon, struct job *job, const struct outcome *outcome);

/* Where a variant is. */
enum whereabouts {
    VARIANT_HERE = 0,   /* in memory */
    VARIANT_READ = 1,   /* in memory now, from the disk */
    VARIANT_COMING = 2, /* there is a job for it */
};

/*
 * Looks for SOURCE's variant for REQUEST (normalised in place) in memory and on the disk, and has
 * it compiled where it is nowhere. Returns an enum whereabouts, with *VARIANT or *JOB; -ENOMEM and
 * the like.
 */
int service_find(struct daemon *daemon, struct source *source, struct variant_request *request,
                 struct stored_variant **variant, struct job **job);

/*
 * Looks for SOURCE's variant for the normalised REQUEST on the disk. Returns an enum cache_outcome;
 * with CACHE_HIT *ENTRY is valid until the next call.
 */
int service_read_cache(struct daemon *daemon, const struct source *source,
                       const struct variant_request *request, struct cache_entry *entry);

/* What a request without a target, capabilities and a kernel stands for. */
struct variant_request service_default_request(const struct daemon *daemon);

#endif
