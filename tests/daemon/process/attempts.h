/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that a process of the daemon makes or must not make: one table for all its filters. */
#ifndef TESTS_DAEMON_PROCESS_ATTEMPTS_H
#define TESTS_DAEMON_PROCESS_ATTEMPTS_H

#include <stddef.h>

/* A call, and the filters (a set: bit 1 << enum own_filter) that let it through. */
struct attempt {
    void (*call)(void);
    const char *name;
    unsigned allowed;
};

extern const struct attempt attempts[];
extern const size_t n_attempts;

#endif
