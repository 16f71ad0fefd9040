/*
 * The proof against broken filters: what an emitter could get wrong, it must find; and whatever it
 * accepts must answer as the policy does.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/bpf.h"
#include "compiler/emit.h"
#include "compiler/lower.h"
#include "compiler/prove.h"
#include "compiler/resolve.h"
#include "util/cleanup.h"

static const char profile_text[] =
    "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86\","
    "  \"SCMP_ARCH_X32\"], \"syscalls\": ["
    " {\"names\": [\"read\", \"write\", \"openat\", \"close\", \"exit_group\", \"futex\", \"mmap\","
    "   \"brk\", \"rt_sigaction\", \"pidfd_open\", \"openat2\", \"close_range\", \"faccessat2\"],"
    "  \"action\": \"SCMP_ACT_ALLOW\"},"
    " {\"names\": [\"clone\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0,"
    "   \"value\": 2114060288, \"valueTwo\": 0, \"op\": \"SCMP_CMP_MASKED_EQ\"}]},"
    " {\"names\": [\"personality\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0,"
    "   \"value\": 8, \"op\": \"SCMP_CMP_EQ\"}]},"
    " {\"names\": [\"personality\"], \"action\": \"SCMP_ACT_LOG\", \"args\": [{\"index\": 0,"
    "   \"value\": 4294967296, \"op\": \"SCMP_CMP_GE\"}, {\"index\": 1, \"value\": 7,"
    "   \"op\": \"SCMP_CMP_NE\"}]},"
    " {\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0,"
    "   \"value\": 38, \"op\": \"SCMP_CMP_LT\"}]},"
    " {\"names\": [\"ptrace\"], \"action\": \"SCMP_ACT_KILL_PROCESS\"}]}";

/* One compiled profile, and what to compare with it. */
struct fixture {
    struct arena arena;
    struct diags diags;
    struct syscalls *syscalls;
    struct policy policy;
    struct filter filter;
};

static void set_up(struct fixture *fixture, const char *text, const char *target)
{
    struct profile profile;
    struct variant variant;
    const struct variant_request request = {target_by_name(target), 0, KERNEL_VERSION(6, 1)};

    memset(fixture, 0, sizeof(*fixture));
    diags_init(&fixture->diags, &fixture->arena);
    fixture->syscalls = syscalls_new();
    ck_assert_int_eq(profile_parse(&profile, text, strlen(text), &fixture->arena, &fixture->diags),
                     0);
    ck_assert_int_eq(
        variant_resolve(&variant, &profile, &request, &fixture->arena, &fixture->diags), 0);
    ck_assert_int_eq(policy_lower(&fixture->policy, &variant, fixture->syscalls, &fixture->arena),
                     0);
    ck_assert_int_eq(policy_emit(&fixture->filter, &fixture->policy, &fixture->arena), 0);
}

static void tear_down(struct fixture *fixture)
{
    syscalls_free(fixture->syscalls);
    arena_free(&fixture->arena);
}

static int prove(struct fixture *fixture, struct filter *filter)
{
    return prove_filter(filter, &fixture->policy, fixture->syscalls, &fixture->arena,
                        &fixture->diags);
}

/* True where some sampled input makes PROGRAM answer otherwise than the policy. */
static bool samples_differ(const struct fixture *fixture, const struct filter *filter)
{
    static const uint64_t values[] = {
        0,         1, 7, 8, 37, 38, 0x10000000, 0x20000, 0x100000000, 0x100000008, 0x10000000000000,
        UINT64_MAX};
    bool big_endian = target_native_abi(fixture->policy.target)->big_endian;

    for (size_t i = 0; i < fixture->policy.n_archs; i++) {
        const struct policy_arch *arch = &fixture->policy.archs[i];

        for (size_t k = 0; k < arch->n_ranges; k++) {
            for (size_t v = 0; v < ARRAY_SIZE(values) * 2; v++) {
                struct seccomp_data data = {
                    .arch = arch->audit_arch,
                    .nr = (int)arch->ranges[k].first,
                    .args = {values[v / 2], v % 2 ? 7 : 0},
                };

                if (bpf_simulate(filter->insns, filter->n_insns, &data, big_endian).verdict !=
                    policy_evaluate(&fixture->policy, &data))
                    return true;
            }
        }
    }
    return false;
}

