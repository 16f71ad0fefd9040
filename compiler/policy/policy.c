/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking a call up in a policy. */
#include "compiler/policy/policy.h"

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/parse/profile.h"

const struct policy_range *policy_range_of(const struct policy_arch *arch, uint32_t nr)
{
    size_t low = 0;
    size_t high = arch->n_ranges;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (arch->ranges[middle].first <= nr)
            low = middle;
        else
            high = middle;
    }
    return &arch->ranges[low];
}

bool arg_test_holds(const struct arg_test *test, const struct abi *abi, uint64_t value)
{
    if (!abi->wide)
        value &= UINT32_MAX;
    switch (test->op) {
    case CMP_NE:
        return value != test->value;
    case CMP_LT:
        return value < test->value;
    case CMP_LE:
        return value <= test->value;
    case CMP_EQ:
        return value == test->value;
    case CMP_GE:
        return value >= test->value;
    case CMP_GT:
        return value > test->value;
    case CMP_MASKED_EQ:
        return ((value ^ test->value_two) & test->value) == 0;
    case CMP_COUNT:
        break;
    }
    return false;
}

bool clause_holds(const struct clause *clause, const struct abi *abi,
                  const struct seccomp_data *data)
{
    for (size_t i = 0; i < clause->n_tests; i++)
        if (!arg_test_holds(&clause->tests[i], abi, data->args[clause->tests[i].index]))
            return false;
    return true;
}

uint32_t policy_evaluate(const struct policy *policy, const struct seccomp_data *data)
{
    for (size_t i = 0; i < policy->n_archs; i++) {
        if (policy->archs[i].audit_arch != data->arch)
            continue;

        const struct policy_range *range = policy_range_of(&policy->archs[i], (uint32_t)data->nr);
        const struct decision *decision = range->decision;

        for (size_t k = 0; k < decision->n_clauses; k++)
            if (clause_holds(&decision->clauses[k], range->abi, data))
                return decision->clauses[k].verdict;
        return decision->otherwise;
    }
    return policy->foreign;
}
