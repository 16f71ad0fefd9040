/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A dynamic program over the ranges of a switch: for each run of neighbouring ranges, the cheapest
 * of a split between two of them (JGE), or, where all but single values (holes) lead to the same
 * child, one JEQ after the other. A hole in a chain costs one test where two boundaries would cost
 * two.
 */
#include "compiler/emit/shape.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/emit/diagram.h"
#include "compiler/facts/bpf.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    SHAPE_SIZE_MAX = 4 * BPF_MAX_INSNS, /* far more than can fit: shape_size() counts no further */
    MAX_SEGMENTS = 320, /* for the dynamic program; larger switches are split in the middle */
    LONG_CHAIN = 32,    /* segments in a chain where the dynamic program was not run */
    SLACK = 2,          /* see fill_row() */
    NO_BASE = UINT16_MAX,
};

/* How the best tree for the segments i..j begins. */
struct cell {
    uint16_t split; /* the best split is behind this segment */
    /* Where a chain of JEQ is better still, what it ends in: the child of segment BASE. */
    uint16_t base;
};

/* A chain for the segments i..j, where j grows: all that is not BASE's child is a single value. */
struct chain {
    const struct node *base; /* NULL: j is too far for a chain */
    uint32_t holes;
    uint32_t weight; /* of the holes */
};

struct shaping {
    struct arena *arena;
    const struct segment *segments;
    const uint32_t *weights;
    size_t n;
    enum shape_aim aim;
    uint32_t *before; /* the weight of all segments before this one; of all of them at the end */
    /*
     * What the best tree for the segments i..j costs, at [i * n + j] and at [j * n + i]: a split
     * reads along both. 32 bits are enough: a switch of 320 segments weighs less than 2^20, see
     * traffic.c.
     */
    uint32_t *costs;
    struct cell *cells; /* row after row; NULL: too many segments, split in the middle */
};

static bool is_single(const struct segment *segments, size_t i, size_t n)
{
    return i + 1 < n ? segments[i + 1].first == segments[i].first + 1
                     : segments[i].first == UINT32_MAX;
}

static uint32_t weight_of(const struct shaping *shaping, size_t i, size_t j)
{
    return shaping->before[j + 1] - shaping->before[i];
}

static struct cell *cell_of(const struct shaping *shaping, size_t i, size_t j)
{
    return &shaping->cells[i * (2 * shaping->n - i - 1) / 2 + j];
}

/* Goes on with segment J. */
static void chain_add(struct chain *chain, const struct shaping *shaping, size_t j)
{
    if (chain->base == shaping->segments[j].child)
        return;
    if (!is_single(shaping->segments, j, shaping->n)) {
        chain->base = NULL;
        return;
    }
    chain->holes++;
    chain->weight += shaping->weights[j];
}

/* What CHAIN costs for segments of WEIGHT, its holes taken as equally heavy. */
static uint32_t chain_cost(const struct chain *chain, uint32_t weight)
{
    if (!chain->base)
        return UINT32_MAX;
    if (chain->holes == 0)
        return 0;
    return chain->holes * (SHAPE_INSN_COST + weight) - chain->weight * (chain->holes - 1) / 2;
}

/* The best split of the segments from the one whose row of costs is ROW to the one whose column is
 * COLUMN, behind one of those from FROM to TO. Returns what both parts cost. */
static uint32_t best_split(const uint32_t *row, const uint32_t *column, size_t from, size_t to,
                           size_t *split)
{
    uint32_t least = row[from] + column[from + 1];
    size_t best = from;

    for (size_t t = from + 1; t <= to; t++) {
        uint32_t cost = row[t] + column[t + 1];

        /* A jump, and seldom taken: quicker than a choice for which each next one has to wait. */
        if (__builtin_expect(cost < least, 0)) {
            least = cost;
            best = t;
        }
    }
    *split = best;
    return least;
}

