/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cube is a value and all that comes of it by setting some of the bits of a mask. What is behind
 * the test of a cube no longer has to decide its values, so the ranges around them become one.
 */
#include "compiler/emit/bits.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/emit/shape.h"
#include "util/cleanup.h"

enum {
    CUBE_BITS_MAX = 6,
    RANGE_BITS_MAX = 2, /* 4 ranges */
    SEGMENTS_MAX = 64,  /* larger switches are left as they are: the search takes time */
};

struct cube {
    uint32_t value;
    uint32_t mask; /* the bits that are free; not in VALUE */
    const struct node *child;
};

/* The lowest bits that MASK leaves out, up to the first that it has. */
static uint32_t low_bits(uint32_t mask)
{
    return (mask & (0 - mask)) - 1;
}

bool bits_are_ranges(uint32_t mask)
{
    uint32_t others = ~mask & ~low_bits(mask);

    return mask && __builtin_popcount(others) <= RANGE_BITS_MAX;
}

size_t bits_cuts(uint32_t cuts[BITS_CUTS_MAX], uint32_t value, uint32_t mask)
{
    uint32_t low = low_bits(mask);
    uint32_t others = ~mask & ~low;
    uint32_t bits = 0;
    size_t n = 0;

    do {
        uint32_t last = value | bits | low;

        cuts[n++] = value | bits;
        if (last < UINT32_MAX)
            cuts[n++] = last + 1;
        bits = (bits - others) & others;
    } while (bits);
    return n;
}

static bool contains(const struct cube *cube, uint32_t value)
{
    return (value & ~cube->mask) == cube->value;
}

static bool is_single(const struct segment *segments, size_t i, size_t n)
{
    return i + 1 < n ? segments[i + 1].first == segments[i].first + 1
                     : segments[i].first == UINT32_MAX;
}

static const struct node *child_at(const struct segment *segments, size_t n, uint32_t value)
{
    size_t low = 0;
    size_t high = n;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (segments[middle].first <= value)
            low = middle;
        else
            high = middle;
    }
    return segments[low].child;
}

/* True where each value of CUBE leads to its child. */
static bool holds(const struct cube *cube, const struct segment *segments, size_t n)
{
    uint32_t bits = 0;

    do {
        if (child_at(segments, n, cube->value | bits) != cube->child)
            return false;
        bits = (bits - cube->mask) & cube->mask;
    } while (bits);
    return true;
}

/* The cube from the value of segment I on that takes in as many others as it can. */
static struct cube find_cube(const struct segment *segments, size_t n, size_t i)
{
    struct cube cube = {segments[i].first, 0, segments[i].child};
    int n_bits = 0;

    for (size_t k = i + 1; k < n && n_bits < CUBE_BITS_MAX; k++) {
        uint32_t bit = segments[k].first ^ cube.value;
        struct cube larger = {cube.value, cube.mask | bit, cube.child};

        if (segments[k].child != cube.child || (bit & (bit - 1)) || bit & cube.value)
            continue;
        if (is_single(segments, k, n) && holds(&larger, segments, n)) {
            cube = larger;
            n_bits++;
        }
    }
    return cube;
}

/* Fills REST with the segments that are left without CUBE. Returns their number. */
static size_t leave_out(struct segment *rest, const struct segment *segments, size_t n,
                        const struct cube *cube)
{
    const struct node *child = NULL;
    size_t n_rest = 0;

    for (size_t i = 0; i < n; i++) {
        bool gone = is_single(segments, i, n) && contains(cube, segments[i].first);

        if (gone || segments[i].child == child)
            continue;
        child = segments[i].child;
        rest[n_rest] = (struct segment){n_rest ? segments[i].first : 0, child};
        n_rest++;
    }
    return n_rest;
}

/* The instructions for a test of CUBE and for what is behind it. */
static size_t cube_size(const struct cube *cube, const struct segment *rest, size_t n)
{
    size_t behind = n > 1 ? shape_least(rest, n) : 0;

    /* Without JSET, A has lost its word behind the test. */
    return cube->value == 0 ? 1 + behind : n > 1 ? 3 + behind : 2;
}

const struct node *bits_switch(struct diagram *diagram, uint32_t word,
                               const struct segment *segments, size_t n)
{
    /* Without equal neighbours. */
    const struct node *plain = diagram_switch(diagram, word, segments, n);

    if (!plain || plain->kind != NODE_SWITCH)
        return plain;
    segments = plain->segments;
    n = plain->n;

    size_t least = n > 2 && n <= SEGMENTS_MAX ? shape_least(segments, n) : 0;
    cleanup_free struct segment *rest = least > 1 ? calloc(n, sizeof(*rest)) : NULL;
    struct cube best = {0};

    if (least == SIZE_MAX || (least > 1 && !rest))
        return NULL;
    for (size_t i = 0; least > 1 && i < n; i++) {
        if (segments[i].first != 0 && !is_single(segments, i, n))
            continue;

        struct cube cube = find_cube(segments, n, i);
        size_t size =
            cube.mask ? cube_size(&cube, rest, leave_out(rest, segments, n, &cube)) : SIZE_MAX;

        if (size < least) {
            least = size;
            best = cube;
        }
    }
    if (!best.mask)
        return plain;

    size_t n_rest = leave_out(rest, segments, n, &best);
    const struct node *behind = bits_switch(diagram, word, rest, n_rest);

    return behind ? diagram_mask(diagram, word, ~best.mask, best.value, best.child, behind) : NULL;
}
