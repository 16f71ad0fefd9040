/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists are numbers into one array; a list comes after the one that it ends in. */
#include "compiler/prove/cases.h"

#include "compiler/prove/bdd.h"
#include "util/arena.h"

enum {
    FIRST_ROOM = 256,
};

struct cases *cases_new(struct bdd *bdd, struct arena *arena)
{
    struct cases *cases = arena_alloc(arena, sizeof(*cases));

    if (!cases)
        return NULL;
    cases->bdd = bdd;
    cases->arena = arena;
    cases->room = FIRST_ROOM;
    cases->items = arena_calloc(arena, FIRST_ROOM, sizeof(*cases->items));
    cases->n = 1;
    return cases->items ? cases : NULL;
}

static uint32_t find(struct cases *cases, bdd_ref holds, bdd_ref result, uint32_t next)
{
    uint32_t hash = (holds * 31 + result) * 0x9e3779b1u + next * 0x85ebca6bu;
    uint32_t *bucket = &cases->buckets[(hash ^ hash >> 15) % CASES_BUCKETS];

    for (uint32_t i = *bucket; i != CASES_NONE; i = cases->items[i].same) {
        const struct one_case *item = &cases->items[i];

        if (item->holds == holds && item->result == result && item->next == next)
            return i;
    }
    if (arena_grow(cases->arena, &cases->items, cases->n, &cases->room, sizeof(*cases->items)) <
        0) {
        cases->out_of_memory = true;
        return CASES_NONE;
    }
    cases->items[cases->n] = (struct one_case){holds, result, next, *bucket, CASES_NONE, 0, false};
    *bucket = (uint32_t)cases->n;
    return (uint32_t)cases->n++;
}

uint32_t cases_always(struct cases *cases, bdd_ref decision)
{
    return find(cases, BDD_TRUE, decision, CASES_NONE);
}

uint32_t cases_first(struct cases *cases, bdd_ref holds, bdd_ref result, uint32_t next)
{
    if (holds == BDD_FALSE || next == CASES_NONE)
        return next;
    return find(cases, holds, result, holds == BDD_TRUE ? CASES_NONE : next);
}

bdd_ref cases_whole(struct cases *cases, uint32_t list)
{
    struct one_case *items = cases->items;
    uint32_t up = CASES_NONE;
    uint32_t at = list;

    /* Down to what is known, and up again: lists are too long for recursion. */
    while (!items[at].has_whole && items[at].next != CASES_NONE) {
        items[at].up = up;
        up = at;
        at = items[at].next;
    }

    bdd_ref whole = items[at].has_whole ? items[at].whole : items[at].result;

    while (up != CASES_NONE && !bdd_failed(cases->bdd)) {
        at = up;
        up = items[at].up;
        whole = bdd_if(cases->bdd, items[at].holds, items[at].result, whole);
        items[at].whole = whole;
        items[at].has_whole = !bdd_failed(cases->bdd);
    }
    return whole;
}

uint32_t cases_evaluate(const struct cases *cases, uint32_t list, const uint64_t words[BDD_WORDS])
{
    while (!bdd_evaluate(cases->bdd, cases->items[list].holds, words))
        list = cases->items[list].next;
    return bdd_evaluate(cases->bdd, cases->items[list].result, words);
}
