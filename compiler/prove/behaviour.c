/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The behaviour that a policy asks for, and the comparison of two behaviours. */
#include "compiler/prove/behaviour.h"

#include <errno.h>
#include <stdlib.h>

enum {
    RECENT = 256, /* decisions that are remembered with their functions */
};

/* argument == VALUE in the bits of MASK. */
static bdd_ref equals(struct bdd *bdd, const struct arg_test *test, unsigned int bits,
                      uint64_t value, uint64_t mask)
{
    bdd_ref result = value & ~mask ? BDD_FALSE : BDD_TRUE;

    for (unsigned int bit = 0; bit < bits; bit++) {
        if (!(mask >> bit & 1))
            continue;
        result = value >> bit & 1 ? bdd_on_bit(bdd, test->index, bit, BDD_FALSE, result)
                                  : bdd_on_bit(bdd, test->index, bit, result, BDD_FALSE);
    }
    return result;
}

/* argument > VALUE, or >= where EQUAL. */
static bdd_ref exceeds(struct bdd *bdd, const struct arg_test *test, unsigned int bits,
                       uint64_t value, bool equal)
{
    bdd_ref result = equal ? BDD_TRUE : BDD_FALSE;

    for (unsigned int bit = 0; bit < bits; bit++)
        result = value >> bit & 1 ? bdd_on_bit(bdd, test->index, bit, BDD_FALSE, result)
                                  : bdd_on_bit(bdd, test->index, bit, result, BDD_TRUE);
    return result;
}

bdd_ref behaviour_of_test(struct bdd *bdd, const struct arg_test *test, bool wide)
{
    unsigned int bits = wide ? 64 : 32;
    bool too_wide = !wide && test->value > UINT32_MAX;

    switch (test->op) {
    case CMP_EQ:
        return too_wide ? BDD_FALSE : equals(bdd, test, bits, test->value, UINT64_MAX);
    case CMP_NE:
        return too_wide ? BDD_TRUE : bdd_not(bdd, equals(bdd, test, bits, test->value, UINT64_MAX));
    case CMP_GE:
    case CMP_GT:
        return too_wide ? BDD_FALSE : exceeds(bdd, test, bits, test->value, test->op == CMP_GE);
    case CMP_LT:
    case CMP_LE:
        return too_wide ? BDD_TRUE
                        : bdd_not(bdd, exceeds(bdd, test, bits, test->value, test->op == CMP_LT));
    case CMP_MASKED_EQ:
        if (!wide && test->value_two > UINT32_MAX)
            return BDD_FALSE;
        return equals(bdd, test, bits, test->value_two, test->value);
    case CMP_COUNT:
        break;
    }
    return BDD_FALSE;
}

/* What DECISION answers to a call of ABI. */
static bdd_ref decision_function(struct bdd *bdd, const struct decision *decision,
                                 const struct abi *abi)
{
    bdd_ref result = bdd_constant(bdd, decision->otherwise);

    for (size_t c = decision->n_clauses; c-- > 0;) {
        const struct clause *clause = &decision->clauses[c];
        bdd_ref condition = BDD_TRUE;

        for (size_t t = 0; t < clause->n_tests; t++)
            condition =
                bdd_and(bdd, condition, behaviour_of_test(bdd, &clause->tests[t], abi->wide));
        result = bdd_if(bdd, condition, bdd_constant(bdd, clause->verdict), result);
    }
    return result;
}

/* What was made of decisions already: a table that forgets. */
struct recent {
    const struct decision *decision;
    bool wide;
    bdd_ref function;
};

static bdd_ref recall_function(struct recent recent[RECENT], struct bdd *bdd,
                               const struct policy_range *range)
{
    /* Decisions are neighbours in memory, some 40 bytes each. */
    struct recent *known = &recent[((uintptr_t)range->decision / 16 + range->abi->wide) % RECENT];

    if (known->decision != range->decision || known->wide != range->abi->wide)
        *known = (struct recent){range->decision, range->abi->wide,
                                 decision_function(bdd, range->decision, range->abi)};
    return known->function;
}

static int fill_numbers(struct arch_range *range, struct bdd *bdd, const struct policy_arch *arch,
                        struct recent recent[RECENT], struct arena *arena)
{
    struct nr_range *numbers = arena_calloc(arena, arch->n_ranges, sizeof(*numbers));
    size_t n = 0;

    if (!numbers)
        return -ENOMEM;
    for (size_t i = 0; i < arch->n_ranges; i++) {
        bdd_ref decision = recall_function(recent, bdd, &arch->ranges[i]);

        if (n == 0 || numbers[n - 1].decision != decision)
            numbers[n++] = (struct nr_range){arch->ranges[i].first, decision};
    }
    range->numbers = numbers;
    range->n_numbers = n;
    return 0;
}

static int compare_archs(const void *a, const void *b)
{
    const struct arch_range *x = a;
    const struct arch_range *y = b;

    return x->first < y->first ? -1 : x->first > y->first;
}

