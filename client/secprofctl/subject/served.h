/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which profiles that are served now the filters of processes come from: by the filters' digests.
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_SERVED_H
#define CLIENT_SECPROFCTL_SUBJECT_SERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct ctl_options;
struct filter_stack;
struct processes;

/* A profile that is served with some filter. */
struct served_as {
    const char *profile;
    uint64_t caps; /* for these capabilities, of those that the profile names */
};

struct served_list {
    struct served_as *items;
    size_t n;
    size_t room;
};

struct served {
    struct served_list *filters; /* one for each filter of the processes */
    bool is_complete;            /* a filter that no profile has is really of none */
};

/*
 * Asks the daemon which of its profiles have the filters of PROCESSES: without capabilities, and
 * for the sets that processes with a filter may hold or do hold, and for that of OPTIONS. All that
 * SERVED points to lives in ARENA. Returns CTL_OK, or another exit code after a message.
 */
int served_find(struct served *served, const struct processes *processes,
                const struct ctl_options *options, struct arena *arena);

/*
 * The profiles of the filters in STACK, the newest first, each filter once: "web:caps,a|b". ""
 * where there are none. In ARENA; NULL: no memory.
 */
const char *served_text(const struct served *served, const struct filter_stack *stack,
                        struct arena *arena);

#endif
