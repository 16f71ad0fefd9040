/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy becomes one diagram over architecture, number and argument words. Tables of numbers
 * share what they have in common in three ways: x32 goes on in x86_64's table wherever it means the
 * same; tables that end alike (from number 424 on, a call has the same number on every ABI) end in
 * one node; and two architectures that number nearly all calls alike (s390x and s390) have one
 * table, which asks for the architecture only where they differ. Each way is tried, and the
 * smallest diagram is assembled.
 */
#include "compiler/emit/emit.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "compiler/emit/assemble.h"
#include "compiler/emit/choice.h"
#include "compiler/emit/diagram.h"
#include "compiler/emit/shape.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "compiler/policy/policy.h"
#include "util/arena.h"

enum {
    SHARED_TAIL_MIN = 4, /* segments that two tables must end in alike to share them */
    WORD_NR = offsetof(struct seccomp_data, nr),
    WORD_ARCH = offsetof(struct seccomp_data, arch),
};

/* Ways in which tables share what they have in common. */
enum way {
    SHARE_TAILS = 1,
    MERGE_TABLES = 2, /* of the first two architectures */
    FOLD_X32 = 4,
    WAYS_END = 8,
};

/* Numbers and what decides each. */
struct table {
    struct segment *segments;
    size_t n;
};

struct emission {
    const struct policy *policy;
    struct arena *arena;
    struct diagram diagram;
    struct table tables[TARGET_ABIS_MAX]; /* of each architecture */
    struct table x32; /* the numbers from X32_SYSCALL_BIT on; n == 0: not covered */
    size_t x32_arch;  /* whose numbers they are */
};

/* Adds a segment, unless it goes on with the last one's child. */
static void add_segment(struct table *table, uint32_t first, const struct node *child)
{
    if (table->n == 0 || table->segments[table->n - 1].child != child)
        table->segments[table->n++] = (struct segment){first, child};
}

static int new_table(struct emission *em, struct table *table, size_t room)
{
    *table = (struct table){arena_calloc(em->arena, room, sizeof(*table->segments)), 0};
    return table->segments ? 0 : -ENOMEM;
}

/* Makes the tables of architecture I: the nodes of all its decisions. */
static int fill_tables(struct emission *em, struct choices *choices, size_t i)
{
    const struct policy_arch *arch = &em->policy->archs[i];
    struct table *table = &em->tables[i];
    int r = new_table(em, table, arch->n_ranges);

    for (size_t k = 0; r == 0 && k < arch->n_ranges; k++) {
        const struct policy_range *range = &arch->ranges[k];
        const struct node *child = choices_build(choices, range->decision, range->abi);

        if (!child)
            return -ENOMEM;
        if (range->abi->id == ABI_X32 && range->decision->origin != DECIDED_AS_FOREIGN &&
            table == &em->tables[i]) {
            table = &em->x32;
            em->x32_arch = i;
            r = new_table(em, table, arch->n_ranges);
        }
        if (r == 0)
            add_segment(table, range->first, child);
    }
    return r;
}

/* The child of the last of N segments that begins at or before NR. */
static const struct node *child_at(const struct table *table, uint32_t nr)
{
    size_t low = 0;
    size_t high = table->n;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (table->segments[middle].first <= nr)
            low = middle;
        else
            high = middle;
    }
    return table->segments[low].child;
}

/* Some numbers of x32: OWN decides them, COMMON where x86_64 decides them the same. */
struct interval {
    uint32_t first;
    const struct node *own;
    bool common;
};

/* Cuts x32's table at its own and at x86_64's boundaries. Returns the number of INTERVALS. */
static size_t compare_tables(const struct table *x86_64, const struct table *x32,
                             struct interval *intervals)
{
    size_t a = 0;
    size_t b = 0;
    size_t n = 0;

    while (a < x86_64->n || b < x32->n) {
        uint32_t next_a = a < x86_64->n ? x86_64->segments[a].first : UINT32_MAX;
        uint32_t next_b = b < x32->n ? x32->segments[b].first - X32_SYSCALL_BIT : UINT32_MAX;
        uint32_t first = next_a < next_b ? next_a : next_b;
        const struct node *own = child_at(x32, first + X32_SYSCALL_BIT);

        a += next_a == first;
        b += next_b == first;
        intervals[n++] =
            (struct interval){first + X32_SYSCALL_BIT, own, own == child_at(x86_64, first)};
    }
    return n;
}

