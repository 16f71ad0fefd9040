/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What took the place of a call that an ABI lacks. */
#include "compiler/facts/successor.h"

#include <check.h>

#include "compiler/facts/syscalls.h"
#include "tests/suite.h"
#include "util/cleanup.h"

static const struct {
    enum abi_id abi;
    const char *name;
    const char *successor; /* or NULL */
} cases[] = {
    {ABI_AARCH64, "mkdir", "mkdirat"},   {ABI_AARCH64, "open", "openat"},
    {ABI_AARCH64, "rename", "renameat"}, {ABI_RISCV64, "rename", "renameat2"},
    {ABI_AARCH64, "stat", "newfstatat"}, {ABI_AARCH64, "fork", "clone"},
    {ABI_X86_64, "mmap2", "mmap"},       {ABI_X86_64, "waitpid", "wait4"},
    {ABI_AARCH64, "arch_prctl", NULL},   {ABI_AARCH64, "no_such_call", NULL},
};

START_TEST(successors)
{
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    const char *found = successor_on_abi(syscalls, cases[_i].abi, cases[_i].name);

    if (cases[_i].successor)
        ck_assert_str_eq(found, cases[_i].successor);
    else
        ck_assert_ptr_null(found);
}
END_TEST

/* A family has several calls, none of them twice, and all are names that some ABI has. */
START_TEST(families)
{
    size_t n = 0;

    for (; successor_family(n, 0); n++) {
        const char *name;
        size_t calls = 0;

        for (; (name = successor_family(n, calls)); calls++) {
            ck_assert_msg(syscalls_is_known(name), "%s", name);
            for (size_t i = 0; i < calls; i++)
                ck_assert_str_ne(successor_family(n, i), name);
        }
        ck_assert_uint_ge(calls, 2);
        ck_assert_ptr_null(successor_family(n, calls + 1));
    }
    ck_assert_uint_gt(n, 40);
    ck_assert_str_eq(successor_family(0, 1), "accept4");
    ck_assert_ptr_null(successor_family(n + 1, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("successor");
    TCase *tc = tcase_create("successor");

    tcase_add_loop_test(tc, successors, 0, ARRAY_SIZE(cases));
    tcase_add_test(tc, families);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
