/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What profiles mean, case by case: DESIGN's "lower" as a table of small profiles and the verdicts
 * that their policies give. The shape of every policy is checked along the way.
 */
#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/lower.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"

#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "tests/compiler/profile-text.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define ALLOW      SECCOMP_RET_ALLOW
#define LOG        SECCOMP_RET_LOG
#define TRACE(n)   (SECCOMP_RET_TRACE | (n))
#define NOTIFY     SECCOMP_RET_USER_NOTIF
#define ERRNO(n)   (SECCOMP_RET_ERRNO | (n))
#define TRAP       SECCOMP_RET_TRAP
#define KILL       SECCOMP_RET_KILL_THREAD
#define KILL_GROUP SECCOMP_RET_KILL_PROCESS

enum {
    X32 = 0x40000000,
    CALLS_MAX = 12,
};

/*
 * A rule's text, with ' for "; one for ERRNO with a number; one test of a rule; a profile with its
 * default action and its rules.
 */
#define RULE(names, action, args) \
    "{'names':[" names "],'action':'SCMP_ACT_" action "','args':[" args "]}"
#define RULE_ERRNO(names, number, args) \
    "{'names':[" names "],'action':'SCMP_ACT_ERRNO','errnoRet':" #number ",'args':[" args "]}"
#define ARG(index, op, value) "{'index':" #index ",'op':'SCMP_CMP_" op "','value':" #value "}"
#define MASKED(index, mask, value) \
    "{'index':" #index ",'op':'SCMP_CMP_MASKED_EQ','value':" #mask ",'valueTwo':" #value "}"
#define PROFILE(action, more, rules) \
    "{'defaultAction':'SCMP_ACT_" action "'," more "'syscalls':[" rules "]}"
#define ABIS(names) "'architectures':[" names "],"
#define ALL_X86     ABIS("'SCMP_ARCH_X86_64','SCMP_ARCH_X86','SCMP_ARCH_X32'")

/* A call, by name or (NULL) by number, and its verdict. */
struct call {
    enum abi_id abi;
    const char *name;
    uint32_t nr;
    uint64_t args[3];
    uint32_t verdict;
};

