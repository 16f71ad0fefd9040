/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks over pairs of nodes, each pair once. */
#include "compiler/prove/bdd-outcomes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

/* The pairs that were met, and what came out. */
struct met {
    uint64_t pair; /* 1 + (a << 32 | b); 0: a free slot. No two nodes have the numbers 2^32 - 1. */
    bdd_ref result;
};

struct pairs {
    struct met *slots;
    size_t n;
    size_t room; /* a power of two */
};

static void pairs_free(struct pairs *pairs)
{
    free(pairs->slots);
}

/* The slot of the pair, or the free one where it belongs. */
static struct met *pairs_slot(const struct pairs *pairs, bdd_ref a, bdd_ref b)
{
    uint64_t pair = ((uint64_t)a << 32 | b) + 1;
    uint64_t hash = pair * UINT64_C(0x9e3779b97f4a7c15);
    size_t slot = (hash ^ hash >> 32) & (pairs->room - 1);

    while (pairs->slots[slot].pair && pairs->slots[slot].pair != pair)
        slot = (slot + 1) & (pairs->room - 1);
    return &pairs->slots[slot];
}

static int pairs_grow(struct pairs *pairs)
{
    struct pairs bigger = {NULL, pairs->n, pairs->room ? pairs->room * 2 : 256};

    bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
    if (!bigger.slots)
        return -ENOMEM;
    for (size_t i = 0; i < pairs->room; i++) {
        const struct met *met = &pairs->slots[i];

        if (met->pair)
            *pairs_slot(&bigger, (bdd_ref)((met->pair - 1) >> 32), (bdd_ref)(met->pair - 1)) = *met;
    }
    free(pairs->slots);
    *pairs = bigger;
    return 0;
}

/* Notes that the pair came out as RESULT. Returns 0 or -ENOMEM. */
static int pairs_add(struct pairs *pairs, bdd_ref a, bdd_ref b, bdd_ref result)
{
    if (pairs->n * 2 >= pairs->room && pairs_grow(pairs) < 0)
        return -ENOMEM;
    *pairs_slot(pairs, a, b) = (struct met){((uint64_t)a << 32 | b) + 1, result};
    pairs->n++;
    return 0;
}

static const struct met *pairs_find(const struct pairs *pairs, bdd_ref a, bdd_ref b)
{
    const struct met *met = pairs->room ? pairs_slot(pairs, a, b) : NULL;

    return met && met->pair ? met : NULL;
}

/* One pair of functions, taken apart by the highest variable of either. */
struct split {
    uint32_t variable;
    bdd_ref a[2]; /* where the bit is clear, and set */
    bdd_ref b[2];
};

/* False: both are constants. */
static bool split(const struct bdd *bdd, bdd_ref a, bdd_ref b, struct split *parts)
{
    uint32_t variable_a = BDD_VARIABLES;
    uint32_t variable_b = BDD_VARIABLES;

    bdd_branches(bdd, a, &variable_a, &parts->a[0], &parts->a[1]);
    bdd_branches(bdd, b, &variable_b, &parts->b[0], &parts->b[1]);
    parts->variable = variable_a < variable_b ? variable_a : variable_b;
    if (variable_a != parts->variable)
        parts->a[0] = parts->a[1] = a;
    if (variable_b != parts->variable)
        parts->b[0] = parts->b[1] = b;
    return parts->variable != BDD_VARIABLES;
}

struct search {
    const struct bdd *bdd;
    bool (*wanted)(uint32_t a, uint32_t b);
    struct bdd_outcomes *out;
    struct pairs seen;
    uint64_t words[BDD_WORDS]; /* on the way to where the search is */
};

static void add_outcome(struct search *search, uint32_t a, uint32_t b)
{
    struct bdd_outcomes *out = search->out;

    if (search->wanted && !search->wanted(a, b))
        return;
    for (size_t i = 0; i < out->n; i++)
        if (out->items[i].a == a && out->items[i].b == b)
            return;
    if (out->n == OUTCOMES_MAX) {
        out->more = true;
        return;
    }

    struct bdd_outcome *item = &out->items[out->n++];

    *item = (struct bdd_outcome){.a = a, .b = b};
    memcpy(item->words, search->words, sizeof(item->words));
}