/* What an emitter could do wrong with instruction I. False: nothing of that kind. */
static bool mutate(struct sock_filter *insn, int kind)
{
    bool jump = BPF_CLASS(insn->code) == BPF_JMP && BPF_OP(insn->code) != BPF_JA;
    uint8_t jt = insn->jt;

    switch (kind) {
    case 0: /* swapped branches */
        insn->jt = insn->jf;
        insn->jf = jt;
        return jump && jt != insn->jt;
    case 1: /* a jump one too far */
        insn->jt++;
        return jump;
    case 2:
        insn->jf++;
        return jump;
    case 3: /* a lost test */
        insn->jt = insn->jf;
        return jump && jt != insn->jt;
    case 4: /* an off-by-one range */
        insn->k++;
        return BPF_CLASS(insn->code) == BPF_JMP;
    case 5:
        insn->k--;
        return BPF_CLASS(insn->code) == BPF_JMP;
    case 6: /* >= for > */
        insn->code ^= BPF_JGE ^ BPF_JGT;
        return jump && (BPF_OP(insn->code) == BPF_JGE || BPF_OP(insn->code) == BPF_JGT);
    case 7: /* the other half of an argument, or the number for the architecture */
        insn->k ^= 4;
        return insn->code == (BPF_LD | BPF_W | BPF_ABS);
    case 8: /* another argument */
        insn->k += 8;
        return insn->code == (BPF_LD | BPF_W | BPF_ABS) && insn->k < sizeof(struct seccomp_data);
    case 9: /* another verdict */
        insn->k ^= 1;
        return BPF_CLASS(insn->code) == BPF_RET;
    case 10: /* a bit lost from a mask */
        insn->k &= insn->k - 1;
        return BPF_CLASS(insn->code) == BPF_ALU || insn->code == (BPF_JMP | BPF_JSET | BPF_K);
    }
    return false;
}

enum {
    MUTATIONS = 11,
};

static void try_mutations(const char *target)
{
    struct fixture fixture;
    size_t caught = 0;
    size_t harmless = 0;

    set_up(&fixture, profile_text, target);
    ck_assert_int_eq(prove(&fixture, &fixture.filter), 0);
    ck_assert_uint_eq(fixture.filter.proof.version, PROOF_VERSION);
    ck_assert_uint_gt(fixture.filter.proof.ranges, 10);
    ck_assert(!samples_differ(&fixture, &fixture.filter));
    for (size_t i = 0; i < fixture.filter.n_insns; i++) {
        for (int kind = 0; kind < MUTATIONS; kind++) {
            struct sock_filter insn = fixture.filter.insns[i];
            struct filter broken = fixture.filter;
            size_t bad;
            const char *why;

            broken.insns = arena_calloc(&fixture.arena, broken.n_insns, sizeof(insn));
            memcpy(broken.insns, fixture.filter.insns, broken.n_insns * sizeof(insn));
            if (!mutate(&broken.insns[i], kind) ||
                bpf_check(broken.insns, broken.n_insns, &bad, &why) < 0)
                continue;

            int r = prove(&fixture, &broken);

            ck_assert(r == 0 || r == -EINVAL);
            caught += r != 0;
            harmless += r == 0;
            ck_assert_msg(r != 0 || !samples_differ(&fixture, &broken),
                          "%s: instruction %zu, mutation %d: proven, but it differs", target, i,
                          kind);
        }
    }
    /* Some mutants mean the same (a loop's bound where nothing is, say), but few. */
    ck_assert_uint_gt(caught, 100);
    ck_assert_uint_lt(harmless * 10, caught);
    tear_down(&fixture);
}

START_TEST(mutations_are_caught)
{
    try_mutations("x86_64");
    try_mutations("s390x");
    try_mutations("mips64");
}
END_TEST