/* clang-format off */
static const struct {
    const char *title;
    const char *target;
    const char *text;
    struct call calls[CALLS_MAX];
    size_t n_calls;
} cases[] = {
    {"no rules", "x86_64",
     PROFILE("ERRNO", "", ""),
     {
      {ABI_X86_64, "read", 0, {0}, ERRNO(1)},
      {ABI_X86_64, NULL, 5000, {0}, ERRNO(1)},
      {ABI_X86_64, NULL, X32, {0}, KILL},
      {ABI_X86_64, NULL, UINT32_MAX - 1, {0}, KILL},
      {ABI_X86_64, NULL, UINT32_MAX, {0}, ERRNO(1)},
      {ABI_X86, "read", 0, {0}, KILL},
     }, 6},
    {"the first unconditional rule decides alone", "x86_64",
     PROFILE("ALLOW", "",
             RULE("'read'", "KILL_PROCESS", ARG(0, "EQ", 7)) ","
             RULE("'read'", "LOG", "") ","
             RULE("'read'", "TRAP", "")),
     {
      {ABI_X86_64, "read", 0, {7}, LOG},
      {ABI_X86_64, "read", 0, {8}, LOG},
      {ABI_X86_64, "write", 0, {7}, ALLOW},
     }, 3},
    {"of conditional rules that hold, the most restrictive decides", "x86_64",
     PROFILE("ALLOW", "",
             RULE("'read'", "LOG", ARG(0, "GE", 1)) ","
             RULE("'read'", "TRACE", ARG(0, "GE", 2)) ","
             RULE("'read'", "NOTIFY", ARG(0, "GE", 3)) ","
             RULE("'read'", "ERRNO", ARG(0, "GE", 4)) ","
             RULE("'read'", "TRAP", ARG(0, "GE", 5)) ","
             RULE("'read'", "KILL", ARG(0, "GE", 6)) ","
             RULE("'read'", "KILL_PROCESS", ARG(0, "GE", 7))),
     {
      {ABI_X86_64, "read", 0, {0}, ALLOW},
      {ABI_X86_64, "read", 0, {1}, LOG},
      {ABI_X86_64, "read", 0, {2}, TRACE(1)},
      {ABI_X86_64, "read", 0, {3}, NOTIFY},
      {ABI_X86_64, "read", 0, {4}, ERRNO(1)},
      {ABI_X86_64, "read", 0, {5}, TRAP},
      {ABI_X86_64, "read", 0, {6}, KILL},
      {ABI_X86_64, "read", 0, {7}, KILL_GROUP},
     }, 8},
    {"the same in the other order; of equal actions the first in the file", "x86_64",
     PROFILE("KILL", "",
             RULE_ERRNO("'read'", 13, ARG(0, "GE", 4)) ","
             RULE_ERRNO("'read'", 2, ARG(0, "GE", 3)) ","
             RULE("'read'", "ALLOW", ARG(0, "GE", 1))),
     {
      {ABI_X86_64, "read", 0, {0}, KILL},
      {ABI_X86_64, "read", 0, {1}, ALLOW},
      {ABI_X86_64, "read", 0, {3}, ERRNO(2)},
      {ABI_X86_64, "read", 0, {4}, ERRNO(13)},
     }, 4},
    {"all tests of a rule must hold", "x86_64",
     PROFILE("ERRNO", "", RULE("'read'", "ALLOW", ARG(0, "EQ", 1) "," ARG(2, "NE", 5))),
     {
      {ABI_X86_64, "read", 0, {1, 9, 4}, ALLOW},
      {ABI_X86_64, "read", 0, {1, 9, 5}, ERRNO(1)},
      {ABI_X86_64, "read", 0, {2, 9, 4}, ERRNO(1)},
     }, 3},
    {"an index twice: the tests are alternatives, all of them", "x86_64",
     PROFILE("ERRNO", "",
             RULE("'read'", "ALLOW", ARG(0, "EQ", 1) "," ARG(0, "EQ", 2) "," ARG(1, "EQ", 3))),
     {
      {ABI_X86_64, "read", 0, {1, 0}, ALLOW},
      {ABI_X86_64, "read", 0, {2, 0}, ALLOW},
      {ABI_X86_64, "read", 0, {9, 3}, ALLOW},
      {ABI_X86_64, "read", 0, {9, 0}, ERRNO(1)},
     }, 4},
    {"a rule that says what the default says adds nothing, though it is more restrictive", "x86_64",
     PROFILE("ERRNO", "",
             RULE("'read'", "ERRNO", ARG(0, "EQ", 5)) ","
             RULE("'read'", "ALLOW", ARG(0, "GE", 1)) ","
             RULE("'write'", "ERRNO", "") ","
             RULE("'write'", "ALLOW", ARG(0, "EQ", 1))),
     {
      {ABI_X86_64, "read", 0, {5}, ALLOW},
      {ABI_X86_64, "read", 0, {0}, ERRNO(1)},
      {ABI_X86_64, "write", 0, {1}, ALLOW},
      {ABI_X86_64, "write", 0, {2}, ERRNO(1)},
     }, 4},
    {"another errno is not what the default says", "x86_64",
     PROFILE("ERRNO", "'defaultErrnoRet':1,",
             RULE_ERRNO("'read'", 38, "")),
     {
      {ABI_X86_64, "read", 0, {0}, ERRNO(38)},
     }, 1},
    {"names that an ABI lacks are skipped there; others have their own numbers", "x86_64",
     PROFILE("ERRNO", ALL_X86, RULE("'waitpid','no_such_call','read'", "ALLOW", "")),
     {
      {ABI_X86_64, "read", 0, {0}, ALLOW},
      {ABI_X86_64, NULL, 7, {0}, ERRNO(38)},
      {ABI_X86, "read", 0, {0}, ALLOW},
      {ABI_X86, NULL, 7, {0}, ALLOW},
      {ABI_X86, NULL, 6, {0}, ERRNO(1)},
      {ABI_X32, "read", 0, {0}, ALLOW},
     }, 6},
    {"numbers above the highest one that is named get ENOSYS, each ABI for itself", "x86_64",
     PROFILE("ERRNO", ALL_X86, RULE("'read','mkdir','rt_sigaction'", "ALLOW", "")),
     {
      {ABI_X86_64, NULL, 82, {0}, ERRNO(1)},
      {ABI_X86_64, NULL, 83, {0}, ALLOW},
      {ABI_X86_64, NULL, 84, {0}, ERRNO(38)},
      {ABI_X86_64, NULL, X32 - 1, {0}, ERRNO(38)},
      {ABI_X86, NULL, 173, {0}, ERRNO(1)},
      {ABI_X86, NULL, 174, {0}, ALLOW},
      {ABI_X86, NULL, 175, {0}, ERRNO(38)},
      {ABI_X86, NULL, UINT32_MAX, {0}, ERRNO(38)},
      {ABI_X32, NULL, X32 + 84, {0}, ERRNO(1)},
      {ABI_X32, NULL, X32 + 512, {0}, ALLOW},
      {ABI_X32, NULL, X32 + 513, {0}, ERRNO(38)},
      {ABI_X32, NULL, UINT32_MAX, {0}, ERRNO(38)},
     }, 12},
    {"the highest name counts whatever its rule says, but not where its rule is not in force",
     "x86_64",
     PROFILE(
            "ERRNO", "",
            RULE("'read'", "ALLOW", "") ","
            RULE("'mkdir'", "ERRNO", "") ","
                                           "{'names':['clone3'],'action':'SCMP_ACT_ALLOW',"
                                           "'includes':{'caps':['CAP_SYS_ADMIN']}}"),
     {
      {ABI_X86_64, "mkdir", 0, {0}, ERRNO(1)},
      {ABI_X86_64, NULL, 82, {0}, ERRNO(1)},
      {ABI_X86_64, NULL, 84, {0}, ERRNO(38)},
      {ABI_X86_64, "clone3", 0, {0}, ERRNO(38)},
     }, 4},
    {"other default actions are left alone", "x86_64",
     PROFILE("KILL", "", RULE("'read'", "ALLOW", "")),
     {
      {ABI_X86_64, "read", 0, {0}, ALLOW},
      {ABI_X86_64, NULL, 9999, {0}, KILL},
      {ABI_X86_64, NULL, UINT32_MAX, {0}, KILL},
     }, 3},
    {"x-unknownSyscalls turns the rule off", "x86_64",
     PROFILE("ERRNO", "'x-unknownSyscalls':'default',", RULE("'read'", "ALLOW", "")),
     {
      {ABI_X86_64, "read", 0, {0}, ALLOW},
      {ABI_X86_64, NULL, 9999, {0}, ERRNO(1)},
     }, 2},
    {"ENOSYS is the target's", "mipsel64",
     PROFILE("ERRNO", ABIS("'SCMP_ARCH_MIPSEL','SCMP_ARCH_MIPSEL64N32'"),
             RULE("'read'", "ALLOW", "")),
     {
      {ABI_MIPSEL64, NULL, 5000, {0}, ALLOW},
      {ABI_MIPSEL64, NULL, 5001, {0}, ERRNO(89)},
      {ABI_MIPSEL64, NULL, 4999, {0}, ERRNO(1)},
      {ABI_MIPSEL, NULL, 4003, {0}, ALLOW},
      {ABI_MIPSEL, NULL, 4004, {0}, ERRNO(89)},
      {ABI_MIPSEL64N32, NULL, 6000, {0}, ALLOW},
      {ABI_MIPSEL64N32, NULL, 6001, {0}, ERRNO(89)},
     }, 7},
    {"a rule on socket decides socketcall(SYS_SOCKET)", "x86",
     PROFILE("ERRNO", "", RULE("'socket','shmget'", "ALLOW", "")),
     {
      {ABI_X86, "socket", 0, {38}, ALLOW},
      {ABI_X86, "socketcall", 0, {1}, ALLOW},
      {ABI_X86, "socketcall", 0, {2}, ERRNO(1)},
      {ABI_X86, "socketcall", 0, {0x500000001}, ALLOW}, /* the ABI has 32 bits */
      {ABI_X86, "socketcall", 0, {0x10001}, ERRNO(1)},
      {ABI_X86, "ipc", 0, {23}, ALLOW},
      {ABI_X86, "ipc", 0, {0x10017}, ALLOW}, /* with a version */
      {ABI_X86, "ipc", 0, {24}, ERRNO(1)},
     }, 8},
    {"a 64-bit multiplexer takes its call from the low word", "s390x",
     PROFILE("ALLOW", "", RULE("'socket','shmget'", "ERRNO", "")),
     {
      {ABI_S390X, "socketcall", 0, {1}, ERRNO(1)},
      {ABI_S390X, "socketcall", 0, {0x700000001}, ERRNO(1)},
      {ABI_S390X, "socketcall", 0, {2}, ALLOW},
      {ABI_S390X, "ipc", 0, {0x7000a0017}, ERRNO(1)},
      {ABI_S390X, "ipc", 0, {22}, ALLOW},
     }, 5},
    {"arguments of multiplexed calls are out of reach: an allowance is not passed on", "x86",
     PROFILE("ERRNO", "",
             RULE("'socket'", "ALLOW", ARG(0, "LT", 38)) ","
             RULE("'socket'", "LOG", ARG(0, "GT", 40))),
     {
      {ABI_X86, "socket", 0, {2}, ALLOW},
      {ABI_X86, "socket", 0, {38}, ERRNO(1)},
      {ABI_X86, "socketcall", 0, {1}, ERRNO(1)},
     }, 3},
    {"arguments of multiplexed calls are out of reach: a denial is", "x86",
     PROFILE("ALLOW", "",
             RULE("'socket'", "LOG", ARG(0, "EQ", 16)) ","
             RULE("'socket'", "ERRNO", ARG(0, "EQ", 38))),
     {
      {ABI_X86, "socket", 0, {2}, ALLOW},
      {ABI_X86, "socket", 0, {16}, LOG},
      {ABI_X86, "socket", 0, {38}, ERRNO(1)},
      {ABI_X86, "socketcall", 0, {1}, ERRNO(1)},
      {ABI_X86, "socketcall", 0, {2}, ALLOW},
     }, 5},
    {"an unconditional rule on a multiplexed call decides it alone", "x86",
     PROFILE("ERRNO", "",
             RULE("'socket'", "TRAP", ARG(0, "EQ", 38)) ","
             RULE("'socket'", "ALLOW", "")),
     {
      {ABI_X86, "socket", 0, {38}, ALLOW},
      {ABI_X86, "socketcall", 0, {1}, ALLOW},
     }, 2},
    {"a rule on the multiplexer itself comes first", "x86",
     PROFILE("ERRNO", "",
             RULE("'socket','bind'", "ALLOW", "") ","
             RULE("'socketcall'", "LOG", ARG(0, "LE", 1)) ","
             RULE("'ipc'", "TRAP", "") "," RULE("'semop'", "ALLOW", "")),
     {
      {ABI_X86, "socketcall", 0, {0}, LOG},
      {ABI_X86, "socketcall", 0, {1}, LOG},
      {ABI_X86, "socketcall", 0, {2}, ALLOW},
      {ABI_X86, "socketcall", 0, {3}, ERRNO(1)},
      {ABI_X86, "ipc", 0, {1}, TRAP},
     }, 5},
    {"a multiplexed name alone names its multiplexer: newer numbers begin behind it", "x86",
     PROFILE("ERRNO", "", RULE("'recv'", "ALLOW", "")),
     {
      {ABI_X86, "socketcall", 0, {10}, ALLOW},
      {ABI_X86, "socketcall", 0, {9}, ERRNO(1)},
      {ABI_X86, NULL, 101, {0}, ERRNO(1)},
      {ABI_X86, NULL, 103, {0}, ERRNO(38)},
     }, 4},
    {"64-bit ABIs compare all bits; on others only the low word counts", "x86_64",
     PROFILE("ALLOW", ALL_X86,
             RULE("'read'", "ERRNO", ARG(0, "EQ", 5)) ","
             RULE("'write'", "ERRNO", ARG(0, "EQ", 4294967301)) ","
             RULE("'close'", "ERRNO", ARG(0, "GT", 4294967295))),
     {
      {ABI_X86_64, "read", 0, {0x100000005}, ALLOW},
      {ABI_X86, "read", 0, {0x100000005}, ERRNO(1)},
      {ABI_X32, "read", 0, {0x100000005}, ALLOW},
      {ABI_X86_64, "write", 0, {0x100000005}, ERRNO(1)},
      {ABI_X86_64, "write", 0, {5}, ALLOW},
      {ABI_X86, "write", 0, {0x100000005}, ALLOW},
      {ABI_X86, "write", 0, {5}, ALLOW},
      {ABI_X32, "write", 0, {0x100000005}, ERRNO(1)},
      {ABI_X86_64, "close", 0, {0x100000000}, ERRNO(1)},
      {ABI_X86, "close", 0, {0x100000000}, ALLOW},
     }, 10},
    {"operators", "riscv64",
     PROFILE("ALLOW", "",
             RULE("'read'", "ERRNO", ARG(0, "LT", 5)) ","
             RULE("'write'", "ERRNO", ARG(0, "LE", 5)) ","
             RULE("'close'", "ERRNO", ARG(0, "NE", 5)) ","
             RULE("'clone'", "ERRNO", MASKED(0, 2114060288, 268435456))),
     {
      {ABI_RISCV64, "read", 0, {4}, ERRNO(1)},
      {ABI_RISCV64, "read", 0, {5}, ALLOW},
      {ABI_RISCV64, "write", 0, {5}, ERRNO(1)},
      {ABI_RISCV64, "write", 0, {6}, ALLOW},
      {ABI_RISCV64, "close", 0, {5}, ALLOW},
      {ABI_RISCV64, "close", 0, {UINT64_MAX}, ERRNO(1)},
      {ABI_RISCV64, "clone", 0, {0x10000011}, ERRNO(1)},
      {ABI_RISCV64, "clone", 0, {0x12000011}, ALLOW},
      {ABI_RISCV64, "clone", 0, {0x11}, ALLOW},
     }, 9},
    {"x32 has numbers of its own, and what is left of x86_64's is -1 no longer", "x86_64",
     PROFILE("ALLOW", ABIS("'SCMP_ARCH_X32'"), RULE("'readv'", "ERRNO", "")),
     {
      {ABI_X86_64, NULL, 19, {0}, ERRNO(1)},
      {ABI_X32, NULL, X32 + 19, {0}, ALLOW},
      {ABI_X32, NULL, X32 + 515, {0}, ERRNO(1)},
      {ABI_X86_64, NULL, 515, {0}, ALLOW},
      {ABI_X32, NULL, UINT32_MAX, {0}, ALLOW},
      {ABI_X86, "read", 0, {0}, KILL},
     }, 6},
    {"arm has private calls far above the others", "aarch64",
     PROFILE("ALLOW", ABIS("'SCMP_ARCH_ARM'"), RULE("'set_tls'", "TRAP", "")),
     {
      {ABI_ARM, "set_tls", 0, {0}, TRAP},
      {ABI_ARM, "get_tls", 0, {0}, ALLOW},
      {ABI_AARCH64, NULL, 0xf0005, {0}, ALLOW},
     }, 3},
};
/* clang-format on */

