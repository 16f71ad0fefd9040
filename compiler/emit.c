/*
 * The policy becomes one diagram over architecture, number and argument words. Where x32 is
 * covered, two shapes are tried: its numbers apart, or folded onto those of x86_64, which mostly
 * mean the same; the shorter program is taken.
 */
#include "compiler/emit.h"

#include <errno.h>
#include <linux/seccomp.h>

#include "compiler/assemble.h"
#include "compiler/choice.h"
#include "compiler/diagram.h"

enum {
    X32_BIT = 0x40000000, /* __X32_SYSCALL_BIT */
    SHARED_TAIL_MIN = 4,  /* segments that two tables must end in alike to share them */
    WORD_NR = offsetof(struct seccomp_data, nr),
    WORD_ARCH = offsetof(struct seccomp_data, arch),
};

/* A table of numbers, as segments. */
struct table {
    uint32_t audit_arch;
    struct segment *segments;
    size_t n;
    bool folds; /* the numbers from X32_BIT on are x32's */
};

struct emission {
    const struct policy *policy;
    struct arena *arena;
    struct diagram diagram;
    struct table tables[TARGET_ABIS_MAX];
};

static int fill_table(struct emission *em, struct choices *choices, size_t i)
{
    const struct policy_arch *arch = &em->policy->archs[i];
    struct table *table = &em->tables[i];

    *table = (struct table){
        .audit_arch = arch->audit_arch,
        .segments = arena_calloc(em->arena, arch->n_ranges, sizeof(*table->segments)),
    };
    if (!table->segments)
        return -ENOMEM;
    for (size_t k = 0; k < arch->n_ranges; k++) {
        const struct policy_range *range = &arch->ranges[k];
        const struct node *child = choices_build(choices, range->decision, range->abi);

        if (!child)
            return -ENOMEM;
        if (range->abi->id == ABI_X32 && range->decision->origin != DECIDED_AS_FOREIGN)
            table->folds = true;
        /* Both halves of a fold begin a segment. */
        if (table->n && table->segments[table->n - 1].child == child && range->first != X32_BIT)
            continue;
        table->segments[table->n++] = (struct segment){range->first, child};
    }
    return 0;
}

/* The child at number NR of the segments from LOW to HIGH. */
static const struct node *child_at(const struct segment *segments, size_t low, size_t high,
                                   uint32_t nr)
{
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (segments[middle].first <= nr)
            low = middle;
        else
            high = middle;
    }
    return segments[low].child;
}

/* The node for a number that is CHILD's on x86_64 and X32's on x32. */
static const struct node *pair(struct emission *em, const struct node *child,
                               const struct node *x32)
{
    const struct segment segments[] = {{0, child}, {X32_BIT, x32}};

    return diagram_switch(&em->diagram, WORD_NR, segments, 2);
}

/*
 * Brings a table whose second half is x32's onto its first half: FOLDED gets segments over the
 * numbers below X32_BIT, *LIMIT the first number that x32 does not share with x86_64.
 */
static int fold_table(struct emission *em, const struct table *table, struct table *folded,
                      uint32_t *limit)
{
    size_t half = 0;
    size_t a = 0;
    size_t b;

    while (table->segments[half].first < X32_BIT)
        half++;
    *limit = table->segments[table->n - 1].first;
    *folded = (struct table){
        .audit_arch = table->audit_arch,
        .segments = arena_calloc(em->arena, table->n, sizeof(*folded->segments)),
    };
    if (!folded->segments)
        return -ENOMEM;
    b = half;
    while (a < half || b < table->n) {
        uint32_t next_a = a < half ? table->segments[a].first : UINT32_MAX;
        uint32_t next_b = b < table->n ? table->segments[b].first - X32_BIT : UINT32_MAX;
        uint32_t first = next_a < next_b ? next_a : next_b;
        const struct node *child = child_at(table->segments, 0, half, first);

        a += next_a == first;
        b += next_b == first;
        if (first + X32_BIT < *limit)
            child = pair(em, child, child_at(table->segments, half, table->n, first + X32_BIT));
        if (!child)
            return -ENOMEM;
        if (folded->n == 0 || folded->segments[folded->n - 1].child != child)
            folded->segments[folded->n++] = (struct segment){first, child};
    }
    return 0;
}

