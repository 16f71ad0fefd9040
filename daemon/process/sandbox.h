/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a process of the daemon gives up. Each function takes something away from the calling
 * process for good; all return 0 or -errno. Filters are in own-filter.h.
 */
#ifndef DAEMON_PROCESS_SANDBOX_H
#define DAEMON_PROCESS_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

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

/*
 * Becomes a user that no other process is, without groups, where it may; else stays who it is.
 * Drops all capabilities.
 */
int sandbox_become_stranger(void);

int sandbox_drop_capabilities(void);

/* Lets the kernel end this process, and those that it makes, before others when memory is used up.
 * Where it may not say so they are as likely to be ended as others. */
void sandbox_go_first(unsigned score);

/* No program that this process runs can get more rights than it has. */
int sandbox_no_new_privileges(void);

/* What is left of the file system under a directory. */
enum sandbox_access {
    SANDBOX_READ,   /* files and directories are read */
    SANDBOX_REMOVE, /* files are removed */
    SANDBOX_WRITE,  /* files are read, written, made and removed */
    SANDBOX_MAKE_DIRECTORY,
};

struct sandbox_rule {
    int dir_fd; /* may be an O_PATH fd */
    enum sandbox_access access;
};

/* The version of the kernel's Landlock; 0: it has none, or it is turned off. */
long sandbox_landlock_version(void);

/*
 * Takes the file system away (Landlock), but for what the N rules leave. Needs
 * sandbox_no_new_privileges(). Returns 1 where the kernel has no Landlock.
 */
int sandbox_restrict_files(const struct sandbox_rule *rules, size_t n);

/* Makes an empty directory this process's root. Returns 1 where it may not do that. */
int sandbox_empty_root(void);

/*
 * Limits memory (bytes of address space), CPU time (seconds), and what a worker has no use
 * for: processes, files, core dumps. Must come before the filter.
 */
int sandbox_limit_worker(uint64_t memory, uint64_t cpu_seconds);

#endif
