/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Switches with cubes taken out: they decide as the segments do, and where values differ in single
 * bits they take the few instructions that a person would write. Masks that are ranges.
 */
#include "compiler/emit/bits.h"
#include "compiler/emit/diagram.h"

#include <check.h>
#include <stdbool.h>

#include "compiler/emit/shape.h"
#include "tests/compiler/random.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    WORD = 16,
    LEAVES = 3,
    MAX_SEGMENTS = 80,
};

struct fixture {
    struct arena arena;
    struct diagram diagram;
    const struct node *leaves[LEAVES];
};

static void set_up(struct fixture *f)
{
    *f = (struct fixture){0};
    ck_assert_int_eq(diagram_init(&f->diagram, &f->arena), 0);
    for (uint32_t i = 0; i < LEAVES; i++)
        f->leaves[i] = diagram_return(&f->diagram, i);
}

/* The segments where the N rising VALUES lead to leaf 1 and all others to leaf 0. */
static size_t single_values(struct fixture *f, struct segment *segments, const uint32_t *values,
                            size_t n)
{
    size_t count = 0;

    if (values[0] > 0)
        segments[count++] = (struct segment){0, f->leaves[0]};
    for (size_t i = 0; i < n; i++) {
        segments[count++] = (struct segment){values[i], f->leaves[1]};
        if (values[i] < UINT32_MAX && (i + 1 == n || values[i + 1] > values[i] + 1))
            segments[count++] = (struct segment){values[i] + 1, f->leaves[0]};
    }
    return count;
}

static const struct node *follow(const struct node *node, uint32_t value)
{
    while (node->kind != NODE_RETURN) {
        size_t i = 0;

        ck_assert_uint_eq(node->word, WORD);
        if (node->kind == NODE_MASK) {
            node = (value & node->mask) == node->value ? node->if_set : node->if_not;
            continue;
        }
        while (i + 1 < node->n && node->segments[i + 1].first <= value)
            i++;
        node = node->segments[i].child;
    }
    return node;
}

static const struct node *check_values(struct fixture *f, const struct segment *segments, size_t n)
{
    const struct node *node = bits_switch(&f->diagram, WORD, segments, n);

    ck_assert_ptr_nonnull(node);
    for (size_t i = 0; i < n; i++) {
        uint32_t last = i + 1 < n ? segments[i + 1].first - 1 : UINT32_MAX;

        if (follow(node, segments[i].first) != segments[i].child ||
            follow(node, last) != segments[i].child ||
            follow(node, segments[i].first + (last - segments[i].first) / 3) != segments[i].child)
            ck_abort_msg("segment %zu of %zu, from %#x on", i, n, segments[i].first);
    }
    return node;
}

/* How many instructions sets of values take, their load among them. */
static const struct {
    uint32_t values[10];
    size_t n;
    size_t size;
} sets[] = {
    {{0, 8}, 2, 2},                               /* JSET */
    {{0, 8, 0x20000, 0x20008}, 4, 2},             /* JSET */
    {{0, 8, 0x20000, 0x20008, 0xffffffff}, 5, 3}, /* personality(2): JSET, JEQ */
    {{1, 3, 9, 11}, 4, 3},                        /* AND, JEQ */
    {{5, 7}, 2, 3},                               /* two JEQ are no worse than AND and JEQ */
    {{0x80000000, 0x80000100, 0xc0000000, 0xc0000100}, 4, 3},
    {{0, 1, 2, 3}, 4, 2},                /* a range */
    {{0, 4, 9, 30}, 4, 4},               /* JSET for 0 and 4, two JEQ */
    {{0, 2, 4, 6, 9, 13, 25, 29}, 8, 6}, /* JSET; AND and JEQ, behind another load */
};

