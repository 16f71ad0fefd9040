/*
 * What a process of the daemon gives up. Each function takes something away from the calling
 * process for good; all return 0 or -errno.
 */
#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "compiler/abi.h"

/* With the sanitizers a process maps terabytes, makes calls of its own, and reports on stderr. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

enum {
    SANDBOX_SOCKET = 3, /* where sandbox_keep_only() puts the first fd that it keeps */
    SANDBOX_MAX_FDS = 4,
};

/*
 * Closes every fd but the N (at most SANDBOX_MAX_FDS) in FDS, which become SANDBOX_SOCKET,
 * SANDBOX_SOCKET + 1, …; standard input, output and error lead to /dev/null.
 */
int sandbox_keep_only(const int *fds, size_t n);

/* Makes the kernel kill this process when its parent, which has to be PARENT, ends. */
int sandbox_die_with(pid_t parent);

/* True where the calling process may become another user. */
bool sandbox_can_change_user(void);

/* Becomes nobody, without groups, where it may; else stays who it is. Drops all capabilities. */
int sandbox_become_nobody(void);

/* Keeps only the capabilities in KEEP (bit 1 << number) that are there, and none for children. */
int sandbox_keep_capabilities(uint64_t keep);

/* No program that this process runs can get more rights than it has. */
int sandbox_no_new_privileges(void);

/*
 * Takes the file system away (Landlock): all of it, or all but the regular files directly under
 * DIR_FD (-1: nothing is left). A kernel without Landlock is no error.
 */
int sandbox_restrict_files(int dir_fd);

/*
 * Limits memory (bytes of address space), CPU time (seconds), and what a worker has no use
 * for: processes, files, core dumps. Must come before the filter.
 */
int sandbox_limit_worker(uint64_t memory, uint64_t cpu_seconds);

/*
 * Installs the worker's own filter for the kernel HOST (not where SANDBOX_SANITIZED): read, send
 * and receive, memory, clocks, and exit; whatever else it calls kills it. Needs
 * sandbox_no_new_privileges().
 */
int sandbox_filter_worker(const struct target *host);

#endif