/* From the quoted text of a profile to its policy for a process without capabilities. */
static void lower(struct policy *policy, const char *quoted, const char *target,
                  struct syscalls *syscalls, struct arena *arena)
{
    struct variant_request request = {.target = target_by_name(target),
                                      .kernel = KERNEL_VERSION(6, 1)};
    const char *text = profile_json(arena, quoted);
    struct profile *profile = arena_alloc(arena, sizeof(*profile));
    struct variant *variant = arena_alloc(arena, sizeof(*variant));
    struct diags diags;

    diags_init(&diags, arena);

    int r = profile_parse(profile, text, strlen(text), arena, &diags);

    if (r == 0)
        r = variant_resolve(variant, profile, &request, arena, &diags);
    ck_assert_msg(r == 0, "%s", diags_render(&diags, arena, text));
    ck_assert_int_eq(policy_lower(policy, variant, syscalls, arena), 0);
}

/* What every policy is, whatever it says. */
static void check_policy(const struct policy *policy)
{
    ck_assert_uint_ge(policy->n_archs, 1);
    ck_assert_uint_eq(policy->archs[0].audit_arch, target_native_abi(policy->target)->audit_arch);
    ck_assert_uint_eq(policy->foreign, SECCOMP_RET_KILL_THREAD);
    for (size_t a = 0; a < policy->n_archs; a++) {
        const struct policy_arch *arch = &policy->archs[a];

        for (size_t b = 0; b < a; b++)
            ck_assert_uint_ne(arch->audit_arch, policy->archs[b].audit_arch);
        ck_assert_uint_ge(arch->n_ranges, 1);
        ck_assert_uint_eq(arch->ranges[0].first, 0);
        for (size_t i = 0; i < arch->n_ranges; i++) {
            const struct policy_range *range = &arch->ranges[i];
            const struct decision *decision = range->decision;
            bool is_x32 = range->first >= X32 && range->first < UINT32_MAX;

            ck_assert(i == 0 || range->first > range[-1].first);
            ck_assert_uint_eq(range->abi->audit_arch, arch->audit_arch);
            ck_assert_int_eq(range->abi->id == ABI_X32,
                             arch->audit_arch == AUDIT_ARCH_X86_64 && is_x32);
            ck_assert_ptr_eq(policy_range_of(arch, range->first), range);
            if (i > 0)
                ck_assert_ptr_eq(policy_range_of(arch, range->first - 1), range - 1);
            ck_assert(decision->origin == DECIDED_BY_RULES || decision->n_clauses == 0);
            for (size_t c = 0; c < decision->n_clauses; c++) {
                ck_assert_uint_ge(decision->clauses[c].n_tests, 1);
                ck_assert_ptr_nonnull(decision->clauses[c].rule);
            }
        }
        ck_assert_ptr_eq(policy_range_of(arch, UINT32_MAX), &arch->ranges[arch->n_ranges - 1]);
    }
}

