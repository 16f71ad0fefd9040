/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists are numbers into one array; a list comes after the one that it ends in. */
#include "compiler/prove/cases.h"

#include "compiler/prove/bdd.h"
#include "util/arena.h"

enum {
    FIRST_ROOM = 256,
    MAKING_NODES = 512 * 1024,
};

/* Where diagrams are copied from, for bdd_copy(). */
enum {
    FROM_MAKING,
    FROM_CASES,
    FROM_FIRST_LIST,
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

/* A function that is being made, in diagrams of its own: what is left over there goes with them. */
struct making {
    struct bdd *bdd;
    bdd_ref whole;
    uint64_t steps; /* that may still be taken, once BDD's are */
};

static struct bdd *fresh_diagrams(const struct making *making)
{
    struct bdd *bdd = bdd_new(MAKING_NODES);

    if (bdd)
        bdd_limit(bdd, MAKING_NODES, making->steps);
    return bdd;
}

static void take_steps(struct making *making)
{
    uint64_t taken = bdd_steps(making->bdd);

    making->steps -= taken < making->steps ? taken : making->steps;
}

/* Goes on in fresh diagrams. False: the function is too large, or there is no memory. */
static bool start_afresh(struct making *making)
{
    take_steps(making);

    struct bdd *fresh = fresh_diagrams(making);

    if (!fresh)
        return false;
    making->whole = bdd_copy(fresh, making->bdd, making->whole, FROM_MAKING);
    bdd_free(making->bdd);
    making->bdd = fresh;
    return bdd_size(fresh) < MAKING_NODES * 3 / 8;
}

/* Overrides the function by ITEM's result, where that holds. */
static bool override(struct making *making, const struct cases *cases, const struct one_case *item)
{
    bdd_ref holds = bdd_copy(making->bdd, cases->bdd, item->holds, FROM_CASES);
    bdd_ref result = bdd_copy(making->bdd, cases->bdd, item->result, FROM_CASES);

    making->whole = bdd_if(making->bdd, holds, result, making->whole);
    if (bdd_failed(making->bdd))
        return false;
    return bdd_size(making->bdd) < MAKING_NODES / 2 || start_afresh(making);
}

bool cases_whole(struct cases *cases, uint32_t list, uint64_t *steps, bdd_ref *whole)
{
    struct one_case *items = cases->items;
    struct making making = {.steps = *steps};
    uint32_t at = list;
    bool fits;

    *whole = items[list].whole;
    if (items[list].has_whole)
        return true;
    making.bdd = fresh_diagrams(&making);
    fits = making.bdd != NULL;
    /* Down to the last one, and up again: lists are too long for recursion. */
    for (; items[at].next != CASES_NONE; at = items[at].next)
        items[items[at].next].up = at;
    for (; fits; at = items[at].up) {
        fits = override(&making, cases, &items[at]);
        if (at == list)
            break;
    }
    if (fits)
        *whole = bdd_copy(cases->bdd, making.bdd, making.whole, FROM_FIRST_LIST + list);
    if (making.bdd)
        take_steps(&making);
    *steps = making.steps;
    bdd_free(making.bdd);
    items[list].whole = *whole;
    items[list].has_whole = fits && !bdd_failed(cases->bdd);
    return items[list].has_whole;
}

size_t cases_length(const struct cases *cases, uint32_t list)
{
    size_t n = 0;

    for (; list != CASES_NONE; list = cases->items[list].next)
        n++;
    return n;
}

uint32_t cases_evaluate(const struct cases *cases, uint32_t list, const uint64_t words[BDD_WORDS])
{
    while (!bdd_evaluate(cases->bdd, cases->items[list].holds, words))
        list = cases->items[list].next;
    return bdd_evaluate(cases->bdd, cases->items[list].result, words);
}
