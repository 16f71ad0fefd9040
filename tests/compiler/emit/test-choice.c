/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decisions on arguments as diagrams: they must say for every argument what the clauses say, on
 * ABIs of both widths and in both byte orders, and stay within bounds for whatever a profile asks.
 */
#include "compiler/emit/choice.h"
#include "compiler/emit/diagram.h"

#include <check.h>
#include <stdlib.h>

#include "compiler/emit/shape.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/parse/profile.h"
#include "compiler/policy/policy.h"
#include "tests/compiler/evaluate.h"
#include "tests/compiler/random.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    MAX_CLAUSES = 6,
    MAX_TESTS = 3,
    ARGUMENTS = 2, /* that random decisions look at */
};

/* What the clauses say. */
static uint32_t decide(const struct decision *decision, const struct abi *abi,
                       const struct seccomp_data *data)
{
    for (size_t c = 0; c < decision->n_clauses; c++) {
        const struct clause *clause = &decision->clauses[c];
        size_t holds = 0;

        while (holds < clause->n_tests &&
               arg_test_holds(&clause->tests[holds], abi, data->args[clause->tests[holds].index]))
            holds++;
        if (holds == clause->n_tests)
            return clause->verdict;
    }
    return decision->otherwise;
}

/* A diagram, and the builder of decisions in it. */
struct workshop {
    struct diagram diagram;
    struct choices *choices;
    bool big_endian;
};

static void open_workshop(struct workshop *shop, struct arena *arena, bool big_endian)
{
    ck_assert_int_eq(diagram_init(&shop->diagram, arena), 0);
    shop->choices = choices_new(&shop->diagram, big_endian);
    shop->big_endian = big_endian;
    ck_assert_ptr_nonnull(shop->choices);
}

static void compare(const struct workshop *shop, const struct node *node,
                    const struct decision *decision, const struct abi *abi,
                    const struct seccomp_data *data)
{
    uint32_t wanted = decide(decision, abi, data);
    uint32_t got = evaluate(node, data, shop->big_endian);

    if (got != wanted)
        ck_abort_msg("%s, arguments %#lx %#lx %#lx: %u, but the clauses say %u", abi->name,
                     (unsigned long)data->args[0], (unsigned long)data->args[1],
                     (unsigned long)data->args[2], got, wanted);
}

/* A small value, in each half of the word: random tests and arguments meet often. */
static uint64_t small_value(uint64_t *seed)
{
    static const uint32_t edges[] = {0, 1, 2, 3, 0x80000000, 0xffffffff};
    uint64_t high = random_below(seed, 2) ? edges[random_below(seed, 6)] : 0;

    return high << 32 | edges[random_below(seed, 6)];
}

/* MASKED: nothing but masks of a few bits, which overlap in every way. */
static void random_decision(struct decision *decision, bool masked, struct arena *arena,
                            uint64_t *seed)
{
    struct clause *clauses = arena_calloc(arena, MAX_CLAUSES, sizeof(*clauses));

    *decision = (struct decision){
        .clauses = clauses,
        .n_clauses = 1 + random_below(seed, MAX_CLAUSES),
        .otherwise = random_below(seed, 3),
    };
    for (size_t c = 0; c < decision->n_clauses; c++) {
        struct arg_test *tests = arena_calloc(arena, MAX_TESTS, sizeof(*tests));

        clauses[c].verdict = random_below(seed, 4);
        clauses[c].tests = tests;
        clauses[c].n_tests = 1 + random_below(seed, MAX_TESTS);
        for (size_t t = 0; t < clauses[c].n_tests; t++) {
            tests[t].index = (uint8_t)random_below(seed, ARGUMENTS);
            tests[t].op = (enum cmp_op)random_below(seed, CMP_COUNT);
            tests[t].value = small_value(seed);
            tests[t].value_two = small_value(seed);
            if (masked) {
                tests[t].op = CMP_MASKED_EQ;
                tests[t].value = 1 + random_below(seed, 15);
                tests[t].value_two = random_below(seed, 16);
            }
            /* Mostly masked tests that can hold. */
            if (tests[t].op == CMP_MASKED_EQ && random_below(seed, 5))
                tests[t].value_two &= tests[t].value;
        }
    }
}

