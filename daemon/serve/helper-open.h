/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helper of a filter in memory, as a file that clients execute. */
#ifndef DAEMON_SERVE_HELPER_OPEN_H
#define DAEMON_SERVE_HELPER_OPEN_H

struct stored_variant;
struct target;

enum helper_outcome {
    HELPER_OPENED = 0,
    HELPER_REFUSED = 1, /* there can be none */
};

/*
 * Opens VARIANT's helper for the kernel HOST, which is built where it is not kept from an
 * earlier time: a new file description, read-only, at offset 0, which can be executed. Returns
 * HELPER_OPENED and *FD, which the caller owns; HELPER_REFUSED with the reason in *WHY, for a
 * person; or -errno.
 */
int helper_open(struct stored_variant *variant, const struct target *host, int *fd,
                const char **why);

#endif
