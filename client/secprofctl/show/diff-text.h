/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What two filters decide differently, for people: a sentence, then what differs, ABIs that agree
 * put together. */
#ifndef CLIENT_SECPROFCTL_SHOW_DIFF_TEXT_H
#define CLIENT_SECPROFCTL_SHOW_DIFF_TEXT_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct bdd;
struct changes;
struct target;

/* One side. */
struct diff_side {
    const char *text; /* what it is */
    bool flags_known; /* nobody knows those of raw BPF and of a process */
    uint32_t flags;   /* SECCOMP_FILTER_FLAG_* */
};

struct diff_shown {
    struct diff_side a;
    struct diff_side b;
    const struct target *target;
    const struct bdd *bdd;
    const struct changes *changes;
    bool subset; /* only what A allows and B does not was looked for */
    struct arena *arena;
};

/* Prints SHOWN to stdout. Returns 0 or -ENOMEM. */
int diff_text_print(const struct diff_shown *shown);

#endif
