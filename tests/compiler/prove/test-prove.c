/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The proof against broken filters: what an emitter could get wrong, it must find; and whatever it
 * accepts must answer as the policy does.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compiler/emit/emit.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/lower.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"
#include "compiler/prove/prove.h"
#include "tests/suite.h"
#include "util/arena.h"
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
    struct profile profile;
    struct variant_request request;
    struct policy policy;
    struct bpf_program program;
    struct proof_record proof; /* of the last prove() */
};

static void set_up(struct fixture *fixture, const char *text, const char *target)
{
    struct variant variant;

    memset(fixture, 0, sizeof(*fixture));
    fixture->request =
        (struct variant_request){.target = target_by_name(target), .kernel = KERNEL_VERSION(6, 1)};
    diags_init(&fixture->diags, &fixture->arena);
    fixture->syscalls = syscalls_new();
    ck_assert_int_eq(
        profile_parse(&fixture->profile, text, strlen(text), &fixture->arena, &fixture->diags), 0);
    ck_assert_int_eq(variant_resolve(&variant, &fixture->profile, &fixture->request,
                                     &fixture->arena, &fixture->diags),
                     0);
    ck_assert_int_eq(policy_lower(&fixture->policy, &variant, fixture->syscalls, &fixture->arena),
                     0);
    ck_assert_int_eq(
        policy_emit(&fixture->program, &fixture->policy, fixture->syscalls, &fixture->arena), 0);
}

static void tear_down(struct fixture *fixture)
{
    syscalls_free(fixture->syscalls);
    arena_free(&fixture->arena);
}

static int prove(struct fixture *fixture, const struct bpf_program *program)
{
    return prove_filter(&fixture->proof, program, fixture->policy.flags, &fixture->profile,
                        &fixture->request, fixture->syscalls, &fixture->arena, &fixture->diags);
}

