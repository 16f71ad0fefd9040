/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hash-consing: one bucket array, rebuilt twice as large when it fills up. */
#include "compiler/emit/diagram.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "util/arena.h"
#include "util/cleanup.h"

enum {
    FIRST_BUCKETS = 1024,
};

uint32_t arg_word_low(unsigned int index, bool big_endian)
{
    return (uint32_t)(offsetof(struct seccomp_data, args) + 8 * index + (big_endian ? 4 : 0));
}

uint32_t arg_word_high(unsigned int index, bool big_endian)
{
    return (uint32_t)(offsetof(struct seccomp_data, args) + 8 * index + (big_endian ? 0 : 4));
}

static uint32_t mix(uint32_t hash, uint64_t value)
{
    uint64_t x = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);

    return (uint32_t)(x >> 32) ^ (uint32_t)x;
}

static uint32_t hash_node(const struct node *node)
{
    uint32_t hash = mix(node->kind, node->word);

    switch (node->kind) {
    case NODE_RETURN:
        return mix(hash, node->verdict);
    case NODE_SWITCH:
        for (size_t i = 0; i < node->n; i++)
            hash = mix(hash, (uint64_t)node->segments[i].first << 32 | node->segments[i].child->id);
        return hash;
    case NODE_MASK:
        hash = mix(hash, (uint64_t)node->mask << 32 | node->value);
        return mix(hash, (uint64_t)node->if_set->id << 32 | node->if_not->id);
    case NODE_STRIP:
        return mix(hash, (uint64_t)node->bit << 32 | node->below->id);
    }
    return hash;
}

static bool nodes_equal(const struct node *a, const struct node *b)
{
    if (a->hash != b->hash || a->kind != b->kind || a->word != b->word)
        return false;
    switch (a->kind) {
    case NODE_RETURN:
        return a->verdict == b->verdict;
    case NODE_SWITCH:
        if (a->n != b->n)
            return false;
        for (size_t i = 0; i < a->n; i++)
            if (a->segments[i].first != b->segments[i].first ||
                a->segments[i].child != b->segments[i].child)
                return false;
        return true;
    case NODE_MASK:
        return a->mask == b->mask && a->value == b->value && a->if_set == b->if_set &&
               a->if_not == b->if_not;
    case NODE_STRIP:
        return a->bit == b->bit && a->below == b->below;
    }
    return false;
}

int diagram_init(struct diagram *diagram, struct arena *arena)
{
    *diagram = (struct diagram){
        .arena = arena,
        .buckets = arena_calloc(arena, FIRST_BUCKETS, sizeof(*diagram->buckets)),
        .n_buckets = FIRST_BUCKETS,
    };
    return diagram->buckets ? 0 : -ENOMEM;
}

static size_t find_slot(const struct diagram *diagram, const struct node *node)
{
    size_t slot = node->hash & (diagram->n_buckets - 1);

    while (diagram->buckets[slot] && !nodes_equal(diagram->buckets[slot], node))
        slot = (slot + 1) & (diagram->n_buckets - 1);
    return slot;
}

static int grow(struct diagram *diagram)
{
    struct diagram bigger = *diagram;

    bigger.n_buckets *= 2;
    bigger.buckets = arena_calloc(diagram->arena, bigger.n_buckets, sizeof(*bigger.buckets));
    if (!bigger.buckets)
        return -ENOMEM;
    for (size_t i = 0; i < diagram->n_buckets; i++)
        if (diagram->buckets[i])
            bigger.buckets[find_slot(&bigger, diagram->buckets[i])] = diagram->buckets[i];
    *diagram = bigger;
    return 0;
}

/* The node equal to *WANTED (borrowed), made where there is none yet. */
static const struct node *intern(struct diagram *diagram, struct node *wanted)
{
    if (diagram->n_nodes > diagram->n_buckets / 2 && grow(diagram) < 0)
        return NULL;
    wanted->hash = hash_node(wanted);

    size_t slot = find_slot(diagram, wanted);

    if (diagram->buckets[slot])
        return diagram->buckets[slot];

    struct node *node = arena_alloc(diagram->arena, sizeof(*node));

    if (!node)
        return NULL;
    *node = *wanted;
    if (node->kind == NODE_SWITCH) {
        struct segment *segments = arena_calloc(diagram->arena, node->n, sizeof(*segments));

        if (!segments)
            return NULL;
        memcpy(segments, wanted->segments, node->n * sizeof(*segments));
        node->segments = segments;
    }
    node->id = diagram->n_nodes++;
    diagram->buckets[slot] = node;
    return node;
}

const struct node *diagram_return(struct diagram *diagram, uint32_t verdict)
{
    struct node node = {.kind = NODE_RETURN, .verdict = verdict};

    return intern(diagram, &node);
}

const struct node *diagram_switch(struct diagram *diagram, uint32_t word,
                                  const struct segment *segments, size_t n)
{
    cleanup_free struct segment *distinct = calloc(n, sizeof(*distinct));
    struct node node = {.kind = NODE_SWITCH, .word = word};

    if (!distinct)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (node.n == 0 || segments[i].child != distinct[node.n - 1].child)
            distinct[node.n++] = segments[i];
    if (node.n == 1)
        return distinct[0].child;
    node.segments = distinct;
    return intern(diagram, &node);
}

const struct node *diagram_mask(struct diagram *diagram, uint32_t word, uint32_t mask,
                                uint32_t value, const struct node *if_set,
                                const struct node *if_not)
{
    struct node node = {
        .kind = NODE_MASK,
        .word = word,
        .mask = mask,
        .value = value,
        .if_set = if_set,
        .if_not = if_not,
    };

    return if_set == if_not ? if_set : intern(diagram, &node);
}

const struct node *diagram_strip(struct diagram *diagram, uint32_t bit, const struct node *below)
{
    struct node node = {
        .kind = NODE_STRIP,
        .word = offsetof(struct seccomp_data, nr),
        .bit = bit,
        .below = below,
    };

    return intern(diagram, &node);
}

bool diagram_is_jset(const struct node *node)
{
    return node->value == 0 || (node->mask & (node->mask - 1)) == 0;
}
