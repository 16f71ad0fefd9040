/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The process that writes the cache. It holds the cache's directory, and may touch nothing else; it
 * makes the subdirectory with the entries anew where that is gone.
 */
#ifndef DAEMON_CACHE_PROCESS_H
#define DAEMON_CACHE_PROCESS_H

#include <assert.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/digest.h"

struct own_filters;

/* What it is asked for. */
enum cache_order {
    CACHE_MAKE = 1, /* looks for the subdirectory, and makes it where it is missing: 0 or -errno */
    CACHE_WRITE,    /* the entry KEY, whose bytes follow: CACHE_WRITTEN, CACHE_FULL or -errno */
    CACHE_DROP,     /* the entry KEY: CACHE_DROPPED */
};

struct cache_request {
    uint32_t order;      /* enum cache_order */
    uint16_t use;        /* enum cache_use */
    uint16_t costly;     /* 1: fsync(2) is worth its time */
    uint64_t size_limit; /* of all entries, in bytes on the disk */
    int64_t since;       /* CLOCK_REALTIME, s: what was not used since then is of no use any more */
    uint8_t key[DIGEST_SIZE];
};
static_assert(sizeof(struct cache_request) == 24 + DIGEST_SIZE, "cache_request");

struct cache_answer {
    int32_t result;
};

struct cache_process_arg {
    int place_fd; /* the cache's directory */
    const struct own_filters *own;
};

/* Its life; ARG is a struct cache_process_arg. */
void cache_process_main(int sock, pid_t parent, const void *arg);

#endif
