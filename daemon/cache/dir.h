/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the cache lies: a directory that may be removed, made anew or exchanged at any time. The
 * directory that it lies in is found once and kept open; the cache's own is opened again, with all
 * checks, each time it turns out to be another one.
 */
#ifndef DAEMON_CACHE_DIR_H
#define DAEMON_CACHE_DIR_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "daemon/files/trust.h"

struct cache_dir {
    char *path;              /* absolute, as it was asked for; NULL: there is to be none */
    int parent_fd;           /* what it really lies in (O_PATH); -1: not found */
    char name[NAME_MAX + 1]; /* in there */
    bool in_root;            /* that is "/", which is too much to leave to a process */
    uid_t own_uid;
    int fd; /* the directory itself; -1: there is none that can be used */
};

#define CACHE_DIR_NONE            \
    (struct cache_dir)            \
    {                             \
        .parent_fd = -1, .fd = -1 \
    }

/*
 * Finds where PATH lies, whether it exists or not; the directory above it has to. Returns 0 or
 * -errno. DIR is to be cleared in each case.
 */
int cache_dir_find(struct cache_dir *dir, const char *path, uid_t own_uid);
void cache_dir_clear(struct cache_dir *dir);

/* Makes the directory, mode 0700, unless something of its name is there. Returns 0 or -errno. */
int cache_dir_make(const struct cache_dir *dir);

/*
 * Opens the directory in place of the one that is open. It has to lie where it did at first, and
 * only the daemon's user and root may be able to write to it or to exchange it. Returns TRUST_OK,
 * with *OTHER whether it is another one than before; TRUST_REFUSED with the reason in WHY; or
 * -errno. Without TRUST_OK none is open.
 */
int cache_dir_open(struct cache_dir *dir, bool *other, char why[TRUST_WHY_SIZE]);

/* Closes the directory; it can be opened again. */
void cache_dir_close(struct cache_dir *dir);

/* True while what is open is what lies there, and only the daemon's user and root can write to it.
 */
bool cache_dir_is_in_place(const struct cache_dir *dir);

#endif
