/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules that make proofs explode. Each set is compiled and proven, or refused for what it is, with
 * a bounded number of steps, nodes and bytes: these are counted, and no time is measured.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/emit/emit.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/policy.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/cases.h"
#include "compiler/prove/meaning.h"
#include "compiler/prove/prove.h"
#include "compiler/prove/symbolic.h"
#include "compiler/prove/walk.h"
#include "tests/compiler/profile-text.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    TEXT_MAX = 1 << 20,
    RULE_MAX = 256,
    FAULTS = 4,               /* in each filter, about */
    COMPILE_BYTES = 24 << 20, /* of everything but diagrams */
};

/* One test of a rule, in the profile's words. */
static void add_test(char *to, unsigned int index, const char *op, uint64_t value, uint64_t two)
{
    sprintf(to + strlen(to), "%s{'index':%u,'op':'SCMP_CMP_%s','value':%llu,'valueTwo':%llu}",
            *to ? "," : "", index, op, (unsigned long long)value, (unsigned long long)two);
}

static void add_bit(char *to, unsigned int index, unsigned int bit)
{
    add_test(to, index, "MASKED_EQ", UINT64_C(1) << bit, UINT64_C(1) << bit);
}

/* A number that looks like chance, the same in each run. */
static uint32_t scattered(size_t i)
{
    return (uint32_t)(i * 2654435761u);
}

static void pairs_of_equal_bits(char *to, size_t i)
{
    add_bit(to, 0, i % 64);
    add_bit(to, 1, (i + i / 64) % 64);
}

static void pairs_of_other_bits(char *to, size_t i)
{
    add_bit(to, 0, i % 64);
    add_bit(to, 1, (i * 37 + 11 * (i / 64)) % 64);
}

static void pairs_at_random(char *to, size_t i)
{
    add_bit(to, 0, scattered(i) >> 8 & 63);
    add_bit(to, 1, scattered(i) >> 20 & 63);
}

/* Both tests on one argument are alternatives, as runc takes them. */
static void ranges(char *to, size_t i)
{
    add_test(to, 0, "GE", (uint64_t)i << 36 | 1000 * i, 0);
    add_test(to, 0, "LE", (uint64_t)i << 36 | (1000 * i + 10), 0);
}

static void staircase(char *to, size_t i)
{
    add_test(to, 0, "GE", 1000 * i, 0);
    add_test(to, 1, "LE", 777 * i, 0);
}

static void scattered_ranges(char *to, size_t i)
{
    add_test(to, 0, "GE", scattered(i), 0);
    add_test(to, 1, "LE", scattered(i + 1000), 0);
}

static void values(char *to, size_t i)
{
    add_test(to, 0, "EQ", 3 * i, 0);
}

static void scattered_values(char *to, size_t i)
{
    add_test(to, 0, "EQ", scattered(i), 0);
}

static void grid(char *to, size_t i)
{
    add_test(to, 0, "EQ", 3 * (i / 54), 0);
    add_test(to, 1, "EQ", 5 * (i % 54) + 7, 0);
}

static void one_column(char *to, size_t i)
{
    add_test(to, 0, "EQ", 7, 0);
    add_test(to, 1, "EQ", 3 * i, 0);
}

static void latin_square(char *to, size_t i)
{
    add_test(to, 0, "EQ", 3 * (i % 54), 0);
    add_test(to, 1, "EQ", 5 * i, 0);
}

static void triples_of_bits(char *to, size_t i)
{
    add_bit(to, i % 6, scattered(i) >> 8 & 63);
    add_bit(to, (i + 1) % 6, scattered(i) >> 16 & 63);
    add_bit(to, (i + 3) % 6, scattered(i) >> 24 & 63);
}

/* N rules whose tests MAKE writes, for TARGET. */
struct set {
    const char *name;
    void (*make)(char *to, size_t i);
    size_t n;
    const char *conditions; /* of every second rule */
    const char *archs;
};

#define ALL_ABIS "'SCMP_ARCH_X86_64','SCMP_ARCH_X86','SCMP_ARCH_X32'"
#define NATIVE   "'SCMP_ARCH_X86_64'"