/*
 * Makes *FOLDED of x32's table: STRIP, which goes on in x86_64's table, where that decides the
 * same. Common numbers between two that x32 decides by itself, all alike, are left to x32: that
 * saves two boundaries.
 */
static int fold_x32(struct emission *em, const struct table *x86_64, const struct node *strip,
                    struct table *folded)
{
    size_t room = x86_64->n + em->x32.n;
    struct interval *intervals = arena_calloc(em->arena, room, sizeof(*intervals));
    int r = new_table(em, folded, room);

    if (!intervals || r < 0)
        return -ENOMEM;

    size_t n = compare_tables(x86_64, &em->x32, intervals);

    for (size_t i = 0; i < n; i++) {
        size_t end = i;

        if (i == 0 || !intervals[i].common || intervals[i - 1].common)
            continue;
        while (end < n && intervals[end].common && intervals[end].own == intervals[i - 1].own)
            end++;
        if (end < n && !intervals[end].common && intervals[end].own == intervals[i - 1].own)
            for (size_t k = i; k < end; k++)
                intervals[k].common = false;
    }
    for (size_t i = 0; i < n; i++)
        add_segment(folded, intervals[i].first, intervals[i].common ? strip : intervals[i].own);
    return 0;
}

/* Makes the common end of A and B, if it is worth it, a node of its own in which both end. */
static int share_tail(struct emission *em, struct table *a, struct table *b)
{
    size_t same = 0;
    struct table tail;

    while (same < a->n && same < b->n &&
           a->segments[a->n - 1 - same].child == b->segments[b->n - 1 - same].child &&
           a->segments[a->n - 1 - same].first == b->segments[b->n - 1 - same].first)
        same++;
    if (same < SHARED_TAIL_MIN || same == a->n || same == b->n)
        return 0;
    if (new_table(em, &tail, same) < 0)
        return -ENOMEM;
    memcpy(tail.segments, &a->segments[a->n - same], same * sizeof(*tail.segments));

    const struct node *node = diagram_switch(&em->diagram, WORD_FOLDED_NR, tail.segments, same);

    if (!node)
        return -ENOMEM;
    a->n -= same;
    b->n -= same;
    add_segment(a, tail.segments[0].first, node);
    add_segment(b, tail.segments[0].first, node);
    return 0;
}

/* The node for the numbers of architectures A and B together. */
static const struct node *merge(struct emission *em, size_t a, size_t b)
{
    const struct table *tables[] = {&em->tables[a], &em->tables[b]};
    bool swap = em->policy->archs[a].audit_arch > em->policy->archs[b].audit_arch;
    uint32_t higher = em->policy->archs[swap ? a : b].audit_arch;
    size_t at[2] = {0, 0};
    struct table merged;

    if (new_table(em, &merged, tables[0]->n + tables[1]->n) < 0)
        return NULL;
    for (uint64_t first = 0; first <= UINT32_MAX;) {
        const struct node *children[2];
        uint64_t next = UINT64_MAX;

        for (size_t i = 0; i < 2; i++) {
            if (at[i] + 1 < tables[i]->n && tables[i]->segments[at[i] + 1].first == first)
                at[i]++;
            children[i] = tables[i]->segments[at[i]].child;
            if (at[i] + 1 < tables[i]->n && tables[i]->segments[at[i] + 1].first < next)
                next = tables[i]->segments[at[i] + 1].first;
        }

        const struct segment halves[] = {{0, children[swap]}, {higher, children[!swap]}};
        const struct node *child = diagram_switch(&em->diagram, WORD_ARCH, halves, 2);

        if (!child)
            return NULL;
        add_segment(&merged, (uint32_t)first, child);
        first = next;
    }
    return diagram_switch(&em->diagram, WORD_NR, merged.segments, merged.n);
}

/* The node for the numbers of x86_64 and x32 together, where BELOW decides those of x86_64. */
static const struct node *join_x32(struct emission *em, const struct node *below, bool fold)
{
    struct table x32 = em->x32;

    if (fold) {
        const struct node *strip = diagram_strip(&em->diagram, X32_SYSCALL_BIT, below);

        if (!strip || fold_x32(em, &em->tables[em->x32_arch], strip, &x32) < 0)
            return NULL;
    }

    const struct node *above = diagram_switch(&em->diagram, WORD_NR, x32.segments, x32.n);
    const struct segment halves[] = {{0, below}, {X32_SYSCALL_BIT, above}};

    return above ? diagram_switch(&em->diagram, WORD_NR, halves, 2) : NULL;
}

