/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Trees of comparisons: they decide as the ranges do, take no more comparisons than there are
 * boundaries, and cost the least there can be, or nearly so: small tables are solved by trying
 * everything, and tables without holes by the textbook's dynamic program.
 */
#include "compiler/emit/diagram.h"
#include "compiler/emit/shape.h"

#include <check.h>
#include <linux/filter.h>
#include <string.h>

#include "tests/compiler/random.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    LEAVES = 5,
    MAX_SEGMENTS = 700,
    SMALL = 9, /* segments that brute force can try all of */
    MEDIUM = 60,
};

static const struct node leaves[LEAVES];

/* A switch, and how often each of its ranges is looked up. */
struct table {
    size_t n;
    struct segment segments[MAX_SEGMENTS];
    uint32_t weights[MAX_SEGMENTS];
};

enum weighing {
    BY_WIDTH, /* as for syscall numbers: 480 of them count */
    ALL_ALIKE,
    AT_RANDOM,
    MOSTLY_NEVER,
    WEIGHINGS,
};

/* Fills TABLE with N ranges; PERCENT of them hold one value only. */
static void random_table(struct table *table, size_t n, uint32_t percent, enum weighing weighing,
                         uint64_t *seed)
{
    uint32_t kinds = 2 + random_below(seed, LEAVES - 1);
    uint32_t first = 0;

    table->n = n;
    for (size_t i = 0; i < n; i++) {
        uint32_t width = random_below(seed, 100) < percent ? 1 : 2 + random_below(seed, 20);
        const struct node *child;

        do
            child = &leaves[random_below(seed, kinds)];
        while (i > 0 && child == table->segments[i - 1].child);
        table->segments[i] = (struct segment){first, child};
        switch (weighing) {
        case BY_WIDTH:
            table->weights[i] = first >= 480 ? 0 : first + width > 480 ? 480 - first : width;
            break;
        case ALL_ALIKE:
            table->weights[i] = 1;
            break;
        case MOSTLY_NEVER:
            table->weights[i] = random_below(seed, 3) ? 0 : random_below(seed, 60);
            break;
        default:
            table->weights[i] = random_below(seed, 1000);
            break;
        }
        table->weights[i] *= SHAPE_CALL;
        first += width;
    }
    /* What is behind the numbers in use. */
    if (weighing == BY_WIDTH && first < 480)
        table->weights[n - 1] += (480 - first) * SHAPE_CALL;
}

/* Where the tree below ROOT leads VALUE. */
static const struct node *walk(const struct branch_target *root, uint32_t value)
{
    const struct branch_target *to = root;

    while (to->branch) {
        const struct branch *branch = to->branch;
        bool holds = branch->op == BPF_JEQ ? value == branch->k : value >= branch->k;

        if (branch->op != BPF_JEQ && branch->op != BPF_JGE)
            ck_abort_msg("comparison %#x", branch->op);
        to = holds ? &branch->if_true : &branch->if_false;
    }
    return to->leaf;
}

static uint32_t last_of(const struct table *table, size_t i)
{
    return i + 1 < table->n ? table->segments[i + 1].first - 1 : UINT32_MAX;
}

static size_t count_branches(const struct branch_target *target)
{
    return target->branch ? 1 + count_branches(&target->branch->if_true) +
                                count_branches(&target->branch->if_false)
                          : 0;
}

static size_t depth_of(const struct branch_target *target)
{
    if (!target->branch)
        return 0;

    size_t yes = depth_of(&target->branch->if_true);
    size_t no = depth_of(&target->branch->if_false);

    return 1 + (yes > no ? yes : no);
}

/* The price of a tree: its comparisons, and the steps of all look-ups (each ends in one range). */
static uint64_t cost_of(const struct table *table, const struct branch_target *root)
{
    uint64_t cost = SHAPE_INSN_COST * (uint64_t)count_branches(root);

    for (size_t i = 0; i < table->n; i++)
        for (const struct branch_target *to = root; to->branch;) {
            uint32_t first = table->segments[i].first;
            bool holds =
                to->branch->op == BPF_JEQ ? first == to->branch->k : first >= to->branch->k;

            cost += table->weights[i];
            to = holds ? &to->branch->if_true : &to->branch->if_false;
        }
    return cost;
}

/* Builds the tree of TABLE and checks what all trees must be. */
static uint64_t build(const struct table *table, struct branch_target *root, struct arena *arena)
{
    ck_assert_int_eq(
        shape_build(root, table->segments, table->weights, table->n, SHAPE_CHEAPEST, arena), 0);
    for (size_t i = 0; i < table->n; i++) {
        const struct segment *segment = &table->segments[i];

        if (walk(root, segment->first) != segment->child ||
            walk(root, last_of(table, i)) != segment->child)
            ck_abort_msg("range %zu of %zu, from %u on, leads elsewhere", i, table->n,
                         segment->first);
    }
    if (count_branches(root) > table->n - 1)
        ck_abort_msg("%zu comparisons for %zu ranges", count_branches(root), table->n);
    return cost_of(table, root);
}

