/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The profile in a file as plain OCI rules, for runtimes and kubelets that compile themselves. */
#ifndef CLIENT_SECPROFCTL_SUBJECT_LOCAL_RULES_H
#define CLIENT_SECPROFCTL_SUBJECT_LOCAL_RULES_H

#include <stddef.h>

struct local_file;
struct syscalls;
struct variant_request;

/*
 * Makes *RULES, which is the caller's to free, plain rules of the profile in FILE for REQUEST, and
 * prints what there is to say about both. The profile is compiled, so that the same profiles are
 * refused in any format, and so are the rules that are about to leave. Returns CTL_OK, or another
 * exit code after a message.
 */
int local_rules(const struct local_file *file, const struct variant_request *request,
                struct syscalls *syscalls, char **rules, size_t *len);

#endif
