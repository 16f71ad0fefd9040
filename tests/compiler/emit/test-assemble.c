/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagrams as programs: whatever the diagram, the program is one that the kernel takes, answers as
 * the diagram does, and says so where it does not fit.
 */
#include "compiler/emit/assemble.h"
#include "compiler/emit/diagram.h"
#include "compiler/facts/abi.h"

#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>

#include "compiler/facts/bpf.h"
#include "compiler/facts/syscalls.h"
#include "tests/compiler/evaluate.h"
#include "tests/compiler/random.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    STRIPPED = 0x40000000,
    WORD_NR = 0,
    WORD_ARCH = 4,
    FIRST_ARG = 16,
    WORDS = 4, /* words of arguments that random diagrams test */
};

struct program {
    struct sock_filter *insns;
    size_t n;
};

/* Assembles ROOT for x86_64 and checks what all programs must be. */
static int make(struct program *program, const struct diagram *diagram, const struct node *root,
                struct arena *arena)
{
    struct syscalls *syscalls = syscalls_new();
    int r = assemble(&program->insns, &program->n, diagram, root, SHAPE_CHEAPEST,
                     target_by_name("x86_64"), syscalls, arena);
    size_t bad;
    const char *why;

    syscalls_free(syscalls);
    if (r < 0)
        return r;
    ck_assert_msg(bpf_check(program->insns, program->n, &bad, &why) == 0, "%zu: %s", bad, why);
    ck_assert(bpf_is_emulable(program->insns, program->n));
    return 0;
}

static void compare(const struct program *program, const struct node *root,
                    const struct seccomp_data *data)
{
    uint32_t wanted = evaluate(root, data, false);
    uint32_t got = bpf_simulate(program->insns, program->n, data, false).verdict;

    if (got != wanted)
        ck_abort_msg("nr %#x, arch %#x, arguments %#lx %#lx: %#x, but the diagram says %#x",
                     (unsigned int)data->nr, data->arch, (unsigned long)data->args[0],
                     (unsigned long)data->args[1], got, wanted);
}

