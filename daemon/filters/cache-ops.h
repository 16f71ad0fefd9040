/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The disk cache as this room uses it: a few operations, so that a test can put another cache in
 * its place. USER is handed to each.
 */
#ifndef DAEMON_FILTERS_CACHE_OPS_H
#define DAEMON_FILTERS_CACHE_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/cache/entry.h"
#include "daemon/cache/queue.h"

struct compiled;

struct cache_ops {
    /* True where entries can be read. */
    bool (*is_open)(void *user);

    /* True where there is somebody who writes them. */
    bool (*has_writer)(void *user);

    /*
     * Looks for the entry with KEY for TARGET, among those on their way to the disk too. With
     * CACHE_HIT *COMPILED is valid until the next call.
     */
    enum cache_outcome (*read)(void *user, const uint8_t key[DIGEST_SIZE],
                               const struct target *target, struct compiled *compiled);

    /*
     * Sends COMPILED on its way to the disk, under KEY, for USE; COSTLY: so that it is there after
     * a crash of the machine, too. What comes of it, background.c hears.
     */
    void (*write)(void *user, const struct compiled *compiled, const uint8_t key[DIGEST_SIZE],
                  enum cache_use use, bool costly);

    /* Has the bad entry under KEY removed. */
    void (*drop)(void *user, const uint8_t key[DIGEST_SIZE]);

    /* How many entries are on their way. */
    size_t (*count_waiting)(void *user);

    /* True while the directory is where it was. */
    bool (*is_in_place)(void *user);

    /* Has the directory looked for, where it is not in its place. */
    void (*look)(void *user);

    void *user;
};

#endif