START_TEST(verdicts)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    struct policy policy;

    lower(&policy, cases[_i].text, cases[_i].target, syscalls, &arena);
    check_policy(&policy);
    for (size_t i = 0; i < cases[_i].n_calls; i++) {
        const struct call *call = &cases[_i].calls[i];
        uint32_t nr = call->nr;

        if (call->name)
            ck_assert_int_eq(syscalls_number(syscalls, call->abi, call->name, &nr), 0);

        const struct seccomp_data data = {
            .nr = (int)nr,
            .arch = abi_get(call->abi)->audit_arch,
            .args = {call->args[0], call->args[1], call->args[2]},
        };
        uint32_t verdict = policy_evaluate(&policy, &data);

        ck_assert_msg(verdict == call->verdict, "%s: call %zu, %s %#x(%#lx): %#x, not %#x",
                      cases[_i].title, i, abi_get(call->abi)->name, nr,
                      (unsigned long)call->args[0], verdict, call->verdict);
    }

    const struct seccomp_data foreign = {.arch = AUDIT_ARCH_ALPHA};

    ck_assert_uint_eq(policy_evaluate(&policy, &foreign), SECCOMP_RET_KILL_THREAD);
}
END_TEST

static const struct decision *decision_on(const struct policy *policy, size_t arch, uint32_t nr)
{
    return policy_range_of(&policy->archs[arch], nr)->decision;
}

