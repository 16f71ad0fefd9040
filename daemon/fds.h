/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much of the limits on what clients and files make the daemon keep open fits the number of
 * fds that the process has. What is for others must not use up what root and the daemon need.
 */
#ifndef DAEMON_FDS_H
#define DAEMON_FDS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    FDS_OWN = 160, /* the event loop, processes, watches; connections that hear of a limit */
};

struct fds_limits {
    size_t connections;
    size_t variants; /* filters besides one for each profile, and as many files kept for clients */
    size_t profiles;
};

/* Has as many fds as this process may: each filter in memory is one. Returns how many. */
size_t fds_raise(void);

/*
 * Cuts LIMITS down to what fits N fds. Returns true where that was needed.
 *
 * A client can leave some seven fds unread in its socket, and the kernel counts all of them against
 * the same number: so connections are an eighth of it at most, and an eighth is left for root.
 */
bool fds_fit(struct fds_limits *limits, size_t n);

/* How many fds LIMITS may need. */
size_t fds_needed(const struct fds_limits *limits);

#endif
