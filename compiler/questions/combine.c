/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Combines the ranges of two behaviours, and their decisions where they overlap. */
#include "compiler/questions/combine.h"

#include <errno.h>

#include "compiler/facts/verdict.h"
#include "compiler/policy/policy.h"
#include "compiler/prove/bdd-outcomes.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "util/arena.h"

static uint32_t more_restrictive(uint32_t newer, uint32_t older)
{
    return verdict_compare(older, newer) < 0 ? older : newer;
}

struct combination {
    struct bdd *bdd;
    struct arena *arena;
};

static int combine_numbers(const struct combination *with, const struct arch_range *a,
                           const struct arch_range *b, struct arch_range *out)
{
    struct nr_range *numbers =
        arena_calloc(with->arena, a->n_numbers + b->n_numbers, sizeof(*numbers));
    size_t i = 0;
    size_t k = 0;
    size_t n = 0;
    uint32_t first = 0;

    if (!numbers)
        return -ENOMEM;
    for (;;) {
        bdd_ref decision;
        int r = bdd_choose(with->bdd, a->numbers[i].decision, b->numbers[k].decision,
                           more_restrictive, &decision);

        if (r < 0)
            return bdd_failed(with->bdd) ? -E2BIG : r;
        if (n == 0 || numbers[n - 1].decision != decision)
            numbers[n++] = (struct nr_range){first, decision};

        bool more_a = i + 1 < a->n_numbers;
        bool more_b = k + 1 < b->n_numbers;

        if (!more_a && !more_b)
            break;
        first = !more_b || (more_a && a->numbers[i + 1].first < b->numbers[k + 1].first)
                    ? a->numbers[i + 1].first
                    : b->numbers[k + 1].first;
        i += more_a && a->numbers[i + 1].first == first;
        k += more_b && b->numbers[k + 1].first == first;
    }
    out->numbers = numbers;
    out->n_numbers = n;
    return 0;
}

int behaviour_combine(struct behaviour *result, struct bdd *bdd, const struct behaviour *newer,
                      const struct behaviour *older, struct arena *arena)
{
    const struct combination with = {bdd, arena};
    struct arch_range *archs = arena_calloc(arena, newer->n_archs + older->n_archs, sizeof(*archs));
    size_t i = 0;
    size_t k = 0;
    size_t n = 0;

    if (!archs)
        return -ENOMEM;
    for (;;) {
        bool more_a = i + 1 < newer->n_archs;
        bool more_b = k + 1 < older->n_archs;
        int r = combine_numbers(&with, &newer->archs[i], &older->archs[k], &archs[n]);

        if (r < 0)
            return r;
        n++;
        if (!more_a && !more_b)
            break;
        archs[n].first =
            !more_b || (more_a && newer->archs[i + 1].first < older->archs[k + 1].first)
                ? newer->archs[i + 1].first
                : older->archs[k + 1].first;
        i += more_a && newer->archs[i + 1].first == archs[n].first;
        k += more_b && older->archs[k + 1].first == archs[n].first;
    }
    *result = (struct behaviour){archs, n};
    return 0;
}
