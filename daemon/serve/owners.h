/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which user ids belong to one person: those of a range in /etc/subuid and its owner. They share
 * what one user may have, or a person could have it 65,536 times.
 */
#ifndef DAEMON_SERVE_OWNERS_H
#define DAEMON_SERVE_OWNERS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/log.h"

enum {
    OWNERS_MAX = 8192, /* ranges */
};

struct owner_range {
    uid_t first;
    uid_t last;
    uid_t owner; /* the range's first id where nobody knows the owner's */
};

struct owners {
    /* What it uses; set by its owner. The directory's files subuid and passwd are read. */
    struct log *log;
    const char *directory;

    struct owner_range *list; /* by their ids; no two overlap */
    size_t n;
    sd_event_source *watch;
};

/* Reads the files, and has EVENT notice when they change. Without them every id is its own owner.
 */
void owners_start(struct owners *owners, sd_event *event);

/* Reads the files again. A line that is no range is said, and skipped. */
void owners_read(struct owners *owners);

/*
 * Who pays for UID: the owner of its range, or itself. The ids of a range whose owner is root or
 * ADMIN share the account of the first one: what is kept for these two is not for containers.
 */
uid_t owners_payer(const struct owners *owners, uid_t uid, uid_t admin);

void owners_clear(struct owners *owners);

#endif
