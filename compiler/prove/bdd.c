/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nodes are numbers into one array, found again through a hash table; the results of bdd_if() are
 * kept in a table that forgets.
 */
#include "compiler/prove/bdd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

enum {
    FIRST_NODES = 4096,
    NEAR_SLOTS = 8,           /* see find_slot() */
    CACHE_MAX = 32 * 1024,    /* slots: more are slower, for they leave the processor's cache */
    STEPS_MAX = 8 << 20,      /* of bdd_if() and its like, some 50 ns each */
    CONSTANT = BDD_VARIABLES, /* the variable of a constant: below all others */
};

/* In the place of OTHERWISE: results of other operations than bdd_if(). */
#define GIVEN_HOLDS UINT32_MAX
#define GIVEN_FAILS (UINT32_MAX - 1)
#define COPIED      (UINT32_MAX - 2)

struct bdd_node {
    uint32_t variable; /* 64 * word + 63 - bit: the highest bits are tested first */
    uint32_t low;      /* where the bit is clear; of a constant: its value */
    uint32_t high;     /* where it is set */
};

struct cached {
    bdd_ref condition, then,
        otherwise; /* no entry: condition is BDD_FALSE, which is never cached */
    bdd_ref result;
};

struct bdd {
    struct bdd_node *nodes;
    uint32_t n;
    uint32_t room;
    uint32_t max;
    uint32_t *table;      /* 1 + node; 2 * room slots */
    struct cached *cache; /* cache_room(room) slots: it grows with the nodes, and forgets then */
    uint64_t steps;       /* so far */
    uint64_t max_steps;
    bool failed;
    bool out_of_memory;
};

static uint32_t hash3(uint32_t a, uint32_t b, uint32_t c)
{
    uint64_t x = a * UINT64_C(0x9e3779b97f4a7c15) + b * UINT64_C(0xff51afd7ed558ccd) +
                 c * UINT64_C(0xc4ceb9fe1a85ec53);

    return (uint32_t)(x >> 32);
}

static uint32_t cache_room(uint32_t room)
{
    return room < CACHE_MAX ? room : CACHE_MAX;
}

/* True where SLOT is free, or NODE is there. */
static bool is_slot_of(const struct bdd *bdd, uint32_t slot, const struct bdd_node *node)
{
    const struct bdd_node *there;

    if (!bdd->table[slot])
        return true;
    there = &bdd->nodes[bdd->table[slot] - 1];
    return there->low == node->low && there->high == node->high &&
           there->variable == node->variable;
}

/*
 * The slot of NODE, or the free one where it belongs. Most new nodes stand above one that is nearly
 * as new: first comes a place that goes with that one's number, so that what is made together is
 * found in the same lines of the processor's cache. Where a node has many above it, that is full,
 * and the whole table is used.
 */
static uint32_t *find_slot(const struct bdd *bdd, struct bdd_node node)
{
    uint32_t mask = 2 * bdd->room - 1;
    uint32_t hash = hash3(node.variable, node.low, node.high);
    uint32_t newer = node.low > node.high ? node.low : node.high;
    uint32_t slot = 2 * newer + hash % NEAR_SLOTS;

    for (unsigned int i = 0; i < NEAR_SLOTS; i++, slot++)
        if (is_slot_of(bdd, slot & mask, &node))
            return &bdd->table[slot & mask];
    for (slot = hash; !is_slot_of(bdd, slot & mask, &node); slot++)
        ;
    return &bdd->table[slot & mask];
}

static bool grow(struct bdd *bdd)
{
    uint32_t room = bdd->room * 2;
    struct bdd_node *nodes;
    struct cached *cache;
    uint32_t *table;

    if (room > bdd->max)
        return false;
    nodes = realloc(bdd->nodes, room * sizeof(*nodes));
    if (!nodes) {
        bdd->out_of_memory = true;
        return false;
    }
    bdd->nodes = nodes;
    cache = calloc(cache_room(room), sizeof(*cache));
    table = calloc(2 * (size_t)room, sizeof(*table));
    if (!table || !cache) {
        free(table);
        free(cache);
        bdd->out_of_memory = true;
        return false;
    }
    free(bdd->table);
    free(bdd->cache);
    bdd->table = table;
    bdd->cache = cache;
    bdd->room = room;
    for (uint32_t i = 0; i < bdd->n; i++)
        *find_slot(bdd, bdd->nodes[i]) = i + 1;
    return true;
}

