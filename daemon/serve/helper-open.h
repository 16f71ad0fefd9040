/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helper of a filter in memory, as a file that clients execute. */
#ifndef DAEMON_SERVE_HELPER_OPEN_H
#define DAEMON_SERVE_HELPER_OPEN_H

#include <stdbool.h>

struct stored_variant;
struct target;

enum {
    HELPER_OPENED = 0,
};

/* Whether there are helpers at all. */
bool helper_is_built(void);

/*
 * Opens VARIANT's helper for the kernel HOST, which is built where it is not kept from an
 * earlier time: a new file description, read-only, at offset 0, which can be executed. Returns
 * HELPER_OPENED and *FD, which the caller owns; the enum wire_reason for which there can be none,
 * with a text in *WHY, for a person; or -errno.
 */
int helper_open(struct stored_variant *variant, const struct target *host, int *fd,
                const char **why);

#endif
