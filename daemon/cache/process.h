/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The processes behind the cache. A keeper stays where the cache's directory lies, so that it can
 * make the directory again, and makes the process that writes to it: that one keeps nothing but the
 * directory itself, so there is a new one for each new directory.
 */
#ifndef DAEMON_CACHE_PROCESS_H
#define DAEMON_CACHE_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "daemon/cache/dir.h"
#include "daemon/process/own-filter.h"
#include "daemon/process/standby.h"

/* What a keeper is asked for, and answers. */
enum {
    KEEPER_MAKE = STANDBY_SPARE + 1, /* the directory, where it is missing: 0 or -errno */
    KEEPER_WRITER,                   /* a writer for the directory whose fd comes along: its pid */
};

/*
 * What a writer answers to each packet: an entry to be written (its key, then its bytes) or to be
 * dropped (its key).
 */
enum {
    CACHE_ANSWER = KEEPER_WRITER + 1, /* CACHE_WRITTEN, CACHE_DROPPED, or -errno */

    CACHE_WRITTEN = 0, /* as cache_disk_write() says */
    CACHE_DROPPED = 1, /* or was not there, or cannot be removed */
};

struct cache_keeper_arg {
    const struct cache_dir *dir;
    uint64_t size_limit; /* of all entries, in bytes on the disk */
    const struct own_filters *own;
};

/* A keeper's life; ARG is a struct cache_keeper_arg. */
_Noreturn void cache_keeper_main(int sock, pid_t parent, const void *arg);

#endif
