/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Follows the disk: what a scan found becomes what the service has.
 */
#ifndef DAEMON_FILES_FOLLOW_H
#define DAEMON_FILES_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/files/watch.h"
#include "daemon/filters/service.h"

struct follow {
    /* What it uses; set before the first scan. */
    char *const *directories; /* the profile directories, in the order of precedence */
    size_t n_directories;
    size_t max_profiles;
    uid_t own_uid;
    bool shared; /* the directories may be writable by others */
    struct service *service;
    struct watch watch; /* to be started by the owner */

    uint64_t scans;    /* the number of the last scan */
    uint32_t left_out; /* profiles that the last scan left out */
};

/*
 * Reads the profile directories, and follows what changed: new content is compiled, what is
 * gone is no longer served. EVERYTHING: files are read even where their time stamps say that
 * they did not change. Returns the number of this scan, for service_pending_since().
 */
uint64_t follow_scan(struct follow *follow, bool everything);

#endif
