/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The phases of the daemon's life, and what the service manager hears of them.
 */
#ifndef DAEMON_PHASE_H
#define DAEMON_PHASE_H

struct daemon;

enum {
    PHASE_STOP_USEC = 3000000, /* for which the end waits for the cache's last entries */
};

/* Begins with PHASE_STARTING: scans, and serves when that is in service. Returns 0 or -errno. */
int phase_start(struct daemon *daemon);
void phase_clear(struct daemon *daemon);

/*
 * Something came into service or failed: has those who wait for that looked at, as soon as the
 * event loop comes to it.
 */
void phase_check(struct daemon *daemon);

/* Reloads, as the service manager or a signal asks for. */
void phase_reload(struct daemon *daemon);

/* Stops serving, and ends the event loop as soon as the cache is on the disk. */
void phase_stop(struct daemon *daemon);

#endif