/* The node that dispatches to the architectures' NODES. */
static const struct node *dispatch(struct emission *em, const struct node *const *nodes)
{
    const struct policy *policy = em->policy;
    struct segment segments[1 + 2 * TARGET_ABIS_MAX];
    const struct node *foreign = diagram_return(&em->diagram, policy->foreign);
    size_t n = 1;

    if (!foreign)
        return NULL;
    segments[0] = (struct segment){0, foreign};
    for (uint64_t next = 0;;) {
        size_t lowest = policy->n_archs;

        for (size_t i = 0; i < policy->n_archs; i++)
            if (policy->archs[i].audit_arch >= next &&
                (lowest == policy->n_archs ||
                 policy->archs[i].audit_arch < policy->archs[lowest].audit_arch))
                lowest = i;
        if (lowest == policy->n_archs)
            break;
        next = (uint64_t)policy->archs[lowest].audit_arch + 1;
        segments[n++] = (struct segment){(uint32_t)next - 1, nodes[lowest]};
        segments[n++] = (struct segment){(uint32_t)next, foreign};
    }
    return diagram_switch(&em->diagram, WORD_ARCH, segments, n);
}

/* The whole policy as one node, which shares in the given WAYS. NULL: no memory. */
static const struct node *build_root(struct emission *em, unsigned int ways)
{
    const struct policy *policy = em->policy;
    const struct node *nodes[TARGET_ABIS_MAX];
    struct table tables[TARGET_ABIS_MAX] = {0};

    for (size_t i = 0; i < policy->n_archs; i++) {
        if (new_table(em, &tables[i], em->tables[i].n) < 0)
            return NULL;
        tables[i].n = em->tables[i].n;
        memcpy(tables[i].segments, em->tables[i].segments,
               tables[i].n * sizeof(*tables[i].segments));
    }
    for (size_t i = 1; ways & SHARE_TAILS && i < policy->n_archs; i++)
        if (share_tail(em, &tables[0], &tables[i]) < 0)
            return NULL;
    for (size_t i = 0; i < policy->n_archs; i++) {
        bool has_x32 = em->x32.n && em->x32_arch == i;

        nodes[i] = diagram_switch(&em->diagram, has_x32 ? WORD_FOLDED_NR : WORD_NR,
                                  tables[i].segments, tables[i].n);
        if (nodes[i] && has_x32)
            nodes[i] = join_x32(em, nodes[i], ways & FOLD_X32);
        if (!nodes[i])
            return NULL;
    }
    if (ways & MERGE_TABLES) {
        nodes[0] = merge(em, 0, 1);
        nodes[1] = nodes[0];
        if (!nodes[0])
            return NULL;
    }
    return dispatch(em, nodes);
}

/* Which ways of sharing there are for the tables of EM. */
static unsigned int possible_ways(const struct emission *em)
{
    bool several = em->policy->n_archs > 1;

    if (em->x32.n)
        return FOLD_X32 | (several ? SHARE_TAILS : 0);
    return several ? SHARE_TAILS | MERGE_TABLES : 0;
}

int policy_emit(struct bpf_program *program, const struct policy *policy, struct syscalls *syscalls,
                struct arena *arena)
{
    struct emission em = {.policy = policy, .arena = arena};
    int r = diagram_init(&em.diagram, arena);
    struct choices *choices =
        r < 0 ? NULL : choices_new(&em.diagram, target_native_abi(policy->target)->big_endian);
    const struct node *best = NULL;
    size_t best_size = SIZE_MAX;

    if (!choices)
        return -ENOMEM;
    for (size_t i = 0; i < policy->n_archs; i++) {
        r = fill_tables(&em, choices, i);
        if (r < 0)
            return r;
    }
    for (unsigned int ways = 0; ways < WAYS_END; ways++) {
        if (ways & ~possible_ways(&em))
            continue;

        const struct node *root = build_root(&em, ways);
        size_t size = root ? shape_size(&em.diagram, root) : 0;

        if (!root)
            return -ENOMEM;
        if (size < best_size) {
            best = root;
            best_size = size;
        }
    }
    for (int aim = SHAPE_CHEAPEST; aim <= SHAPE_FEWEST; aim++) {
        r = assemble(&program->insns, &program->n_insns, &em.diagram, best, (enum shape_aim)aim,
                     policy->target, syscalls, arena);
        if (r != -E2BIG)
            return r;
    }
    return r;
}