/* On an ABI that is not wide, no high word may be looked at: it may hold anything. */
static void check_words(const struct node *node, const struct abi *abi, bool big_endian)
{
    if (node->kind == NODE_RETURN)
        return;
    for (unsigned int i = 0; !abi->wide && i < SYSCALL_ARGS; i++)
        if (node->word == arg_word_high(i, big_endian))
            ck_abort_msg("%s looks at the high word of argument %u", abi->name, i);
    if (node->kind == NODE_MASK) {
        check_words(node->if_set, abi, big_endian);
        check_words(node->if_not, abi, big_endian);
    }
    for (size_t i = 0; node->kind == NODE_SWITCH && i < node->n; i++)
        check_words(node->segments[i].child, abi, big_endian);
}

static const enum abi_id abis[] = {ABI_X86_64, ABI_X86,  ABI_X32,
                                   ABI_S390X,  ABI_S390, ABI_MIPS64N32};

START_TEST(random_decisions)
{
    const struct abi *abi = abi_get(abis[_i]);
    uint64_t seed = UINT64_C(0xc401ce) + (uint64_t)_i;

    for (int round = 0; round < 120; round++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct workshop shop;
        struct decision decision;

        open_workshop(&shop, &arena, abi->big_endian);
        random_decision(&decision, round % 2, &arena, &seed);

        const struct node *node = choices_build(shop.choices, &decision, abi);

        ck_assert_ptr_nonnull(node);
        check_words(node, abi, abi->big_endian);
        for (int sample = 0; sample < 150; sample++) {
            struct seccomp_data data = {0};

            for (int i = 0; i < ARGUMENTS; i++)
                data.args[i] = round % 2 ? random_below(&seed, 32)
                                         : small_value(&seed) + (random_below(&seed, 4) == 0);
            compare(&shop, node, &decision, abi, &data);
        }
    }
}
END_TEST

/* One test at a time, around its value, on all six arguments. */
static const struct {
    struct arg_test test;
    uint64_t value;
    bool wide, narrow; /* whether it holds */
} single[] = {
    {{0, CMP_EQ, 5, 0, {0, 0}}, 5, true, true},
    {{1, CMP_EQ, 5, 0, {0, 0}}, 0x100000005, false, true},
    {{2, CMP_EQ, 0x100000005, 0, {0, 0}}, 0x100000005, true, false},
    {{3, CMP_EQ, 0x100000005, 0, {0, 0}}, 5, false, false},
    {{4, CMP_NE, 5, 0, {0, 0}}, 0x100000005, true, false},
    {{5, CMP_NE, 0x100000005, 0, {0, 0}}, 0x100000005, false, true},
    {{0, CMP_LT, 5, 0, {0, 0}}, 4, true, true},
    {{0, CMP_LT, 5, 0, {0, 0}}, 5, false, false},
    {{0, CMP_LT, 5, 0, {0, 0}}, 0x100000004, false, true},
    {{0, CMP_LT, 0x100000000, 0, {0, 0}}, 0xffffffff, true, true},
    {{0, CMP_LT, 0x100000000, 0, {0, 0}}, 0x100000000, false, true},
    {{0, CMP_LT, 0, 0, {0, 0}}, 0, false, false},
    {{0, CMP_LE, 1, 0, {0, 0}}, 1, true, true},
    {{0, CMP_LE, 1, 0, {0, 0}}, 2, false, false},
    {{0, CMP_LE, UINT64_MAX, 0, {0, 0}}, UINT64_MAX, true, true},
    {{0, CMP_GE, 0x100000001, 0, {0, 0}}, 2, false, false},
    {{0, CMP_GE, 0x100000001, 0, {0, 0}}, 0x100000001, true, false},
    {{0, CMP_GE, 0, 0, {0, 0}}, 0, true, true},
    {{0, CMP_GT, 0xffffffff, 0, {0, 0}}, 0x100000000, true, false},
    {{0, CMP_GT, 0xffffffff, 0, {0, 0}}, 0xffffffff, false, false},
    {{0, CMP_GT, UINT64_MAX, 0, {0, 0}}, UINT64_MAX, false, false},
    {{0, CMP_MASKED_EQ, 0x7e020000, 0, {0, 0}}, 0x11, true, true},
    {{0, CMP_MASKED_EQ, 0x7e020000, 0, {0, 0}}, 0x10000000, false, false},
    {{0, CMP_MASKED_EQ, 0xffffffff, 38, {0, 0}}, 0xdead00000026, true, true},
    {{0, CMP_MASKED_EQ, 0xffffffff00000000, 0, {0, 0}}, 0x100000000, false, true},
    {{0, CMP_MASKED_EQ, 0xffffffff00000000, 0x100000000, {0, 0}}, 0x1000000ff, true, false},
    {{0, CMP_MASKED_EQ, 3, 4, {0, 0}}, 4, true, true},
    {{0, CMP_MASKED_EQ, 3, 4, {0, 0}}, 5, false, false},
    {{0, CMP_MASKED_EQ, 0, 0, {0, 0}}, 77, true, true},
    {{0, CMP_MASKED_EQ, 0, 1, {0, 0}}, 2, true, true},
};

