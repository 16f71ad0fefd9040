/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The walk through a program against the comparison of functions: on random profiles, and on their
 * filters broken in one place, both must come to the same end.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compiler/emit/emit.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/lower.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/cases.h"
#include "compiler/prove/meaning.h"
#include "compiler/prove/prove.h"
#include "compiler/prove/symbolic.h"
#include "compiler/prove/walk.h"
#include "tests/compiler/random-profile.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    PROFILES = 25,
    BROKEN = 40, /* of each profile's filter */
};

struct fixture {
    struct arena arena;
    struct diags diags;
    struct syscalls *syscalls;
    struct profile profile;
    struct variant_request request;
    struct bpf_program program;
    struct policy policy;
    bool big_endian;
};

static void set_up(struct fixture *f, struct random_source *random, const char *target)
{
    struct variant variant;
    const char *text;

    *f = (struct fixture){.syscalls = syscalls_new()};
    diags_init(&f->diags, &f->arena);
    random_request(random, &f->request);
    f->request.target = target_by_name(target);
    f->big_endian = target_native_abi(f->request.target)->big_endian;
    text = random_profile(random, &f->arena);
    ck_assert_int_eq(profile_parse(&f->profile, text, strlen(text), &f->arena, &f->diags), 0);
    ck_assert_int_eq(variant_resolve(&variant, &f->profile, &f->request, &f->arena, &f->diags), 0);
    ck_assert_int_eq(policy_lower(&f->policy, &variant, f->syscalls, &f->arena), 0);
    ck_assert_int_eq(policy_emit(&f->program, &f->policy, f->syscalls, &f->arena), 0);
}

static void tear_down(struct fixture *f)
{
    syscalls_free(f->syscalls);
    arena_free(&f->arena);
}

static int any_difference(void *user, const struct difference *at)
{
    *(struct difference *)user = *at;
    return 1;
}

/* How the functions compare: 0, 1 where they differ, or an error. */
static int compare_functions(struct fixture *f, const struct bpf_program *program)
{
    cleanup_bdd struct bdd *bdd = bdd_new(PROOF_MAX_NODES);
    struct obstacle obstacle;
    struct behaviour asked;
    struct behaviour given;
    struct difference at;
    int r = meaning_of_profile(&asked, bdd, &f->profile, &f->request, f->syscalls, &f->arena);

    if (r == 0)
        r = behaviour_of_program(&given, bdd, program->insns, program->n_insns, f->big_endian,
                                 &f->arena, &obstacle);
    return r < 0 ? r : behaviour_compare(bdd, &asked, &given, verdicts_differ, any_difference, &at);
}

/* How a walk ends. */
static int walk(struct fixture *f, const struct bpf_program *program, struct walked *walked)
{
    cleanup_bdd struct bdd *bdd = bdd_new(PROOF_MAX_NODES);
    struct cases *cases = cases_new(bdd, &f->arena);
    struct obstacle obstacle;
    struct behaviour lists;

    ck_assert_int_eq(
        meaning_in_cases(&lists, cases, &f->profile, &f->request, f->syscalls, &f->arena), 0);
    return walk_program(walked, &lists, cases, program->insns, program->n_insns, f->big_endian,
                        &f->arena, &obstacle);
}

/* What the walk says must be so when the program is run. */
static void check_difference(const struct fixture *f, const struct bpf_program *program,
                             const struct difference *at)
{
    struct seccomp_data data = {
        .nr = (int)at->nr, .arch = at->arch, .instruction_pointer = at->words[BDD_POINTER]};

    memcpy(data.args, at->words, sizeof(data.args));
    ck_assert_uint_ne(at->verdict_a, at->verdict_b);
    ck_assert_uint_eq(at->verdict_a, policy_evaluate(&f->policy, &data));
    ck_assert_uint_eq(at->verdict_b,
                      bpf_simulate(program->insns, program->n_insns, &data, f->big_endian).verdict);
}

/* Compares PROGRAM both ways; returns how the functions compare, or an error. */
static int compare_both(struct fixture *f, const struct bpf_program *program)
{
    struct walked walked;
    int functions = compare_functions(f, program);
    int end;

    /* A test of one bit of the number may tell apart more ranges than functions are made for. */
    if (functions < 0)
        return functions;
    end = walk(f, program, &walked);
    ck_assert_int_eq(end, functions == 0 ? WALK_EQUAL : WALK_DIFFERS);
    if (end == WALK_DIFFERS)
        check_difference(f, program, &walked.at);
    return functions;
}

/* Breaks one instruction of PROGRAM. False: what comes out is no program. */
static bool break_one(struct random_source *random, const struct bpf_program *program)
{
    struct sock_filter *insn = &program->insns[random_below(random, (uint32_t)program->n_insns)];
    const char *why;
    size_t bad;

    switch (random_below(random, 6)) {
    case 0:
        insn->k ^= 1u << random_below(random, 32);
        break;
    case 1:
        insn->k += BPF_CLASS(insn->code) == BPF_LD ? 4 : 1;
        break;
    case 2:
        insn->jt++;
        break;
    case 3:
        insn->jf++;
        break;
    case 4:
        insn->jt = insn->jf;
        break;
    case 5:
        insn->code ^= BPF_JGE ^ BPF_JGT;
        break;
    }
    return bpf_check(program->insns, program->n_insns, &bad, &why) == 0;
}

START_TEST(both_ways_come_to_the_same_end)
{
    static const char *const targets[] = {"x86_64", "s390x", "arm"};
    struct random_source random = random_begin((uint64_t)_i + 1);
    size_t equal = 0;
    size_t different = 0;

    for (size_t i = 0; i < PROFILES; i++) {
        struct fixture f;

        set_up(&f, &random, targets[_i]);
        ck_assert_int_eq(compare_both(&f, &f.program), 0);
        for (size_t k = 0; k < BROKEN; k++) {
            struct bpf_program broken = f.program;

            broken.insns = arena_calloc(&f.arena, broken.n_insns, sizeof(*broken.insns));
            memcpy(broken.insns, f.program.insns, broken.n_insns * sizeof(*broken.insns));
            if (!break_one(&random, &broken))
                continue;

            int r = compare_both(&f, &broken);

            different += r > 0;
            equal += r == 0;
        }
        tear_down(&f);
    }
    printf("counts: broken filters, %s: %zu differ, %zu mean the same\n", targets[_i], different,
           equal);
    ck_assert_uint_gt(different, PROFILES * BROKEN / 4);
    ck_assert_uint_gt(equal, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("walk");
    TCase *tcase = tcase_create("walk");

    tcase_add_loop_test(tcase, both_ways_come_to_the_same_end, 0, 3);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
