/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Follows the disk: what a scan found becomes what the registry holds.
 */
#ifndef DAEMON_FILES_FOLLOW_H
#define DAEMON_FILES_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

struct daemon;

/*
 * Reads the profile directories, and follows what changed: new content is compiled, what is
 * gone is no longer served. EVERYTHING: files are read even where their time stamps say that
 * they did not change. Returns the number of this scan, for service_pending_since().
 */
uint64_t follow_scan(struct daemon *daemon, bool everything);

#endif