/* True where some sampled input makes PROGRAM answer otherwise than the policy. */
static bool samples_differ(const struct fixture *fixture, const struct bpf_program *program)
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

                if (bpf_simulate(program->insns, program->n_insns, &data, big_endian).verdict !=
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

struct mutants {
    size_t caught;
    size_t unclear;  /* refused, since they cannot be analysed */
    size_t harmless; /* proven: they mean the same */
};

/*
 * The proof of BROKEN has failed: what it says it must be right about. Takes the input out of its
 * message, and asks the policy and the simulator.
 */
static void check_counterexample(const struct fixture *fixture, const struct bpf_program *broken,
                                 const char *target, size_t i, int kind)
{
    const struct diag *said = &fixture->diags.items[fixture->diags.n - 1];
    bool big_endian = target_native_abi(fixture->policy.target)->big_endian;
    struct seccomp_data data = {0};
    unsigned long long args[6];
    unsigned long long pointer = 0;
    const char *more;

    int n =
        sscanf(said->text,
               "not proven: %*[^(](%x) number %d (%*[^)]) with arguments %llx, %llx, %llx, "
               "%llx, %llx, %llx",
               &data.arch, &data.nr, &args[0], &args[1], &args[2], &args[3], &args[4], &args[5]);

    ck_assert_msg(n == 8, "%s", said->text);
    more = strstr(said->text, "instruction pointer ");
    if (more)
        sscanf(more, "instruction pointer %llx", &pointer);
    data.instruction_pointer = pointer;
    for (size_t k = 0; k < ARRAY_SIZE(args); k++)
        data.args[k] = args[k];

    uint32_t wanted = policy_evaluate(&fixture->policy, &data);
    uint32_t verdict = bpf_simulate(broken->insns, broken->n_insns, &data, big_endian).verdict;

    ck_assert_msg(wanted != verdict, "%s: mutation %d at %zu: both give %#x for: %s", target, kind,
                  i, wanted, said->text);
}

/* Proves BROKEN, which may be, and counts it. */
static void try_mutant(struct fixture *fixture, struct bpf_program *broken, const char *target,
                       size_t i, int kind, struct mutants *mutants)
{
    diags_init(&fixture->diags, &fixture->arena);

    int r = prove(fixture, broken);

    ck_assert(r == 0 || r == -EINVAL);
    if (r == 0) {
        mutants->harmless++;
        ck_assert_msg(!samples_differ(fixture, broken),
                      "%s: mutation %d at %zu: proven, but it differs", target, kind, i);
    } else if (strstr(fixture->diags.items[0].text, "cannot be analysed")) {
        mutants->unclear++;
    } else {
        mutants->caught++;
        check_counterexample(fixture, broken, target, i, kind);
    }
}

static void print_mutants(const char *what, const char *target, const struct mutants *mutants)
{
    printf(
        "counts: %s, %s: %zu caught, each with an input that shows it; %zu refused as too large; "
        "%zu mean the same\n",
        what, target, mutants->caught, mutants->unclear, mutants->harmless);
}

static void try_mutations(const char *target)
{
    struct fixture fixture;
    struct mutants mutants = {0, 0, 0};

    set_up(&fixture, profile_text, target);
    ck_assert_int_eq(prove(&fixture, &fixture.program), 0);
    ck_assert_uint_eq(fixture.proof.version, PROOF_VERSION);
    ck_assert_uint_gt(fixture.proof.ranges, 10);
    ck_assert(!samples_differ(&fixture, &fixture.program));
    for (size_t i = 0; i < fixture.program.n_insns; i++) {
        for (int kind = 0; kind < MUTATIONS; kind++) {
            struct sock_filter insn = fixture.program.insns[i];
            struct bpf_program broken = fixture.program;
            size_t bad;
            const char *why;

            broken.insns = arena_calloc(&fixture.arena, broken.n_insns, sizeof(insn));
            memcpy(broken.insns, fixture.program.insns, broken.n_insns * sizeof(insn));
            if (mutate(&broken.insns[i], kind) &&
                bpf_check(broken.insns, broken.n_insns, &bad, &why) == 0)
                try_mutant(&fixture, &broken, target, i, kind, &mutants);
        }
    }
    print_mutants("broken instructions", target, &mutants);
    /* Some mutants mean the same (a range's bound where nothing is, say), but few. */
    ck_assert_uint_gt(mutants.caught, 100);
    ck_assert_uint_lt(mutants.harmless * 10, mutants.caught);
    tear_down(&fixture);
}

START_TEST(mutations_are_caught)
{
    try_mutations("x86_64");
    try_mutations("s390x");
    try_mutations("mips64");
}
END_TEST

/* A copy of RANGE's decision without clause C. */
static const struct decision *without_clause(struct arena *arena, const struct policy_range *range,
                                             size_t c)
{
    struct decision *decision = arena_alloc(arena, sizeof(*decision));
    struct clause *clauses = arena_calloc(arena, range->decision->n_clauses, sizeof(*clauses));
    size_t n = 0;

    *decision = *range->decision;
    for (size_t i = 0; i < decision->n_clauses; i++)
        if (i != c)
            clauses[n++] = decision->clauses[i];
    decision->clauses = clauses;
    decision->n_clauses = n;
    return decision;
}

/* The decision with one of its verdicts another one. */
static const struct decision *with_verdict(struct arena *arena, const struct policy_range *range)
{
    struct decision *decision = arena_alloc(arena, sizeof(*decision));

    *decision = *range->decision;
    decision->otherwise ^= SECCOMP_RET_TRACE;
    return decision;
}

/* Emits the filter of the policy with range I of ARCH replaced by CHANGED, and tries to prove it.
 */
static void try_range(struct fixture *fixture, const char *target, size_t arch, size_t i,
                      struct policy_range changed, int kind, struct mutants *mutants)
{
    struct policy wrong = fixture->policy;
    const struct policy_arch *right = &fixture->policy.archs[arch];
    struct policy_range *ranges = arena_calloc(&fixture->arena, right->n_ranges, sizeof(*ranges));
    struct bpf_program program;

    memcpy(ranges, right->ranges, right->n_ranges * sizeof(*ranges));
    ranges[i] = changed;
    wrong.archs[arch].ranges = ranges;
    ck_assert_int_eq(policy_emit(&program, &wrong, fixture->syscalls, &fixture->arena), 0);
    try_mutant(fixture, &program, target, i, kind, mutants);
}

/*
 * What an emitter could lose as a whole: a clause, a verdict, a number at the edge of a range, an
 * architecture, the order of the words of all arguments. All that changes an answer is caught.
 */
static void try_losses(const char *target)
{
    struct fixture fixture;
    struct mutants mutants = {0, 0, 0};
    struct policy fewer;
    struct bpf_program program;

    set_up(&fixture, profile_text, target);
    for (size_t a = 0; a < fixture.policy.n_archs; a++) {
        const struct policy_arch *arch = &fixture.policy.archs[a];

        for (size_t i = 0; i < arch->n_ranges; i++) {
            struct policy_range range = arch->ranges[i];

            for (size_t c = 0; c < range.decision->n_clauses; c++) {
                range.decision = without_clause(&fixture.arena, &arch->ranges[i], c);
                try_range(&fixture, target, a, i, range, 100, &mutants);
            }
            range.decision = with_verdict(&fixture.arena, &arch->ranges[i]);
            try_range(&fixture, target, a, i, range, 101, &mutants);
            range = arch->ranges[i];
            range.first++;
            if (i > 0 && (i + 1 == arch->n_ranges || arch->ranges[i + 1].first > range.first))
                try_range(&fixture, target, a, i, range, 102, &mutants);
            range.first -= 2;
            if (i > 0 && arch->ranges[i - 1].first < range.first)
                try_range(&fixture, target, a, i, range, 103, &mutants);
        }
    }
    fewer = fixture.policy;
    fewer.n_archs--;
    ck_assert_int_eq(policy_emit(&program, &fewer, fixture.syscalls, &fixture.arena), 0);
    try_mutant(&fixture, &program, target, 0, 104, &mutants);
    program = fixture.program;
    for (size_t i = 0; i < program.n_insns; i++)
        if (program.insns[i].code == (BPF_LD | BPF_W | BPF_ABS) &&
            program.insns[i].k >= offsetof(struct seccomp_data, args))
            program.insns[i].k ^= 4;
    try_mutant(&fixture, &program, target, 0, 105, &mutants);
    print_mutants("broken policies", target, &mutants);
    /* On x86 a test of a value above 32 bits never holds, and some neighbours decide alike. */
    ck_assert_uint_gt(mutants.caught, 50);
    ck_assert_uint_lt(mutants.harmless * 10, mutants.caught);
    tear_down(&fixture);
}

START_TEST(losses_are_caught)
{
    try_losses("x86_64");
    try_losses("s390x");
    try_losses("mips64");
}
END_TEST

START_TEST(counterexample_is_named)
{
    struct fixture fixture;
    const char *text;

    set_up(&fixture, profile_text, "x86_64");
    for (size_t i = 0; i < fixture.program.n_insns; i++)
        if (fixture.program.insns[i].code == (BPF_RET | BPF_K) &&
            fixture.program.insns[i].k == SECCOMP_RET_KILL_PROCESS)
            fixture.program.insns[i].k = SECCOMP_RET_ALLOW;
    ck_assert_int_eq(prove(&fixture, &fixture.program), -EINVAL);
    ck_assert_uint_eq(fixture.proof.version, 0);
    ck_assert_uint_eq(fixture.diags.n_errors, 1);
    text = fixture.diags.items[0].text;
    ck_assert_msg(strstr(text, "number 26 (ptrace)") || strstr(text, "number 101 (ptrace)"), "%s",
                  text);
    ck_assert_msg(strstr(text, "the profile says KILL_PROCESS, the filter ALLOW"), "%s", text);
    tear_down(&fixture);
}
END_TEST

START_TEST(flags_of_the_profile_are_asked_for)
{
    struct fixture fixture;

    set_up(&fixture, profile_text, "x86_64");
    fixture.policy.flags ^= SECCOMP_FILTER_FLAG_LOG;
    ck_assert_int_eq(prove(&fixture, &fixture.program), -EINVAL);
    ck_assert_uint_eq(fixture.proof.version, 0);
    ck_assert_ptr_nonnull(strstr(fixture.diags.items[0].text, "asks for the flags"));
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
    struct bpf_program program = {.insns = returns_argument,
                                  .n_insns = ARRAY_SIZE(returns_argument)};

    set_up(&fixture, profile_text, "x86_64");
    ck_assert_int_eq(prove(&fixture, &program), -EINVAL);
    ck_assert_str_eq(
        fixture.diags.items[0].text,
        "not proven: the filter cannot be analysed: instruction 1: a returned value that depends "
        "on an argument");
    tear_down(&fixture);
}
END_TEST

/* What no path reaches changes no answer, but the kernel would refuse it. */
START_TEST(what_the_kernel_refuses_is_refused)
{
    static const struct sock_filter ends[][2] = {
        {{0xffff, 0, 0, 0}, BPF_STMT(BPF_RET | BPF_K, 0)},
        {BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_LD | BPF_IMM, 0)},
        {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), BPF_STMT(BPF_RET | BPF_K, 0)},
    };
    struct fixture fixture;

    set_up(&fixture, profile_text, "x86_64");
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        struct bpf_program longer = {.n_insns = fixture.program.n_insns + 2};

        longer.insns = arena_calloc(&fixture.arena, longer.n_insns, sizeof(ends[i][0]));
        memcpy(longer.insns, fixture.program.insns,
               fixture.program.n_insns * sizeof(*longer.insns));
        memcpy(longer.insns + fixture.program.n_insns, ends[i], sizeof(ends[i]));
        diags_init(&fixture.diags, &fixture.arena);
        ck_assert_int_eq(prove(&fixture, &longer), -EINVAL);
        ck_assert_uint_eq(fixture.proof.version, 0);
        ck_assert_msg(!strncmp(fixture.diags.items[0].text, "not proven: instruction ",
                               strlen("not proven: instruction ")),
                      "%s", fixture.diags.items[0].text);
    }
    ck_assert_int_eq(prove(&fixture, &fixture.program), 0);
    tear_down(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prove");
    TCase *tcase = tcase_create("prove");

    tcase_add_test(tcase, mutations_are_caught);
    tcase_add_test(tcase, losses_are_caught);
    tcase_add_test(tcase, counterexample_is_named);
    tcase_add_test(tcase, flags_of_the_profile_are_asked_for);
    tcase_add_test(tcase, unanalysable_is_refused);
    tcase_add_test(tcase, what_the_kernel_refuses_is_refused);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
