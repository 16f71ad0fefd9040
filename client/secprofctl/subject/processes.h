/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The processes of this machine that have seccomp filters, and these filters: each filter, and each
 * stack of filters, is kept once, however many processes have it.
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_PROCESSES_H
#define CLIENT_SECPROFCTL_SUBJECT_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/secprofctl/subject/container.h"
#include "compiler/facts/bpf.h"
#include "util/arena.h"
#include "util/sha256.h"

struct known_filter {
    struct bpf_program program;
    uint8_t digest[SHA256_SIZE]; /* of its bytes in this machine's order, as the daemon has them */
};

/* The filters of a thread, as indexes, the newest first. */
struct filter_stack {
    const size_t *filters;
    size_t n;
};

/* The threads of one process that have the same filters. */
struct confined {
    pid_t pid;
    pid_t tid; /* the first of them: PID, where that is among them */
    size_t n_threads;
    /* Of the first one that was seen; threads seldom differ in these: */
    uid_t uid;
    uint64_t bounding; /* capabilities */
    uint64_t effective;
    const char *comm;
    const char *command; /* with its arguments; COMM, where the process shows none */
    const char *cgroup;  /* NULL: not known */
    struct container container;
    bool strict;     /* it is in strict mode, which has no filter */
    long n_filters;  /* as the kernel counts them; -1: it does not (before Linux 5.9) */
    int unread;      /* why STACK is not known: a negative code of process_read(); 0: it is */
    size_t stack;    /* index */
    bool is_partial; /* the process has threads with other filters too */
};

struct processes {
    struct known_filter *filters;
    size_t n_filters;
    struct filter_stack *stacks;
    size_t n_stacks;
    struct confined *items; /* by pid and tid */
    size_t n;
    size_t n_without; /* processes without filters */
    struct arena arena;

    size_t filters_room;
    size_t stacks_room;
    size_t room;
    int wait_ms; /* how long threads that do not stop may be waited for in all */
};

/*
 * Looks at all processes that are seen in /proc, and reads their filters; ALL: also lists those
 * without. A process that ends meanwhile is left out. Returns 0 or -errno.
 */
int processes_scan(struct processes *processes, bool all);

/* The same for the N processes PIDS alone, which rise, where they have filters. */
int processes_look_at(struct processes *processes, const pid_t *pids, size_t n);
void processes_free(struct processes *processes);

#define cleanup_processes __attribute__((cleanup(processes_free)))

#endif
