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
#include "daemon/files/follow.h"
#include "daemon/filters/background.h"
#include "daemon/filters/service.h"
#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/phase.h"
#include "daemon/process/own-filter.h"
#include "daemon/process/strays.h"
#include "daemon/process/workers.h"
#include "daemon/serve/server.h"
#include "protocol/protocol.h"

struct daemon {
    const struct options *options;
    struct log log;
    sd_event *event;
    uid_t uid;
    const struct target *host;
    const struct target *targets[ABI_COUNT]; /* those that are served, the host first */
    size_t n_targets;
    uint64_t started_usec; /* CLOCK_MONOTONIC */
    struct own_filters own;
    uint32_t lacks; /* enum wire_lacks */

    struct service service;
    struct background background;
    struct follow follow;
    struct phase phase;
    sd_event_source *check; /* what follows from a change */
    sd_event_source *idle;  /* a step of what is done ahead of time */
    sd_event_source *retry; /* when new versions that could not be compiled are tried again */
    sd_event_source *pause; /* when the background's is over */
    sd_event_source *place; /* tells when something happens to the cache's directory */

    struct cache_dir cache;
    struct cache_writer writer;
    struct children children;
    struct spawner spawner;
    struct workers workers;
    struct strays strays;
    struct server server;

    /* Where cache entries and filters are put together, one at a time. */
    alignas(max_align_t) uint8_t entry[CACHE_ENTRY_MAX + 1];
    alignas(max_align_t) uint8_t code[WIRE_MAX_INSNS * WIRE_INSN_SIZE];
};

/* Runs the daemon until it is told to stop. Returns 0 or -errno. */
int daemon_run(const struct options *options);

/* Now, as CLOCK_MONOTONIC, in microseconds. */
uint64_t daemon_now(const struct daemon *daemon);

#endif
