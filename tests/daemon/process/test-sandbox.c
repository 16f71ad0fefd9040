/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rights that a process gives up are gone, one by one: each test is a child that gives some up, and
 * then tries what it must not be able to do any more.
 */
#include "daemon/process/sandbox.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/suite.h"
#include "util/cleanup.h"

static char dir[] = "/tmp/secprof-test-sandbox.XXXXXX";

static void make_dir(void)
{
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(chdir(dir), 0);
    ck_assert_int_eq(mkdir("d", 0755), 0);
    ck_assert_int_eq(mkdir("d/empty", 0755), 0);
    close(open("d/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

static void remove_dir(void)
{
    char command[sizeof(dir) + 16];

    snprintf(command, sizeof(command), "rm -rf %s", dir);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(system(command), 0);
}

/* Runs TEST in a child, which returns 0 or the line of what was wrong. */
static void in_child(int (*test)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(test());
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x: step %d", status,
                  WEXITSTATUS(status));
}

static bool has_no_capability(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    return syscall(SYS_capget, &header, data) == 0 &&
           !(data[0].effective | data[0].permitted | data[0].inheritable | data[1].effective |
             data[1].permitted | data[1].inheritable);
}

static int become_a_stranger(void)
{
    const gid_t groups[] = {1, 2, 3};
    uid_t uids[3], own = getuid();
    gid_t gids[3];

    if (setgroups(ARRAY_SIZE(groups), groups) < 0)
        return 1;
    if (sandbox_become_stranger() < 0)
        return 2;
    if (getresuid(&uids[0], &uids[1], &uids[2]) < 0 || getresgid(&gids[0], &gids[1], &gids[2]) < 0)
        return 3;
    for (int i = 0; i < 3; i++)
        if (uids[i] == own || uids[i] != uids[0] || gids[i] == 0 || gids[i] != gids[0])
            return 10 + i;
    /* Which others are, too. */
    if (uids[0] == 65534 || gids[0] == 65534)
        return 19;
    if (getgroups(0, NULL) != 0)
        return 20;
    if (!has_no_capability() || setuid(0) == 0 || setgid(0) == 0)
        return 21;
    return SANDBOX_SANITIZED || prctl(PR_GET_DUMPABLE) == 0 ? 0 : 22;
}

/* A process that may not change its user keeps no other right either. */
static int stay_who_one_is(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct few[2] = {
        {.effective = 1U << CAP_SYS_CHROOT, .permitted = 1U << CAP_SYS_CHROOT}};

    if (syscall(SYS_capset, &header, few) < 0 || sandbox_become_stranger() < 0)
        return 1;
    return has_no_capability() ? 0 : 2;
}

/* In a user namespace without other users, and where groups cannot be changed. */
static int alone_in_a_namespace(void)
{
    if (unshare(CLONE_NEWUSER) < 0)
        return 0; /* the system forbids it */
    if (sandbox_become_stranger() < 0)
        return 1;
    return has_no_capability() ? 0 : 2;
}

START_TEST(user_groups_and_capabilities)
{
    in_child(alone_in_a_namespace);
    if (geteuid() != 0)
        return; /* has nothing to give up */
    in_child(become_a_stranger);
    in_child(stay_who_one_is);
}
END_TEST

static int drop_capabilities(void)
{
    if (sandbox_drop_capabilities() < 0)
        return 1;
    return has_no_capability() ? 0 : 2;
}

static int no_new_privileges(void)
{
    if (sandbox_no_new_privileges() < 0)
        return 1;
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 2;
}

START_TEST(capabilities_and_new_privileges)
{
    in_child(drop_capabilities);
    in_child(no_new_privileges);
}
END_TEST

/* A child whose parent ends is killed: its end of the pipe is closed then. */
START_TEST(dies_with_its_parent)
{
    struct pollfd ends = {.events = POLLIN};
    int pipe_fds[2], status;
    char byte;
    pid_t pid;

    ck_assert_int_eq(sandbox_die_with(getpid()), -ESRCH);
    ck_assert_int_eq(prctl(PR_SET_PDEATHSIG, 0), 0);
    ck_assert_int_eq(pipe(pipe_fds), 0);
    pid = fork();
    if (pid == 0) {
        pid_t self = getpid();

        if (fork() == 0) {
            if (sandbox_die_with(self) < 0 || write(pipe_fds[1], "x", 1) != 1)
                _exit(1);
            for (;;)
                pause();
        }
        close(pipe_fds[1]);
        _exit(read(pipe_fds[0], &byte, 1) == 1 ? 0 : 1);
    }
    close(pipe_fds[1]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    ends.fd = pipe_fds[0];
    ck_assert_int_eq(poll(&ends, 1, 20 * 1000), 1);
    ck_assert_int_eq(read(pipe_fds[0], &byte, 1), 0);
    close(pipe_fds[0]);
}
END_TEST

enum attempt {
    READ_FILE,
    READ_DIRECTORY,
    WRITE_FILE,
    TRUNCATE,
    MAKE_FILE,
    REMOVE_FILE,
    MAKE_DIRECTORY,
    REMOVE_DIRECTORY,
    MAKE_LINK,
    MAKE_FIFO,
    ATTEMPTS,
};

static bool opens(const char *path, int flags)
{
    cleanup_close int fd = open(path, flags | O_CLOEXEC, 0600);

    return fd >= 0;
}

static bool attempt(enum attempt what)
{
    switch (what) {
    case READ_FILE:
        return opens("d/file", O_RDONLY);
    case READ_DIRECTORY:
        return opens("d", O_RDONLY | O_DIRECTORY);
    case WRITE_FILE:
        return opens("d/file", O_WRONLY);
    case TRUNCATE:
        return truncate("d/file", 0) == 0;
    case MAKE_FILE:
        return opens("d/new", O_WRONLY | O_CREAT | O_EXCL);
    case REMOVE_FILE:
        return unlink("d/file") == 0;
    case MAKE_DIRECTORY:
        return mkdir("d/other", 0755) == 0;
    case REMOVE_DIRECTORY:
        return rmdir("d/empty") == 0;
    case MAKE_LINK:
        return symlink("file", "d/link") == 0;
    case MAKE_FIFO:
        return mkfifo("d/fifo", 0600) == 0;
    case ATTEMPTS:
        break;
    }
    return false;
}

/* What each access leaves; a bit for each attempt. */
static const unsigned int left[] = {
    [SANDBOX_READ] = 1U << READ_FILE | 1U << READ_DIRECTORY,
    [SANDBOX_REMOVE] = 1U << REMOVE_FILE,
    [SANDBOX_WRITE] = 1U << READ_FILE | 1U << READ_DIRECTORY | 1U << WRITE_FILE | 1U << TRUNCATE |
                      1U << MAKE_FILE | 1U << REMOVE_FILE,
    [SANDBOX_MAKE_DIRECTORY] = 1U << MAKE_DIRECTORY,
};

/* What one child tries. */
static enum sandbox_access given;
static enum attempt tried;

static int try_one(void)
{
    cleanup_close int fd = open("d", O_PATH | O_DIRECTORY | O_CLOEXEC);
    const struct sandbox_rule rule = {fd, given};

    if (fd < 0 || sandbox_no_new_privileges() < 0 || sandbox_restrict_files(&rule, 1) != 0)
        return 100;
    if (opens("/etc/passwd", O_RDONLY))
        return 101;
    return attempt(tried) == (left[given] >> tried & 1) ? 0 : 1 + (int)tried;
}

/* Loop: one access with one attempt each; each begins with the same directory. */
START_TEST(single_rights_to_files)
{
    given = (enum sandbox_access)(_i / ATTEMPTS);
    tried = (enum attempt)(_i % ATTEMPTS);
    if (sandbox_landlock_version() < 3)
        return; /* too old to take all of these */
    in_child(try_one);
}
END_TEST

static int limits(void)
{
    static const int to_zero[] = {RLIMIT_NPROC, RLIMIT_CORE, RLIMIT_MSGQUEUE, RLIMIT_MEMLOCK};
    const struct rlimit low = {8, 9};
    struct rlimit now;

    if (setrlimit(RLIMIT_NOFILE, &low) < 0 || sandbox_limit_worker(1 << 30, 300) < 0)
        return 1;
    if (getrlimit(RLIMIT_NOFILE, &now) < 0 || now.rlim_cur != 8 || now.rlim_max != 9)
        return 2; /* stricter than what a worker gets */
    for (size_t i = 0; i < ARRAY_SIZE(to_zero); i++)
        if (getrlimit((__rlimit_resource_t)to_zero[i], &now) < 0 || now.rlim_cur || now.rlim_max)
            return 10 + (int)i;
    if (getrlimit(RLIMIT_CPU, &now) < 0 || now.rlim_cur != 300 || now.rlim_max != 300)
        return 3;
    if (SANDBOX_SANITIZED)
        return 0;
    if (getrlimit(RLIMIT_AS, &now) < 0 || now.rlim_cur != 1 << 30 || now.rlim_max != 1 << 30)
        return 4;
    return getrlimit(RLIMIT_FSIZE, &now) == 0 && !now.rlim_cur && !now.rlim_max ? 0 : 5;
}

START_TEST(limits_of_a_worker)
{
    in_child(limits);
}
END_TEST

static bool same_file(int a, const struct stat *b)
{
    struct stat st;

    return fstat(a, &st) == 0 && st.st_dev == b->st_dev && st.st_ino == b->st_ino;
}

/* Kept in another order than they have; all others are closed. */
static int keep_only(void)
{
    struct stat first, second, null;
    int a[2], b[2];

    if (pipe(a) < 0 || pipe(b) < 0 || fstat(b[0], &first) < 0 || fstat(a[0], &second) < 0 ||
        stat("/dev/null", &null) < 0)
        return 1;

    const int kept[] = {b[0], a[0]};
    const int many[SANDBOX_MAX_FDS + 1] = {0};

    if (sandbox_keep_only(many, ARRAY_SIZE(many)) != -EINVAL)
        return 2;
    if (sandbox_keep_only(kept, 2) < 0)
        return 3;
    if (!same_file(SANDBOX_SOCKET, &first) || !same_file(SANDBOX_SOCKET + 1, &second))
        return 4;
    for (int fd = SANDBOX_SOCKET + 2; fd < 100; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            return 5;
    for (int fd = 0; fd <= (SANDBOX_SANITIZED ? STDOUT_FILENO : STDERR_FILENO); fd++)
        if (!same_file(fd, &null))
            return 6;
    return 0;
}

START_TEST(files_that_are_kept)
{
    in_child(keep_only);
}
END_TEST

static int empty_root(void)
{
    if (sandbox_empty_root() != 0)
        return 1;
    if (access("/etc", F_OK) == 0)
        return 2;
    return mkdir("/new", 0700) < 0 ? 0 : 3;
}

START_TEST(an_empty_root)
{
    if (geteuid() == 0) /* others may not */
        in_child(empty_root);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox");
    TCase *tc = tcase_create("sandbox");

    tcase_add_checked_fixture(tc, make_dir, remove_dir);
    tcase_add_test(tc, user_groups_and_capabilities);
    tcase_add_test(tc, capabilities_and_new_privileges);
    tcase_add_test(tc, dies_with_its_parent);
    tcase_add_loop_test(tc, single_rights_to_files, 0, (int)ARRAY_SIZE(left) * ATTEMPTS);
    tcase_add_test(tc, limits_of_a_worker);
    tcase_add_test(tc, files_that_are_kept);
    tcase_add_test(tc, an_empty_root);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