START_TEST(decides_as_the_ranges)
{
    uint64_t seed = UINT64_C(0x7ab1e) + (uint64_t)_i;
    struct table table;

    for (int round = 0; round < 150; round++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct branch_target root;
        size_t n = 2 + random_below(&seed, round % 10 ? 120 : MAX_SEGMENTS - 2);

        random_table(&table, n, random_below(&seed, 101), (enum weighing)_i, &seed);
        build(&table, &root, &arena);
        for (uint32_t value = 0; value < table.segments[table.n - 1].first + 3; value++) {
            size_t i = 0;

            while (i + 1 < table.n && table.segments[i + 1].first <= value)
                i++;
            if (round % 25 == 0 && walk(&root, value) != table.segments[i].child)
                ck_abort_msg("value %u", value);
        }
    }
}
END_TEST

/* Values at the ends of the range, and ranges at the first and the last value. */
START_TEST(ends_of_the_range)
{
    static const struct table tables[] = {
        {2, {{0, &leaves[0]}, {1, &leaves[1]}}, {1, 1}},
        {2, {{0, &leaves[0]}, {UINT32_MAX, &leaves[1]}}, {1, 1}},
        {3, {{0, &leaves[0]}, {1, &leaves[1]}, {UINT32_MAX, &leaves[0]}}, {0, 0, 0}},
        {3,
         {{0, &leaves[0]}, {UINT32_MAX - 1, &leaves[1]}, {UINT32_MAX, &leaves[0]}},
         {UINT32_MAX, UINT32_MAX, UINT32_MAX}},
        /* The least value that comes up need not be 0. */
        {3, {{424, &leaves[0]}, {425, &leaves[1]}, {426, &leaves[0]}}, {1, 2, 3}},
    };
    static const size_t comparisons[] = {1, 1, 2, 1, 1};

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct branch_target root;

        build(&tables[i], &root, &arena);
        ck_assert_uint_eq(count_branches(&root), comparisons[i]);
    }
}
END_TEST

/*
 * A single value between two ranges that are alike takes one comparison. Where look-ups count, it
 * can be worth more comparisons to make fewer steps.
 */
START_TEST(holes_cost_one)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct table table = {.n = 41};
    struct branch_target root;

    for (uint32_t i = 0; i < 41; i++)
        table.segments[i] = (struct segment){i / 2 * 10 + i % 2 * 9, &leaves[i % 2]};
    build(&table, &root, &arena);
    ck_assert_uint_eq(count_branches(&root), 20);
    for (uint32_t i = 0; i < 41; i++)
        table.weights[i] = (i % 2 ? 1 : 9) * SHAPE_CALL;
    build(&table, &root, &arena);
    ck_assert_uint_gt(count_branches(&root), 20);
    ck_assert_uint_lt(depth_of(&root), 12);
}
END_TEST

/* Larger than what the dynamic program takes: still right, and not much deeper than need be. */
START_TEST(large_tables)
{
    uint64_t seed = UINT64_C(0x1a49e);
    struct table table;

    for (int round = 0; round < 8; round++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct branch_target root;

        random_table(&table, MAX_SEGMENTS, round % 2 ? 0 : 50, round < 4 ? ALL_ALIKE : MOSTLY_NEVER,
                     &seed);
        build(&table, &root, &arena);
        ck_assert_uint_le(depth_of(&root), 30);
    }
}
END_TEST

/* The cheapest tree of range tests alone: an optimal alphabetic tree, with a price for each test.
 */
static uint64_t alphabetic_optimum(const struct table *table)
{
    static uint64_t cost[MEDIUM][MEDIUM];

    for (size_t j = 0; j < table->n; j++) {
        uint64_t weight = 0;

        for (size_t i = j + 1; i-- > 0;) {
            weight += table->weights[i];
            cost[i][j] = i == j ? 0 : UINT64_MAX;
            for (size_t k = i; k < j; k++) {
                uint64_t sum = cost[i][k] + cost[k + 1][j] + SHAPE_INSN_COST + weight;

                cost[i][j] = sum < cost[i][j] ? sum : cost[i][j];
            }
        }
    }
    return cost[0][table->n - 1];
}

START_TEST(optimal_without_holes)
{
    uint64_t seed = UINT64_C(0x4011) + (uint64_t)_i;
    struct table table;

    for (int round = 0; round < 100; round++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct branch_target root;

        random_table(&table, 2 + random_below(&seed, MEDIUM - 2), 0, (enum weighing)_i, &seed);

        uint64_t cost = build(&table, &root, &arena);

        if (cost != alphabetic_optimum(&table))
            ck_abort_msg("round %d: %lu, but %lu would do", round, (unsigned long)cost,
                         (unsigned long)alphabetic_optimum(&table));
    }
}
END_TEST

