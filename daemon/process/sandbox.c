/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives up rights of the calling process. */
#include "daemon/process/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/cleanup.h"

/*
 * Ids that nobody else has: below 2^31, above all that systemd and shadow-utils hand out; and one
 * that both leave free, for a user namespace that has 65,536 ids only.
 */
static const uint32_t strangers[] = {0x7fff5ec0, 65530};

/* Rights that linux/landlock.h of Debian 12 does not have yet. */
#define ACCESS_FS_TRUNCATE  (UINT64_C(1) << 14)
#define ACCESS_FS_IOCTL_DEV (UINT64_C(1) << 15)

/* Leads the standard fds to /dev/null. */
static int silence(void)
{
    const int last = SANDBOX_SANITIZED ? STDOUT_FILENO : STDERR_FILENO;
    int null = open("/dev/null", O_RDWR);

    if (null < 0)
        return -errno;
    for (int fd = STDIN_FILENO; fd <= last; fd++)
        if (dup2(null, fd) < 0)
            return -errno;
    if (null > STDERR_FILENO)
        close(null);
    return 0;
}

int sandbox_keep_only(const int *fds, size_t n)
{
    const int behind = SANDBOX_SOCKET + (int)n;
    int kept[SANDBOX_MAX_FDS];

    if (n > SANDBOX_MAX_FDS)
        return -EINVAL;
    /* First out of the way of their new places, then down to these. */
    for (size_t i = 0; i < n; i++) {
        kept[i] = fcntl(fds[i], F_DUPFD, behind);
        if (kept[i] < 0)
            return -errno;
    }
    for (size_t i = 0; i < n; i++)
        if (dup2(kept[i], SANDBOX_SOCKET + (int)i) < 0)
            return -errno;
    if (close_range((unsigned)behind, ~0U, 0) < 0)
        return -errno;
    return silence();
}

int sandbox_die_with(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return -errno;
    return getppid() == parent ? 0 : -ESRCH;
}

static int get_capabilities(struct __user_cap_data_struct data[2])
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

    return syscall(SYS_capget, &header, data) < 0 ? -errno : 0;
}

/* True where the calling process has all the capabilities NEEDED (bits of the first 32). */
static bool has_capabilities(uint32_t needed)
{
    struct __user_cap_data_struct data[2];

    return get_capabilities(data) == 0 && (data[0].effective & needed) == needed;
}

int sandbox_drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};

    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
        return -errno;
    return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

/*
 * Not nobody: others are, and could kill or stop this process. A user namespace may have no such
 * user (EINVAL), and forbid to change groups (EPERM): then this process stays who it is, as one
 * that was never root.
 */
static int change_user(void)
{
    if (setgroups(0, NULL) < 0)
        return errno == EPERM ? 0 : -errno;
    for (size_t i = 0; i < ARRAY_SIZE(strangers); i++) {
        if (setresgid(strangers[i], strangers[i], strangers[i]) == 0 &&
            setresuid(strangers[i], strangers[i], strangers[i]) == 0)
            return 0;
        if (errno != EINVAL)
            return -errno;
    }
    return 0;
}

int sandbox_become_stranger(void)
{
    int r = has_capabilities(1U << CAP_SETUID | 1U << CAP_SETGID) ? change_user() : 0;

    if (r < 0)
        return r;
    /* Nor may another process of this user look into it. */
    if (!SANDBOX_SANITIZED && prctl(PR_SET_DUMPABLE, 0) < 0)
        return -errno;
    return sandbox_drop_capabilities();
}

void sandbox_go_first(unsigned score)
{
    cleanup_close int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    char text[16];

    snprintf(text, sizeof(text), "%u", score);
    if (fd >= 0)
        (void)!write(fd, text, strlen(text));
}

int sandbox_no_new_privileges(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

/* The file system rights that a kernel with this version of Landlock knows. */
static uint64_t landlock_rights(long version)
{
    uint64_t rights = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1; /* version 1: all up to this one */

    if (version >= 2)
        rights |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        rights |= ACCESS_FS_TRUNCATE;
    if (version >= 5)
        rights |= ACCESS_FS_IOCTL_DEV;
    return rights;
}

long sandbox_landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return version > 0 ? version : 0;
}

/* What each enum sandbox_access means to a kernel that knows HANDLED. */
static uint64_t access_rights(enum sandbox_access access, uint64_t handled)
{
    static const uint64_t rights[] = {
        [SANDBOX_READ] = LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_READ_FILE,
        [SANDBOX_REMOVE] = LANDLOCK_ACCESS_FS_REMOVE_FILE,
        [SANDBOX_WRITE] = LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_READ_FILE |
                          LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                          LANDLOCK_ACCESS_FS_REMOVE_FILE | ACCESS_FS_TRUNCATE,
        [SANDBOX_MAKE_DIRECTORY] = LANDLOCK_ACCESS_FS_MAKE_DIR,
    };

    return rights[access] & handled;
}

int sandbox_restrict_files(const struct sandbox_rule *rules, size_t n)
{
    long version = sandbox_landlock_version();

    if (version < 1)
        return 1;

    struct landlock_ruleset_attr all = {.handled_access_fs = landlock_rights(version)};
    cleanup_close int set = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);

    if (set < 0)
        return -errno;
    for (size_t i = 0; i < n; i++) {
        struct landlock_path_beneath_attr files = {
            .allowed_access = access_rights(rules[i].access, all.handled_access_fs),
            .parent_fd = rules[i].dir_fd,
        };

        if (syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &files, 0) < 0)
            return -errno;
    }
    return syscall(SYS_landlock_restrict_self, set, 0) < 0 ? -errno : 0;
}

int sandbox_empty_root(void)
{
    char path[] = "/tmp/secprofd-XXXXXX";

    if (!has_capabilities(1U << CAP_SYS_CHROOT))
        return 1;
    if (!mkdtemp(path))
        return -errno;
    /* In a directory that is removed nothing can be made. */
    if (chdir(path) < 0 || rmdir(path) < 0 || chroot(".") < 0)
        return -errno;
    return 0;
}

int sandbox_limit_worker(uint64_t memory, uint64_t cpu_seconds)
{
    const struct {
        __rlimit_resource_t resource;
        rlim_t limit;
        bool sanitized; /* it holds for a sanitized program too */
    } limits[] = {
        {RLIMIT_AS, memory, false}, {RLIMIT_CPU, cpu_seconds, true}, {RLIMIT_NPROC, 0, true},
        {RLIMIT_FSIZE, 0, false},   {RLIMIT_CORE, 0, true},          {RLIMIT_NOFILE, 16, true},
        {RLIMIT_MSGQUEUE, 0, true}, {RLIMIT_MEMLOCK, 0, true},
    };

    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        struct rlimit now;

        if (SANDBOX_SANITIZED && !limits[i].sanitized)
            continue;
        if (getrlimit(limits[i].resource, &now) < 0)
            return -errno;
        /* A stricter limit that is there already stays. */
        if (now.rlim_max < limits[i].limit)
            continue;
        now = (struct rlimit){limits[i].limit, limits[i].limit};
        if (setrlimit(limits[i].resource, &now) < 0)
            return -errno;
    }
    return 0;
}
