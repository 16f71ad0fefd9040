/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The emitter against the policy that it was given: random policies, made without any JSON, must
 * give programs that answer as policy_evaluate() does, whatever their shape.
 */
#include <check.h>
#include <linux/audit.h>
#include <stdlib.h>

#include "compiler/emit/emit.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/profile.h"
#include "compiler/policy/policy.h"
#include "tests/compiler/random.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    RANDOM_POLICIES = 120,
    SAMPLES = 60, /* argument vectors for each range */
    MAX_RANGES = 120,
    MAX_CLAUSES = 5,
    MAX_TESTS = 3,
};

static const uint64_t interesting[] = {
    0,
    1,
    2,
    7,
    0x7f,
    0x7fffffff,
    0x80000000,
    0xffffffff,
    0x100000000,
    0x100000001,
    0x7fffffffffffffff,
    0x8000000000000000,
    0xfffffffffffffffe,
    0xffffffffffffffff,
};

static uint64_t pick_value(uint64_t *seed)
{
    uint64_t value = interesting[next_random(seed) % ARRAY_SIZE(interesting)];

    switch (next_random(seed) % 4) {
    case 0:
        return value + 1;
    case 1:
        return value ^ interesting[next_random(seed) % ARRAY_SIZE(interesting)];
    default:
        return value;
    }
}

static uint32_t pick_verdict(uint64_t *seed)
{
    static const uint32_t verdicts[] = {
        SECCOMP_RET_ALLOW,        SECCOMP_RET_ERRNO | 1,  SECCOMP_RET_ERRNO | 38,
        SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRACE | 77, SECCOMP_RET_LOG,
    };

    return verdicts[next_random(seed) % ARRAY_SIZE(verdicts)];
}

static const struct decision *random_decision(struct arena *arena, uint64_t *seed)
{
    struct decision *decision = arena_alloc(arena, sizeof(*decision));
    struct clause *clauses = arena_calloc(arena, MAX_CLAUSES, sizeof(*clauses));

    decision->otherwise = pick_verdict(seed);
    if (next_random(seed) % 3)
        return decision;
    decision->clauses = clauses;
    decision->n_clauses = 1 + next_random(seed) % MAX_CLAUSES;
    for (size_t c = 0; c < decision->n_clauses; c++) {
        struct arg_test *tests = arena_calloc(arena, MAX_TESTS, sizeof(*tests));

        clauses[c] = (struct clause){pick_verdict(seed), tests, 1 + next_random(seed) % MAX_TESTS,
                                     NULL, NULL};
        for (size_t t = 0; t < clauses[c].n_tests; t++)
            tests[t] = (struct arg_test){
                .index = (uint8_t)(next_random(seed) % 3),
                .op = (enum cmp_op)(next_random(seed) % CMP_COUNT),
                .value = pick_value(seed),
                .value_two = pick_value(seed),
            };
    }
    return decision;
}

/* Fills ARCH with random ranges; with x32's numbers where X32. */
static void random_arch(struct policy_arch *arch, const struct abi *abi, bool x32,
                        struct arena *arena, uint64_t *seed)
{
    struct policy_range *ranges = arena_calloc(arena, 2 * MAX_RANGES + 2, sizeof(*ranges));
    const struct decision *pool[8];
    uint32_t next = 0;

    for (size_t i = 0; i < ARRAY_SIZE(pool); i++)
        pool[i] = random_decision(arena, seed);
    arch->audit_arch = abi->audit_arch;
    arch->ranges = ranges;
    arch->n_ranges = 0;
    for (int half = 0; half <= (x32 ? 1 : 0); half++) {
        size_t n = 1 + next_random(seed) % MAX_RANGES;

        next = half ? 0x40000000 : 0;
        for (size_t i = 0; i < n; i++) {
            ranges[arch->n_ranges++] = (struct policy_range){
                next, half ? abi_get(ABI_X32) : abi, pool[next_random(seed) % ARRAY_SIZE(pool)]};
            next += 1 + (next_random(seed) % 3 ? 0 : next_random(seed) % 9);
        }
    }
}

