/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How `get` and `compile` hand out a filter: in the format that the options name, to where they
 * say, and never as bytes onto a terminal.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_WRITE_FILTER_H
#define CLIENT_SECPROFCTL_SHOW_WRITE_FILTER_H

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/show/format.h"

/* Checks before any work that the filter can go where OPTIONS say. Returns CTL_OK, or another exit
 * code after a message. */
int emit_check(const struct ctl_options *options);

/* Writes FILTER. Returns CTL_OK, or another exit code after a message. */
int emit_filter(const struct ctl_options *options, const struct format_filter *filter);

/* The exit code for a result that could not be written to the options' output: R is -errno. */
int emit_fail(const struct ctl_options *options, int r);

struct json;

/* The fields that describe FILTER in JSON, its bytes (base64) among them. */
void emit_json_fields(struct json *json, const struct format_filter *filter);

#endif