static uint32_t some_value(uint64_t *seed)
{
    static const uint32_t edges[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

    return random_below(seed, 8) ? random_below(seed, 64) : edges[random_below(seed, 6)];
}

/* A node over one word, with children among the N at NODES. */
static const struct node *random_node(struct diagram *diagram, const struct node *const *nodes,
                                      uint32_t n, uint32_t word, uint64_t *seed)
{
    struct segment segments[40];
    size_t n_segments = 2 + random_below(seed, random_below(seed, 5) ? 4 : 38);
    uint32_t first = 0;
    uint32_t mask = random_below(seed, 3) ? 1u << random_below(seed, 6) : 1 + some_value(seed) / 2;

    if (random_below(seed, 3) == 0)
        return diagram_mask(diagram, word, mask, mask & some_value(seed),
                            nodes[random_below(seed, n)], nodes[random_below(seed, n)]);
    for (size_t i = 0; i < n_segments; i++) {
        segments[i] = (struct segment){first, nodes[random_below(seed, n)]};
        first += 1 + (random_below(seed, 3) ? 0 : random_below(seed, 5));
    }
    return diagram_switch(diagram, word, segments, n_segments);
}

/* Numbers of two ABIs, the second one with a bit more, above nodes over arguments. */
static const struct node *join_numbers(struct diagram *diagram, const struct node *const *nodes,
                                       uint32_t n, uint64_t *seed)
{
    const struct node *below = random_node(diagram, nodes, n, WORD_FOLDED_NR, seed);
    const struct node *strip = diagram_strip(diagram, STRIPPED, below);
    const struct segment above[] = {
        {STRIPPED, strip},
        {STRIPPED + random_below(seed, 9) + 1, nodes[random_below(seed, n)]},
        {STRIPPED + 10, strip},
        {STRIPPED + 50, nodes[random_below(seed, n)]},
    };
    const struct segment halves[] = {
        {0, below},
        {STRIPPED, diagram_switch(diagram, WORD_NR, above, 4)},
    };

    return diagram_switch(diagram, WORD_NR, halves, 2);
}

/* As the emitter's: architectures, then numbers, then arguments, each node used several times. */
static const struct node *random_diagram(struct diagram *diagram, uint64_t *seed)
{
    const struct node *nodes[6 + 40 * WORDS];
    const struct node *tables[2];
    uint32_t n = 0;
    uint32_t per_word = 1 + random_below(seed, 40);

    for (; n < 6; n++)
        nodes[n] = diagram_return(diagram, SECCOMP_RET_ERRNO | n);
    for (uint32_t word = WORDS; word-- > 0;)
        for (uint32_t i = 0; i < per_word; i++, n++)
            nodes[n] = random_node(diagram, nodes, n, FIRST_ARG + 4 * word, seed);
    tables[0] = join_numbers(diagram, nodes, n, seed);
    tables[1] = random_node(diagram, nodes, n, WORD_NR, seed);

    const struct segment archs[] = {
        {0, nodes[0]},
        {AUDIT_ARCH_I386, tables[1]},
        {AUDIT_ARCH_I386 + 1, nodes[0]},
        {AUDIT_ARCH_X86_64, tables[0]},
        {AUDIT_ARCH_X86_64 + 1, nodes[0]},
    };

    return diagram_switch(diagram, WORD_ARCH, archs, 5);
}

START_TEST(random_diagrams)
{
    static const uint32_t archs[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_X86_64, AUDIT_ARCH_I386,
                                     AUDIT_ARCH_ALPHA};
    uint64_t seed = UINT64_C(0xa55e);
    size_t longest = 0;

    for (int round = 0; round < 300; round++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct diagram diagram;
        struct program program;

        ck_assert_int_eq(diagram_init(&diagram, &arena), 0);

        const struct node *root = random_diagram(&diagram, &seed);

        ck_assert_int_eq(make(&program, &diagram, root, &arena), 0);
        longest = program.n > longest ? program.n : longest;
        for (int sample = 0; sample < 500; sample++) {
            struct seccomp_data data = {
                .nr = (int)(some_value(&seed) + (random_below(&seed, 2) ? STRIPPED : 0)),
                .arch = archs[random_below(&seed, ARRAY_SIZE(archs))],
            };

            for (int i = 0; i < WORDS / 2; i++)
                data.args[i] = (uint64_t)some_value(&seed) << 32 | some_value(&seed);
            compare(&program, root, &data);
        }
    }
    /* Far jumps came up: conditional ones reach 255 instructions. */
    ck_assert_uint_gt(longest, 600);
}
END_TEST

START_TEST(smallest_programs)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct seccomp_data zero = {0};
    const struct seccomp_data set = {.args = {4}};
    struct diagram diagram;
    struct program program;

    ck_assert_int_eq(diagram_init(&diagram, &arena), 0);

    const struct node *a = diagram_return(&diagram, 1);
    const struct node *b = diagram_return(&diagram, 2);
    static const struct {
        uint32_t mask, value;
        size_t n;
    } masks[] = {
        {4, 4, 4}, {4, 0, 4}, {6, 0, 4}, {6, 4, 5}, /* JSET; JSET; JSET; AND and JEQ */
    };

    ck_assert_int_eq(make(&program, &diagram, a, &arena), 0);
    ck_assert_uint_eq(program.n, 1);
    ck_assert_uint_eq(bpf_simulate(program.insns, program.n, &zero, false).verdict, 1);
    for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
        const struct node *root =
            diagram_mask(&diagram, FIRST_ARG, masks[i].mask, masks[i].value, a, b);

        ck_assert_int_eq(make(&program, &diagram, root, &arena), 0);
        ck_assert_uint_eq(program.n, masks[i].n);
        compare(&program, root, &zero);
        compare(&program, root, &set);
    }
}
END_TEST