/* Why a decision is as it is: "explain" and the lint ask. */
START_TEST(origins)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    static const char text[] = PROFILE(
        "ERRNO", ABIS("'SCMP_ARCH_X86'"),
        RULE("'read','close'", "ALLOW", "") "," RULE("'write'", "ALLOW", ARG(0, "EQ", 1)) "," RULE(
            "'socket'", "ALLOW", ARG(0, "EQ", 1)) "," RULE("'socket'", "TRAP", ARG(0, "EQ", 2)));
    struct policy policy;

    lower(&policy, text, "x86_64", syscalls, &arena);

    const struct decision *read = decision_on(&policy, 0, 0);
    const struct decision *write = decision_on(&policy, 0, 1);
    const struct decision *socketcall = decision_on(&policy, 1, 102);

    ck_assert_int_eq(read->origin, DECIDED_BY_RULES);
    ck_assert_uint_eq(read->n_clauses, 0);
    ck_assert_ptr_nonnull(read->rule);
    ck_assert_str_eq(read->rule->names[0].name, "read");
    ck_assert_int_eq(write->origin, DECIDED_BY_RULES);
    ck_assert_ptr_null(write->rule);
    ck_assert_uint_eq(write->n_clauses, 1);
    ck_assert_str_eq(write->clauses[0].rule->names[0].name, "write");
    ck_assert_ptr_null(write->clauses[0].through);
    ck_assert_int_eq(decision_on(&policy, 0, 2)->origin, DECIDED_BY_DEFAULT);
    ck_assert_int_eq(decision_on(&policy, 0, 42)->origin, DECIDED_AS_NEWER);
    ck_assert_int_eq(decision_on(&policy, 0, X32)->origin, DECIDED_AS_FOREIGN);
    ck_assert_int_eq(decision_on(&policy, 0, UINT32_MAX)->origin, DECIDED_AS_NEWER);

    /* The clause of a multiplexed call names the rule that its verdict comes from. */
    ck_assert_uint_eq(socketcall->n_clauses, 1);
    ck_assert_uint_eq(socketcall->clauses[0].verdict, TRAP);
    ck_assert_uint_eq(socketcall->clauses[0].rule->verdict, TRAP);
    ck_assert_str_eq(socketcall->clauses[0].through->name, "socket");

    /* Numbers to which the same rules apply share their decision, on every ABI. */
    ck_assert_ptr_eq(decision_on(&policy, 0, 3), read);
    ck_assert_ptr_eq(decision_on(&policy, 1, 3), read);
    ck_assert_ptr_ne(decision_on(&policy, 1, 359), socketcall);
}
END_TEST