static bdd_ref make(struct bdd *bdd, uint32_t variable, uint32_t low, uint32_t high)
{
    struct bdd_node node = {variable, low, high};

    if (variable != CONSTANT && low == high)
        return low;

    uint32_t *slot = find_slot(bdd, node);

    if (*slot)
        return *slot - 1;
    if (bdd->n == bdd->room) {
        if (bdd->failed || !grow(bdd)) {
            bdd->failed = true;
            return BDD_FALSE;
        }
        slot = find_slot(bdd, node);
    }
    bdd->nodes[bdd->n] = node;
    *slot = ++bdd->n;
    return bdd->n - 1;
}

struct bdd *bdd_new(size_t max_nodes)
{
    struct bdd *bdd = calloc(1, sizeof(*bdd));

    if (!bdd)
        return NULL;
    bdd->room = FIRST_NODES;
    bdd_limit(bdd, max_nodes, STEPS_MAX);
    bdd->nodes = malloc(FIRST_NODES * sizeof(*bdd->nodes));
    bdd->table = calloc(2 * (size_t)FIRST_NODES, sizeof(*bdd->table));
    bdd->cache = calloc(cache_room(FIRST_NODES), sizeof(*bdd->cache));
    if (!bdd->nodes || !bdd->table || !bdd->cache) {
        bdd_free(bdd);
        return NULL;
    }
    make(bdd, CONSTANT, 0, 0); /* BDD_FALSE */
    make(bdd, CONSTANT, 1, 0); /* BDD_TRUE */
    return bdd;
}

void bdd_free(struct bdd *bdd)
{
    if (!bdd)
        return;
    free(bdd->nodes);
    free(bdd->table);
    free(bdd->cache);
    free(bdd);
}

void bdd_free_at(struct bdd **bdd)
{
    bdd_free(*bdd);
}

bool bdd_failed(const struct bdd *bdd)
{
    return bdd->failed;
}

bool bdd_out_of_memory(const struct bdd *bdd)
{
    return bdd->out_of_memory;
}

void bdd_limit(struct bdd *bdd, size_t max_nodes, uint64_t steps)
{
    bdd->max = max_nodes < FIRST_NODES      ? FIRST_NODES
               : max_nodes > UINT32_MAX / 4 ? UINT32_MAX / 4
                                            : (uint32_t)max_nodes;
    bdd->max_steps = bdd->steps + steps;
    bdd->failed = bdd->out_of_memory;
}

uint64_t bdd_steps(const struct bdd *bdd)
{
    return bdd->steps;
}

size_t bdd_size(const struct bdd *bdd)
{
    return bdd->n;
}

bdd_ref bdd_constant(struct bdd *bdd, uint32_t value)
{
    return make(bdd, CONSTANT, value, 0);
}

static uint32_t variable_of(unsigned int word, unsigned int bit)
{
    return 64 * word + 63 - bit;
}

bdd_ref bdd_bit(struct bdd *bdd, unsigned int word, unsigned int bit)
{
    return make(bdd, variable_of(word, bit), BDD_FALSE, BDD_TRUE);
}

/* REF with VARIABLE, which is not below REF's own, known to be clear or set. */
static bdd_ref cofactor(const struct bdd *bdd, bdd_ref ref, uint32_t variable, bool set)
{
    const struct bdd_node *node = &bdd->nodes[ref];

    return node->variable != variable ? ref : set ? node->high : node->low;
}

static uint32_t first_variable(const struct bdd *bdd, bdd_ref a, bdd_ref b)
{
    uint32_t va = bdd->nodes[a].variable;
    uint32_t vb = bdd->nodes[b].variable;

    return va < vb ? va : vb;
}

static struct cached *cache_slot(const struct bdd *bdd, bdd_ref condition, bdd_ref then,
                                 bdd_ref otherwise)
{
    return &bdd->cache[hash3(condition, then, otherwise) & (cache_room(bdd->room) - 1)];
}

static bool take_step(struct bdd *bdd)
{
    if (bdd->steps++ >= bdd->max_steps)
        bdd->failed = true;
    return !bdd->failed;
}

