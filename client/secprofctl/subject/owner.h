/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which served profile the filter of a running process comes from. */
#ifndef CLIENT_SECPROFCTL_SUBJECT_OWNER_H
#define CLIENT_SECPROFCTL_SUBJECT_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;
struct ctl_options;

struct owner {
    const char *profile; /* that is served with just the process's filter; NULL: none is */
    bool audit;          /* in that mode; a filter in the mode "log" is the profile's own */
    uint64_t caps;       /* for which that filter is: none, as `run` has it, or the bounding set */
    size_t n_filters;    /* that the process has */
    const char *comm;    /* the name of its thread */
    const char *cgroup;  /* where its container can be told from; NULL: not known */
};

/*
 * Finds the owner of process PID: reads its filters and asks the daemon for that of each profile,
 * without capabilities and for those that the process may have. All that OWNER points to lives in
 * ARENA. Returns CTL_OK, or another exit code after a message.
 */
int owner_find(struct owner *owner, const struct ctl_options *options, pid_t pid,
               struct arena *arena);

#endif