/*
 * Two tables often end alike: from number 424 on, a call has the same number everywhere. Where A
 * and B do, their common end becomes a node of its own, and both tables end in it.
 */
static int share_tail(struct emission *em, struct table *a, struct table *b)
{
    size_t same = 0;

    while (same < a->n && same < b->n &&
           a->segments[a->n - 1 - same].child == b->segments[b->n - 1 - same].child &&
           a->segments[a->n - 1 - same].first == b->segments[b->n - 1 - same].first)
        same++;
    if (same < SHARED_TAIL_MIN || same == a->n || same == b->n)
        return 0;

    struct segment *tail = arena_calloc(em->arena, same, sizeof(*tail));

    if (!tail)
        return -ENOMEM;
    for (size_t i = 0; i < same; i++)
        tail[i] = a->segments[a->n - same + i];

    const struct node *node = diagram_switch(&em->diagram, WORD_FOLDED_NR, tail, same);

    if (!node)
        return -ENOMEM;
    a->n -= same;
    b->n -= same;
    a->segments[a->n++] = (struct segment){tail[0].first, node};
    b->segments[b->n++] = (struct segment){tail[0].first, node};
    return 0;
}

/* The node that dispatches to the tables, each with its node. */
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

/* Emits the policy in one shape: x32 folded or not, ends of tables shared or not. */
static int emit_shape(struct emission *em, struct filter *filter, bool fold, bool share)
{
    const struct policy *policy = em->policy;
    const struct node *nodes[TARGET_ABIS_MAX];
    struct table tables[TARGET_ABIS_MAX];
    uint32_t limit = 0;

    for (size_t i = 0; i < policy->n_archs; i++) {
        tables[i] = em->tables[i];
        if (fold && tables[i].folds) {
            int r = fold_table(em, &em->tables[i], &tables[i], &limit);

            if (r < 0)
                return r;
        } else {
            tables[i].segments = arena_calloc(em->arena, tables[i].n, sizeof(*tables[i].segments));
            if (!tables[i].segments)
                return -ENOMEM;
            for (size_t k = 0; k < tables[i].n; k++)
                tables[i].segments[k] = em->tables[i].segments[k];
        }
    }
    for (size_t i = 1; share && i < policy->n_archs; i++) {
        int r = share_tail(em, &tables[0], &tables[i]);

        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < policy->n_archs; i++) {
        bool folded = fold && em->tables[i].folds;
        const struct table *own = &em->tables[i];

        nodes[i] = diagram_switch(&em->diagram, folded ? WORD_FOLDED_NR : WORD_NR,
                                  tables[i].segments, tables[i].n);
        if (nodes[i] && folded)
            nodes[i] = diagram_fold(&em->diagram, X32_BIT, limit, own->segments[own->n - 1].child,
                                    nodes[i]);
        if (!nodes[i])
            return -ENOMEM;
    }

    const struct node *root = dispatch(em, nodes);

    if (!root)
        return -ENOMEM;
    filter->flags = policy->flags;
    return assemble(&filter->insns, &filter->n_insns, &em->diagram, root, policy->target,
                    em->arena);
}

int policy_emit(struct filter *filter, const struct policy *policy, struct arena *arena)
{
    struct emission em = {.policy = policy, .arena = arena};
    bool native_big_endian = target_native_abi(policy->target)->big_endian;
    int best = diagram_init(&em.diagram, arena);
    bool folds = false;
    struct choices *choices = best < 0 ? NULL : choices_new(&em.diagram, native_big_endian);

    if (!choices)
        return -ENOMEM;
    for (size_t i = 0; i < policy->n_archs; i++) {
        int r = fill_table(&em, choices, i);

        if (r < 0)
            return r;
        folds |= em.tables[i].folds;
    }
    best = -E2BIG;
    for (int shape = 0; shape < 4; shape++) {
        struct filter candidate;

        if (((shape & 1) && !folds) || ((shape & 2) && policy->n_archs == 1))
            continue;

        int r = emit_shape(&em, &candidate, shape & 1, shape & 2);

        if (r < 0 && r != -E2BIG)
            return r;
        if (r == 0 && (best < 0 || candidate.n_insns < filter->n_insns)) {
            *filter = candidate;
            best = 0;
        }
    }
    return best;
}
