/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of the daemon's counters. */
#include "client/secprofctl/show/counters.h"

#include <string.h>

#include "client/libsecprof/secprof.h"
#include "util/cleanup.h"

static const struct counter counters[] = {
#define ROW(member, can_fall, text)                             \
    {                                                           \
        .key = #member, .what = (text), .is_gauge = (can_fall), \
        .offset = offsetof(struct secprof_status, member),      \
        .size = sizeof(((struct secprof_status *)NULL)->member) \
    }
#define COUNTER(member, text) ROW(member, false, text)
#define GAUGE(member, text)   ROW(member, true, text)
    COUNTER(generation, "changes of what is served"),
    GAUGE(profiles, "profiles in service or broken"),
    GAUGE(profiles_stale, "of these stale: the last good filter is in service"),
    GAUGE(profiles_broken, "of these broken: nothing is in service"),
    GAUGE(profiles_left_out, "files left out: over the limit on profiles"),
    GAUGE(variants, "filters in memory"),
    GAUGE(contents, "profiles in memory that came by content"),
    COUNTER(requests, "requests answered"),
    COUNTER(refused, "of these refused"),
    COUNTER(limited, "of these because of a limit"),
    GAUGE(waiting, "requests that wait for a compile or for the disk"),
    COUNTER(memory_hits, "filters that were in memory when asked for"),
    GAUGE(cache_state, "the disk cache: 0 there is none, 1 in use, 2 failing"),
    COUNTER(cache_hits, "filters read from the disk cache"),
    COUNTER(cache_misses, "filters that the disk cache did not have"),
    COUNTER(cache_bad, "bad entries of the disk cache, dropped"),
    COUNTER(cache_errors, "entries that the disk cache could not take"),
    COUNTER(compiles, "compiles finished"),
    COUNTER(compile_errors, "of these refused profiles"),
    GAUGE(jobs, "compiles waiting or under way"),
    GAUGE(workers, "worker processes"),
    COUNTER(worker_failures, "workers that failed"),
    GAUGE(connections, "connections"),
    COUNTER(connections_refused, "connections refused: over a limit"),
    COUNTER(connections_idle, "connections closed: nothing happened on them"),
    GAUGE(subscribers, "clients that hear of changes"),
    COUNTER(log_dropped, "lines that are missing in the log"),
#undef GAUGE
#undef COUNTER
#undef ROW
};

const struct counter *counter_at(size_t index)
{
    return index < ARRAY_SIZE(counters) ? &counters[index] : NULL;
}

uint64_t counter_value(const struct counter *counter, const struct secprof_status *status)
{
    const unsigned char *at = (const unsigned char *)status + counter->offset;
    uint64_t wide;
    uint32_t narrow;

    if (counter->size == sizeof(narrow)) {
        memcpy(&narrow, at, sizeof(narrow));
        return narrow;
    }
    memcpy(&wide, at, sizeof(wide));
    return wide;
}
