/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the main process gives up before it reads the first profile: capabilities, the file system
 * but for a few places, and all system calls that its own filter does not list.
 */
#ifndef DAEMON_PROCESS_CONFINE_H
#define DAEMON_PROCESS_CONFINE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

struct log;
struct own_filters;

/* What is left of the file system. */
struct confine_places {
    char *const *directories; /* of profiles */
    size_t n_directories;
    int cache_fd;            /* the cache's directory; -1: none */
    const char *socket_path; /* that is removed at the end; NULL: none */
};

/*
 * Confines the calling process. What the kernel cannot do is logged, and noted in *LACKS (enum
 * wire_lacks). Returns 0 or -errno (logged); then the daemon must not serve.
 */
int confine_main(const struct confine_places *places, const struct own_filters *own,
                 struct log *log, uint32_t *lacks);

/*
 * Writes to ANCHOR the directory below which all is read that PATH (absolute) may stand for, now
 * or later: a directory that is exchanged, or whose parent is, stays within. It is two levels above
 * PATH, but has one or two components, if PATH has as many.
 */
void confine_anchor(const char *path, char anchor[PATH_MAX]);

#endif