/* One switch with N ranges, all of them with a verdict of their own. */
START_TEST(far_returns)
{
    static const size_t sizes[] = {2, 3, 100, 255, 256, 257, 258, 600, 1500};
    static struct segment segments[1500];

    for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct diagram diagram;
        struct program program;

        ck_assert_int_eq(diagram_init(&diagram, &arena), 0);
        for (uint32_t i = 0; i < sizes[s]; i++)
            segments[i] = (struct segment){3 * i, diagram_return(&diagram, i)};

        const struct node *root = diagram_switch(&diagram, FIRST_ARG, segments, sizes[s]);

        ck_assert_int_eq(make(&program, &diagram, root, &arena), 0);
        for (uint32_t i = 0; i < 3 * sizes[s] + 3; i++) {
            const struct seccomp_data data = {.args = {i}};

            compare(&program, root, &data);
        }
    }
}
END_TEST

/* A chain of N tests in a row, which all lead to one far end. */
static const struct node *chain(struct diagram *diagram, uint32_t n)
{
    const struct node *end = diagram_return(diagram, SECCOMP_RET_ALLOW);
    const struct node *node = diagram_return(diagram, SECCOMP_RET_KILL_PROCESS);

    for (uint32_t i = n; node && i-- > 0;) {
        const struct segment segments[] = {{0, node}, {i, end}, {i + 1, node}};

        node = diagram_switch(diagram, FIRST_ARG + 4 * (i % 2), segments + (i == 0),
                              3 - (size_t)(i == 0));
    }
    return node;
}

/* Up to the limit there is a program; past it there is an error, not a longer program. */
START_TEST(limit)
{
    uint32_t fits = 1;
    uint32_t too_many = 5000;

    while (too_many - fits > 1) {
        cleanup_arena struct arena arena = ARENA_INIT;
        uint32_t n = (fits + too_many) / 2;
        struct diagram diagram;
        struct program program;

        ck_assert_int_eq(diagram_init(&diagram, &arena), 0);

        const struct node *root = chain(&diagram, n);
        int r = make(&program, &diagram, root, &arena);

        ck_assert(r == 0 || r == -E2BIG);
        *(r == 0 ? &fits : &too_many) = n;
        for (uint32_t i = 0; r == 0 && i < n + 2; i++) {
            const struct seccomp_data data = {.args = {(uint64_t)i << 32 | i / 2 * 2}};

            compare(&program, root, &data);
        }
    }
    /* A test takes a load and a jump; now and then a far return must be brought near. */
    ck_assert_uint_gt(fits, BPF_MAX_INSNS / 2 - 50);
    ck_assert_uint_lt(fits, BPF_MAX_INSNS / 2);

    /* However deep it is. */
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diagram diagram;
    struct program program;

    ck_assert_int_eq(diagram_init(&diagram, &arena), 0);
    ck_assert_int_eq(make(&program, &diagram, chain(&diagram, 300000), &arena), -E2BIG);
}
END_TEST

START_TEST(no_memory)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diagram diagram;
    struct program program;
    size_t most = 1;
    int r;

    ck_assert_int_eq(diagram_init(&diagram, &arena), 0);
    do {
        cleanup_arena struct arena small = {.limit = most};

        r = make(&program, &diagram, chain(&diagram, 3), &small);
        ck_assert(r == 0 || r == -ENOMEM);
        most += 16;
    } while (r < 0);
    ck_assert_uint_gt(most, 100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("assemble");
    TCase *tcase = tcase_create("assemble");

    tcase_add_test(tcase, random_diagrams);
    tcase_add_test(tcase, smallest_programs);
    tcase_add_test(tcase, far_returns);
    tcase_add_test(tcase, limit);
    tcase_add_test(tcase, no_memory);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
