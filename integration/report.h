/* What is said about a container: to the journal, and to who called. */
#ifndef INTEGRATION_REPORT_H
#define INTEGRATION_REPORT_H

#include <stdbool.h>

#include "integration/oci-seccomp.h"

/* PRIORITY is syslog's; lines that are no more than information go to the journal only. */
void report(int priority, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Tells of RESULT for CONTAINER, its name, or NULL where that is not known. */
void report_result(const struct oci_result *result, const char *container);

#endif