/* 16,384 rules on one call: the clauses come in order of restriction, and in good time. */
START_TEST(many_rules)
{
    enum {
        N = PROFILE_MAX_RULES,
    };
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    static const uint32_t actions[] = {LOG, TRAP, ERRNO(5), KILL_GROUP, TRACE(1)};
    const struct rule_name name = {"read", {0, 0}};
    struct rule *rules = arena_calloc(&arena, N, sizeof(*rules));
    const struct rule **active = arena_calloc(&arena, N, sizeof(*active));
    struct arg_test *tests = arena_calloc(&arena, N, sizeof(*tests));
    struct profile profile = {.default_verdict = ALLOW, .rules = rules, .n_rules = N};
    struct variant variant = {
        .profile = &profile,
        .target = target_by_name("x86_64"),
        .abis = target_abis(target_by_name("x86_64")),
        .rules = active,
        .n_rules = N,
    };
    struct policy policy;

    for (uint32_t i = 0; i < N; i++) {
        tests[i] = (struct arg_test){.index = 0, .op = CMP_EQ, .value = i};
        rules[i] = (struct rule){.names = &name,
                                 .n_names = 1,
                                 .verdict = actions[i % ARRAY_SIZE(actions)],
                                 .tests = &tests[i],
                                 .n_tests = 1};
        active[i] = &rules[i];
    }
    ck_assert_int_eq(policy_lower(&policy, &variant, syscalls, &arena), 0);

    const struct decision *decision = decision_on(&policy, 0, 0);

    ck_assert_uint_eq(decision->n_clauses, N);
    for (size_t i = 1; i < N; i++) {
        const struct clause *clause = &decision->clauses[i];
        int order = verdict_compare(clause[-1].verdict, clause->verdict);

        if (order > 0 || (order == 0 && clause[-1].rule > clause->rule))
            ck_abort_msg("clause %zu is out of order", i);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lower");
    TCase *tcase = tcase_create("lower");

    tcase_add_loop_test(tcase, verdicts, 0, ARRAY_SIZE(cases));
    tcase_add_test(tcase, origins);
    tcase_add_test(tcase, many_rules);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
