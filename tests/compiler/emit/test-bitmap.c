/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel runs a new filter for each number without knowing the arguments; where that ends in
 * ALLOW, later calls skip the filter. Here the same emulation is run on the filters of our profiles
 * and of random ones: each number that is allowed whatever its arguments must be found, on every
 * architecture, and no other.
 */
#include <check.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/emit/emit.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/lower.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/meaning.h"
#include "tests/compiler/random-profile.h"
#include "tests/suite.h"
#include "tests/where.h"
#include "util/cleanup.h"

enum {
    RANDOM_PROFILES = 200,
    NUMBERS = 560, /* of each ABI, from its first one */
};

static const char *const targets[] = {"x86_64", "aarch64", "s390x", "mips64"};

/* As kernel/seccomp.c, seccomp_is_const_allow(), reads a program: any argument is the end. */
static bool is_const_allow(const struct sock_filter *program, size_t n, uint32_t arch, uint32_t nr)
{
    uint32_t a = 0;

    for (size_t pc = 0; pc < n; pc++) {
        const struct sock_filter *insn = &program[pc];
        bool holds;

        switch (insn->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            if (insn->k != offsetof(struct seccomp_data, nr) &&
                insn->k != offsetof(struct seccomp_data, arch))
                return false;
            a = insn->k == offsetof(struct seccomp_data, nr) ? nr : arch;
            continue;
        case BPF_ALU | BPF_AND | BPF_K:
            a &= insn->k;
            continue;
        case BPF_RET | BPF_K:
            return insn->k == SECCOMP_RET_ALLOW;
        case BPF_JMP | BPF_JA:
            pc += insn->k;
            continue;
        case BPF_JMP | BPF_JEQ | BPF_K:
            holds = a == insn->k;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            holds = a >= insn->k;
            break;
        case BPF_JMP | BPF_JGT | BPF_K:
            holds = a > insn->k;
            break;
        case BPF_JMP | BPF_JSET | BPF_K:
            holds = (a & insn->k) != 0;
            break;
        default:
            return false;
        }
        pc += holds ? insn->jt : insn->jf;
    }
    return false;
}

static bool has_masks(const struct decision *decision)
{
    for (size_t c = 0; c < decision->n_clauses; c++)
        for (size_t t = 0; t < decision->clauses[c].n_tests; t++)
            if (decision->clauses[c].tests[t].op == CMP_MASKED_EQ)
                return true;
    return false;
}

/* Tries number NR of ARCH; returns true where it is always allowed. */
static bool check_number(const struct bdd *bdd, const struct behaviour *asked,
                         const struct bpf_program *program, const struct policy_arch *arch,
                         uint32_t nr)
{
    uint32_t verdict;
    bool allowed = bdd_is_constant(bdd, behaviour_at(asked, arch->audit_arch, nr), &verdict) &&
                   verdict == SECCOMP_RET_ALLOW;
    bool found = is_const_allow(program->insns, program->n_insns, arch->audit_arch, nr);

    if (allowed && !found && has_masks(policy_range_of(arch, nr)->decision))
        return false;
    ck_assert_msg(found == allowed, "arch %#x number %u is %s", arch->audit_arch, nr,
                  allowed ? "always allowed, and the kernel cannot see it"
                          : "not always allowed, and the kernel takes it so");
    return allowed;
}

