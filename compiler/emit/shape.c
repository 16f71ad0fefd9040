/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A dynamic program over the ranges of a switch. A range of one value whose neighbours are the
 * same (a hole) costs one JEQ where two boundaries would cost two JGE; so first as many holes as
 * possible are taken out. What stays are atoms, each perhaps followed by a hole. Then, for each
 * run of atoms, the cheapest of: a split between two of them, or, where only holes interrupt the
 * run, one JEQ after the other.
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
    MAX_ATOMS = 256, /* for the dynamic program; larger switches are split in the middle */
    LONG_CHAIN = 16, /* JEQs in a row where the dynamic program was not run */
    CHAIN = UINT16_MAX,
};

/* A range, and perhaps the hole behind it. */
struct atom {
    uint32_t first;
    const struct node *leaf;
    const struct node *hole_leaf; /* NULL: no hole */
    uint32_t hole;                /* its only value */
    uint32_t hole_weight;
    uint64_t weight_before;      /* of all atoms and holes before this atom */
    uint64_t hole_weight_before; /* of all holes before this atom */
    uint32_t holes_before;
    uint64_t weight; /* without the hole */
    uint32_t run;    /* atoms with equal numbers have only holes between them */
};

/*
 * The dynamic program's table has a cell for each run of atoms i..j, without [0] and with [1] the
 * hole behind j.
 */
struct cell {
    uint64_t cost;
    uint16_t split; /* the best split is behind this atom */
    bool chain;     /* a chain of JEQ is better still */
};

struct shaping {
    struct arena *arena;
    struct atom *atoms;
    size_t n;
    struct cell *cells; /* n * (n + 1); NULL: too many atoms, split in the middle */
    uint64_t *whole;    /* the costs again, with the hole behind j where there is one; by i */
};

static bool is_hole(const struct segment *segments, size_t i, size_t n)
{
    return i > 0 && i + 1 < n && segments[i + 1].first == segments[i].first + 1 &&
           segments[i - 1].child == segments[i + 1].child;
}

/* Fills ATOMS from the N segments; returns their number. */
static size_t find_atoms(struct atom *atoms, const struct segment *segments,
                         const uint32_t *weights, size_t n)
{
    struct atom *last = NULL;
    size_t n_atoms = 0;

    for (size_t i = 0; i < n; i++) {
        struct atom *atom = &atoms[n_atoms];

        if (last && !last->hole_leaf && is_hole(segments, i, n)) {
            last->hole_leaf = segments[i].child;
            last->hole = segments[i].first;
            last->hole_weight = weights[i];
            continue;
        }
        *atom = (struct atom){
            .first = segments[i].first,
            .leaf = segments[i].child,
            .weight = weights[i],
        };
        if (last) {
            atom->weight_before = last->weight_before + last->weight + last->hole_weight;
            atom->hole_weight_before = last->hole_weight_before + last->hole_weight;
            atom->holes_before = last->holes_before + (last->hole_leaf != NULL);
            atom->run = last->run + (last->hole_leaf == NULL);
        }
        last = atom;
        n_atoms++;
    }
    return n_atoms;
}

static uint64_t weight_of(const struct shaping *shaping, size_t i, size_t j, bool hole)
{
    const struct atom *last = &shaping->atoms[j];

    return last->weight_before + last->weight + (hole ? last->hole_weight : 0) -
           shaping->atoms[i].weight_before;
}

static struct cell *cell_of(const struct shaping *shaping, size_t i, size_t j, bool hole)
{
    return &shaping->cells[(j * (j + 1) / 2 + i) * 2 + hole];
}

/* The costs of i..j and the hole behind j, with j as index. */
static uint64_t *whole_costs(const struct shaping *shaping, size_t i)
{
    return &shaping->whole[i * (2 * shaping->n - i - 1) / 2];
}

/* What it costs to test the holes of i..j one after the other (taking them as equally heavy). */
static uint64_t chain_cost(const struct shaping *shaping, size_t i, size_t j, bool hole)
{
    const struct atom *first = &shaping->atoms[i];
    const struct atom *last = &shaping->atoms[j];
    uint64_t holes = last->holes_before - first->holes_before + hole;
    uint64_t weight =
        last->hole_weight_before - first->hole_weight_before + (hole ? last->hole_weight : 0);

    if (holes == 0)
        return 0;
    return holes * (SHAPE_INSN_COST + weight_of(shaping, i, j, hole)) - weight * (holes - 1) / 2;
}

