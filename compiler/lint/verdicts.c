/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks into a policy; a clause that can never hold counts like any other. */
#include "compiler/lint/verdicts.h"

#include <errno.h>
#include <linux/seccomp.h>

#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"

int lint_decision_of(const struct policy *policy, struct syscalls *syscalls, const struct abi *abi,
                     const char *name, const struct decision **decision)
{
    uint32_t nr;
    int r = syscalls_number(syscalls, abi->id, name, &nr);

    if (r < 0)
        return r;
    for (size_t i = 0; i < policy->n_archs; i++) {
        if (policy->archs[i].audit_arch != abi->audit_arch)
            continue;
        *decision = policy_range_of(&policy->archs[i], nr)->decision;
        return 0;
    }
    return -ENOENT;
}

uint32_t lint_mildest(const struct decision *decision)
{
    uint32_t verdict = decision->otherwise;

    for (size_t i = 0; i < decision->n_clauses; i++)
        if (verdict_compare(decision->clauses[i].verdict, verdict) > 0)
            verdict = decision->clauses[i].verdict;
    return verdict;
}

uint32_t lint_strictest(const struct decision *decision)
{
    uint32_t verdict = decision->otherwise;

    for (size_t i = 0; i < decision->n_clauses; i++)
        if (verdict_compare(decision->clauses[i].verdict, verdict) < 0)
            verdict = decision->clauses[i].verdict;
    return verdict;
}

bool lint_is_open(uint32_t verdict)
{
    return verdict_compare(verdict, SECCOMP_RET_LOG) >= 0;
}
