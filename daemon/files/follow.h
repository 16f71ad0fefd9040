/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Follows the disk: what a scan found becomes what the service has. A scan is done in steps, so
 * that nobody waits for a long one; where single names changed only these are looked at.
 */
#ifndef DAEMON_FILES_FOLLOW_H
#define DAEMON_FILES_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/files/scan.h"
#include "daemon/files/watch.h"
#include "daemon/filters/service.h"

enum {
    FOLLOW_STEP_USEC = 1000, /* after this a step ends */
};

struct follow {
    /* What it uses; set before the first scan. */
    char *const *directories; /* the profile directories, in the order of precedence */
    size_t n_directories;
    size_t max_profiles;
    uid_t own_uid;
    bool shared; /* the directories may be writable by others */
    struct service *service;
    struct watch watch; /* to be started by the owner */
    /* Called where follow_step() is to be called soon, until it returns false. */
    void (*begun)(void *user);
    void *user;

    uint64_t scans; /* the number of the last scan */
    bool scanning;  /* it is under way: */
    struct scan scan;
    bool is_listed;    /* all its names are read */
    bool is_unwatched; /* it found a link to a directory that is not watched */
    bool everything;   /* it reads files even where they seem not to have changed */
    bool wanted;       /* when it ends, another one of all begins, which reads */
    bool wanted_everything;
    bool doubtful;     /* the last scan of all could not read some directory through */
    size_t n_linked;   /* profiles whose names are links */
    uint32_t left_out; /* profiles that the last scan left out */
};

/*
 * Has the profile directories read, and what changed followed: new content is compiled, what is
 * gone is no longer served. EVERYTHING: files are read even where their time stamps say that they
 * did not change. Returns the number of this scan, for service_wait_for_scan().
 */
uint64_t follow_scan(struct follow *follow, bool everything);

/* The same for what the watch has to tell, which may be a few names only. */
void follow_changes(struct follow *follow);

/* Goes on with the scan that is under way. Returns false where none is any more. */
bool follow_step(struct follow *follow);

/* Gives back what a scan that is under way has. */
void follow_stop(struct follow *follow);

#endif
