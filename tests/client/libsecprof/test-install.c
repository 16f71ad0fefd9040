/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of client/libsecprof/install.c: real filters in children of this process. */
#include "config.h"

#include "client/libsecprof/install.h"

#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/suite.h"
#include "util/cleanup.h"

#define STATEMENT(code, k)          ((struct sock_filter){(code), 0, 0, (k)})
#define JUMP(code, k, jt, jf)       ((struct sock_filter){(code), (jt), (jf), (k)})
#define RETURN(verdict)             STATEMENT(BPF_RET | BPF_K, (verdict))
#define LOAD(field)                 STATEMENT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS_EQUAL(value, offset) JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (offset))

/* The AUDIT_ARCH_* of this process, found out without the table that is tested. */
static uint32_t native_arch(void)
{
    static const uint32_t all[] = {
        AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64, AUDIT_ARCH_RISCV64, AUDIT_ARCH_S390X,
        AUDIT_ARCH_PPC64,  AUDIT_ARCH_PPC64LE, AUDIT_ARCH_MIPS64,  AUDIT_ARCH_MIPSEL64,
        AUDIT_ARCH_I386,   AUDIT_ARCH_ARM,
    };

    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (install_arch_is_native(all[i]))
            return all[i];
    ck_abort_msg("no target is native here");
}

/* getppid() gives errno 77, all else works. */
static const struct sock_filter deny_getppid[] = {
    LOAD(nr),
    UNLESS_EQUAL(SYS_getppid, 1),
    RETURN(SECCOMP_RET_ERRNO | 77),
    RETURN(SECCOMP_RET_ALLOW),
};

/*
 * Ends a test whose process is filtered. The sanitizers' leak check, which runs at exit, waits for
 * a getppid() that tells the truth.
 */
static _Noreturn void pass_filtered(void)
{
    _exit(EXIT_SUCCESS);
}

static int install(const struct sock_filter *filter, size_t n, uint32_t flags)
{
    return install_filter(filter, n * sizeof(*filter), flags, native_arch());
}

START_TEST(a_filter_takes_effect)
{
    unsigned char unaligned[sizeof(deny_getppid) + 1];

    memcpy(unaligned + 1, deny_getppid, sizeof(deny_getppid));
    ck_assert_int_eq(
        install_filter(unaligned + 1, sizeof(deny_getppid), SECCOMP_FILTER_FLAG_LOG, native_arch()),
        0);
    ck_assert_int_eq(syscall(SYS_getppid), -1);
    ck_assert_int_eq(errno, 77);
    ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
    ck_assert_int_gt(syscall(SYS_getpid), 0);
    pass_filtered();
}
END_TEST

static void *wait_and_call(void *data)
{
    char c;

    if (read(*(int *)data, &c, 1) != 1)
        return (void *)1;
    return syscall(SYS_getppid) == -1 && errno == 77 ? NULL : (void *)2;
}

/* Loop: without TSYNC and with it. */
START_TEST(tsync_reaches_other_threads)
{
    bool all = _i == 1;
    pthread_t thread;
    void *result;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_and_call, &ends[0]), 0);
    ck_assert_int_eq(
        install(deny_getppid, ARRAY_SIZE(deny_getppid), all ? SECCOMP_FILTER_FLAG_TSYNC : 0), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    pthread_join(thread, &result);
    ck_assert_ptr_eq(result, all ? NULL : (void *)2);
    pass_filtered();
}
END_TEST

static void *filter_itself(void *data)
{
    const int *ends = data;
    char c;

    if (install(deny_getppid, ARRAY_SIZE(deny_getppid), 0) != 0 || write(ends[1], "x", 1) != 1)
        return (void *)1;
    return read(ends[2], &c, 1) == 0 ? NULL : (void *)2;
}

START_TEST(tsync_that_cannot_be_is_reported)
{
    int up[2];
    int down[2];
    pthread_t thread;
    char c;

    ck_assert_int_eq(pipe(up), 0);
    ck_assert_int_eq(pipe(down), 0);

    int ends[] = {up[0], up[1], down[0]};

    ck_assert_int_eq(pthread_create(&thread, NULL, filter_itself, ends), 0);
    ck_assert_int_eq(read(up[0], &c, 1), 1);
    ck_assert_int_eq(install(deny_getppid, ARRAY_SIZE(deny_getppid), SECCOMP_FILTER_FLAG_TSYNC),
                     -ESRCH);
    close(down[1]);
    pthread_join(thread, NULL);
}
END_TEST

