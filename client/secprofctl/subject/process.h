/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The filters of a running process, through ptrace(2).
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_PROCESS_H
#define CLIENT_SECPROFCTL_SUBJECT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct arena;
struct bpf_program;

/* The number in "pid:N" at TEXT, or 0: it is none. */
pid_t process_parse(const char *text);

enum {
    PROCESS_WAIT_MS = 1000, /* for a thread to stop, where only one is asked about */
};

/*
 * Reads the filters of thread PID, the newest first, into *FILTERS, in ARENA. It is stopped for
 * that moment, for which this waits up to WAIT_MS; afterwards nothing is attached to it. Returns 0
 * or a negative code, of which process_why_not() tells.
 */
int process_read(pid_t pid, int wait_ms, struct bpf_program **filters, size_t *n,
                 struct arena *arena);

/* Why process_read() returned R, for people. */
const char *process_why_not(int r);

/* The same with PROCESS_WAIT_MS. Returns CTL_OK, or another exit code after a message. */
int process_filters(pid_t pid, struct bpf_program **filters, size_t *n, struct arena *arena);

#endif