bdd_ref bdd_if(struct bdd *bdd, bdd_ref condition, bdd_ref then, bdd_ref otherwise)
{
    if (condition == BDD_TRUE || then == otherwise)
        return then;
    if (condition == BDD_FALSE)
        return otherwise;
    if (then == BDD_TRUE && otherwise == BDD_FALSE)
        return condition;

    uint32_t variable = first_variable(bdd, then, otherwise);
    const struct bdd_node *test = &bdd->nodes[condition];

    /* A condition on a single bit above all that both sides test is a node as it is. */
    if (test->variable < variable && test->low == BDD_FALSE && test->high == BDD_TRUE)
        return bdd->failed ? BDD_FALSE : make(bdd, test->variable, otherwise, then);

    const struct cached *cached = cache_slot(bdd, condition, then, otherwise);

    if (cached->condition == condition && cached->then == then && cached->otherwise == otherwise)
        return cached->result;

    if (!take_step(bdd))
        return BDD_FALSE;

    if (test->variable < variable)
        variable = test->variable;

    bdd_ref low =
        bdd_if(bdd, cofactor(bdd, condition, variable, false), cofactor(bdd, then, variable, false),
               cofactor(bdd, otherwise, variable, false));
    bdd_ref high =
        bdd_if(bdd, cofactor(bdd, condition, variable, true), cofactor(bdd, then, variable, true),
               cofactor(bdd, otherwise, variable, true));
    if (bdd->failed)
        return BDD_FALSE;

    bdd_ref result = make(bdd, variable, low, high);

    /* The table may have moved. */
    if (!bdd->failed)
        *cache_slot(bdd, condition, then, otherwise) =
            (struct cached){condition, then, otherwise, result};
    return result;
}

bdd_ref bdd_given(struct bdd *bdd, bdd_ref ref, bdd_ref care, bool holds)
{
    const bdd_ref never = holds ? BDD_FALSE : BDD_TRUE;
    const uint32_t key = holds ? GIVEN_HOLDS : GIVEN_FAILS;

    if (bdd->nodes[care].variable == CONSTANT || bdd->nodes[ref].variable == CONSTANT)
        return ref;

    uint32_t variable = first_variable(bdd, ref, care);
    bdd_ref care_low = cofactor(bdd, care, variable, false);
    bdd_ref care_high = cofactor(bdd, care, variable, true);
    bdd_ref low = cofactor(bdd, ref, variable, false);
    bdd_ref high = cofactor(bdd, ref, variable, true);

    /* Where only one side matters, it stands for both. */
    if (care_low == never)
        return bdd_given(bdd, high, care_high, holds);
    if (care_high == never)
        return bdd_given(bdd, low, care_low, holds);

    const struct cached *cached = cache_slot(bdd, care, ref, key);

    if (cached->condition == care && cached->then == ref && cached->otherwise == key)
        return cached->result;
    if (!take_step(bdd))
        return BDD_FALSE;
    low = bdd_given(bdd, low, care_low, holds);
    high = bdd_given(bdd, high, care_high, holds);
    if (bdd->failed)
        return BDD_FALSE;

    bdd_ref result = make(bdd, variable, low, high);

    if (!bdd->failed)
        *cache_slot(bdd, care, ref, key) = (struct cached){care, ref, key, result};
    return result;
}

bdd_ref bdd_copy(struct bdd *to, const struct bdd *from, bdd_ref ref, uint32_t source)
{
    const struct bdd_node *node = &from->nodes[ref];

    if (node->variable == CONSTANT)
        return make(to, CONSTANT, node->low, 0);

    const struct cached *cached = cache_slot(to, ref, source, COPIED);

    if (cached->condition == ref && cached->then == source && cached->otherwise == COPIED)
        return cached->result;
    if (!take_step(to))
        return BDD_FALSE;

    bdd_ref low = bdd_copy(to, from, node->low, source);
    bdd_ref high = bdd_copy(to, from, node->high, source);

    if (to->failed)
        return BDD_FALSE;

    bdd_ref result = make(to, node->variable, low, high);

    if (!to->failed)
        *cache_slot(to, ref, source, COPIED) = (struct cached){ref, source, COPIED, result};
    return result;
}

