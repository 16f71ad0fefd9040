/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How `get` and `compile` write a filter: in the format and to the place that the options name, and
 * never as bytes to a terminal.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_WRITE_FILTER_H
#define CLIENT_SECPROFCTL_SHOW_WRITE_FILTER_H

struct ctl_options;
struct format_filter;
struct json;

/* Checks before any work that the filter can go where OPTIONS say. Returns CTL_OK, or another exit
 * code after a message. */
int write_filter_check(const struct ctl_options *options);

/* Writes FILTER. Returns CTL_OK, or another exit code after a message. */
int write_filter_output(const struct ctl_options *options, const struct format_filter *filter);

/* The fields that describe FILTER in JSON, its bytes (base64) among them. */
void write_filter_json(struct json *json, const struct format_filter *filter);

#endif
