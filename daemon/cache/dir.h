/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the cache lies: its directory, which is found once and kept open, and a subdirectory with
 * the entries, which may be removed, made anew or exchanged at any time. That one is opened again,
 * with all checks, each time it turns out to be another one.
 */
#ifndef DAEMON_CACHE_DIR_H
#define DAEMON_CACHE_DIR_H

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/files/trust.h"

#define CACHE_ENTRIES "entries" /* the name of the subdirectory */

struct cache_dir {
    char *path;         /* of the cache's directory, absolute; NULL: there is to be none */
    char *entries_path; /* of the subdirectory */
    int place_fd;       /* the cache's directory (O_PATH); -1: there is none */
    uid_t own_uid;
    int fd; /* the subdirectory; -1: there is none that can be used */
};

#define CACHE_DIR_NONE           \
    (struct cache_dir)           \
    {                            \
        .place_fd = -1, .fd = -1 \
    }

/*
 * Opens the directory at PATH; where it is missing it is made, and so is the one that it lies in.
 * Whether it is to be trusted is looked at later. Returns 0 or -errno. DIR is to be cleared in each
 * case.
 */
int cache_dir_find(struct cache_dir *dir, const char *path, uid_t own_uid);
void cache_dir_clear(struct cache_dir *dir);

/*
 * Looks at the directory that was found: it has to be where it was then, and only the daemon's user
 * and root may be able to write to it. Returns TRUST_OK; TRUST_REFUSED with the reason in WHY; or
 * -errno.
 */
int cache_dir_check(const struct cache_dir *dir, char why[TRUST_WHY_SIZE]);

/* Makes the subdirectory of PLACE_FD, unless something of its name is there. Returns 0 or -errno.
 */
int cache_dir_make(int place_fd);

/*
 * Opens the subdirectory in place of the one that is open, and looks at all that leads there too:
 * nobody but the daemon's user and root may be able to write to it or to exchange it. Returns as
 * cache_dir_check(); with TRUST_OK *OTHER is whether it is another one than before, else none is
 * open.
 */
int cache_dir_open(struct cache_dir *dir, bool *other, char why[TRUST_WHY_SIZE]);

/* Closes the subdirectory: nothing is read from it. It can be opened again. */
void cache_dir_close(struct cache_dir *dir);

/* True while what is open is what lies there, and only the daemon's user and root can write there.
 */
bool cache_dir_is_in_place(const struct cache_dir *dir);

/* True where FD is the subdirectory of PLACE_FD. Links are not followed. */
bool cache_dir_is_below(int place_fd, int fd);

#endif