/* Fills the cells of all runs that begin with segment I. */
static void fill_row(struct shaping *shaping, size_t i)
{
    const struct segment *segments = shaping->segments;
    size_t n = shaping->n;
    uint32_t *costs = &shaping->costs[i * n];
    struct cell *row = cell_of(shaping, i, 0); /* only its cells from I on are there */
    const struct cell *next = i + 1 < n ? cell_of(shaping, i + 1, 0) : NULL;
    /* What a chain ends in is the first child, or the second where the first is a hole. */
    struct chain chains[2] = {{segments[i].child, 0, 0}, {NULL, 0, 0}};

    costs[i] = 0;
    row[i] = (struct cell){(uint16_t)i, (uint16_t)i};
    if (next) {
        chains[1].base = segments[i + 1].child;
        chain_add(&chains[1], shaping, i);
    }
    for (size_t j = i + 1; j < n; j++) {
        uint32_t weight = weight_of(shaping, i, j);
        /*
         * As Knuth bounds it: not before the split of i..j-1, and not behind that of i+1..j. With
         * chains that is not always so, but nearly.
         */
        size_t low = row[j - 1].split;
        size_t from = low < i + SLACK ? i : low - SLACK;
        size_t high = next[j].split + (size_t)SLACK;
        size_t to = high < from ? from : high < j ? high : j - 1;
        size_t split = from;
        uint32_t cost =
            SHAPE_INSN_COST + weight + best_split(costs, &shaping->costs[j * n], from, to, &split);
        uint16_t base = NO_BASE;

        for (size_t c = 0; c < ARRAY_SIZE(chains); c++) {
            if (!chains[c].base)
                continue;
            chain_add(&chains[c], shaping, j);
            if (chain_cost(&chains[c], weight) <= cost) {
                cost = chain_cost(&chains[c], weight);
                base = (uint16_t)(i + c);
            }
        }
        row[j] = (struct cell){(uint16_t)split, base};
        costs[j] = cost;
        shaping->costs[j * n + i] = cost;
    }
}

static struct branch *new_branch(struct shaping *shaping, uint16_t op, uint32_t k)
{
    struct branch *branch = arena_alloc(shaping->arena, sizeof(*branch));

    if (branch)
        *branch = (struct branch){.op = op, .k = k};
    return branch;
}

/* One JEQ after the other for the holes of i..j, the heaviest first; else the child of BASE. */
static int make_chain(struct shaping *shaping, size_t i, size_t j, size_t base,
                      struct branch_target *root)
{
    const struct segment *segments = shaping->segments;
    const uint32_t *weights = shaping->weights;
    size_t *holes = arena_calloc(shaping->arena, j - i + 1, sizeof(*holes));
    size_t n = 0;

    if (!holes)
        return -ENOMEM;
    for (size_t h = i; h <= j; h++) {
        size_t at = n;

        if (segments[h].child == segments[base].child)
            continue;
        for (; at > 0 && weights[holes[at - 1]] < weights[h]; at--)
            holes[at] = holes[at - 1];
        holes[at] = h;
        n++;
    }
    *root = (struct branch_target){NULL, segments[base].child};
    while (n-- > 0) {
        const struct segment *segment = &segments[holes[n]];
        struct branch *branch = new_branch(shaping, BPF_JEQ, segment->first);

        if (!branch)
            return -ENOMEM;
        branch->if_true.leaf = segment->child;
        branch->if_false = *root;
        *root = (struct branch_target){branch, NULL};
    }
    return 0;
}

