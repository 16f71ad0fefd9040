/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon's own filters, one for each kind of process. They are profiles like any other
 * (profiles/secprofd*.json, built in), compiled and proven by secprof itself when the daemon
 * starts, before it reads anything else.
 */
#ifndef DAEMON_PROCESS_OWN_FILTER_H
#define DAEMON_PROCESS_OWN_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/compile.h"
#include "util/arena.h"

enum own_filter {
    OWN_MAIN,
    OWN_SPAWNER, /* stays in place for its workers, under theirs */
    OWN_WORKER,
    OWN_CACHE, /* the cache's writing process */
    OWN_COUNT,
};

struct own_filters {
    struct arena arena;
    struct filter filters[OWN_COUNT];
};

/*
 * Compiles all for the kernel that this process runs on, in a child process, which is waited for:
 * the main process parses nothing. Returns 0, or -errno with the reason in *WHY (it lives as long
 * as OWN). OWN is to be released in each case.
 */
int own_filters_make(struct own_filters *own, const char **why);
void own_filters_clear(struct own_filters *own);

/*
 * Installs the filter WHICH for the calling process (not where SANDBOX_SANITIZED); it needs
 * sandbox_no_new_privileges(). Returns 0; 1 where the kernel has no seccomp filters, or this is a
 * build for debugging (configure --disable-own-filters); -errno.
 */
int own_filter_install(const struct own_filters *own, enum own_filter which);

/*
 * Has a call that the main process's filter does not know named on standard error before it ends
 * the process (with SIGSYS, as if the kernel had done so at once). Returns 0 or -errno.
 */
int own_filter_tell(void);

#endif
