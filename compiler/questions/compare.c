/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sorts the differences that behaviour_compare() reports by ABI, and gathers the numbers whose two
 * decisions are the same: diagrams are canonical, so these are the same pair of references.
 */
#include "compiler/questions/compare.h"

#include <errno.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/syscalls.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "util/arena.h"

struct finder {
    struct changes *changes;
    const struct bdd *bdd;
    const struct target *target;
    struct syscalls *syscalls;
    bool (*differs)(uint32_t a, uint32_t b);
    struct arena *arena;
};

/* The part for ABI, or (NULL) for the architectures from ARCH to ARCH_LAST. NULL: no memory. */
static struct change_part *get_part(struct finder *finder, const struct abi *abi, uint32_t arch,
                                    uint32_t arch_last)
{
    struct changes *changes = finder->changes;

    for (size_t i = 0; i < changes->n_parts; i++) {
        struct change_part *part = &changes->parts[i];

        if (abi ? part->abi == abi
                : !part->abi && part->arch == arch && part->arch_last == arch_last)
            return part;
    }
    if (arena_grow(finder->arena, &changes->parts, changes->n_parts, &changes->room,
                   sizeof(*changes->parts)) < 0)
        return NULL;

    struct change_part *part = &changes->parts[changes->n_parts++];

    *part = (struct change_part){.abi = abi, .arch = arch, .arch_last = arch_last};
    return part;
}

/* The change from A to B in PART. NULL: no memory. */
static struct change *get_change(struct finder *finder, struct change_part *part, bdd_ref a,
                                 bdd_ref b)
{
    for (size_t i = 0; i < part->n_changes; i++)
        if (part->changes[i].a == a && part->changes[i].b == b)
            return &part->changes[i];
    if (arena_grow(finder->arena, &part->changes, part->n_changes, &part->room,
                   sizeof(*part->changes)) < 0)
        return NULL;

    struct change *change = &part->changes[part->n_changes];

    *change = (struct change){.a = a, .b = b};
    if (bdd_outcomes(finder->bdd, a, b, finder->differs, &change->outcomes) < 0)
        return NULL;
    part->n_changes++;
    return change;
}

static int add_unnamed(struct finder *finder, struct change *change, uint32_t first, uint32_t last)
{
    struct nr_span *before = change->n_unnamed ? &change->unnamed[change->n_unnamed - 1] : NULL;

    if (before && before->last + 1 == first) {
        before->last = last;
        return 0;
    }
    if (arena_grow(finder->arena, &change->unnamed, change->n_unnamed, &change->unnamed_room,
                   sizeof(*change->unnamed)) < 0)
        return -ENOMEM;
    change->unnamed[change->n_unnamed++] = (struct nr_span){first, last};
    return 0;
}

static int add_call(struct finder *finder, struct change *change, uint32_t nr, const char *name)
{
    if (arena_grow(finder->arena, &change->calls, change->n_calls, &change->calls_room,
                   sizeof(*change->calls)) < 0)
        return -ENOMEM;
    change->calls[change->n_calls++] = (struct change_call){nr, name};
    return 0;
}

/* Adds the numbers FIRST to LAST of PART, whose difference is AT. */
static int add_numbers(struct finder *finder, struct change_part *part, const struct difference *at,
                       uint32_t first, uint32_t last)
{
    struct change *change = part ? get_change(finder, part, at->decision_a, at->decision_b) : NULL;
    uint64_t next = first;
    const char *name;
    uint32_t nr;

    if (!change)
        return -ENOMEM;
    for (size_t i = 0; part->abi && syscalls_at(finder->syscalls, part->abi->id, i, &nr, &name);
         i++) {
        if (nr < first || nr > last)
            continue;
        if (nr > next && add_unnamed(finder, change, (uint32_t)next, nr - 1) < 0)
            return -ENOMEM;
        if (add_call(finder, change, nr, name) < 0)
            return -ENOMEM;
        next = (uint64_t)nr + 1;
    }
    return next <= last ? add_unnamed(finder, change, (uint32_t)next, last) : 0;
}

