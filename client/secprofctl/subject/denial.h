/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A denied call as a line of a log tells it: an audit record of the kernel (as dmesg, journalctl,
 * auditd and ausearch write it) or a line of strace.
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_DENIAL_H
#define CLIENT_SECPROFCTL_SUBJECT_DENIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/secprofctl/subject/call.h"

struct abi;
struct arena;
struct syscalls;

enum denial_source {
    DENIAL_SECCOMP, /* type 1326: what a filter decided; it has no arguments */
    DENIAL_SYSCALL, /* type 1300: what a call returned; it has the first four */
    DENIAL_STRACE,
};

struct denial {
    enum denial_source source;
    const struct abi *abi; /* of a line of strace: the native one */
    struct call call;      /* with those of its arguments that the line has */
    uint32_t action;       /* SECCOMP_RET_* that the record has, without data; UINT32_MAX: none */
    const char *error;     /* what the call returned, as "EPERM"; NULL: not said */
    pid_t pid;             /* 0: not said */
    const char *comm;      /* the thread's name; NULL: not said */
    const char *exe;       /* NULL: not said */
};

/* True where A and B tell the same of calls of one kind of process. */
bool denial_is_same(const struct denial *a, const struct denial *b);

/*
 * Reads LINE. Returns NULL, or why it tells of no call, for people. All that DENIAL points to lives
 * in ARENA.
 */
const char *denial_read(struct denial *denial, struct arena *arena, const char *line,
                        struct syscalls *syscalls);

#endif
