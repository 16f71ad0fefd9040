/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Denied calls by process, container, profile and call: records of the kernel, and what can be
 * found out about the processes that are still there.
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_DENIED_H
#define CLIENT_SECPROFCTL_SUBJECT_DENIED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/secprofctl/subject/denial.h"
#include "client/secprofctl/subject/processes.h"
#include "client/secprofctl/subject/served.h"
#include "util/arena.h"

struct ctl_options;
struct records;
struct syscalls;

/* Records that tell the same of processes that are alike. */
struct denied {
    struct denial denial;           /* the newest of them */
    const struct confined *process; /* that process; NULL: it is gone, or has no filter any more */
    const char *profiles;           /* that are served with its filters: "web,default"; or NULL */
    const char *profile;            /* the newest filter's, or that of --under; or NULL */
    uint64_t caps;                  /* for these */
    bool many;                      /* they are of several processes */
    uint64_t count;
    int64_t first_ms;
    int64_t last_ms;
    const char *reason; /* for the caller */
};

struct denied_list {
    struct denied *items;
    size_t n;
    size_t room;
    struct processes processes; /* those that are still there */
    struct served served;
    struct arena arena;
};

/*
 * Makes LIST of RECORDS; those that tell the same are one item, or, with EACH, each is one. Returns
 * CTL_OK, or another exit code after a message; a daemon that cannot be asked is only warned of.
 */
int denied_find(struct denied_list *list, const struct records *records, bool each,
                const struct ctl_options *options, struct syscalls *syscalls);
void denied_close(struct denied_list *list);

#define cleanup_denied __attribute__((cleanup(denied_close)))

#endif
