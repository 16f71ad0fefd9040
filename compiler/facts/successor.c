/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls that do the same, and which of them took the place of which. Sources: man-pages' section 2,
 * and what the C libraries glibc and musl call on ABIs that lack an old call. Constant, and used
 * for messages only.
 */
#include "compiler/facts/successor.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "compiler/facts/syscalls.h"
#include "util/cleanup.h"

enum {
    FAMILY_MAX = 6,
};

struct call {
    const char *name;
    const char *successor; /* what C libraries call where NAME is missing; NULL: nothing */
};

/*
 * Each row: calls with which a program can do the same. Not here: calls that do it to something
 * else (fstat to a descriptor that the program was given).
 */
static const struct call families[][FAMILY_MAX] = {
    {{"accept", NULL}, {"accept4", NULL}},
    {{"access", "faccessat"}, {"faccessat", NULL}, {"faccessat2", NULL}},
    {{"adjtimex", NULL}, {"clock_adjtime", NULL}, {"clock_adjtime64", NULL}},
    {{"chmod", "fchmodat"}, {"fchmod", NULL}, {"fchmodat", NULL}, {"fchmodat2", NULL}},
    {{"chown", "fchownat"},
     {"chown32", "fchownat"},
     {"fchown", NULL},
     {"fchown32", NULL},
     {"fchownat", NULL}},
    {{"creat", "openat"}, {"open", "openat"}, {"openat", NULL}, {"openat2", NULL}},
    {{"dup2", "dup3"}, {"dup3", NULL}},
    {{"epoll_create", "epoll_create1"}, {"epoll_create1", NULL}},
    {{"eventfd", "eventfd2"}, {"eventfd2", NULL}},
    {{"execve", NULL}, {"execveat", NULL}},
    {{"fork", "clone"}, {"vfork", "clone"}, {"clone", NULL}, {"clone3", NULL}},
    {{"getdents", "getdents64"}, {"getdents64", NULL}},
    {{"init_module", NULL}, {"finit_module", NULL}},
    {{"inotify_init", "inotify_init1"}, {"inotify_init1", NULL}},
    {{"ioperm", NULL}, {"iopl", NULL}},
    {{"kexec_load", NULL}, {"kexec_file_load", NULL}},
    {{"kill", NULL}, {"tkill", NULL}, {"tgkill", NULL}},
    {{"lchown", "fchownat"}, {"lchown32", NULL}, {"fchownat", NULL}},
    {{"link", "linkat"}, {"linkat", NULL}},
    {{"mkdir", "mkdirat"}, {"mkdirat", NULL}},
    {{"mknod", "mknodat"}, {"mknodat", NULL}},
    {{"mlock", NULL}, {"mlock2", NULL}},
    {{"mount", NULL}, {"move_mount", NULL}},
    {{"pipe", "pipe2"}, {"pipe2", NULL}},
    {{"quotactl", NULL}, {"quotactl_fd", NULL}},
    {{"readlink", "readlinkat"}, {"readlinkat", NULL}},
    {{"removexattr", NULL},
     {"lremovexattr", NULL},
     {"fremovexattr", NULL},
     {"removexattrat", NULL}},
    {{"rename", "renameat"}, {"renameat", "renameat2"}, {"renameat2", NULL}},
    {{"rmdir", "unlinkat"}, {"unlinkat", NULL}},
    {{"sched_setscheduler", NULL}, {"sched_setattr", NULL}},
    {{"setfsgid", NULL}, {"setfsgid32", NULL}},
    {{"setfsuid", NULL}, {"setfsuid32", NULL}},
    {{"setgid", NULL}, {"setgid32", NULL}},
    {{"setgroups", NULL}, {"setgroups32", NULL}},
    {{"setregid", NULL}, {"setregid32", NULL}},
    {{"setresgid", NULL}, {"setresgid32", NULL}},
    {{"setresuid", NULL}, {"setresuid32", NULL}},
    {{"setreuid", NULL}, {"setreuid32", NULL}},
    {{"setrlimit", "prlimit64"}, {"prlimit64", NULL}},
    {{"setuid", NULL}, {"setuid32", NULL}},
    {{"setxattr", NULL}, {"lsetxattr", NULL}, {"fsetxattr", NULL}, {"setxattrat", NULL}},
    {{"signalfd", "signalfd4"}, {"signalfd4", NULL}},
    {{"stat", "newfstatat"},
     {"stat64", "newfstatat"},
     {"newfstatat", "statx"},
     {"fstatat64", "newfstatat"},
     {"statx", NULL}},
    {{"stime", "settimeofday"},
     {"settimeofday", NULL},
     {"clock_settime", NULL},
     {"clock_settime64", NULL}},
    {{"symlink", "symlinkat"}, {"symlinkat", NULL}},
    {{"truncate", NULL},
     {"truncate64", "truncate"},
     {"ftruncate", NULL},
     {"ftruncate64", "ftruncate"}},
    {{"umount", NULL}, {"umount2", NULL}},
    {{"unlink", "unlinkat"}, {"unlinkat", NULL}},
    {{"utime", "utimensat"},
     {"utimes", "utimensat"},
     {"futimesat", "utimensat"},
     {"utimensat", NULL},
     {"utimensat_time64", NULL}},
};

/* Calls of no family that have a successor: who denies one of the two is not asked about the other.
 */
static const struct call others[] = {
    {"_llseek", "lseek"},
    {"_newselect", "pselect6"},
    {"alarm", "setitimer"},
    {"epoll_wait", "epoll_pwait"},
    {"fcntl64", "fcntl"},
    {"fstat64", "fstat"},
    {"fstatfs64", "fstatfs"},
    {"getpgrp", "getpgid"},
    {"getrlimit", "prlimit64"},
    {"lstat", "newfstatat"},
    {"lstat64", "newfstatat"},
    {"mmap2", "mmap"},
    {"nice", "setpriority"},
    {"pause", "ppoll"},
    {"poll", "ppoll"},
    {"recv", "recvfrom"},
    {"select", "pselect6"},
    {"send", "sendto"},
    {"sendfile64", "sendfile"},
    {"sigaction", "rt_sigaction"},
    {"signal", "rt_sigaction"},
    {"sigprocmask", "rt_sigprocmask"},
    {"sigreturn", "rt_sigreturn"},
    {"statfs64", "statfs"},
    {"time", "gettimeofday"},
    {"ugetrlimit", "prlimit64"},
    {"ustat", "statfs"},
    {"waitpid", "wait4"},
};

static const char *successor(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(families); i++)
        for (size_t k = 0; k < FAMILY_MAX && families[i][k].name; k++)
            if (families[i][k].successor && !strcmp(families[i][k].name, name))
                return families[i][k].successor;
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (!strcmp(others[i].name, name))
            return others[i].successor;
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

const char *successor_family(size_t family, size_t i)
{
    if (family >= ARRAY_SIZE(families) || i >= FAMILY_MAX)
        return NULL;
    return families[family][i].name;
}
