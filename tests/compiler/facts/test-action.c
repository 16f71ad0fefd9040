/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of actions, operators, flags, capabilities and errnos; kernel versions. */
#define _GNU_SOURCE /* strerrorname_np() */
#include <check.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/capability.h"
#include "compiler/facts/errno.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/verdict.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

static const struct {
    const char *name;
    uint32_t ret;
    uint32_t max_data;
    const char *text;
} action_rows[] = {
    {"SCMP_ACT_KILL", 0x00000000, 0, "KILL_THREAD"},
    {"SCMP_ACT_KILL_THREAD", 0x00000000, 0, "KILL_THREAD"},
    {"SCMP_ACT_KILL_PROCESS", 0x80000000, 0, "KILL_PROCESS"},
    {"SCMP_ACT_TRAP", 0x00030000, 0, "TRAP"},
    {"SCMP_ACT_ERRNO", 0x00050000, 4095, "ERRNO(0)"},
    {"SCMP_ACT_NOTIFY", 0x7fc00000, 0, "NOTIFY"},
    {"SCMP_ACT_TRACE", 0x7ff00000, 65535, "TRACE(0)"},
    {"SCMP_ACT_LOG", 0x7ffc0000, 0, "LOG"},
    {"SCMP_ACT_ALLOW", 0x7fff0000, 0, "ALLOW"},
};

START_TEST(every_action)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const char *name = action_rows[_i].name;
    const struct action *action = action_by_name(name);

    ck_assert_ptr_nonnull(action);
    ck_assert_str_eq(action->name, name);
    ck_assert_uint_eq(action->ret, action_rows[_i].ret);
    ck_assert_uint_eq(action->max_data, action_rows[_i].max_data);
    ck_assert_str_eq(verdict_text(&arena, action->ret), action_rows[_i].text);
    ck_assert_uint_eq(action_of_verdict(action->ret | 7)->ret, action->ret);
    ck_assert_ptr_nonnull(strstr(action_names(), name));
}
END_TEST

START_TEST(no_action)
{
    ck_assert_ptr_null(action_by_name("SCMP_ACT_"));
    ck_assert_ptr_null(action_by_name("scmp_act_allow"));
    ck_assert_ptr_null(action_by_name(""));
    ck_assert_ptr_null(action_of_verdict(0x7ffe0000));
    ck_assert_str_eq(action_of_verdict(0)->name, "SCMP_ACT_KILL_THREAD");
}
END_TEST

START_TEST(verdicts_for_people)
{
    cleanup_arena struct arena arena = ARENA_INIT;

    ck_assert_str_eq(verdict_text(&arena, SECCOMP_RET_ERRNO | 1), "ERRNO(EPERM)");
    ck_assert_str_eq(verdict_text(&arena, SECCOMP_RET_ERRNO | 38), "ERRNO(ENOSYS)");
    ck_assert_str_eq(verdict_text(&arena, SECCOMP_RET_ERRNO | 4095), "ERRNO(4095)");
    ck_assert_str_eq(verdict_text(&arena, SECCOMP_RET_TRACE | 7), "TRACE(7)");
    ck_assert_str_eq(verdict_text(&arena, 0x12345678), "0x12345678");
}
END_TEST

/* From the most restrictive, as kernel/seccomp.c orders them. */
START_TEST(kernel_order_of_actions)
{
    static const uint32_t order[] = {
        SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO,
        SECCOMP_RET_USER_NOTIF,   SECCOMP_RET_TRACE,       SECCOMP_RET_LOG,  SECCOMP_RET_ALLOW,
    };

    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(order); k++) {
            int sign = verdict_compare(order[i] | 9, order[k]);

            ck_assert_int_eq(sign < 0, i < k);
            ck_assert_int_eq(sign > 0, i > k);
        }
    }
}
END_TEST

START_TEST(every_operator)
{
    static const char *const names[CMP_COUNT] = {
        "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",        "SCMP_CMP_EQ",
        "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ",
    };

    for (int op = 0; op < CMP_COUNT; op++) {
        ck_assert_int_eq(cmp_op_by_name(names[op]), op);
        ck_assert_str_eq(cmp_op_name((enum cmp_op)op), names[op]);
    }
    ck_assert_int_eq(cmp_op_by_name("SCMP_CMP_EQUAL"), -EINVAL);
    ck_assert_int_eq(cmp_op_by_name("EQ"), -EINVAL);
    ck_assert_str_eq(cmp_op_names(), "SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_EQ, "
                                     "SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ");
}
END_TEST

START_TEST(every_flag)
{
    static const struct {
        const char *name;
        uint32_t flag;
    } rows[] = {
        {"SECCOMP_FILTER_FLAG_TSYNC", 1},
        {"SECCOMP_FILTER_FLAG_LOG", 2},
        {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", 4},
        {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 32},
    };
    uint32_t flag = 0;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        ck_assert_int_eq(filter_flag_by_name(rows[i].name, &flag), 0);
        ck_assert_uint_eq(flag, rows[i].flag);
        ck_assert_ptr_nonnull(strstr(filter_flag_names(), rows[i].name));
    }
    ck_assert_int_eq(filter_flag_by_name("SECCOMP_FILTER_FLAG_NEW_LISTENER", &flag), -EINVAL);
    ck_assert_int_eq(filter_flag_by_name("", &flag), -EINVAL);
}
END_TEST

