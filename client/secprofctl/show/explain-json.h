/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answers of `explain` as JSON.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_EXPLAIN_JSON_H
#define CLIENT_SECPROFCTL_SHOW_EXPLAIN_JSON_H

struct explaining;
struct json;

/* The answers as members of the open map. */
void explain_json(struct explaining *what, struct json *json);

/* Prints the answers. Returns CTL_OK, or another exit code after a message. */
int explain_json_print(struct explaining *what);

#endif