int behaviour_of_policy(struct behaviour *behaviour, struct bdd *bdd, const struct policy *policy,
                        struct arena *arena)
{
    struct arch_range *archs = arena_calloc(arena, 2 * policy->n_archs + 1, sizeof(*archs));
    struct nr_range *foreign = arena_alloc(arena, sizeof(*foreign));
    struct recent recent[RECENT] = {{NULL, false, BDD_FALSE}};
    size_t n = policy->n_archs;

    if (!archs || !foreign)
        return -ENOMEM;
    *foreign = (struct nr_range){0, bdd_constant(bdd, policy->foreign)};
    for (size_t i = 0; i < n; i++) {
        archs[i].first = policy->archs[i].audit_arch;
        if (fill_numbers(&archs[i], bdd, &policy->archs[i], recent, arena) < 0)
            return -ENOMEM;
    }
    qsort(archs, n, sizeof(*archs), compare_archs);
    /* What lies between the architectures is foreign. */
    for (size_t i = 0; i < policy->n_archs; i++)
        if (archs[i].first < UINT32_MAX &&
            (i + 1 == policy->n_archs || archs[i + 1].first > archs[i].first + 1))
            archs[n++] = (struct arch_range){archs[i].first + 1, foreign, 1};
    if (policy->n_archs == 0 || archs[0].first > 0)
        archs[n++] = (struct arch_range){0, foreign, 1};
    qsort(archs, n, sizeof(*archs), compare_archs);
    *behaviour = (struct behaviour){archs, n};
    return bdd_failed(bdd) ? -ENOMEM : 0;
}

bool verdicts_differ(uint32_t a, uint32_t b)
{
    return a != b;
}

bool verdict_is_weaker(uint32_t a, uint32_t b)
{
    return verdict_compare(a, b) > 0;
}

/* The state of one comparison. */
struct comparison {
    const struct bdd *bdd;
    bool (*differs)(uint32_t a, uint32_t b);
    int (*report)(void *user, const struct difference *difference);
    void *user;
};

static uint32_t lower(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static int compare_numbers(const struct comparison *comparison, const struct arch_range *a,
                           const struct arch_range *b, struct difference *at)
{
    uint64_t next = 0;
    size_t i = 0;
    size_t k = 0;

    while (next <= UINT32_MAX) {
        uint32_t last_a = i + 1 < a->n_numbers ? a->numbers[i + 1].first - 1 : UINT32_MAX;
        uint32_t last_b = k + 1 < b->n_numbers ? b->numbers[k + 1].first - 1 : UINT32_MAX;

        at->nr = (uint32_t)next;
        at->nr_last = lower(last_a, last_b);
        at->decision_a = a->numbers[i].decision;
        at->decision_b = b->numbers[k].decision;
        if (at->decision_a != at->decision_b) {
            int r = bdd_find(comparison->bdd, at->decision_a, at->decision_b, comparison->differs,
                             at->words);

            if (r < 0)
                return r;
            at->verdict_a = bdd_evaluate(comparison->bdd, at->decision_a, at->words);
            at->verdict_b = bdd_evaluate(comparison->bdd, at->decision_b, at->words);
            r = r > 0 ? comparison->report(comparison->user, at) : 0;
            if (r != 0)
                return r;
        }
        i += at->nr_last == last_a;
        k += at->nr_last == last_b;
        next = (uint64_t)at->nr_last + 1;
    }
    return 0;
}

int behaviour_compare(const struct bdd *bdd, const struct behaviour *a, const struct behaviour *b,
                      bool (*differs)(uint32_t a, uint32_t b),
                      int (*report)(void *user, const struct difference *difference), void *user)
{
    const struct comparison comparison = {bdd, differs, report, user};
    uint64_t next = 0;
    size_t i = 0;
    size_t k = 0;

    while (next <= UINT32_MAX) {
        uint32_t last_a = i + 1 < a->n_archs ? a->archs[i + 1].first - 1 : UINT32_MAX;
        uint32_t last_b = k + 1 < b->n_archs ? b->archs[k + 1].first - 1 : UINT32_MAX;
        struct difference at = {.arch = (uint32_t)next, .arch_last = lower(last_a, last_b)};
        int r = compare_numbers(&comparison, &a->archs[i], &b->archs[k], &at);

        if (r != 0)
            return r;
        i += at.arch_last == last_a;
        k += at.arch_last == last_b;
        next = (uint64_t)at.arch_last + 1;
    }
    return 0;
}

bdd_ref behaviour_at(const struct behaviour *behaviour, uint32_t arch, uint32_t nr)
{
    const struct arch_range *range = behaviour->archs;
    size_t i = 0;

    while (i + 1 < behaviour->n_archs && behaviour->archs[i + 1].first <= arch)
        range = &behaviour->archs[++i];
    i = 0;
    while (i + 1 < range->n_numbers && range->numbers[i + 1].first <= nr)
        i++;
    return range->numbers[i].decision;
}
