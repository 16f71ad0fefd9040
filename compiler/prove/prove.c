/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares what a filter does with what its profile means, and words the result. */
#include "compiler/prove/prove.h"

#include <errno.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/cases.h"
#include "compiler/prove/meaning.h"
#include "compiler/prove/symbolic.h"
#include "compiler/prove/walk.h"
#include "util/arena.h"

/* What is to be proven. */
struct proof {
    const struct profile *profile;
    const struct variant_request *request;
    struct syscalls *syscalls;
    struct arena *arena;
    struct diags *diags;
};

static int report_difference(void *user, const struct difference *at)
{
    const struct proof *proof = user;
    const struct location whole = {0, 0};
    const struct abi *abi = target_abi_of_call(proof->request->target, at->arch, at->nr);
    enum abi_id native = proof->request->target->abis[0];
    const char *name = abi ? syscalls_name(proof->syscalls, abi->id, at->nr) : NULL;
    const char *asked = verdict_text_on_abi(proof->arena, at->verdict_a, native);
    const char *given = verdict_text_on_abi(proof->arena, at->verdict_b, native);
    const char *pointer = at->words[BDD_POINTER]
                              ? arena_printf(proof->arena, " and instruction pointer %#llx",
                                             (unsigned long long)at->words[BDD_POINTER])
                              : "";

    diags_add(
        proof->diags, DIAG_ERROR, whole,
        "not proven: %s (%#x) number %u (%s) with arguments %#llx, %#llx, %#llx, %#llx, %#llx, "
        "%#llx%s: the profile says %s, the filter %s",
        abi ? abi->name : "another architecture", at->arch, at->nr, name ? name : "no name",
        (unsigned long long)at->words[0], (unsigned long long)at->words[1],
        (unsigned long long)at->words[2], (unsigned long long)at->words[3],
        (unsigned long long)at->words[4], (unsigned long long)at->words[5], pointer ? pointer : "",
        asked ? asked : "?", given ? given : "?");
    return -EINVAL;
}

static uint32_t count_ranges(const struct behaviour *behaviour)
{
    size_t n = 0;

    for (size_t i = 0; i < behaviour->n_archs; i++)
        n += behaviour->archs[i].n_numbers;
    return (uint32_t)n;
}

/* Compares the flags, which are not part of the program. */
static int compare_flags(uint32_t flags, const struct proof *proof)
{
    const struct location whole = {0, 0};
    uint32_t asked = meaning_of_flags(proof->profile, proof->request);

    if (flags == asked)
        return 0;
    diags_add(proof->diags, DIAG_ERROR, whole,
              "not proven: the profile asks for the flags %#x, the filter has %#x", asked, flags);
    return -EINVAL;
}

static int report_obstacle(const struct proof *proof, const struct obstacle *obstacle)
{
    const struct location whole = {0, 0};

    diags_add(proof->diags, DIAG_ERROR, whole,
              "not proven: the filter cannot be analysed: instruction %zu: %s", obstacle->pc,
              obstacle->why);
    return -EINVAL;
}

/*
 * Compares the functions of both, call by call. Returns -E2BIG where they grow too large for that.
 */
static int compare_functions(struct proof_record *record, const struct bpf_program *program,
                             const struct proof *proof)
{
    cleanup_bdd struct bdd *bdd = bdd_new(PROOF_FIRST_NODES);
    bool big_endian = target_native_abi(proof->request->target)->big_endian;
    struct behaviour asked;
    struct behaviour given;
    struct obstacle obstacle = {0};
    int r;

    if (!bdd)
        return -ENOMEM;
    bdd_limit(bdd, PROOF_FIRST_NODES, PROOF_FIRST_STEPS);
    r = meaning_of_profile(&asked, bdd, proof->profile, proof->request, proof->syscalls,
                           proof->arena);
    if (r == 0)
        r = behaviour_of_program(&given, bdd, program->insns, program->n_insns, big_endian,
                                 proof->arena, &obstacle);
    if (r == -ENOTSUP)
        return report_obstacle(proof, &obstacle);
    if (r < 0)
        return r;
    r = behaviour_compare(bdd, &asked, &given, verdicts_differ, report_difference, (void *)proof);
    if (r == 0)
        *record = (struct proof_record){PROOF_VERSION, count_ranges(&given)};
    return r;
}

/* Says that the calls of AT need more than a proof may take. */
static int report_spent(const struct proof *proof, const struct difference *at)
{
    const struct location whole = {0, 0};
    const struct abi *abi = target_abi_of_call(proof->request->target, at->arch, at->nr);
    const char *name = abi ? syscalls_name(proof->syscalls, abi->id, at->nr) : NULL;

    diags_add(proof->diags, DIAG_ERROR, whole,
              "not proven: the proof needs more than %u steps: the rules on %s (%s number %u) test "
              "arguments together in too many ways",
              (unsigned int)WALK_MAX_STEPS, name ? name : "no name",
              abi ? abi->name : "another architecture", at->nr);
    return -EINVAL;
}

/* Walks through the program with the rules, where the functions grow too large. */
static int compare_rules(struct proof_record *record, const struct bpf_program *program,
                         const struct proof *proof)
{
    cleanup_bdd struct bdd *bdd = bdd_new(PROOF_MAX_NODES);
    bool big_endian = target_native_abi(proof->request->target)->big_endian;
    struct cases *cases = bdd ? cases_new(bdd, proof->arena) : NULL;
    struct obstacle obstacle = {0};
    struct behaviour asked;
    struct walked walked = {0};
    int r = cases ? meaning_in_cases(&asked, cases, proof->profile, proof->request, proof->syscalls,
                                     proof->arena)
                  : -ENOMEM;

    if (r == -E2BIG) {
        const struct location whole = {0, 0};

        diags_add(proof->diags, DIAG_ERROR, whole,
                  "not proven: the tests of the profile's rules take more than %u diagrams",
                  (unsigned int)PROOF_MAX_NODES);
        return -EINVAL;
    }
    if (r == 0)
        r = walk_program(&walked, &asked, cases, program->insns, program->n_insns, big_endian,
                         proof->arena, &obstacle);
    if (r == -ENOTSUP)
        return report_obstacle(proof, &obstacle);
    if (r == WALK_DIFFERS)
        return report_difference((void *)proof, &walked.at);
    if (r == WALK_SPENT)
        return report_spent(proof, &walked.at);
    if (r == WALK_EQUAL)
        *record = (struct proof_record){PROOF_VERSION, count_ranges(&asked)};
    return r;
}

int prove_filter(struct proof_record *record, const struct bpf_program *program, uint32_t flags,
                 const struct profile *profile, const struct variant_request *request,
                 struct syscalls *syscalls, struct arena *arena, struct diags *diags)
{
    const struct proof proof = {profile, request, syscalls, arena, diags};
    const struct location whole = {0, 0};
    const char *why;
    size_t bad;
    int r;

    *record = (struct proof_record){0};
    if (bpf_check(program->insns, program->n_insns, &bad, &why) < 0) {
        diags_add(diags, DIAG_ERROR, whole, "not proven: instruction %zu is %s", bad, why);
        return -EINVAL;
    }
    r = compare_flags(flags, &proof);
    if (r < 0)
        return r;
    r = compare_functions(record, program, &proof);
    return r == -E2BIG ? compare_rules(record, program, &proof) : r;
}
