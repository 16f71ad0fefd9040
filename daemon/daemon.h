/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What secprofd is made of: one struct that everything is reached from. There is one thread, and
 * all of it runs in the event loop.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stdalign.h>
#include <stddef.h>
#include <systemd/sd-event.h>

#include "daemon/cache/dir.h"
#include "daemon/cache/entry.h"
#include "daemon/cache/writer.h"
#include "daemon/files/watch.h"
#include "daemon/filters/background.h"
#include "daemon/filters/contents.h"
#include "daemon/filters/failures.h"
#include "daemon/filters/jobs.h"
#include "daemon/filters/registry.h"
#include "daemon/filters/store.h"
#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/process/own-filter.h"
#include "daemon/process/strays.h"
#include "daemon/process/workers.h"
#include "daemon/serve/server.h"
#include "daemon/serve/subscribe.h"
#include "protocol/protocol.h"

/* Since the start; see struct wire_daemon_status for what each one counts. */
struct counters {
    uint64_t requests;
    uint64_t refused;
    uint64_t compiles;
    uint64_t compile_errors;
    uint64_t worker_failures;
    uint64_t memory_hits;
    uint64_t cache_hits;
    uint64_t cache_misses;
    uint64_t cache_bad;
    uint64_t cache_errors;
    uint32_t connections_refused;
    uint32_t connections_idle;
    uint32_t limited;
    uint32_t profiles_left_out; /* of the last scan */
};

/*
 * The order in which the event loop takes what is due at the same time: what others wait for goes
 * before the clients (0), so that many of them cannot hold it up. It is bounded by itself.
 */
enum {
    PRIORITY_PROCESS_ENDED = -20, /* before anything is sent to that process */
    PRIORITY_WOKEN = -15,         /* before another compile can push out what was waited for */
    PRIORITY_COMPILES = -10,
};

enum phase {
    PHASE_STARTING, /* the first scan is not compiled yet */
    PHASE_SERVING,
    PHASE_RELOADING, /* serving; a reload that the service manager asked for is under way */
    PHASE_STOPPING,
};

struct daemon {
    const struct options *options;
    struct log log;
    sd_event *event;
    uid_t uid;
    const struct target *host;
    uint32_t kernel;                         /* the host's */
    const struct target *targets[ABI_COUNT]; /* those that are served, the host first */
    size_t n_targets;
    uint64_t started_usec; /* CLOCK_MONOTONIC */
    enum phase phase;
    uint64_t phase_barrier;        /* the scan that PHASE_STARTING or PHASE_RELOADING waits for */
    sd_event_source *phase_source; /* looks whether it is reached */
    struct waiter_list reloads;    /* who waits for a scan, in the order of the scans */
    sd_event_source *stop_source;
    struct counters counters;
    struct own_filters own;
    uint32_t lacks; /* enum wire_lacks */

    struct watch watch;
    struct registry registry;
    struct store store;
    struct contents contents;
    struct budget compiles; /* that one user may cause */
    struct changes changes;
    uint64_t generation;
    uint64_t scans; /* the number of the last scan */

    struct cache_dir cache;
    struct cache_writer writer;
    struct jobs jobs;
    struct failures failures;
    sd_event_source *retry; /* when new versions that could not be compiled are tried again */
    struct workers workers;
    struct strays strays;
    struct background background;
    struct server server;

    /* Where replies, cache entries and filters are put together, one at a time. */
    alignas(max_align_t) uint8_t reply[WIRE_MAX_REPLY];
    alignas(max_align_t) uint8_t entry[CACHE_ENTRY_MAX + 1];
    alignas(max_align_t) uint8_t code[WIRE_MAX_INSNS * WIRE_INSN_SIZE];
};

/* Now, as CLOCK_MONOTONIC, in microseconds. */
uint64_t daemon_now(const struct daemon *daemon);

#endif