START_TEST(counterexample_is_named)
{
    struct fixture fixture;
    const char *text;

    set_up(&fixture, profile_text, "x86_64");
    for (size_t i = 0; i < fixture.filter.n_insns; i++)
        if (fixture.filter.insns[i].code == (BPF_RET | BPF_K) &&
            fixture.filter.insns[i].k == SECCOMP_RET_KILL_PROCESS)
            fixture.filter.insns[i].k = SECCOMP_RET_ALLOW;
    ck_assert_int_eq(prove(&fixture, &fixture.filter), -EINVAL);
    ck_assert_uint_eq(fixture.filter.proof.version, 0);
    ck_assert_uint_eq(fixture.diags.n_errors, 1);
    text = fixture.diags.items[0].text;
    ck_assert_msg(strstr(text, "number 26 (ptrace)") || strstr(text, "number 101 (ptrace)"), "%s",
                  text);
    ck_assert_msg(strstr(text, "the profile says KILL_PROCESS, the filter ALLOW"), "%s", text);
    tear_down(&fixture);
}
END_TEST

START_TEST(unanalysable_is_refused)
{
    struct fixture fixture;
    struct sock_filter returns_argument[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    struct filter filter = {.insns = returns_argument, .n_insns = ARRAY_SIZE(returns_argument)};

    set_up(&fixture, profile_text, "x86_64");
    ck_assert_int_eq(prove(&fixture, &filter), -EINVAL);
    ck_assert_str_eq(
        fixture.diags.items[0].text,
        "not proven: the filter cannot be analysed: instruction 1: a returned value that depends "
        "on an argument");
    tear_down(&fixture);
}
END_TEST

/* Programs that only tools other than ours make: arithmetic, scratch memory, X. */
START_TEST(any_instruction_is_analysed)
{
    const uint32_t arg0 = offsetof(struct seccomp_data, args);
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
        BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 16),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 9, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, arg0),
        BPF_STMT(BPF_ST, 3),
        BPF_STMT(BPF_LDX | BPF_MEM, 3),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
        BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 6),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 0xff),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 3),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 1),
        BPF_STMT(BPF_ALU | BPF_NEG, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_IMM, 0x92345678),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG),
    };
    cleanup_arena struct arena arena = ARENA_INIT;
    struct bdd *bdd = bdd_new(1 << 20);
    struct behaviour behaviour;
    struct obstacle obstacle = {0, ""};
    int r = behaviour_of_program(&behaviour, bdd, program, ARRAY_SIZE(program), false, &arena,
                                 &obstacle);

    /* Masks of a number tell apart 2^24 ranges of 16 numbers: too many, and it says so. */
    ck_assert_int_eq(r, -E2BIG);
    ck_assert_str_eq(obstacle.why, "it tells apart too many ranges of numbers");
    program[1].k = 0xf0000000;
    program[2].k = 0x10000000;
    r = behaviour_of_program(&behaviour, bdd, program, ARRAY_SIZE(program), false, &arena,
                             &obstacle);
    ck_assert_msg(r == 0, "%zu: %s", obstacle.pc, obstacle.why);
    for (uint32_t i = 0; i < 20000; i++) {
        struct seccomp_data data = {
            .nr = (int)(i * 0x9e3779b1u),
            .arch = i,
            .args = {i * 0x85ebca6bu, (uint64_t)i * 0xc2b2ae35u << 7},
        };
        uint64_t words[BDD_WORDS] = {data.args[0], data.args[1]};
        bdd_ref decision = behaviour_at(&behaviour, data.arch, (uint32_t)data.nr);

        ck_assert_uint_eq(bdd_evaluate(bdd, decision, words),
                          bpf_simulate(program, ARRAY_SIZE(program), &data, false).verdict);
    }
    bdd_free(bdd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prove");
    TCase *tcase = tcase_create("prove");

    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, mutations_are_caught);
    tcase_add_test(tcase, counterexample_is_named);
    tcase_add_test(tcase, unanalysable_is_refused);
    tcase_add_test(tcase, any_instruction_is_analysed);
    suite_add_tcase(suite, tcase);

    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_NORMAL);

    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
