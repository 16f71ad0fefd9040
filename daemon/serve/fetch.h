/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GET and COMPILE: from a request to the filter of a variant, and the ways to hand it out.
 */
#ifndef DAEMON_SERVE_FETCH_H
#define DAEMON_SERVE_FETCH_H

struct client;
struct daemon;

/* Answers CLIENT's GET, now or when the variant is compiled. CLIENT may have ended afterwards. */
void fetch_get(struct daemon *daemon, struct client *client);

/* Answers CLIENT's COMPILE; CLIENT may have that. CLIENT may have ended afterwards. */
void fetch_compile(struct daemon *daemon, struct client *client);

#endif