START_TEST(sets_of_values)
{
    struct fixture f;
    struct segment segments[MAX_SEGMENTS];

    set_up(&f);

    size_t n = single_values(&f, segments, sets[_i].values, sets[_i].n);

    ck_assert_uint_le(shape_size(&f.diagram, check_values(&f, segments, n)), sets[_i].size);
    arena_free(&f.arena);
}
END_TEST

/* Masks that leave a few ranges of words. */
static const struct {
    uint32_t value, mask;
    uint32_t cuts[BITS_CUTS_MAX];
    size_t n; /* 0: too many ranges */
} masks[] = {
    {7, 0xffffffff, {7, 8}, 2},
    {0xffffffff, 0xffffffff, {0xffffffff}, 1},
    {1, 0xfffffffd, {1, 2, 3, 4}, 4},
    {14, 0xfffffffe, {14, 16}, 2},
    {0x80000000, 0x80000000, {0x80000000}, 1},
    {0, 0xfffffff8, {0, 8}, 2},
    {0x10, 0xffff7ff0, {0x10, 0x20, 0x8010, 0x8020}, 4},
    {0, 0xffffffd7, {0, 1, 8, 9, 0x20, 0x21, 0x28, 0x29}, 8},
    {0, 0xfffdfff7, {0, 1, 8, 9, 0x20000, 0x20001, 0x20008, 0x20009}, 8},
    {2, 2, {0}, 0},
    {0, 0xffffff2a, {0}, 0},
    {0, 0, {0}, 0},
};

START_TEST(masks_as_ranges)
{
    uint32_t cuts[BITS_CUTS_MAX];

    ck_assert(bits_are_ranges(masks[_i].mask) == (masks[_i].n > 0));
    if (masks[_i].n == 0)
        return;
    ck_assert_uint_eq(bits_cuts(cuts, masks[_i].value, masks[_i].mask), masks[_i].n);
    for (size_t i = 0; i < masks[_i].n; i++)
        ck_assert_uint_eq(cuts[i], masks[_i].cuts[i]);
}
END_TEST

/* The instructions for NODE, a mask or a switch of returns or of one such node. */
static size_t size_of(const struct node *node, bool loaded)
{
    bool jset = node->kind == NODE_MASK && diagram_is_jset(node);

    if (node->kind == NODE_RETURN)
        return 0;
    if (node->kind == NODE_SWITCH)
        return !loaded + shape_least(node->segments, node->n);
    return !loaded + (jset ? 1 : 2) + size_of(node->if_not, jset);
}

START_TEST(random_segments)
{
    uint64_t seed = UINT64_C(0xb175) + (uint64_t)_i;

    for (int round = 0; round < 500; round++) {
        struct fixture f;
        struct segment segments[MAX_SEGMENTS] = {{0}};
        size_t n = 1;

        set_up(&f);
        segments[0].child = f.leaves[random_below(&seed, LEAVES)];
        while (n < 2 + random_below(&seed, MAX_SEGMENTS - 2)) {
            segments[n].first =
                segments[n - 1].first + 1 + (random_below(&seed, 3) ? 0 : random_below(&seed, 6));
            segments[n].child = f.leaves[random_below(&seed, LEAVES)];
            n++;
        }
        if (random_below(&seed, 2))
            segments[n - 1].first = UINT32_MAX;

        const struct node *node = check_values(&f, segments, n);
        const struct node *plain = diagram_switch(&f.diagram, WORD, segments, n);

        ck_assert_uint_le(size_of(node, false), size_of(plain, false));
        for (uint32_t value = 0; value < 200; value++)
            if (follow(node, value) != follow(plain, value))
                ck_abort_msg("round %d, value %u", round, value);
        arena_free(&f.arena);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bits");
    TCase *tcase = tcase_create("bits");

    tcase_add_loop_test(tcase, sets_of_values, 0, ARRAY_SIZE(sets));
    tcase_add_loop_test(tcase, masks_as_ranges, 0, ARRAY_SIZE(masks));
    tcase_add_loop_test(tcase, random_segments, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
