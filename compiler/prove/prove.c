/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares what a filter does with what its policy asks for, and words the result. */
#include "compiler/prove/prove.h"

#include <errno.h>
#include <stdio.h>

#include "compiler/facts/bpf.h"

/* What is needed to word a difference. */
struct proof {
    const struct policy *policy;
    struct syscalls *syscalls;
    struct arena *arena;
    struct diags *diags;
};

static int report_difference(void *user, const struct difference *at)
{
    const struct proof *proof = user;
    const struct location whole = {0, 0};
    const char *abi = "another architecture";
    const char *name = NULL;

    for (size_t i = 0; i < proof->policy->n_archs; i++) {
        const struct policy_arch *arch = &proof->policy->archs[i];

        if (arch->audit_arch == at->arch) {
            const struct policy_range *range = policy_range_of(arch, at->nr);

            abi = range->abi->name;
            name = syscalls_name(proof->syscalls, range->abi->id, at->nr);
        }
    }

    const char *asked = verdict_text(proof->arena, at->verdict_a);
    const char *given = verdict_text(proof->arena, at->verdict_b);
    const char *pointer = at->words[SYSCALL_ARGS]
                              ? arena_printf(proof->arena, " and instruction pointer %#llx",
                                             (unsigned long long)at->words[SYSCALL_ARGS])
                              : "";

    diags_add(
        proof->diags, DIAG_ERROR, whole,
        "not proven: %s (%#x) number %u (%s) with arguments %#llx, %#llx, %#llx, %#llx, %#llx, "
        "%#llx%s: the profile says %s, the filter %s",
        abi, at->arch, at->nr, name ? name : "no name", (unsigned long long)at->words[0],
        (unsigned long long)at->words[1], (unsigned long long)at->words[2],
        (unsigned long long)at->words[3], (unsigned long long)at->words[4],
        (unsigned long long)at->words[5], pointer ? pointer : "", asked ? asked : "?",
        given ? given : "?");
    return -EINVAL;
}

static uint32_t count_ranges(const struct behaviour *behaviour)
{
    size_t n = 0;

    for (size_t i = 0; i < behaviour->n_archs; i++)
        n += behaviour->archs[i].n_numbers;
    return (uint32_t)n;
}

/* The proof itself, with diagrams that its caller frees. */
static int compare_with_policy(struct bdd *bdd, struct filter *filter, const struct proof *proof)
{
    const struct location whole = {0, 0};
    bool big_endian = target_native_abi(proof->policy->target)->big_endian;
    struct behaviour asked;
    struct behaviour given;
    struct obstacle obstacle = {0};
    int r = behaviour_of_policy(&asked, bdd, proof->policy, proof->arena);

    if (r == 0)
        r = behaviour_of_program(&given, bdd, filter->insns, filter->n_insns, big_endian,
                                 proof->arena, &obstacle);
    if (r == -ENOTSUP || r == -E2BIG) {
        diags_add(proof->diags, DIAG_ERROR, whole,
                  "not proven: the filter cannot be analysed: instruction %zu: %s", obstacle.pc,
                  obstacle.why);
        return -EINVAL;
    }
    if (r < 0)
        return r;
    r = behaviour_compare(bdd, &asked, &given, verdicts_differ, report_difference, (void *)proof);
    if (r == 0)
        filter->proof = (struct proof_record){PROOF_VERSION, count_ranges(&given)};
    return r;
}

int prove_filter(struct filter *filter, const struct policy *policy, struct syscalls *syscalls,
                 struct arena *arena, struct diags *diags)
{
    const struct proof proof = {policy, syscalls, arena, diags};
    const struct location whole = {0, 0};
    struct bdd *bdd;
    const char *why;
    size_t bad;
    int r;

    if (bpf_check(filter->insns, filter->n_insns, &bad, &why) < 0) {
        diags_add(diags, DIAG_ERROR, whole, "not proven: instruction %zu is %s", bad, why);
        return -EINVAL;
    }
    filter->proof = (struct proof_record){0};
    bdd = bdd_new(PROOF_MAX_NODES);
    if (!bdd)
        return -ENOMEM;
    r = compare_with_policy(bdd, filter, &proof);
    bdd_free(bdd);
    return r;
}
