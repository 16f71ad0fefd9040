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

int main(void)
{
    Suite *suite = suite_create("successor");
    TCase *tc = tcase_create("successor");

    tcase_add_loop_test(tc, successors, 0, ARRAY_SIZE(cases));
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
