/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each clause holds for one value of the argument only. So the value says which clauses are left,
 * each with one test less; for any other value none holds.
 */
#include "compiler/emit/by-value.h"

#include <stddef.h>
#include <stdlib.h>

#include "compiler/emit/diagram.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/parse/profile.h"
#include "compiler/policy/policy.h"
#include "util/arena.h"

enum {
    MANY_CLAUSES = 128, /* below, other shapes may be smaller, and there is time to try them */
};

/* A clause by the value for which it holds. */
struct keyed {
    uint64_t value;
    size_t clause;
};

static int compare_keyed(const void *pa, const void *pb)
{
    const struct keyed *a = pa;
    const struct keyed *b = pb;

    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return a->clause < b->clause ? -1 : a->clause > b->clause;
}

/* The only test of CLAUSE on argument INDEX, where it asks for one value; else NULL. */
static const struct arg_test *test_of(const struct clause *clause, uint8_t index)
{
    const struct arg_test *found = NULL;

    for (size_t i = 0; i < clause->n_tests; i++) {
        if (clause->tests[i].index != index)
            continue;
        if (found || clause->tests[i].op != CMP_EQ)
            return NULL;
        found = &clause->tests[i];
    }
    return found;
}

static bool all_test(const struct decision *decision, uint8_t index)
{
    for (size_t c = 0; c < decision->n_clauses; c++)
        if (!test_of(&decision->clauses[c], index))
            return false;
    return true;
}

/* True, and *INDEX, where all of the many clauses of DECISION ask for one value of an argument. */
static bool applies(const struct decision *decision, uint8_t *index)
{
    if (decision->n_clauses < MANY_CLAUSES)
        return false;
    for (*index = 0; *index < SYSCALL_ARGS; ++*index)
        if (all_test(decision, *index))
            return true;
    return false;
}

/* CLAUSE without its test on argument INDEX. */
static struct clause without_test(const struct clause *clause, uint8_t index,
                                  struct arg_test *tests)
{
    struct clause rest = *clause;

    rest.n_tests = 0;
    for (size_t i = 0; i < clause->n_tests; i++)
        if (clause->tests[i].index != index)
            tests[rest.n_tests++] = clause->tests[i];
    rest.tests = tests;
    return rest;
}

/* What is left of DECISION for the value that the N clauses at KEYED ask for. NULL: no memory. */
static const struct decision *rest_of(struct arena *arena, const struct decision *decision,
                                      uint8_t index, const struct keyed *keyed, size_t n)
{
    struct decision *rest = arena_alloc(arena, sizeof(*rest));
    struct clause *clauses = arena_calloc(arena, n, sizeof(*clauses));

    if (!rest || !clauses)
        return NULL;
    *rest = *decision;
    rest->clauses = clauses;
    rest->n_clauses = 0;
    for (size_t i = 0; i < n; i++) {
        const struct clause *clause = &decision->clauses[keyed[i].clause];
        struct arg_test *tests = arena_calloc(arena, clause->n_tests, sizeof(*tests));

        if (!tests)
            return NULL;
        if (clause->n_tests == 1) {
            rest->otherwise = clause->verdict;
            return rest;
        }
        clauses[rest->n_clauses++] = without_test(clause, index, tests);
    }
    return rest;
}

/* Segments of one word that are being made. */
struct segments {
    struct segment *items;
    size_t n;
    const struct node *otherwise;
};

/* The value FIRST leads to CHILD. */
static void add_value(struct segments *segments, uint32_t first, const struct node *child)
{
    if (segments->n > 0 && segments->items[segments->n - 1].first == first)
        segments->n--;
    else if (segments->n == 0 && first > 0)
        segments->items[segments->n++] = (struct segment){0, segments->otherwise};
    segments->items[segments->n++] = (struct segment){first, child};
    if (first < UINT32_MAX)
        segments->items[segments->n++] = (struct segment){first + 1, segments->otherwise};
}

/* A split of the clauses by the value of an argument. */
struct split {
    struct diagram *diagram;
    const struct decision *decision;
    const struct by_value_builder *builder;
    const struct node *otherwise;
    struct keyed *keyed; /* by rising value */
    size_t n;
    uint8_t index;
    bool wide;
    bool big_endian;
};

/* How many of the clauses from I on agree with the first in their values from bit SHIFT up. */
static size_t count_same(const struct split *split, size_t i, unsigned int shift)
{
    size_t same = 1;

    while (i + same < split->n &&
           split->keyed[i + same].value >> shift == split->keyed[i].value >> shift)
        same++;
    return same;
}

/* The node for word WORD, the low half, and the N clauses from I on: they agree in the high one. */
static const struct node *build_low(const struct split *split, uint32_t word, size_t i, size_t n)
{
    struct arena *arena = split->diagram->arena;
    struct segments segments = {arena_calloc(arena, 2 * n + 1, sizeof(struct segment)), 0,
                                split->otherwise};
    size_t end = i + n;

    if (!segments.items)
        return NULL;
    while (i < end) {
        size_t same = count_same(split, i, 0);
        const struct decision *rest =
            rest_of(arena, split->decision, split->index, &split->keyed[i], same);
        const struct node *child = rest ? by_value_build(split->diagram, rest, split->wide,
                                                         split->big_endian, split->builder)
                                        : NULL;

        if (!child)
            return NULL;
        add_value(&segments, (uint32_t)split->keyed[i].value, child);
        i += same;
    }
    return diagram_switch(split->diagram, word, segments.items, segments.n);
}

/* The node for DECISION, split by the value of argument INDEX. */
static const struct node *build_split(struct diagram *diagram, const struct decision *decision,
                                      uint8_t index, bool wide, bool big_endian,
                                      const struct by_value_builder *builder)
{
    size_t n = decision->n_clauses;
    struct split split = {
        .diagram = diagram,
        .decision = decision,
        .builder = builder,
        .otherwise = diagram_return(diagram, decision->otherwise),
        .keyed = arena_calloc(diagram->arena, n, sizeof(*split.keyed)),
        .n = n,
        .index = index,
        .wide = wide,
        .big_endian = big_endian,
    };
    struct segments high = {arena_calloc(diagram->arena, 2 * n + 1, sizeof(struct segment)), 0,
                            split.otherwise};

    if (!split.otherwise || !split.keyed || !high.items)
        return NULL;
    for (size_t c = 0; c < n; c++)
        split.keyed[c] = (struct keyed){test_of(&decision->clauses[c], index)->value, c};
    qsort(split.keyed, n, sizeof(*split.keyed), compare_keyed);
    for (size_t i = 0; i < n;) {
        size_t same = count_same(&split, i, 32);
        uint32_t value = (uint32_t)(split.keyed[i].value >> 32);
        const struct node *low;

        /* On a narrow ABI the high half counts as 0. */
        if (!wide && value > 0)
            break;
        low = build_low(&split, arg_word_low(index, big_endian), i, same);
        if (!low || !wide)
            return low;
        add_value(&high, value, low);
        i += same;
    }
    return wide ? diagram_switch(diagram, arg_word_high(index, big_endian), high.items, high.n)
                : split.otherwise;
}

const struct node *by_value_build(struct diagram *diagram, const struct decision *decision,
                                  bool wide, bool big_endian,
                                  const struct by_value_builder *builder)
{
    uint8_t index;

    if (decision->n_clauses == 0)
        return diagram_return(diagram, decision->otherwise);
    if (!applies(decision, &index))
        return builder->build(builder->user, decision);
    return build_split(diagram, decision, index, wide, big_endian, builder);
}