START_TEST(refusals_change_nothing)
{
    static const struct sock_filter notify[] = {
        LOAD(nr),
        UNLESS_EQUAL(SYS_getppid, 1),
        RETURN(SECCOMP_RET_USER_NOTIF),
        RETURN(SECCOMP_RET_ALLOW),
    };
    static const uint32_t foreign[] = {0, AUDIT_ARCH_CRIS, AUDIT_ARCH_SPARC64};
    uint32_t arch = native_arch();
    size_t len = sizeof(deny_getppid);

    for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
        ck_assert_int_eq(install_filter(deny_getppid, len, 0, foreign[i]), -ENOEXEC);
    ck_assert_int_eq(install_filter(deny_getppid, len, 0, arch ^ __AUDIT_ARCH_LE), -ENOEXEC);
    ck_assert_int_eq(install(notify, ARRAY_SIZE(notify), 0), -EOPNOTSUPP);
    ck_assert_int_eq(
        install(deny_getppid, ARRAY_SIZE(deny_getppid), SECCOMP_FILTER_FLAG_NEW_LISTENER),
        -EOPNOTSUPP);
    ck_assert_int_eq(install_filter(deny_getppid, 0, 0, arch), -EINVAL);
    ck_assert_int_eq(install_filter(deny_getppid, len - 1, 0, arch), -EINVAL);
    /* 65,537 instructions must not become one. */
    ck_assert_int_eq(install_filter(deny_getppid, (size_t)65537 * 8, 0, arch), -EINVAL);
    ck_assert_int_eq(install_filter(deny_getppid, (size_t)4097 * 8, 0, arch), -EINVAL);
    ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
    ck_assert_int_ne(syscall(SYS_getppid), -1);
}
END_TEST

START_TEST(the_kernel_has_the_last_word)
{
    static const struct sock_filter no_return[] = {LOAD(nr)};

    ck_assert_int_eq(install(no_return, 1, 0), -ENOSYS);
    ck_assert_int_eq(install(deny_getppid, ARRAY_SIZE(deny_getppid), UINT32_C(1) << 30), -ENOSYS);
    ck_assert_int_ne(syscall(SYS_getppid), -1);
}
END_TEST

#if defined(__x86_64__)
START_TEST(the_longest_filter)
{
    static struct sock_filter longest[4096];

    for (size_t i = 0; i + 1 < ARRAY_SIZE(longest); i++)
        longest[i] = STATEMENT(BPF_LD | BPF_IMM, 0);
    longest[ARRAY_SIZE(longest) - 1] = RETURN(SECCOMP_RET_ALLOW);
    ck_assert_int_eq(install_filter(longest, sizeof(longest), 0, native_arch()), 0);
    pass_filtered();
}
END_TEST

START_TEST(only_this_architecture_is_native)
{
    ck_assert(install_arch_is_native(AUDIT_ARCH_X86_64));
    ck_assert(!install_arch_is_native(AUDIT_ARCH_I386));
    ck_assert(!install_arch_is_native(AUDIT_ARCH_AARCH64));
    ck_assert(!install_arch_is_native(AUDIT_ARCH_S390X));
    ck_assert(!install_arch_is_native(0));
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("install");
    TCase *tcase = tcase_create("install");

    tcase_add_test(tcase, a_filter_takes_effect);
    tcase_add_loop_test(tcase, tsync_reaches_other_threads, 0, 2);
    tcase_add_test(tcase, tsync_that_cannot_be_is_reported);
    tcase_add_test(tcase, refusals_change_nothing);
    tcase_add_test(tcase, the_kernel_has_the_last_word);
#if defined(__x86_64__)
    tcase_add_test(tcase, only_this_architecture_is_native);
    tcase_add_test(tcase, the_longest_filter);
#endif
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