bdd_ref bdd_on_bit(struct bdd *bdd, unsigned int word, unsigned int bit, bdd_ref if_clear,
                   bdd_ref if_set)
{
    uint32_t variable = variable_of(word, bit);

    if (variable < first_variable(bdd, if_clear, if_set) && !bdd->failed)
        return make(bdd, variable, if_clear, if_set);
    return bdd_if(bdd, bdd_bit(bdd, word, bit), if_set, if_clear);
}

bdd_ref bdd_not(struct bdd *bdd, bdd_ref condition)
{
    return bdd_if(bdd, condition, BDD_FALSE, BDD_TRUE);
}

bdd_ref bdd_and(struct bdd *bdd, bdd_ref a, bdd_ref b)
{
    return bdd_if(bdd, a, b, BDD_FALSE);
}

bool bdd_is_constant(const struct bdd *bdd, bdd_ref ref, uint32_t *value)
{
    if (bdd->nodes[ref].variable != CONSTANT)
        return false;
    *value = bdd->nodes[ref].low;
    return true;
}

bool bdd_branches(const struct bdd *bdd, bdd_ref ref, uint32_t *variable, bdd_ref *low,
                  bdd_ref *high)
{
    const struct bdd_node *node = &bdd->nodes[ref];

    if (node->variable == CONSTANT)
        return false;
    *variable = node->variable;
    *low = node->low;
    *high = node->high;
    return true;
}

uint32_t bdd_evaluate(const struct bdd *bdd, bdd_ref ref, const uint64_t words[BDD_WORDS])
{
    for (;;) {
        const struct bdd_node *node = &bdd->nodes[ref];

        if (node->variable == CONSTANT)
            return node->low;
        ref = words[node->variable / 64] >> (63 - node->variable % 64) & 1 ? node->high : node->low;
    }
}

/* The pairs in which bdd_find() found no difference. */
struct pairs {
    uint64_t *slots; /* 1 + pair */
    size_t n;
    size_t room; /* a power of two */
};

/* Adds the pair; 1 where it is new, 0 where it was there, -ENOMEM. */
static int pairs_add(struct pairs *pairs, bdd_ref a, bdd_ref b)
{
    uint64_t pair = ((uint64_t)a << 32 | b) + 1;

    if (pairs->n * 2 >= pairs->room) {
        struct pairs bigger = {NULL, 0, pairs->room ? pairs->room * 2 : 256};

        bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
        if (!bigger.slots)
            return -ENOMEM;
        for (size_t i = 0; i < pairs->room; i++)
            if (pairs->slots[i])
                pairs_add(&bigger, (bdd_ref)((pairs->slots[i] - 1) >> 32),
                          (bdd_ref)(pairs->slots[i] - 1));
        free(pairs->slots);
        *pairs = bigger;
    }

    size_t slot = hash3(a, b, 0) & (pairs->room - 1);

    for (; pairs->slots[slot]; slot = (slot + 1) & (pairs->room - 1))
        if (pairs->slots[slot] == pair)
            return 0;
    pairs->slots[slot] = pair;
    pairs->n++;
    return 1;
}

static int find(const struct bdd *bdd, bdd_ref a, bdd_ref b,
                bool (*differs)(uint32_t a, uint32_t b), uint64_t words[BDD_WORDS],
                struct pairs *seen)
{
    uint32_t variable = first_variable(bdd, a, b);

    if (variable == CONSTANT)
        return differs(bdd->nodes[a].low, bdd->nodes[b].low);

    int r = pairs_add(seen, a, b);

    for (int set = 0; r > 0 && set < 2; set++) {
        int found = find(bdd, cofactor(bdd, a, variable, set), cofactor(bdd, b, variable, set),
                         differs, words, seen);

        if (found > 0 && set)
            words[variable / 64] |= UINT64_C(1) << (63 - variable % 64);
        if (found != 0)
            return found;
    }
    return r < 0 ? r : 0;
}

int bdd_find(const struct bdd *bdd, bdd_ref a, bdd_ref b, bool (*differs)(uint32_t a, uint32_t b),
             uint64_t words[BDD_WORDS])
{
    struct pairs seen = {NULL, 0, 0};

    memset(words, 0, BDD_WORDS * sizeof(*words));

    int r = find(bdd, a, b, differs, words, &seen);

    free(seen.slots);
    return r;
}