/* Fills the cells of all runs that end with atom J, without or with the hole behind it. */
static void fill_column(struct shaping *shaping, size_t j, bool hole)
{
    const struct atom *atoms = shaping->atoms;
    const struct atom *last = &atoms[j];
    struct cell *cells = cell_of(shaping, 0, j, hole); /* that of run i..j: the one at 2 * i */
    const struct cell *before =
        j > 0 ? cell_of(shaping, 0, j - 1, hole && atoms[j - 1].hole_leaf) : NULL;
    uint64_t end =
        SHAPE_INSN_COST + last->weight_before + last->weight + (hole ? last->hole_weight : 0);

    for (size_t i = j + 1; i-- > 0;) {
        uint64_t own = end - atoms[i].weight_before;
        uint64_t *whole = whole_costs(shaping, i);
        struct cell cell = {UINT64_MAX, (uint16_t)i, false};
        /* As Knuth bounds it: not before the split of i..j-1, and not behind that of i+1..j. */
        size_t to = i == j                             ? 0
                    : cells[2 * (i + 1)].split < j - 1 ? cells[2 * (i + 1)].split + 1u
                                                       : j;

        for (size_t t = i == j ? 0 : before[2 * i].split; t < to; t++) {
            uint64_t cost = own + whole[t] + cells[2 * (t + 1)].cost;

            if (cost < cell.cost) {
                cell.cost = cost;
                cell.split = (uint16_t)t;
            }
        }
        if (atoms[i].run == last->run) {
            uint64_t cost = chain_cost(shaping, i, j, hole);

            cell.chain = cost <= cell.cost;
            if (cell.chain)
                cell.cost = cost;
        } else if (hole) {
            uint64_t cost = own + cell_of(shaping, i, j, false)->cost;

            /* The hole behind the run alone, before everything else. */
            if (cost < cell.cost) {
                cell.cost = cost;
                cell.split = (uint16_t)j;
            }
        }
        cells[2 * i] = cell;
        if (hole || !last->hole_leaf)
            whole[j] = cell.cost;
    }
}

static void fill_cells(struct shaping *shaping)
{
    for (size_t j = 0; j < shaping->n; j++)
        for (int hole = 0; hole <= (shaping->atoms[j].hole_leaf ? 1 : 0); hole++)
            fill_column(shaping, j, hole);
}

static int compare_hole_weights(const void *pa, const void *pb)
{
    const struct atom *a = *(const struct atom *const *)pa;
    const struct atom *b = *(const struct atom *const *)pb;

    if (a->hole_weight != b->hole_weight)
        return a->hole_weight > b->hole_weight ? -1 : 1;
    return a->hole < b->hole ? -1 : a->hole > b->hole;
}

static struct branch *new_branch(struct shaping *shaping, uint16_t op, uint32_t k)
{
    struct branch *branch = arena_alloc(shaping->arena, sizeof(*branch));

    if (branch)
        *branch = (struct branch){.op = op, .k = k};
    return branch;
}

/* One JEQ after the other, the heaviest hole first. */
static int make_chain(struct shaping *shaping, size_t i, size_t j, bool hole,
                      struct branch_target *root)
{
    const struct atom **holes = arena_calloc(shaping->arena, j - i + 1, sizeof(*holes));
    size_t n = 0;

    if (!holes)
        return -ENOMEM;
    for (size_t t = i; t < j + hole; t++)
        holes[n++] = &shaping->atoms[t];
    qsort(holes, n, sizeof(*holes), compare_hole_weights);
    *root = (struct branch_target){NULL, shaping->atoms[i].leaf};
    while (n-- > 0) {
        struct branch *branch = new_branch(shaping, BPF_JEQ, holes[n]->hole);

        if (!branch)
            return -ENOMEM;
        branch->if_true.leaf = holes[n]->hole_leaf;
        branch->if_false = *root;
        *root = (struct branch_target){branch, NULL};
    }
    return 0;
}