START_TEST(single_tests)
{
    const struct clause clause = {1, &single[_i].test, 1, NULL, NULL};
    const struct decision decision = {.clauses = &clause, .n_clauses = 1, .otherwise = 2};

    for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        const struct abi *abi = abi_get(abis[i]);
        struct workshop shop;
        struct seccomp_data data = {0};

        open_workshop(&shop, &arena, abi->big_endian);
        data.args[single[_i].test.index] = single[_i].value;

        const struct node *node = choices_build(shop.choices, &decision, abi);

        ck_assert_uint_eq(evaluate(node, &data, abi->big_endian),
                          (abi->wide ? single[_i].wide : single[_i].narrow) ? 1 : 2);
        compare(&shop, node, &decision, abi, &data);
    }
}
END_TEST

START_TEST(words_of_arguments)
{
    for (unsigned int i = 0; i < SYSCALL_ARGS; i++) {
        ck_assert_uint_eq(arg_word_low(i, false), 16 + 8 * i);
        ck_assert_uint_eq(arg_word_high(i, false), 20 + 8 * i);
        ck_assert_uint_eq(arg_word_low(i, true), 20 + 8 * i);
        ck_assert_uint_eq(arg_word_high(i, true), 16 + 8 * i);
    }
}
END_TEST

/* The first clause that holds decides, and what cannot matter is not tested. */
START_TEST(nothing_in_vain)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct abi *abi = abi_get(ABI_X86_64);
    const struct arg_test five = {0, CMP_EQ, 5, 0, {0, 0}};
    const struct arg_test low = {0, CMP_LE, 9, 0, {0, 0}};
    const struct arg_test both[] = {low, {0, CMP_GE, 10, 0, {0, 0}}};
    struct workshop shop;

    open_workshop(&shop, &arena, false);

    /* A clause that says what is said anyway, and one that contradicts itself. */
    const struct clause same[] = {{2, &five, 1, NULL, NULL}, {1, both, 2, NULL, NULL}};
    const struct decision idle = {.clauses = same, .n_clauses = 2, .otherwise = 2};
    const struct node *node = choices_build(shop.choices, &idle, abi);

    ck_assert_int_eq(node->kind, NODE_RETURN);
    ck_assert_uint_eq(node->verdict, 2);

    /* A clause behind one that holds wherever it does. */
    const struct clause shadowed[] = {{1, &low, 1, NULL, NULL}, {3, &five, 1, NULL, NULL}};
    const struct decision first = {.clauses = shadowed, .n_clauses = 1, .otherwise = 2};
    const struct decision with = {.clauses = shadowed, .n_clauses = 2, .otherwise = 2};

    ck_assert_ptr_eq(choices_build(shop.choices, &first, abi),
                     choices_build(shop.choices, &with, abi));

    /* The same again, and the same in other memory. */
    const struct decision copy = with;

    node = choices_build(shop.choices, &with, abi);
    ck_assert_ptr_eq(choices_build(shop.choices, &with, abi), node);
    ck_assert_ptr_eq(choices_build(shop.choices, &copy, abi), node);
    /* Another width is another decision. */
    ck_assert_ptr_ne(choices_build(shop.choices, &with, abi_get(ABI_X86)), node);
    /* Two words of one argument: nothing smaller could do. */
    ck_assert_uint_eq(shape_size(&shop.diagram, node), 4);
}
END_TEST

