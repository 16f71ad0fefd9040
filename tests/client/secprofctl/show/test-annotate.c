/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of client/secprofctl/show/annotate.c: what the constants of a listing are called. */
#include "config.h"

#include "client/secprofctl/show/annotate.h"

#include <check.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/syscalls.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define LD_NR   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define LD_ARCH BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch))
#define ALLOW   BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* Compares the notes on PROGRAM with RIGHT, one for each instruction. */
static void expect(const struct sock_filter *program, size_t n, const char *target,
                   const char *const *right)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct syscalls *syscalls = syscalls_new();
    const char *why = NULL;
    size_t bad = 0;

    ck_assert_msg(bpf_check(program, n, &bad, &why) == 0, "%zu: %s", bad, why);

    const char **notes = annotate(program, n, target_by_name(target), syscalls, &arena);

    ck_assert_ptr_nonnull(notes);
    for (size_t i = 0; i < n; i++) {
        if (right[i])
            ck_assert_msg(notes[i] && !strcmp(notes[i], right[i]), "%zu: '%s', not '%s'", i,
                          notes[i] ? notes[i] : "", right[i]);
        else
            ck_assert_msg(!notes[i], "%zu: '%s'", i, notes[i]);
    }
    syscalls_free(syscalls);
}

/* The same number has another name on each side of a test of the architecture. */
START_TEST(names_follow_the_architecture)
{
    const struct sock_filter program[] = {
        LD_ARCH,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 0, 5),
        LD_NR,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 11, 2, 3),
        LD_NR,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 11, 0, 1),
        ALLOW,
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 38),
    };
    static const char *const right[] = {
        NULL, "x86_64", "x86", NULL, "execve", NULL, "munmap", NULL, "ENOSYS",
    };
    static const char *const right_on_mips[] = {
        NULL, "x86_64", "x86", NULL, "execve", NULL, "munmap", NULL, "EL2NSYNC",
    };

    expect(program, ARRAY_SIZE(program), "x86_64", right);
    /* Another target than the program's: its architectures are told by their tests all the same. */
    expect(program, ARRAY_SIZE(program), "mips64", right_on_mips);
}
END_TEST

START_TEST(joined_paths_have_all_names)
{
    const struct sock_filter program[] = {
        LD_ARCH,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 0, 5),
        LD_NR,
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 11, 2, 0),  /* execve on x86, munmap on x86_64 */
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 434, 1, 0), /* pidfd_open on both */
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 434, 0, 0),
        ALLOW,
    };
    static const char *const right[] = {
        NULL,
        "x86_64",
        "x86",
        NULL,
        "x32",
        "x86_64 munmap, x86 execve",
        "from pidfd_open on",
        "above pidfd_open",
        NULL,
    };

    expect(program, ARRAY_SIZE(program), "x86_64", right);
}
END_TEST

START_TEST(x32_is_told_by_its_bit)
{
    const struct sock_filter program[] = {
        LD_ARCH,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 9),
        LD_NR,
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x40000208, 5, 0), /* execve */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 59, 4, 4),         /* no number of x32 */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 59, 1, 1),         /* execve of x86_64 */
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x3fffffff),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 59, 0, 0), /* of either */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 60, 0, 0),
        ALLOW,
        ALLOW,
    };
    static const char *const right[] = {
        NULL, "x86_64", NULL, "x32", "execve", NULL, "execve", NULL, "execve", "exit", NULL, NULL,
    };

    expect(program, ARRAY_SIZE(program), "x86_64", right);
}
END_TEST

/* What A holds is forgotten where it is changed, or where two paths leave different things. */
START_TEST(arguments_have_no_names)
{
    const struct sock_filter program[] = {
        LD_NR,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
        LD_NR,
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 13),
    };

    expect(program, ARRAY_SIZE(program), "aarch64",
           (const char *const[]){NULL, "aarch64 io_destroy, arm exit", NULL, NULL, NULL, NULL, NULL,
                                 "EACCES"});
    expect(program, ARRAY_SIZE(program), "riscv64",
           (const char *const[]){NULL, "io_destroy", NULL, NULL, NULL, NULL, NULL, "EACCES"});
    expect(program, ARRAY_SIZE(program), "ppc64le",
           (const char *const[]){NULL, "exit", NULL, NULL, NULL, NULL, NULL, "EACCES"});
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("annotate");
    TCase *tcase = tcase_create("annotate");

    tcase_add_test(tcase, names_follow_the_architecture);
    tcase_add_test(tcase, joined_paths_have_all_names);
    tcase_add_test(tcase, x32_is_told_by_its_bit);
    tcase_add_test(tcase, arguments_have_no_names);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