/* Adds what is said of ABI, which is one of the architectures of AT. */
static int add_abi(struct finder *finder, const struct abi *abi, const struct difference *at)
{
    uint32_t lowest = abi_first_number(abi);
    uint32_t highest = abi_last_number(abi);
    uint32_t first = at->nr > lowest ? at->nr : lowest;
    uint32_t last = at->nr_last < highest ? at->nr_last : highest;

    if (first > last)
        return 0;
    return add_numbers(finder, get_part(finder, abi, abi->audit_arch, abi->audit_arch), at, first,
                       last);
}

static bool is_targets(const struct target *target, uint32_t arch)
{
    for (size_t i = 0; i < target->n_abis; i++)
        if (abi_get(target->abis[i])->audit_arch == arch)
            return true;
    return false;
}

static int add_difference(void *user, const struct difference *at)
{
    struct finder *finder = user;
    uint64_t other = at->arch;

    for (size_t i = 0; i < finder->target->n_abis; i++) {
        const struct abi *abi = abi_get(finder->target->abis[i]);

        if (abi->audit_arch < at->arch || abi->audit_arch > at->arch_last)
            continue;

        int r = add_abi(finder, abi, at);

        if (r < 0)
            return r;
    }
    /* The first architecture of the range that is not the target's stands for all of those. */
    while (other <= at->arch_last && is_targets(finder->target, (uint32_t)other))
        other++;
    if (other > at->arch_last)
        return 0;
    return add_numbers(finder, get_part(finder, NULL, (uint32_t)other, at->arch_last), at, at->nr,
                       at->nr_last);
}

static bool same_changes(const struct change_part *a, const struct change_part *b)
{
    if (a->n_changes != b->n_changes)
        return false;
    for (size_t i = 0; i < a->n_changes; i++) {
        const struct change *x = &a->changes[i];
        const struct change *y = &b->changes[i];

        if (x->a != y->a || x->b != y->b || x->n_unnamed != y->n_unnamed)
            return false;
        for (size_t k = 0; k < x->n_unnamed; k++)
            if (x->unnamed[k].first != y->unnamed[k].first ||
                x->unnamed[k].last != y->unnamed[k].last)
                return false;
    }
    return true;
}

/* Puts ranges of architectures with the same changes together. */
static void merge_parts(struct changes *changes)
{
    size_t n = 0;

    for (size_t i = 0; i < changes->n_parts; i++) {
        struct change_part *part = &changes->parts[i];
        struct change_part *same = NULL;

        for (size_t k = 0; !part->abi && !same && k < n; k++)
            if (!changes->parts[k].abi && same_changes(&changes->parts[k], part))
                same = &changes->parts[k];
        if (same)
            same->more_archs++;
        else
            changes->parts[n++] = *part;
    }
    changes->n_parts = n;
}

/* Puts the target's ABIs first, in its order. */
static void sort_parts(struct changes *changes, const struct target *target)
{
    size_t done = 0;

    for (size_t i = 0; i < target->n_abis; i++) {
        for (size_t k = done; k < changes->n_parts; k++) {
            struct change_part part = changes->parts[k];

            if (part.abi != abi_get(target->abis[i]))
                continue;
            for (size_t from = k; from > done; from--)
                changes->parts[from] = changes->parts[from - 1];
            changes->parts[done++] = part;
            break;
        }
    }
}

int changes_find(struct changes *changes, const struct bdd *bdd, const struct behaviour *a,
                 const struct behaviour *b, const struct target *target, struct syscalls *syscalls,
                 bool (*differs)(uint32_t a, uint32_t b), struct arena *arena)
{
    struct finder finder = {changes, bdd, target, syscalls, differs, arena};
    int r;

    *changes = (struct changes){.n_parts = 0};
    r = behaviour_compare(bdd, a, b, differs, add_difference, &finder);
    if (r == 0) {
        merge_parts(changes);
        sort_parts(changes, target);
    }
    return r;
}

uint32_t change_first_nr(const struct change *change)
{
    return change->n_calls ? change->calls[0].nr : change->unnamed[0].first;
}

bool change_is_plain(const struct bdd *bdd, const struct change *change)
{
    uint32_t value;

    return bdd_is_constant(bdd, change->a, &value) && bdd_is_constant(bdd, change->b, &value);
}