/* Rules of N clauses, each with TESTS tests on values below RANGE; MASKED or compared by GE. */
static const struct decision *many_clauses(size_t n, size_t n_tests, uint32_t range, bool masked,
                                           struct arena *arena)
{
    uint64_t seed = UINT64_C(0x3a4e);
    struct decision *decision = arena_alloc(arena, sizeof(*decision));
    struct clause *clauses = arena_calloc(arena, n, sizeof(*clauses));

    *decision = (struct decision){.clauses = clauses, .n_clauses = n, .otherwise = 9};
    for (size_t c = 0; c < n; c++) {
        struct arg_test *tests = arena_calloc(arena, n_tests, sizeof(*tests));

        for (size_t t = 0; t < n_tests; t++) {
            tests[t].index = (uint8_t)t;
            tests[t].op = masked ? CMP_MASKED_EQ : CMP_GE;
            tests[t].value = random_below(&seed, range);
            tests[t].value_two = tests[t].value & random_below(&seed, range);
        }
        clauses[c] = (struct clause){random_below(&seed, 3), tests, n_tests, NULL, NULL};
    }
    return decision;
}

/*
 * An ordered diagram of these would take minutes or gigabytes. That there is an answer at all, and
 * the right one, is what counts.
 */
static const struct {
    size_t n, n_tests;
    uint32_t range;
    bool masked;
} large[] = {
    {400, 3, 1u << 20, false},
    {2000, 1, 1u << 31, true},
    {100, 6, 64, false},
};

START_TEST(large_decisions)
{
    cleanup_arena struct arena arena = {.limit = 128 << 20};
    const struct decision *decision =
        many_clauses(large[_i].n, large[_i].n_tests, large[_i].range, large[_i].masked, &arena);
    const struct abi *abi = abi_get(ABI_X86_64);
    uint64_t seed = UINT64_C(0xb16);
    struct workshop shop;

    open_workshop(&shop, &arena, false);

    const struct node *node = choices_build(shop.choices, decision, abi);

    ck_assert_ptr_nonnull(node);
    for (int sample = 0; sample < 1000; sample++) {
        struct seccomp_data data = {0};

        for (size_t i = 0; i < large[_i].n_tests; i++)
            data.args[i] = random_below(&seed, large[_i].range);
        compare(&shop, node, decision, abi, &data);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("choice");
    TCase *tcase = tcase_create("choice");

    tcase_add_loop_test(tcase, random_decisions, 0, ARRAY_SIZE(abis));
    tcase_add_loop_test(tcase, single_tests, 0, ARRAY_SIZE(single));
    tcase_add_test(tcase, words_of_arguments);
    tcase_add_test(tcase, nothing_in_vain);
    tcase_add_loop_test(tcase, large_decisions, 0, ARRAY_SIZE(large));
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