START_TEST(capability_names)
{
    for (int i = 0; i <= CAP_LAST_CAP; i++)
        ck_assert_int_eq(capability_by_name(capability_name(i)), i);
    ck_assert_ptr_null(capability_name(CAP_LAST_CAP + 1));
    ck_assert_ptr_null(capability_name(-1));
    ck_assert_int_eq(capability_by_name("CAP_CHOWN"), CAP_CHOWN);
    ck_assert_int_eq(capability_by_name("CAP_SETFCAP"), CAP_SETFCAP);
    ck_assert_int_eq(capability_by_name("CAP_SYS_ADMIN"), CAP_SYS_ADMIN);
    ck_assert_int_eq(capability_by_name("CAP_CHECKPOINT_RESTORE"), CAP_CHECKPOINT_RESTORE);
    ck_assert_int_eq(capability_by_name("SYS_ADMIN"), -EINVAL);
    ck_assert_int_eq(capability_by_name("cap_sys_admin"), -EINVAL);
}
END_TEST

static const struct {
    const char *list;
    uint64_t set;
    const char *bad; /* NULL: the list is good */
} cap_lists[] = {
    {"", 0, NULL},
    {"CAP_CHOWN", 1, NULL},
    {"chown,Cap_Sys_Admin", 1 | 1 << 21, NULL},
    {"KILL,KILL", 1 << 5, NULL},
    {"ALL", (UINT64_C(1) << 41) - 1, NULL},
    {"all,CAP_KILL", (UINT64_C(1) << 41) - 1, NULL},
    {"CAP_CHECKPOINT_RESTORE", UINT64_C(1) << 40, NULL},
    {"CAP_FOO", 0, "CAP_FOO"},
    {"CHOWN,,KILL", 0, ""},
    {"CHOWN,", 0, ""},
    {",", 0, ""},
    {"CHOWN, KILL", 0, " KILL"},
    {"CHOWNER", 0, "CHOWNER"},
    {"CHOW", 0, "CHOW"},
    {"CAP_", 0, "CAP_"},
};

START_TEST(capability_lists)
{
    uint64_t set = 77;
    const char *bad = NULL;
    size_t bad_len = 99;
    int r = capability_set_parse(cap_lists[_i].list, &set, &bad, &bad_len);

    if (!cap_lists[_i].bad) {
        ck_assert_int_eq(r, 0);
        ck_assert_uint_eq(set, cap_lists[_i].set);
        return;
    }
    ck_assert_int_eq(r, -EINVAL);
    ck_assert_uint_eq(set, 77);
    ck_assert_uint_eq(bad_len, strlen(cap_lists[_i].bad));
    ck_assert_int_eq(strncmp(bad, cap_lists[_i].bad, bad_len), 0);
}
END_TEST

START_TEST(errno_names)
{
    const char *name;

    ck_assert_int_eq(errno_by_name("EPERM"), 1);
    ck_assert_int_eq(errno_by_name("ENOSYS"), 38);
    ck_assert_int_eq(errno_by_name("EHWPOISON"), 133);
    ck_assert_int_eq(errno_by_name("EWOULDBLOCK"), 11);
    ck_assert_int_eq(errno_by_name("ENOTSUP"), 95);
    ck_assert_int_eq(errno_by_name("EFOO"), -EINVAL);
    ck_assert_str_eq(errno_name(1), "EPERM");
    ck_assert_str_eq(errno_name(11), "EAGAIN");
    ck_assert_str_eq(errno_name(95), "EOPNOTSUPP");
    ck_assert_ptr_null(errno_name(0));
    ck_assert_ptr_null(errno_name(41));
    ck_assert_ptr_null(errno_name(134));
    for (size_t i = 0; (name = errno_name_at(i)); i++)
        ck_assert_int_gt(errno_by_name(name), 0);
}
END_TEST

#if defined(__x86_64__) || defined(__aarch64__)
START_TEST(errno_numbers_are_the_hosts)
{
    const char *name;

    for (size_t i = 0; (name = errno_name_at(i)); i++) {
        int number = errno_by_name(name);

        if (!strcmp(name, errno_name(number)))
            ck_assert_str_eq(strerrorname_np(number), name);
    }
}
END_TEST
#endif

