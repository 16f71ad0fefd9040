/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said about a container: to the system's log, and to who called. */
#ifndef INTEGRATION_SYSTEM_LOG_H
#define INTEGRATION_SYSTEM_LOG_H

#include <stdbool.h>

#include "integration/oci-seccomp.h"

/* Tells of an error, on standard error too. */
void system_log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Tells of RESULT for CONTAINER, its name, or NULL where that is not known. A refusal goes to
 * standard error too, and where ALOUD so does a fallback: for the shim standard error is the
 * container's own, for which that would be noise.
 */
void system_log_result(const struct oci_result *result, const char *container, bool aloud);

#endif