static const struct set sets[] = {
    {"20 equal bits", pairs_of_equal_bits, 20, "", ALL_ABIS},
    {"20 other bits", pairs_of_other_bits, 20, "", ALL_ABIS},
    {"64 equal bits", pairs_of_equal_bits, 64, "", ALL_ABIS},
    {"64 other bits", pairs_of_other_bits, 64, "", ALL_ABIS},
    {"200 equal bits", pairs_of_equal_bits, 200, "", ALL_ABIS},
    {"200 other bits", pairs_of_other_bits, 200, "", ALL_ABIS},
    {"200 random bits", pairs_at_random, 200, "", ALL_ABIS},
    {"300 triples of bits", triples_of_bits, 300, "", ALL_ABIS},
    {"500 GE and LE", ranges, 500, "", ALL_ABIS},
    {"a staircase of 500", staircase, 500, "", NATIVE},
    {"500 GE and LE of two", scattered_ranges, 500, "", NATIVE},
    {"4000 values", values, 4000, "", ALL_ABIS},
    {"4000 scattered values", scattered_values, 4000, "", ALL_ABIS},
    {"a grid of 2900", grid, 2900, "", ALL_ABIS},
    {"a column of 2900", one_column, 2900, "", ALL_ABIS},
    {"a latin square of 2900", latin_square, 2900, "", ALL_ABIS},
    {"3000 conditional rules", values, 3000, ",'includes':{'minKernel':'4.8'}", ALL_ABIS},
};

static char *write_profile(struct arena *arena, const struct set *set)
{
    char *text = arena_alloc(arena, TEXT_MAX);
    char *at = text;

    ck_assert_ptr_nonnull(text);
    at += sprintf(at, "{'defaultAction':'SCMP_ACT_ERRNO','architectures':[%s],'syscalls':[",
                  set->archs);
    for (size_t i = 0; i < set->n; i++) {
        char tests[2 * RULE_MAX] = "";

        set->make(tests, i);
        ck_assert_uint_lt((size_t)(at - text) + sizeof(tests) + RULE_MAX, TEXT_MAX);
        at += sprintf(at, "%s{'names':['ioctl'],'action':'SCMP_ACT_ALLOW','args':[%s]%s}",
                      i ? "," : "", tests, i % 2 ? set->conditions : "");
    }
    sprintf(at, "]}");
    return profile_json(arena, text);
}

struct fixture {
    struct arena arena;
    struct diags diags;
    struct syscalls *syscalls;
    struct profile profile;
    struct variant_request request;
    struct lowered lowered;
};

static void set_up(struct fixture *f, const struct set *set)
{
    const char *text;

    *f = (struct fixture){
        .syscalls = syscalls_new(),
        .request = {.target = target_by_name("x86_64"), .kernel = KERNEL_VERSION(6, 1)},
    };
    diags_init(&f->diags, &f->arena);
    text = write_profile(&f->arena, set);
    ck_assert_int_eq(profile_parse(&f->profile, text, strlen(text), &f->arena, &f->diags), 0);
    ck_assert_int_eq(
        compile_policy(&f->lowered, f->syscalls, &f->profile, &f->request, &f->arena, &f->diags),
        0);
}

static void tear_down(struct fixture *f)
{
    syscalls_free(f->syscalls);
    arena_free(&f->arena);
}

/* The second way to a proof by itself, with its own counts. */
static int walk(struct fixture *f, const struct bpf_program *program, struct walked *walked)
{
    cleanup_bdd struct bdd *bdd = bdd_new(PROOF_MAX_NODES);
    struct cases *cases = cases_new(bdd, &f->arena);
    struct behaviour lists;
    struct obstacle obstacle;

    ck_assert_int_eq(
        meaning_in_cases(&lists, cases, &f->profile, &f->request, f->syscalls, &f->arena), 0);

    int end = walk_program(walked, &lists, cases, program->insns, program->n_insns, false,
                           &f->arena, &obstacle);

    ck_assert_uint_le(bdd_size(bdd), PROOF_MAX_NODES);
    ck_assert_uint_le(bdd_steps(bdd), WALK_MAX_STEPS);
    return end;
}

START_TEST(proven_within_bounds)
{
    const struct set *set = &sets[_i];
    size_t before;
    struct fixture f;
    struct filter filter;
    struct walked walked;

    set_up(&f, set);
    before = f.arena.used - 2 * TEXT_MAX;

    int r = compile_filter(&filter, f.syscalls, &f.lowered, &f.arena, &f.diags);

    ck_assert_msg(r == 0, "%s: %d: %s", set->name, r,
                  f.diags.n ? f.diags.items[f.diags.n - 1].text : "");
    ck_assert_uint_le(filter.program.n_insns, BPF_MAX_INSNS);
    ck_assert_uint_eq(filter.proof.version, PROOF_VERSION);
    ck_assert_msg(f.arena.used - before < COMPILE_BYTES + 2 * TEXT_MAX, "%s: %zu bytes", set->name,
                  f.arena.used - before);

    /* Whatever the first way does, the second one comes to the same end. */
    ck_assert_int_eq(walk(&f, &filter.program, &walked), WALK_EQUAL);
    tear_down(&f);
}
END_TEST