/* Where to split a switch that is too large for the dynamic program. */
static size_t middle_split(const struct shaping *shaping, size_t i, size_t j)
{
    uint64_t half = shaping->atoms[i].weight_before + weight_of(shaping, i, j, false) / 2;
    size_t low = i;
    size_t high = j - 1;

    if (weight_of(shaping, i, j, false) < 2 * (j - i))
        return i + (j - i) / 2;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (shaping->atoms[middle + 1].weight_before < half)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The tree for atoms i..j, with the hole behind j where HOLE. */
static int make_tree(struct shaping *shaping, size_t i, size_t j, bool hole,
                     struct branch_target *root)
{
    const struct cell *cell = shaping->cells ? cell_of(shaping, i, j, hole) : NULL;
    bool one_run = shaping->atoms[i].run == shaping->atoms[j].run;
    struct branch *branch;
    int r;

    if (cell ? cell->chain : one_run && j - i + hole <= LONG_CHAIN)
        return make_chain(shaping, i, j, hole, root);

    size_t split = cell ? cell->split : middle_split(shaping, i, j);

    branch = split == j ? new_branch(shaping, BPF_JEQ, shaping->atoms[j].hole)
                        : new_branch(shaping, BPF_JGE, shaping->atoms[split + 1].first);
    if (!branch)
        return -ENOMEM;
    *root = (struct branch_target){branch, NULL};
    if (split == j) {
        branch->if_true.leaf = shaping->atoms[j].hole_leaf;
        return make_tree(shaping, i, j, false, &branch->if_false);
    }
    r = make_tree(shaping, i, split, shaping->atoms[split].hole_leaf != NULL, &branch->if_false);
    return r < 0 ? r : make_tree(shaping, split + 1, j, hole, &branch->if_true);
}

int shape_build(struct branch_target *root, const struct segment *segments, const uint32_t *weights,
                size_t n, struct arena *arena)
{
    struct shaping shaping = {
        .arena = arena,
        .atoms = arena_calloc(arena, n, sizeof(*shaping.atoms)),
    };

    if (!shaping.atoms)
        return -ENOMEM;
    shaping.n = find_atoms(shaping.atoms, segments, weights, n);
    if (shaping.n <= MAX_ATOMS) {
        shaping.cells = arena_calloc(arena, shaping.n * (shaping.n + 1), sizeof(*shaping.cells));
        shaping.whole =
            arena_calloc(arena, shaping.n * (shaping.n + 1) / 2, sizeof(*shaping.whole));
        if (!shaping.cells || !shaping.whole)
            return -ENOMEM;
        fill_cells(&shaping);
    }
    return make_tree(&shaping, 0, shaping.n - 1, false, root);
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

/* The instructions of NODE itself, its load among them. */
static size_t own_size(const struct node *node)
{
    size_t size = 1;

    switch (node->kind) {
    case NODE_RETURN:
        return 0;
    case NODE_SWITCH:
        size += node->n - 1;
        for (size_t i = 1; i + 1 < node->n; i++) {
            if (is_hole(node->segments, i, node->n)) {
                size--;
                i++;
            }
        }
        return size;
    case NODE_MASK:
        return node->value == 0 || (node->mask & (node->mask - 1)) == 0 ? 2 : 3;
    case NODE_STRIP:
        return 1;
    }
    return size;
}

struct sizing {
    bool *seen; /* by node id */
    size_t size;
};

static void add_size(struct sizing *sizing, const struct node *node)
{
    const struct node *child;

    if (sizing->seen[node->id] || sizing->size > SHAPE_SIZE_MAX)
        return;
    sizing->seen[node->id] = true;
    sizing->size += own_size(node);
    for (size_t i = 0; (child = child_of(node, i)); i++)
        add_size(sizing, child);
}

size_t shape_size(const struct diagram *diagram, const struct node *node)
{
    cleanup_free bool *seen = calloc(diagram->n_nodes, sizeof(*seen));
    struct sizing sizing = {seen, 0};

    if (!seen)
        return SIZE_MAX;
    add_size(&sizing, node);
    return sizing.size;
}
