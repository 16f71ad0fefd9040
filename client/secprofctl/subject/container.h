/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which container a process is in, as far as the name of its cgroup tells: container engines put
 * the container's id there, each in its own way.
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_CONTAINER_H
#define CLIENT_SECPROFCTL_SUBJECT_CONTAINER_H

#include <sys/types.h>

struct arena;

struct container {
    const char *engine; /* "docker", "podman", …; NULL: the name does not tell it */
    const char *id;     /* NULL: the process is in no container that its cgroup names */
};

/*
 * Reads the container in CGROUP, a path as in /proc/PID/cgroup: the innermost one, where there are
 * several. Returns 0 or -ENOMEM; what it finds lives in ARENA.
 */
int container_of_cgroup(struct container *container, const char *cgroup, struct arena *arena);

/*
 * The cgroup of process PID, in ARENA: that of cgroup v2, or, where only v1 is in use, the one
 * whose name tells of a container, else the last. NULL: it is gone, or has none.
 */
const char *container_cgroup(pid_t pid, struct arena *arena);

#endif
