/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests: who may make which, and what handles each one. */
#ifndef DAEMON_SERVE_DISPATCH_H
#define DAEMON_SERVE_DISPATCH_H

#include "daemon/serve/handlers.h"

/* Answers REQUEST, which wire_request_decode() checked; the same one again after it waited. */
handle_fn dispatch;

/* The profile NAME, if ASKER may know of it; else NULL, and ANSWER says that there is none. */
struct profile_entry *dispatch_find_profile(const struct handlers *handlers,
                                            const struct asker *asker, const char *name,
                                            struct answer *answer);

#endif
