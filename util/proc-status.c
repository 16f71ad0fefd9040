/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A field of /proc/PID/status. */
#include "util/proc-status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/cleanup.h"

int proc_status(pid_t pid, const char *field, char *value, size_t size)
{
    char path[64];
    char line[4096]; /* Groups: may be long, and is cut: nobody asks for it */

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);

    cleanup_fclose FILE *file = fopen(path, "re");
    size_t len = strlen(field);

    if (!file)
        return errno == ENOENT ? -ESRCH : -errno;
    while (fgets(line, sizeof(line), file)) {
        const char *at = line + len + 1;
        size_t n;

        if (strncmp(line, field, len) != 0 || line[len] != ':')
            continue;
        at += strspn(at, " \t");
        n = strcspn(at, "\n");
        if (n >= size)
            return -ENODATA;
        memcpy(value, at, n);
        value[n] = 0;
        return 0;
    }
    return ferror(file) ? -ESRCH : -ENODATA;
}
