/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A field of /proc/PID/status. */
#ifndef UTIL_PROC_STATUS_H
#define UTIL_PROC_STATUS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Copies the value of FIELD ("CapBnd") of process PID, without blanks around it, to the SIZE bytes
 * at VALUE. Returns 0; -ENODATA where there is no such field or it does not fit; -ESRCH where there
 * is no such process; another -errno.
 */
int proc_status(pid_t pid, const char *field, char *value, size_t size);

#endif