/* What brute force has found out: the price of ranges I..J without those that JEQ took out. */
struct search {
    const struct table *table;
    uint64_t price[SMALL][SMALL][1 << SMALL];
};

static uint64_t cheapest(struct search *search, size_t i, size_t j, unsigned int out)
{
    const struct table *table = search->table;
    const struct node *leaf = NULL;
    uint64_t weight = 0;
    uint64_t price = UINT64_MAX;
    bool alike = true;

    out &= (2u << j) - (1u << i);
    for (size_t k = i; k <= j; k++) {
        if (out >> k & 1)
            continue;
        weight += table->weights[k];
        alike = alike && (!leaf || leaf == table->segments[k].child);
        leaf = table->segments[k].child;
    }
    if (alike)
        return 0;
    if (search->price[i][j][out])
        return search->price[i][j][out];
    for (size_t k = i; k <= j; k++) {
        if (k < j) {
            uint64_t split = cheapest(search, i, k, out) + cheapest(search, k + 1, j, out);

            price = split < price ? split : price;
        }
        if (!(out >> k & 1) && last_of(table, k) == table->segments[k].first) {
            uint64_t single = cheapest(search, i, j, out | 1u << k);

            price = single < price ? single : price;
        }
    }
    return search->price[i][j][out] = price + SHAPE_INSN_COST + weight;
}

/*
 * Of the trees of JEQ and JGE that there are at all, ours is often the best. How much worse it may
 * be in sum is fixed here; for syscall numbers, weighed by width, it is below one percent.
 */
START_TEST(close_to_brute_force)
{
    static const unsigned int permille[WEIGHINGS] = {10, 40, 40, 130};
    static struct search search;
    uint64_t seed = UINT64_C(0xb407e) + (uint64_t)_i;
    struct table table;
    uint64_t ours = 0;
    uint64_t best = 0;
    size_t n_best = 0;
    const size_t rounds = 250;

    for (size_t round = 0; round < rounds; round++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct branch_target root;

        random_table(&table, 2 + random_below(&seed, SMALL - 1), 70, (enum weighing)_i, &seed);
        memset(&search, 0, sizeof(search));
        search.table = &table;

        uint64_t cost = build(&table, &root, &arena);
        uint64_t least = cheapest(&search, 0, table.n - 1, 0);

        if (cost < least)
            ck_abort_msg("a cost of %lu is below the least, %lu", (unsigned long)cost,
                         (unsigned long)least);
        ours += cost;
        best += least;
        n_best += cost == least;
    }
    ck_assert_uint_le(1000 * ours, (1000 + permille[_i]) * best);
    ck_assert_uint_gt(n_best, rounds * 4 / 10);
}
END_TEST

START_TEST(sizes)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diagram diagram;

    ck_assert_int_eq(diagram_init(&diagram, &arena), 0);

    const struct node *a = diagram_return(&diagram, 1);
    const struct node *b = diagram_return(&diagram, 2);
    const struct segment holes[] = {{0, a}, {5, b}, {6, a}, {9, b}};
    const struct node *low = diagram_switch(&diagram, 16, holes, 4);
    const struct node *bit = diagram_mask(&diagram, 24, 4, 4, low, b);
    const struct node *bits = diagram_mask(&diagram, 24, 6, 2, low, bit);
    const struct node *strip = diagram_strip(&diagram, 0x40000000, bits);

    ck_assert_uint_eq(shape_size(&diagram, a), 0);      /* returns are shared by many */
    ck_assert_uint_eq(shape_size(&diagram, low), 3);    /* load, JEQ, JGE */
    ck_assert_uint_eq(shape_size(&diagram, bit), 5);    /* load, JSET */
    ck_assert_uint_eq(shape_size(&diagram, bits), 8);   /* load, AND, JEQ; LOW is there once */
    ck_assert_uint_eq(shape_size(&diagram, strip), 10); /* load, AND */

    /* Far more than fits is not counted to its end, nor on the stack. */
    for (uint32_t i = 0; i < 100000; i++) {
        const struct segment next[] = {{0, low}, {i + 1, b}};

        low = diagram_switch(&diagram, 16 + 4 * (i % 2), next, 2);
    }
    ck_assert_uint_gt(shape_size(&diagram, low), 10000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shape");
    TCase *tcase = tcase_create("shape");

    tcase_add_loop_test(tcase, decides_as_the_ranges, 0, WEIGHINGS);
    tcase_add_test(tcase, ends_of_the_range);
    tcase_add_test(tcase, holes_cost_one);
    tcase_add_test(tcase, large_tables);
    tcase_add_loop_test(tcase, optimal_without_holes, 0, WEIGHINGS);
    tcase_add_loop_test(tcase, close_to_brute_force, 0, WEIGHINGS);
    tcase_add_test(tcase, sizes);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
