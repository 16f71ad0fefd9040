/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofd as a whole. There is one thread, and all of it runs in the event loop. */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

struct options;

/* Runs the daemon until it is told to stop. Returns 0 or -errno. */
int daemon_run(const struct options *options);

#endif
