/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests: who may make which, and what each one does. */
#ifndef DAEMON_SERVE_DISPATCH_H
#define DAEMON_SERVE_DISPATCH_H

#include <stddef.h>
#include <stdint.h>

struct client;
struct profile_entry;

/*
 * Handles CLIENT's request, which was checked by wire_request_decode(): replies, or has it wait.
 * CLIENT may have ended afterwards.
 */
void dispatch(struct client *client);

/* The profile NAME, if CLIENT may know of it; NULL: CLIENT was told that there is none. */
struct profile_entry *dispatch_find_profile(struct client *client, const char *name);

/* Replies to CLIENT's RELOAD: all that its scan found is in service. */
void dispatch_reloaded(struct client *client);

#endif
