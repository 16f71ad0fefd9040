/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What filters permit of a call, for filters of a few instructions on x86_64. */
#include "client/secprofctl/subject/permits.h"

#include <check.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

#include "client/secprofctl/subject/call.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/syscalls.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/prove.h"
#include "compiler/prove/symbolic.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define HIGH(index) \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (index) + 4)
#define EQ(k, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (k), (yes), (no))
#define RET(verdict)   BPF_STMT(BPF_RET | BPF_K, (verdict))

/* socket(38, …) of x86_64 gets the first verdict, all else the second; 64 bits are compared. */
#define SOCKET_64(hit, other)                                                           \
    {                                                                                   \
        LOAD(arch), EQ(AUDIT_ARCH_X86_64, 0, 7), LOAD(nr), EQ(41, 0, 5), LOAD(args[0]), \
            EQ(38, 0, 3), HIGH(0), EQ(0, 0, 1), RET(hit), RET(other),                   \
    }

static const struct {
    const char *call;
    const char *text;
    struct sock_filter filter[10];
} cases[] = {
    {"socket(AF_ALG)", "yes", SOCKET_64(SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW)},
    {"socket(AF_ALG)", "yes", SOCKET_64(SECCOMP_RET_LOG, SECCOMP_RET_LOG)},
    {"socket(AF_ALG)", "no", SOCKET_64(SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 1)},
    {"socket(AF_ALG)", "no", SOCKET_64(SECCOMP_RET_TRAP, SECCOMP_RET_KILL_PROCESS)},
    {"socket(AF_ALG)", "asks", SOCKET_64(SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF)},
    {"socket(AF_ALG)", "yes: x86_64", SOCKET_64(SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO)},
    {"socket(AF_ALG)", "yes: x86, x86 by socketcall, x32; high bits: x86_64",
     SOCKET_64(SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW)},
    {"socket(AF_ALG, SOCK_RAW)", "yes: x86_64", SOCKET_64(SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO)},
    {"socket(AF_VSOCK)", "no", SOCKET_64(SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO)},
    {"socket", "arguments: x86_64", SOCKET_64(SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO)},
    {"socket", "yes: x86, x86 by socketcall, x32; arguments: x86_64",
     SOCKET_64(SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW)},
    {"socket", "asks: x86_64", SOCKET_64(SECCOMP_RET_USER_NOTIF, SECCOMP_RET_ERRNO)},
    {"getpid", "no", SOCKET_64(SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO)},
    {"41", "arguments", SOCKET_64(SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO)},
};

START_TEST(of_a_filter)
{
    const struct target *target = target_by_name("x86_64");
    __attribute__((cleanup(syscalls_free_at))) struct syscalls *syscalls = syscalls_new();
    cleanup_bdd struct bdd *bdd = bdd_new(PROOF_MAX_NODES);
    cleanup_arena struct arena arena = ARENA_INIT;
    struct behaviour behaviour;
    struct obstacle obstacle;
    struct permits permits;
    struct call call;
    const char *text;

    ck_assert_int_eq(call_read_question(&call, cases[_i].call, target, NULL, syscalls, &arena), 0);
    ck_assert_int_eq(behaviour_of_program(&behaviour, bdd, cases[_i].filter,
                                          ARRAY_SIZE(cases[_i].filter), false, &arena, &obstacle),
                     0);
    ck_assert_int_eq(permits_find(&permits, bdd, &behaviour, target, &call, syscalls), 0);
    text = permits_text(&permits, &arena);
    /* x32 shares number 41 only with its bit set, so a number alone is x86_64's and x86's. */
    if (!call.name)
        text = permission_name(permits.ways[0].permission);
    ck_assert_pstr_eq(text, cases[_i].text);

    /* What the answer rests on: running the filter says the same. */
    for (size_t i = 0; i < permits.n; i++) {
        const struct permitted_way *way = &permits.ways[i];
        struct seccomp_data data = {.arch = way->abi->audit_arch, .nr = (int)way->nr};

        if (way->permission == PERMISSION_NO)
            continue;
        memcpy(data.args, way->words, sizeof(data.args));
        ck_assert_int_eq(
            permission_of(
                bpf_simulate(cases[_i].filter, ARRAY_SIZE(cases[_i].filter), &data, false).verdict),
            way->permission == PERMISSION_ASKS ? PERMISSION_ASKS : PERMISSION_YES);
    }
}
END_TEST

START_TEST(one_verdict_and_another)
{
    ck_assert(permits_more(SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO));
    ck_assert(permits_more(SECCOMP_RET_LOG, SECCOMP_RET_TRACE));
    ck_assert(permits_more(SECCOMP_RET_USER_NOTIF, SECCOMP_RET_KILL_PROCESS));
    ck_assert(!permits_more(SECCOMP_RET_ALLOW, SECCOMP_RET_LOG));
    ck_assert(!permits_more(SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS));
    ck_assert(!permits_more(SECCOMP_RET_ERRNO, SECCOMP_RET_ALLOW));
    ck_assert(!permits_more(0x12340000, SECCOMP_RET_KILL_PROCESS));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("permits");
    TCase *tc = tcase_create("permits");

    tcase_add_loop_test(tc, of_a_filter, 0, ARRAY_SIZE(cases));
    tcase_add_test(tc, one_verdict_and_another);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