/* Compiles TEXT for REQUEST and tries all numbers; returns how many are always allowed. */
static size_t check_text(const char *text, size_t len, const struct variant_request *request,
                         struct syscalls *syscalls)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct bdd *bdd = bdd_new(1u << 20);
    struct profile profile;
    struct variant variant;
    struct policy policy;
    struct behaviour asked;
    struct bpf_program program;
    struct diags diags;
    size_t allowed = 0;

    ck_assert_ptr_nonnull(bdd);
    diags_init(&diags, &arena);
    ck_assert_int_eq(profile_parse(&profile, text, len, &arena, &diags), 0);
    ck_assert_int_eq(variant_resolve(&variant, &profile, request, &arena, &diags), 0);
    ck_assert_int_eq(policy_lower(&policy, &variant, syscalls, &arena), 0);
    ck_assert_int_eq(policy_emit(&program, &policy, syscalls, &arena), 0);
    ck_assert_int_eq(meaning_of_profile(&asked, bdd, &profile, request, syscalls, &arena), 0);
    for (size_t i = 0; i < policy.n_archs; i++) {
        for (size_t k = 0; k < request->target->n_abis; k++) {
            const struct abi *abi = abi_get(request->target->abis[k]);

            if (abi->audit_arch != policy.archs[i].audit_arch)
                continue;
            for (uint32_t nr = abi->nr_base; nr < abi->nr_base + NUMBERS; nr++)
                allowed += check_number(bdd, &asked, &program, &policy.archs[i], nr);
        }
    }
    bdd_free(bdd);
    return allowed;
}

START_TEST(emulation_reads_as_the_kernel_does)
{
    const uint32_t nr = offsetof(struct seccomp_data, nr);
    const uint32_t arg = offsetof(struct seccomp_data, args);
    const struct sock_filter plain[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, nr),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 10, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 12, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, arg),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    const struct sock_filter shifting[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, nr),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };

    ck_assert(is_const_allow(plain, ARRAY_SIZE(plain), 1, 9));
    ck_assert(!is_const_allow(plain, ARRAY_SIZE(plain), 1, 10));
    ck_assert(!is_const_allow(plain, ARRAY_SIZE(plain), 1, 12));
    ck_assert(!is_const_allow(shifting, ARRAY_SIZE(shifting), 1, 9));
}
END_TEST

START_TEST(shipped_profile)
{
    cleanup_fclose FILE *file = fopen(TOP_SRCDIR "/profiles/default.json", "re");
    cleanup_free char *text = malloc(PROFILE_MAX_BYTES);
    struct syscalls *syscalls = syscalls_new();
    size_t len;

    ck_assert(file && text && syscalls);
    len = fread(text, 1, PROFILE_MAX_BYTES, file);
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
        struct variant_request request = {.target = target_by_name(targets[i]),
                                          .kernel = KERNEL_VERSION(6, 1)};

        ck_assert_uint_gt(check_text(text, len, &request, syscalls), 200);
    }
    syscalls_free(syscalls);
}
END_TEST

/* Two rules that together hold for every argument, with bounds at the ends of a word. */
START_TEST(bounds_at_word_ends)
{
    static const char text[] =
        "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": ["
        "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
        "[{\"index\": 0, \"op\": \"SCMP_CMP_GE\", \"value\": 4294967296}]},"
        "{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
        "[{\"index\": 0, \"op\": \"SCMP_CMP_LE\", \"value\": 4294967295}]}]}";
    struct variant_request request = {.target = target_by_name("x86_64")};
    struct syscalls *syscalls = syscalls_new();

    ck_assert_ptr_nonnull(syscalls);
    ck_assert_uint_eq(check_text(text, strlen(text), &request, syscalls), 1);
    syscalls_free(syscalls);
}
END_TEST

START_TEST(random_profiles)
{
    struct syscalls *syscalls = syscalls_new();
    size_t allowed = 0;

    ck_assert_ptr_nonnull(syscalls);
    for (uint64_t seed = 1; seed <= RANDOM_PROFILES; seed++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct random_source random = random_begin(seed);
        const char *text = random_profile(&random, &arena);
        struct variant_request request = {
            .target = target_by_name(targets[random_below(&random, ARRAY_SIZE(targets))]),
        };

        ck_assert_ptr_nonnull(text);
        random_request(&random, &request);
        allowed += check_text(text, strlen(text), &request, syscalls);
    }
    ck_assert_uint_gt(allowed, 0);
    syscalls_free(syscalls);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bitmap");
    TCase *tcase = tcase_create("bitmap");

    tcase_add_test(tcase, emulation_reads_as_the_kernel_does);
    tcase_add_test(tcase, shipped_profile);
    tcase_add_test(tcase, bounds_at_word_ends);
    tcase_add_test(tcase, random_profiles);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
