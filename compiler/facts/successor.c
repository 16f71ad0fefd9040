/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Old calls and those that took their place. Source: what the C libraries glibc and musl call on
 * ABIs that lack the old one. Constant, and used for messages only.
 */
#include "compiler/facts/successor.h"

#include <stdint.h>
#include <string.h>

#include "compiler/facts/syscalls.h"
#include "util/cleanup.h"

static const struct {
    const char *name;
    const char *successor;
} successors[] = {
    {"_llseek", "lseek"},
    {"_newselect", "pselect6"},
    {"access", "faccessat"},
    {"alarm", "setitimer"},
    {"chmod", "fchmodat"},
    {"chown", "fchownat"},
    {"chown32", "fchownat"},
    {"creat", "openat"},
    {"dup2", "dup3"},
    {"epoll_create", "epoll_create1"},
    {"epoll_wait", "epoll_pwait"},
    {"eventfd", "eventfd2"},
    {"fcntl64", "fcntl"},
    {"fork", "clone"},
    {"fstat64", "fstat"},
    {"fstatat64", "newfstatat"},
    {"fstatfs64", "fstatfs"},
    {"ftruncate64", "ftruncate"},
    {"futimesat", "utimensat"},
    {"getdents", "getdents64"},
    {"getpgrp", "getpgid"},
    {"getrlimit", "prlimit64"},
    {"inotify_init", "inotify_init1"},
    {"lchown", "fchownat"},
    {"link", "linkat"},
    {"lstat", "newfstatat"},
    {"lstat64", "newfstatat"},
    {"mkdir", "mkdirat"},
    {"mknod", "mknodat"},
    {"mmap2", "mmap"},
    {"newfstatat", "statx"},
    {"nice", "setpriority"},
    {"open", "openat"},
    {"pause", "ppoll"},
    {"pipe", "pipe2"},
    {"poll", "ppoll"},
    {"readlink", "readlinkat"},
    {"recv", "recvfrom"},
    {"rename", "renameat"},
    {"renameat", "renameat2"},
    {"rmdir", "unlinkat"},
    {"select", "pselect6"},
    {"send", "sendto"},
    {"sendfile64", "sendfile"},
    {"setrlimit", "prlimit64"},
    {"sigaction", "rt_sigaction"},
    {"signal", "rt_sigaction"},
    {"signalfd", "signalfd4"},
    {"sigprocmask", "rt_sigprocmask"},
    {"sigreturn", "rt_sigreturn"},
    {"stat", "newfstatat"},
    {"stat64", "newfstatat"},
    {"statfs64", "statfs"},
    {"stime", "settimeofday"},
    {"symlink", "symlinkat"},
    {"time", "gettimeofday"},
    {"truncate64", "truncate"},
    {"ugetrlimit", "prlimit64"},
    {"unlink", "unlinkat"},
    {"ustat", "statfs"},
    {"utime", "utimensat"},
    {"utimes", "utimensat"},
    {"vfork", "clone"},
    {"waitpid", "wait4"},
};

static const char *successor(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(successors); i++)
        if (!strcmp(successors[i].name, name))
            return successors[i].successor;
    return NULL;
}

const char *successor_on_abi(struct syscalls *syscalls, enum abi_id abi, const char *name)
{
    uint32_t nr;

    /* The table has no circle: a successor is newer than what it took the place of. */
    while ((name = successor(name)) && syscalls_number(syscalls, abi, name, &nr) < 0)
        ;
    return name;
}
