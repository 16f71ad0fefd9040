/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hash-consing: what is equal is one node, however it came about. */
#include "compiler/emit/diagram.h"

#include <check.h>
#include <stdlib.h>

#include "tests/compiler/random.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    MANY = 50000,
};

START_TEST(equal_nodes_are_one)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diagram diagram;

    ck_assert_int_eq(diagram_init(&diagram, &arena), 0);

    const struct node *a = diagram_return(&diagram, 1);
    const struct node *b = diagram_return(&diagram, 2);
    const struct segment ab[] = {{0, a}, {7, b}};
    const struct segment ab_8[] = {{0, a}, {8, b}};
    const struct segment aab[] = {{0, a}, {3, a}, {7, b}};
    const struct segment ba[] = {{0, b}, {7, a}};
    const struct segment aaa[] = {{0, a}, {3, a}, {7, a}};
    const struct segment tail[] = {{5, a}, {7, b}};
    const struct node *node = diagram_switch(&diagram, 16, ab, 2);

    ck_assert_ptr_ne(a, b);
    ck_assert_ptr_eq(diagram_return(&diagram, 1), a);
    ck_assert_ptr_eq(diagram_switch(&diagram, 16, ab, 2), node);
    ck_assert_ptr_eq(diagram_switch(&diagram, 16, aab, 3), node);
    ck_assert_ptr_ne(diagram_switch(&diagram, 20, ab, 2), node);
    ck_assert_ptr_ne(diagram_switch(&diagram, 16, ab_8, 2), node);
    ck_assert_ptr_ne(diagram_switch(&diagram, 16, ba, 2), node);
    ck_assert_ptr_ne(diagram_switch(&diagram, 16, tail, 2), node);
    ck_assert_uint_eq(node->n, 2);
    ck_assert_uint_eq(node->segments[1].first, 7);

    /* Where nothing depends on the word, there is no node for it. */
    ck_assert_ptr_eq(diagram_switch(&diagram, 16, aaa, 3), a);
    ck_assert_ptr_eq(diagram_switch(&diagram, 16, ab, 1), a);
    ck_assert_ptr_eq(diagram_mask(&diagram, 16, 4, 4, b, b), b);

    const struct node *mask = diagram_mask(&diagram, 16, 6, 4, a, b);

    ck_assert_ptr_eq(diagram_mask(&diagram, 16, 6, 4, a, b), mask);
    ck_assert_ptr_ne(diagram_mask(&diagram, 16, 6, 4, b, a), mask);
    ck_assert_ptr_ne(diagram_mask(&diagram, 16, 6, 2, a, b), mask);
    ck_assert_ptr_ne(diagram_mask(&diagram, 16, 5, 4, a, b), mask);
    ck_assert_ptr_ne(diagram_mask(&diagram, 20, 6, 4, a, b), mask);

    const struct node *strip = diagram_strip(&diagram, 8, node);

    ck_assert_ptr_eq(diagram_strip(&diagram, 8, node), strip);
    ck_assert_ptr_ne(diagram_strip(&diagram, 4, node), strip);
    ck_assert_ptr_ne(diagram_strip(&diagram, 8, mask), strip);
    ck_assert_uint_eq(strip->word, 0);
}
END_TEST

/* The lists that a node is made of stay the caller's. */
START_TEST(borrows_segments)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diagram diagram;

    ck_assert_int_eq(diagram_init(&diagram, &arena), 0);

    const struct node *a = diagram_return(&diagram, 1);
    const struct node *b = diagram_return(&diagram, 2);
    struct segment segments[] = {{0, a}, {7, b}};
    const struct node *node = diagram_switch(&diagram, 16, segments, 2);

    segments[1] = (struct segment){99, a};
    ck_assert_uint_eq(node->segments[1].first, 7);
    ck_assert_ptr_eq(node->segments[1].child, b);
}
END_TEST

/* A random node over nodes that are there. */
static const struct node *random_node(struct diagram *diagram, const struct node **nodes, size_t n,
                                      uint64_t *seed)
{
    const struct node *children[4];
    struct segment segments[4];
    size_t n_segments = 2 + random_below(seed, 3);
    uint32_t first = 0;

    for (size_t i = 0; i < 4; i++)
        children[i] = nodes[random_below(seed, (uint32_t)n)];
    switch (random_below(seed, 4)) {
    case 0:
        return diagram_return(diagram, random_below(seed, 500));
    case 1:
        return diagram_mask(diagram, 16 + 4 * random_below(seed, 4), 1u << random_below(seed, 32),
                            0, children[0], children[1]);
    case 2:
        for (size_t i = 0; i < n_segments; i++) {
            segments[i] = (struct segment){first, children[i]};
            first += 1 + random_below(seed, 3);
        }
        return diagram_switch(diagram, 16 + 4 * random_below(seed, 4), segments, n_segments);
    default:
        return diagram_strip(diagram, 1u << random_below(seed, 31), children[0]);
    }
}

/* The same steps twice give the same nodes, also while the table grows. */
START_TEST(many_nodes)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diagram diagram;
    const struct node **nodes = arena_calloc(&arena, MANY, sizeof(*nodes));
    uint32_t made = 0;

    ck_assert_int_eq(diagram_init(&diagram, &arena), 0);
    for (int pass = 0; pass < 2; pass++) {
        uint64_t seed = UINT64_C(0xd1a6);

        nodes[0] = diagram_return(&diagram, 0);
        for (size_t i = 1; i < MANY; i++) {
            const struct node *node = random_node(&diagram, nodes, i, &seed);

            if (!node || (pass == 1 && node != nodes[i]))
                ck_abort_msg("node %zu is another one in pass %d", i, pass);
            nodes[i] = node;
        }
        if (pass == 0)
            made = diagram.n_nodes;
    }
    ck_assert_uint_gt(made, MANY / 2);
    ck_assert_uint_eq(diagram.n_nodes, made);

    /* Ids count the nodes, and children come before what leads to them. */
    cleanup_free const struct node **by_id = calloc(made, sizeof(*by_id));

    for (size_t i = 0; i < MANY; i++) {
        const struct node *node = nodes[i];

        if (node->id >= made || (by_id[node->id] && by_id[node->id] != node))
            ck_abort_msg("id %u", node->id);
        by_id[node->id] = node;
        for (size_t k = 0; node->kind == NODE_SWITCH && k < node->n; k++)
            if (node->segments[k].child->id >= node->id ||
                (k > 0 && node->segments[k].child == node->segments[k - 1].child))
                ck_abort_msg("segment %zu of node %u", k, node->id);
    }
}
END_TEST

START_TEST(no_memory)
{
    cleanup_arena struct arena arena = {.limit = 64 * 1024};
    struct diagram diagram;
    const struct node *node;
    uint32_t n = 0;

    ck_assert_int_eq(diagram_init(&diagram, &arena), 0);
    while ((node = diagram_return(&diagram, n)))
        n++;
    ck_assert_uint_gt(n, 100);
    ck_assert_uint_lt(n, 2000);
    /* What is there is still found. */
    ck_assert_uint_eq(diagram_return(&diagram, 5)->verdict, 5);

    cleanup_arena struct arena none = {.limit = 16};

    ck_assert_int_eq(diagram_init(&diagram, &none), -ENOMEM);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diagram");
    TCase *tcase = tcase_create("diagram");

    tcase_add_test(tcase, equal_nodes_are_one);
    tcase_add_test(tcase, borrows_segments);
    tcase_add_test(tcase, many_nodes);
    tcase_add_test(tcase, no_memory);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
