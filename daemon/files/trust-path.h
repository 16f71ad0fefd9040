/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens a directory by its path, and looks at the way there: who can exchange a directory or link
 * on it decides what lies at the end.
 */
#ifndef DAEMON_FILES_TRUST_PATH_H
#define DAEMON_FILES_TRUST_PATH_H

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/files/trust.h"

/*
 * Opens the directory PATH (absolute) for reading, and checks it as trust_directory() does, and the
 * way to it: each directory and link on it belongs to root, OWN_UID or the owner of "/", and nobody
 * else can exchange what is in it. WAY is added to, and
 * is to decide who may read what lies there: so nothing on it may have an ACL; NULL: nobody asks.
 * Returns TRUST_OK, or TRUST_REFUSED and the reason in WHY, with
 * the caller's own fd in *FD in both cases; or -errno.
 */
int trust_open_directory(const char *path, uid_t own_uid, bool shared, struct access_way *way,
                         int *fd, char why[TRUST_WHY_SIZE]);

#endif