/* The kernel's headers, Linux 6.12: asm/errno.h of each architecture; for ENOTSUP glibc's. */
static const struct {
    const char *name;
    int generic, mips, parisc, powerpc;
} numbers[] = {
    {"EPERM", 1, 1, 1, 1},          {"ERANGE", 34, 34, 34, 34},
    {"EDEADLK", 35, 45, 45, 35},    {"EDEADLOCK", 35, 56, 45, 58},
    {"EAGAIN", 11, 11, 11, 11},     {"EWOULDBLOCK", 11, 11, 11, 11},
    {"ENOSYS", 38, 89, 251, 38},    {"EOPNOTSUPP", 95, 122, 223, 95},
    {"ENOTSUP", 95, 122, 252, 95},  {"ETIMEDOUT", 110, 145, 238, 110},
    {"EDQUOT", 122, 1133, 69, 122}, {"EFOO", -EINVAL, -EINVAL, -EINVAL, -EINVAL},
};

static int number_on(size_t i, enum abi_id abi)
{
    switch (abi) {
    case ABI_MIPS:
    case ABI_MIPS64:
    case ABI_MIPS64N32:
    case ABI_MIPSEL:
    case ABI_MIPSEL64:
    case ABI_MIPSEL64N32:
        return numbers[i].mips;
    case ABI_PARISC:
    case ABI_PARISC64:
        return numbers[i].parisc;
    case ABI_PPC:
    case ABI_PPC64:
    case ABI_PPC64LE:
        return numbers[i].powerpc;
    default:
        return numbers[i].generic;
    }
}

START_TEST(errnos_of_each_abi)
{
    for (int id = 0; id < ABI_COUNT; id++) {
        enum abi_id abi = (enum abi_id)id;

        for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
            ck_assert_int_eq(errno_by_name_on_abi(numbers[i].name, abi), number_on(i, abi));
    }
}
END_TEST

START_TEST(verdicts_with_errnos)
{
    const uint32_t eacces = SECCOMP_RET_ERRNO | 13;

    ck_assert_uint_eq(verdict_with_errno(eacces, NULL, ABI_MIPS), eacces);
    ck_assert_uint_eq(verdict_with_errno(SECCOMP_RET_ERRNO | 38, "ENOSYS", ABI_MIPS),
                      SECCOMP_RET_ERRNO | 89);
    ck_assert_uint_eq(verdict_with_errno(SECCOMP_RET_TRACE | 110, "ETIMEDOUT", ABI_MIPS64),
                      SECCOMP_RET_TRACE | 145);
    ck_assert_uint_eq(verdict_with_errno(SECCOMP_RET_TRACE | 110, "ETIMEDOUT", ABI_X86_64),
                      SECCOMP_RET_TRACE | 110);
}
END_TEST

static const struct {
    const char *text;
    int result;
    uint32_t version;
} kernels[] = {
    {"4.8", 0, KERNEL_VERSION(4, 8)},
    {"6.1.0-18-amd64", 0, KERNEL_VERSION(6, 1)},
    {"6.1-rc3", 0, KERNEL_VERSION(6, 1)},
    {"6.18+", 0, KERNEL_VERSION(6, 18)},
    {"0.0", 0, 0},
    {"65535.65535", 0, UINT32_MAX},
    {"65536.0", -EINVAL, 0},
    {"1.65536", -EINVAL, 0},
    {"99999999999999999999.1", -EINVAL, 0},
    {"6", -EINVAL, 0},
    {"6.", -EINVAL, 0},
    {".6", -EINVAL, 0},
    {"", -EINVAL, 0},
    {" 6.1", -EINVAL, 0},
    {"-6.1", -EINVAL, 0},
    {"6.-1", -EINVAL, 0},
    {"6.1x", -EINVAL, 0},
    {"v6.1", -EINVAL, 0},
};

START_TEST(kernel_versions)
{
    uint32_t version = 0;

    ck_assert_int_eq(kernel_version_parse(kernels[_i].text, &version), kernels[_i].result);
    ck_assert_uint_eq(version, kernels[_i].version);
}
END_TEST

START_TEST(kernel_of_this_host)
{
    ck_assert_uint_ge(kernel_version_host(), KERNEL_VERSION(3, 17));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("action");
    TCase *tc = tcase_create("action");

    tcase_add_loop_test(tc, every_action, 0, ARRAY_SIZE(action_rows));
    tcase_add_test(tc, no_action);
    tcase_add_test(tc, verdicts_for_people);
    tcase_add_test(tc, kernel_order_of_actions);
    tcase_add_test(tc, every_operator);
    tcase_add_test(tc, every_flag);
    tcase_add_test(tc, capability_names);
    tcase_add_loop_test(tc, capability_lists, 0, ARRAY_SIZE(cap_lists));
    tcase_add_test(tc, errno_names);
#if defined(__x86_64__) || defined(__aarch64__)
    tcase_add_test(tc, errno_numbers_are_the_hosts);
#endif
    tcase_add_test(tc, errnos_of_each_abi);
    tcase_add_test(tc, verdicts_with_errnos);
    tcase_add_loop_test(tc, kernel_versions, 0, ARRAY_SIZE(kernels));
    tcase_add_test(tc, kernel_of_this_host);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