/* Where to split a switch that is too large for the dynamic program. */
static size_t middle_split(const struct shaping *shaping, size_t i, size_t j)
{
    uint64_t half = shaping->before[i] + weight_of(shaping, i, j) / 2;
    size_t low = i;
    size_t high = j - 1;

    if (weight_of(shaping, i, j) < 2 * (j - i))
        return i + (j - i) / 2;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (shaping->before[middle + 1] < half)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What a chain for i..j ends in, where the dynamic program was not run; NO_BASE: no chain. */
static size_t short_chain(const struct shaping *shaping, size_t i, size_t j)
{
    size_t longest = shaping->aim == SHAPE_FEWEST ? shaping->n : LONG_CHAIN;

    for (size_t base = i; j - i <= longest && base <= j && base <= i + 1; base++) {
        struct chain chain = {shaping->segments[base].child, 0, 0};

        for (size_t k = i; k <= j; k++)
            chain_add(&chain, shaping, k);
        if (chain.base)
            return base;
    }
    return NO_BASE;
}

/* The tree for the segments i..j. */
static int make_tree(struct shaping *shaping, size_t i, size_t j, struct branch_target *root)
{
    const struct cell *cell = shaping->cells ? cell_of(shaping, i, j) : NULL;
    size_t base = cell ? cell->base : short_chain(shaping, i, j);
    int r;

    if (base != NO_BASE)
        return make_chain(shaping, i, j, base, root);

    size_t split = cell ? cell->split : middle_split(shaping, i, j);
    struct branch *branch = new_branch(shaping, BPF_JGE, shaping->segments[split + 1].first);

    if (!branch)
        return -ENOMEM;
    *root = (struct branch_target){branch, NULL};
    r = make_tree(shaping, i, split, &branch->if_false);
    return r < 0 ? r : make_tree(shaping, split + 1, j, &branch->if_true);
}

/* Makes what a tree is chosen by. What it allocates is freed by the caller. */
static int fill_tables(struct shaping *shaping)
{
    size_t n = shaping->n;

    shaping->before = malloc((n + 1) * sizeof(*shaping->before));
    if (!shaping->before)
        return -ENOMEM;
    shaping->before[0] = 0;
    for (size_t i = 0; i < n; i++)
        shaping->before[i + 1] = shaping->before[i] + shaping->weights[i];
    if (n > MAX_SEGMENTS)
        return 0;
    shaping->costs = malloc(n * n * sizeof(*shaping->costs));
    shaping->cells = malloc(n * (n + 1) / 2 * sizeof(*shaping->cells));
    if (!shaping->costs || !shaping->cells)
        return -ENOMEM;
    for (size_t i = n; i-- > 0;)
        fill_row(shaping, i);
    return 0;
}

static void free_tables(struct shaping *shaping)
{
    free(shaping->before);
    free(shaping->costs);
    free(shaping->cells);
}

int shape_build(struct branch_target *root, const struct segment *segments, const uint32_t *weights,
                size_t n, enum shape_aim aim, struct arena *arena)
{
    struct shaping shaping = {
        .arena = arena, .segments = segments, .weights = weights, .n = n, .aim = aim};
    int r = fill_tables(&shaping);

    if (r == 0)
        r = make_tree(&shaping, 0, n - 1, root);
    free_tables(&shaping);
    return r;
}

size_t shape_least(const struct segment *segments, size_t n)
{
    cleanup_free uint32_t *weights = calloc(n, sizeof(*weights));
    struct shaping shaping = {.segments = segments, .weights = weights, .n = n};
    size_t least = SIZE_MAX;

    if (weights && fill_tables(&shaping) == 0 && shaping.costs)
        least = shaping.costs[n - 1] / SHAPE_INSN_COST;
    free_tables(&shaping);
    return least;
}

/* True where segment I is a single value between two that are alike. */
static bool is_hole(const struct segment *segments, size_t i, size_t n)
{
    return i > 0 && i + 1 < n && is_single(segments, i, n) &&
           segments[i - 1].child == segments[i + 1].child;
}

/* The children of NODE: the I-th, or NULL past the last. */
static const struct node *child_of(const struct node *node, size_t i)
{
    switch (node->kind) {
    case NODE_RETURN:
        return NULL;
    case NODE_SWITCH:
        return i < node->n ? node->segments[i].child : NULL;
    case NODE_MASK:
        return i == 0 ? node->if_set : i == 1 ? node->if_not : NULL;
    case NODE_STRIP:
        return i == 0 ? node->below : NULL;
    }
    return NULL;
}

/* About how many comparisons a switch takes. */
static size_t count_tests(const struct segment *segments, size_t n)
{
    size_t tests = n - 1;

    for (size_t i = 1; i + 1 < n; i++) {
        if (is_hole(segments, i, n)) {
            tests--;
            i++;
        }
    }
    return tests;
}

/* The instructions of NODE itself, without its load. */
static size_t own_size(const struct node *node)
{
    switch (node->kind) {
    case NODE_RETURN:
        return 0;
    case NODE_SWITCH:
        return count_tests(node->segments, node->n);
    case NODE_MASK:
        return diagram_is_jset(node) ? 1 : 2;
    case NODE_STRIP:
        return 1;
    }
    return 0;
}

/* What was counted of a node. */
enum counted {
    TESTS = 1,
    LOAD = 2,
};

struct sizing {
    uint8_t *counted; /* by node id */
    size_t size;
};

/* Counts NODE, entered with word HELD in A, and what is below it. */
static void add_size(struct sizing *sizing, const struct node *node, uint32_t held)
{
    bool loads = node->kind != NODE_RETURN && node->word != held && node->word != WORD_FOLDED_NR;
    uint8_t *counted = &sizing->counted[node->id];
    const struct node *child;

    if (loads && !(*counted & LOAD)) {
        *counted |= LOAD;
        sizing->size++;
    }
    if (*counted & TESTS || sizing->size > SHAPE_SIZE_MAX)
        return;
    *counted |= TESTS;
    sizing->size += own_size(node);
    held = node->kind == NODE_MASK && !diagram_is_jset(node) ? WORD_NONE : node->word;
    for (size_t i = 0; (child = child_of(node, i)); i++)
        add_size(sizing, child, held);
}

size_t shape_size(const struct diagram *diagram, const struct node *node)
{
    cleanup_free uint8_t *counted = calloc(diagram->n_nodes, sizeof(*counted));
    struct sizing sizing = {counted, 0};

    if (!counted)
        return SIZE_MAX;
    add_size(&sizing, node, WORD_NONE);
    return sizing.size;
}
