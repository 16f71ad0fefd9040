/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the main process gives up before it reads the first profile: capabilities, the file system
 * but for a few places, and all system calls that its own filter does not list.
 */
#ifndef DAEMON_PROCESS_CONFINE_H
#define DAEMON_PROCESS_CONFINE_H

#include <limits.h>

struct daemon;

/*
 * Confines the calling process. What the kernel cannot do is logged, and noted for the status.
 * Returns 0 or -errno (logged); then the daemon must not serve.
 */
int confine_main(struct daemon *daemon);

/*
 * Writes to ANCHOR the directory below which all is read that PATH (absolute) may stand for, now
 * or later: a directory that is exchanged, or whose parent is, stays within. It is two levels above
 * PATH, but has one or two components, if PATH has as many.
 */
void confine_anchor(const char *path, char anchor[PATH_MAX]);

#endif
