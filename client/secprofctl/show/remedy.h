/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What would allow a denied call, for people and as JSON. */
#ifndef CLIENT_SECPROFCTL_SHOW_REMEDY_H
#define CLIENT_SECPROFCTL_SHOW_REMEDY_H

struct explaining;
struct json;
struct remedy;

/* Prints REMEDY for WHAT's call to stdout. */
void remedy_print(struct explaining *what, const struct remedy *remedy);

/* The same as the member "remedy" of the open map. */
void remedy_json(struct explaining *what, struct json *json, const struct remedy *remedy);

#endif