static int look(struct search *search, bdd_ref a, bdd_ref b)
{
    struct split parts;
    uint32_t value_a;
    uint32_t value_b;

    if (!split(search->bdd, a, b, &parts)) {
        bdd_is_constant(search->bdd, a, &value_a);
        bdd_is_constant(search->bdd, b, &value_b);
        add_outcome(search, value_a, value_b);
        return 0;
    }
    if (pairs_find(&search->seen, a, b))
        return 0;
    if (pairs_add(&search->seen, a, b, 0) < 0)
        return -ENOMEM;

    uint64_t *word = &search->words[parts.variable / 64];
    uint64_t bit = UINT64_C(1) << (63 - parts.variable % 64);
    int r = look(search, parts.a[0], parts.b[0]);

    search->out->words |= 1u << parts.variable / 64;
    *word |= bit;
    if (r == 0)
        r = look(search, parts.a[1], parts.b[1]);
    *word &= ~bit;
    return r;
}

int bdd_outcomes(const struct bdd *bdd, bdd_ref a, bdd_ref b,
                 bool (*wanted)(uint32_t a, uint32_t b), struct bdd_outcomes *outcomes)
{
    struct search search = {.bdd = bdd, .wanted = wanted, .out = outcomes};

    *outcomes = (struct bdd_outcomes){.n = 0};

    int r = look(&search, a, b);

    pairs_free(&search.seen);
    return r;
}

/* The state of bdd_choose(). */
struct choice {
    struct bdd *bdd;
    uint32_t (*choose)(uint32_t a, uint32_t b);
    struct pairs seen;
};

static int choose_parts(struct choice *choice, bdd_ref a, bdd_ref b, bdd_ref *result)
{
    const struct met *met = pairs_find(&choice->seen, a, b);
    struct split parts;
    uint32_t value_a = 0;
    uint32_t value_b = 0;
    bdd_ref low = 0;
    bdd_ref high = 0;

    if (met) {
        *result = met->result;
        return 0;
    }
    if (!split(choice->bdd, a, b, &parts)) {
        bdd_is_constant(choice->bdd, a, &value_a);
        bdd_is_constant(choice->bdd, b, &value_b);
        *result = bdd_constant(choice->bdd, choice->choose(value_a, value_b));
        return 0;
    }

    int r = choose_parts(choice, parts.a[0], parts.b[0], &low);

    if (r == 0)
        r = choose_parts(choice, parts.a[1], parts.b[1], &high);
    if (r < 0)
        return r;
    *result =
        bdd_if(choice->bdd, bdd_bit(choice->bdd, parts.variable / 64, 63 - parts.variable % 64),
               high, low);
    return bdd_failed(choice->bdd) ? -ENOMEM : pairs_add(&choice->seen, a, b, *result);
}

int bdd_choose(struct bdd *bdd, bdd_ref a, bdd_ref b, uint32_t (*choose)(uint32_t a, uint32_t b),
               bdd_ref *result)
{
    struct choice choice = {.bdd = bdd, .choose = choose};
    int r = choose_parts(&choice, a, b, result);

    pairs_free(&choice.seen);
    return r;
}

static bool condition_holds(uint32_t condition, uint32_t value)
{
    (void)value;
    return condition != 0;
}

int bdd_values_where(const struct bdd *bdd, bdd_ref condition, bdd_ref values,
                     struct bdd_outcomes *outcomes)
{
    return bdd_outcomes(bdd, condition, values, condition_holds, outcomes);
}

bdd_ref bdd_word_is(struct bdd *bdd, unsigned int word, uint64_t value)
{
    bdd_ref condition = BDD_TRUE;

    for (unsigned int bit = 0; bit < 64; bit++) {
        bdd_ref set = bdd_bit(bdd, word, bit);

        condition = bdd_and(bdd, condition, value >> bit & 1 ? set : bdd_not(bdd, set));
    }
    return condition;
}