/* No filter with a wrong instruction is proven: arguments are named, and do show it. */
START_TEST(no_fault_is_proven)
{
    const struct set *set = &sets[_i];
    struct fixture f;
    struct bpf_program program;

    set_up(&f, set);
    ck_assert_int_eq(policy_emit(&program, &f.lowered.policy, f.syscalls, &f.arena), 0);
    for (size_t i = 0; i < program.n_insns; i += 1 + program.n_insns / FAULTS) {
        struct sock_filter *insn = &program.insns[i];
        struct sock_filter right = *insn;
        struct walked walked;

        if (BPF_CLASS(insn->code) != BPF_JMP || insn->jt == insn->jf)
            continue;
        insn->jt = right.jf;
        insn->jf = right.jt;

        int end = walk(&f, &program, &walked);

        ck_assert_msg(end == WALK_DIFFERS, "%s: a fault at %zu: %d", set->name, i, end);

        struct seccomp_data data = {.nr = (int)walked.at.nr, .arch = walked.at.arch};

        memcpy(data.args, walked.at.words, sizeof(data.args));
        ck_assert_uint_ne(bpf_simulate(program.insns, program.n_insns, &data, false).verdict,
                          policy_evaluate(&f.lowered.policy, &data));
        *insn = right;
    }
    tear_down(&f);
}
END_TEST

static void check_refusal(const struct set *set, const char *reason)
{
    struct fixture f;
    struct filter filter;

    set_up(&f, set);
    ck_assert_int_eq(compile_filter(&filter, f.syscalls, &f.lowered, &f.arena, &f.diags), -EINVAL);
    ck_assert_uint_gt(f.diags.n, 0);

    const char *said = f.diags.items[f.diags.n - 1].text;

    ck_assert_msg(strstr(said, reason) != NULL, "%s: %s", set->name, said);
    tear_down(&f);
}

static void diagonal(char *to, size_t i)
{
    add_test(to, 0, "EQ", 3 * i, 0);
    add_test(to, 1, "EQ", 5 * i, 0);
}

/* What cannot fit is refused as such: each of these rules takes five instructions. */
START_TEST(too_many_instructions_are_said_so)
{
    const struct set set = {"a diagonal of 2900", diagonal, 2900, "", NATIVE};

    check_refusal(&set, "4096 instructions");
}
END_TEST

static void random_pairs_backwards(char *to, size_t i)
{
    pairs_at_random(to, 199 - i);
}

/*
 * The rules of a profile in another order mean the same, but a filter that tests in that order
 * cannot be followed rule by rule, and the function of all rules is too large: the limits end it.
 */
START_TEST(what_takes_too_long_is_said_so)
{
    const struct set set = {"200 random bits", pairs_at_random, 200, "", ALL_ABIS};
    const struct set reversed = {"the same backwards", random_pairs_backwards, 200, "", ALL_ABIS};
    struct fixture f, other;
    struct bpf_program program;
    struct proof_record record = {.version = PROOF_VERSION};

    set_up(&f, &set);
    set_up(&other, &reversed);
    ck_assert_int_eq(policy_emit(&program, &other.lowered.policy, other.syscalls, &other.arena), 0);
    ck_assert_int_eq(prove_filter(&record, &program, meaning_of_flags(&f.profile, &f.request),
                                  &f.profile, &f.request, f.syscalls, &f.arena, &f.diags),
                     -EINVAL);
    ck_assert_uint_eq(record.version, 0);
    ck_assert_str_eq(f.diags.items[f.diags.n - 1].text,
                     "not proven: the proof needs more than 6291456 steps: the rules on ioctl (x86 "
                     "number 54) test arguments together in too many ways");
    tear_down(&other);
    tear_down(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bounded");
    TCase *tcase = tcase_create("bounded");

    tcase_add_loop_test(tcase, proven_within_bounds, 0, ARRAY_SIZE(sets));
    tcase_add_loop_test(tcase, no_fault_is_proven, 0, ARRAY_SIZE(sets));
    tcase_add_test(tcase, too_many_instructions_are_said_so);
    tcase_add_test(tcase, what_takes_too_long_is_said_so);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
