/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file in which engines look for the reason why a runtime failed (--log). */
#ifndef INTEGRATION_RUNTIME_LOG_H
#define INTEGRATION_RUNTIME_LOG_H

struct runtime_args;

/* Appends MESSAGE to the log that ARGS name, in its format; LEVEL is "error" or "warning". Without
 * a log: nothing. */
void runtime_log(const struct runtime_args *args, const char *level, const char *message);

#endif
