/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The comparison of two behaviours, range by range. */
#include "compiler/prove/behaviour.h"

#include "compiler/facts/verdict.h"

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
