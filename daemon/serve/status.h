/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* STATUS: how the daemon is, or one profile. */
#ifndef DAEMON_SERVE_STATUS_H
#define DAEMON_SERVE_STATUS_H

#include "daemon/serve/handlers.h"

handle_fn status_handle;

/* Fills in how many profiles there are, and how they are. */
void status_count_profiles(const struct registry *registry, struct wire_daemon_status *status);

#endif
