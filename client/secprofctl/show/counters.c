/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of the daemon's numbers. */
#include "client/secprofctl/show/counters.h"

#include <string.h>

#include "util/cleanup.h"

static const struct number numbers[] = {
#define NUMBER(member, type, text)                              \
    {                                                           \
        .key = #member, .what = (text), .kind = (type),         \
        .offset = offsetof(struct secprof_status, member),      \
        .size = sizeof(((struct secprof_status *)NULL)->member) \
    }
    NUMBER(generation, NUMBER_COUNTER, "changes of what is served"),
    NUMBER(profiles, NUMBER_GAUGE, "profiles in service or broken"),
    NUMBER(profiles_stale, NUMBER_GAUGE, "of these stale: the last good filter is in service"),
    NUMBER(profiles_broken, NUMBER_GAUGE, "of these broken: nothing is in service"),
    NUMBER(profiles_left_out, NUMBER_GAUGE, "files left out: over the limit on profiles"),
    NUMBER(variants, NUMBER_GAUGE, "filters in memory"),
    NUMBER(contents, NUMBER_GAUGE, "profiles in memory that came by content"),
    NUMBER(requests, NUMBER_COUNTER, "requests answered"),
    NUMBER(refused, NUMBER_COUNTER, "of these refused"),
    NUMBER(limited, NUMBER_COUNTER, "of these because of a limit"),
    NUMBER(waiting, NUMBER_GAUGE, "requests that wait for a compile or for the disk"),
    NUMBER(memory_hits, NUMBER_COUNTER, "filters that were in memory when asked for"),
    NUMBER(cache_state, NUMBER_GAUGE, "the disk cache: 0 there is none, 1 in use, 2 failing"),
    NUMBER(cache_hits, NUMBER_COUNTER, "filters read from the disk cache"),
    NUMBER(cache_misses, NUMBER_COUNTER, "filters that the disk cache did not have"),
    NUMBER(cache_bad, NUMBER_COUNTER, "bad entries of the disk cache, dropped"),
    NUMBER(cache_errors, NUMBER_COUNTER, "entries that the disk cache could not take"),
    NUMBER(compiles, NUMBER_COUNTER, "compiles finished"),
    NUMBER(compile_errors, NUMBER_COUNTER, "of these refused profiles"),
    NUMBER(jobs, NUMBER_GAUGE, "compiles waiting or under way"),
    NUMBER(workers, NUMBER_GAUGE, "worker processes"),
    NUMBER(worker_failures, NUMBER_COUNTER, "workers that failed"),
    NUMBER(connections, NUMBER_GAUGE, "connections"),
    NUMBER(connections_refused, NUMBER_COUNTER, "connections refused: over a limit"),
    NUMBER(connections_idle, NUMBER_COUNTER, "connections closed: nothing happened on them"),
    NUMBER(subscribers, NUMBER_GAUGE, "clients that hear of changes"),
    NUMBER(log_dropped, NUMBER_COUNTER, "lines that are missing in the log"),
#undef NUMBER
};

const struct number *number_at(size_t index)
{
    return index < ARRAY_SIZE(numbers) ? &numbers[index] : NULL;
}

uint64_t number_of(const struct secprof_status *status, const struct number *number)
{
    const unsigned char *at = (const unsigned char *)status + number->offset;
    uint64_t wide;
    uint32_t narrow;

    if (number->size == sizeof(narrow)) {
        memcpy(&narrow, at, sizeof(narrow));
        return narrow;
    }
    memcpy(&wide, at, sizeof(wide));
    return wide;
}