static void check_arch(const struct policy *policy, const struct bpf_program *program,
                       const struct policy_arch *arch, bool big_endian, uint64_t *seed)
{
    for (size_t i = 0; i < arch->n_ranges; i++) {
        for (size_t s = 0; s < SAMPLES; s++) {
            struct seccomp_data data = {.arch = arch->audit_arch};
            uint32_t next = i + 1 < arch->n_ranges ? arch->ranges[i + 1].first : 0;

            data.nr = (int)(s % 2 ? arch->ranges[i].first : next - 1);
            if (s < 6)
                data.nr = (int)(arch->ranges[i].first ^ ((uint32_t)0x40000000 << s % 3));
            for (size_t a = 0; a < SYSCALL_ARGS; a++)
                data.args[a] = pick_value(seed);

            uint32_t wanted = policy_evaluate(policy, &data);
            uint32_t got =
                bpf_simulate(program->insns, program->n_insns, &data, big_endian).verdict;

            /* An assertion writes to a file each time, so it is not asked each time. */
            if (got != wanted)
                ck_abort_msg("arch %#x nr %#x args %#lx %#lx %#lx: %#x, but the policy says %#x",
                             data.arch, (unsigned int)data.nr, (unsigned long)data.args[0],
                             (unsigned long)data.args[1], (unsigned long)data.args[2], got, wanted);
        }
    }
}

START_TEST(random_policies)
{
    struct syscalls *syscalls = syscalls_new();

    ck_assert_ptr_nonnull(syscalls);
    for (uint64_t number = 1; number <= RANDOM_POLICIES; number++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        uint64_t seed = number * UINT64_C(0x9e3779b97f4a7c15);
        const struct target *target = target_at(next_random(&seed) % 16);
        bool big_endian = target_native_abi(target)->big_endian;
        struct policy policy = {.target = target, .foreign = SECCOMP_RET_KILL_THREAD};
        struct bpf_program program;
        size_t bad;
        const char *why;

        for (size_t i = 0; i < target->n_abis; i++)
            if (target->abis[i] != ABI_X32)
                random_arch(&policy.archs[policy.n_archs++], abi_get(target->abis[i]),
                            target->abis[i] == ABI_X86_64 && next_random(&seed) % 2, &arena, &seed);
        ck_assert_int_eq(policy_emit(&program, &policy, syscalls, &arena), 0);
        ck_assert_msg(bpf_check(program.insns, program.n_insns, &bad, &why) == 0, "%zu: %s", bad,
                      why);
        ck_assert(bpf_is_emulable(program.insns, program.n_insns));
        for (size_t i = 0; i < policy.n_archs; i++)
            check_arch(&policy, &program, &policy.archs[i], big_endian, &seed);

        struct seccomp_data foreign = {.arch = AUDIT_ARCH_ALPHA};

        ck_assert_uint_eq(
            bpf_simulate(program.insns, program.n_insns, &foreign, big_endian).verdict,
            SECCOMP_RET_KILL_THREAD);
    }
    syscalls_free(syscalls);
}
END_TEST

/* A policy whose one syscall has many clauses on single values: far jumps, thousands of tests. */
static void many_values(size_t n, int expected)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct syscalls *syscalls = syscalls_new();
    struct clause *clauses = arena_calloc(&arena, n, sizeof(*clauses));
    struct arg_test *tests = arena_calloc(&arena, n, sizeof(*tests));
    struct decision decision = {.clauses = clauses, .n_clauses = n, .otherwise = SECCOMP_RET_TRAP};
    struct decision allow = {.otherwise = SECCOMP_RET_ALLOW};
    const struct policy_range ranges[] = {
        {0, abi_get(ABI_AARCH64), &decision},
        {1, abi_get(ABI_AARCH64), &allow},
    };
    struct policy policy = {
        .target = target_by_name("aarch64"),
        .archs = {{AUDIT_ARCH_AARCH64, ranges, 2}},
        .n_archs = 1,
        .foreign = SECCOMP_RET_KILL_THREAD,
    };
    struct bpf_program program;

    for (size_t i = 0; i < n; i++) {
        tests[i] = (struct arg_test){.index = 0, .op = CMP_EQ, .value = 10 * i + 3};
        clauses[i] =
            (struct clause){SECCOMP_RET_ERRNO | (uint32_t)(i % 3), &tests[i], 1, NULL, NULL};
    }
    ck_assert_int_eq(policy_emit(&program, &policy, syscalls, &arena), expected);
    for (size_t i = 0; expected == 0 && i < 10 * n + 10; i++) {
        struct seccomp_data data = {.arch = AUDIT_ARCH_AARCH64, .args = {i}};

        if (bpf_simulate(program.insns, program.n_insns, &data, false).verdict !=
            policy_evaluate(&policy, &data))
            ck_abort_msg("argument %zu of %zu", i, n);
    }
    syscalls_free(syscalls);
}

START_TEST(far_jumps)
{
    many_values(300, 0);
    many_values(1200, 0);
    many_values(3000, 0);
}
END_TEST

START_TEST(too_many_instructions)
{
    many_values(5000, -E2BIG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("emit");
    TCase *tcase = tcase_create("emit");

    tcase_add_test(tcase, random_policies);
    tcase_add_test(tcase, far_jumps);
    tcase_add_test(tcase, too_many_instructions);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
