/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages about a container, for the system's log and for the program that called this one. Where
 * nobody reads them they get lost: no container waits for a log.
 */
#ifndef INTEGRATION_SYSTEM_LOG_H
#define INTEGRATION_SYSTEM_LOG_H

#include <stdbool.h>

struct oci_result;

/* Logs an error, and prints it to standard error. */
void system_log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Logs what an administrator should know, and prints nothing. */
void system_log_notice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Logs RESULT for CONTAINER, its name, or NULL if that is not known. A refusal is printed to
 * standard error too, and if ALOUD so is a fallback. (The shim's standard error is the container's
 * own: a fallback would be noise there.)
 */
void system_log_result(const struct oci_result *result, const char *container, bool aloud);

/* Sends LINE, with a priority of syslog(3), to the logger that listens at PATH. */
void system_log_send(const char *path, int priority, const char *line);

#endif
