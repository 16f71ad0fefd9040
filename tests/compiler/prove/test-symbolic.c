/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The analysis of programs that no emitter of ours would make: every instruction, and what a
 * program may do with numbers that it keeps.
 */
#include "compiler/prove/symbolic.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/facts/bpf.h"
#include "compiler/policy/policy.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "tests/compiler/random.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    RANDOM_PROGRAM = 20, /* instructions */
};

/* Programs that only tools other than ours make: arithmetic, scratch memory, X. */
START_TEST(any_instruction_is_analysed)
{
    const uint32_t arg0 = offsetof(struct seccomp_data, args);
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
        BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 16),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 9, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, arg0),
        BPF_STMT(BPF_ST, 3),
        BPF_STMT(BPF_LDX | BPF_MEM, 3),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
        BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 6),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 0xff),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 3),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 1),
        BPF_STMT(BPF_ALU | BPF_NEG, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_IMM, 0x92345678),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG),
    };
    cleanup_arena struct arena arena = ARENA_INIT;
    struct bdd *bdd = bdd_new(1 << 20);
    struct behaviour behaviour;
    struct obstacle obstacle = {0, ""};
    int r = behaviour_of_program(&behaviour, bdd, program, ARRAY_SIZE(program), false, &arena,
                                 &obstacle);

    /* Masks of a number tell apart 2^24 ranges of 16 numbers: too many, and it says so. */
    ck_assert_int_eq(r, -E2BIG);
    ck_assert_str_eq(obstacle.why, "it tells apart too many ranges of numbers");
    program[1].k = 0xf0000000;
    program[2].k = 0x10000000;
    r = behaviour_of_program(&behaviour, bdd, program, ARRAY_SIZE(program), false, &arena,
                             &obstacle);
    ck_assert_msg(r == 0, "%zu: %s", obstacle.pc, obstacle.why);
    for (uint32_t i = 0; i < 20000; i++) {
        struct seccomp_data data = {
            .nr = (int)(i * 0x9e3779b1u),
            .arch = i,
            .args = {i * 0x85ebca6bu, (uint64_t)i * 0xc2b2ae35u << 7},
        };
        uint64_t words[BDD_WORDS] = {data.args[0], data.args[1]};
        bdd_ref decision = behaviour_at(&behaviour, data.arch, (uint32_t)data.nr);

        ck_assert_uint_eq(bdd_evaluate(bdd, decision, words),
                          bpf_simulate(program, ARRAY_SIZE(program), &data, false).verdict);
    }
    bdd_free(bdd);
}
END_TEST

/* A number that a program keeps, in X or in memory, while it tests an argument. */
START_TEST(kept_numbers_are_told_apart)
{
    const uint32_t arg0 = offsetof(struct seccomp_data, args);
    const struct sock_filter in_x[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, arg0),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 3),
        BPF_STMT(BPF_MISC | BPF_TXA, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG),
    };
    const struct sock_filter in_memory[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_STMT(BPF_ST, 7),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, arg0),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 3),
        BPF_STMT(BPF_LD | BPF_MEM, 7),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG),
    };
    cleanup_arena struct arena arena = ARENA_INIT;
    const uint64_t words[BDD_WORDS] = {1};
    struct bdd *bdd = bdd_new(1 << 16);
    struct behaviour behaviour;
    struct obstacle obstacle;

    for (int i = 0; i < 2; i++) {
        int r = behaviour_of_program(&behaviour, bdd, i ? in_memory : in_x, ARRAY_SIZE(in_x), false,
                                     &arena, &obstacle);

        ck_assert_int_eq(r, 0);
        for (uint32_t nr = 4; nr <= 6; nr++)
            ck_assert_uint_eq(bdd_evaluate(bdd, behaviour_at(&behaviour, 0, nr), words),
                              nr == 5 ? SECCOMP_RET_ALLOW : SECCOMP_RET_LOG);
    }
    bdd_free(bdd);
}
END_TEST

/* Ways that meet again with another value each, which is read later: in memory, and in X. */
START_TEST(kept_constants_are_told_apart)
{
    const uint32_t arg0 = offsetof(struct seccomp_data, args);
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 3),
        BPF_STMT(BPF_LD | BPF_IMM, 1),
        BPF_STMT(BPF_ST, 7),
        BPF_STMT(BPF_JMP | BPF_JA, 2),
        BPF_STMT(BPF_LD | BPF_IMM, 2),
        BPF_STMT(BPF_ST, 7),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, arg0),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 3),
        BPF_STMT(BPF_LD | BPF_MEM, 7),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG),
    };
    static const struct sock_filter ways[][2] = {
        {BPF_STMT(BPF_ST, 7), BPF_STMT(BPF_LD | BPF_MEM, 7)},
        {BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0)},
    };
    const uint64_t words[BDD_WORDS] = {1};
    struct bdd *bdd = bdd_new(1 << 16);

    for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct behaviour behaviour;
        struct obstacle obstacle;

        program[3] = program[6] = ways[i][0];
        program[9] = ways[i][1];
        ck_assert_int_eq(behaviour_of_program(&behaviour, bdd, program, ARRAY_SIZE(program), false,
                                              &arena, &obstacle),
                         0);
        for (uint32_t nr = 4; nr <= 6; nr++)
            ck_assert_uint_eq(bdd_evaluate(bdd, behaviour_at(&behaviour, 0, nr), words),
                              nr == 5 ? SECCOMP_RET_ALLOW : SECCOMP_RET_LOG);
    }
    bdd_free(bdd);
}
END_TEST

/* A value near those that random programs test. */
static uint32_t random_value(uint64_t *seed)
{
    static const uint32_t edges[] = {0, 8, 0x7fffffff, 0x80000000, 0xfffffffe};

    return edges[random_below(seed, ARRAY_SIZE(edges))] + random_below(seed, 12);
}

static struct sock_filter random_instruction(size_t pc, uint64_t *seed)
{
    /* What tells bits or numbers apart makes too many ranges. */
    static const uint16_t jumps[] = {BPF_JEQ, BPF_JGT, BPF_JGE};
    static const uint32_t words[] = {0, 0, 4, 16, 28};
    const uint32_t slot = random_below(seed, 2);
    const uint32_t room = (uint32_t)(RANDOM_PROGRAM - pc - 2);

    switch (random_below(seed, 10)) {
    case 0:
        return (struct sock_filter)BPF_STMT(BPF_MISC | (random_below(seed, 2) ? BPF_TAX : BPF_TXA),
                                            0);
    case 1:
        return (struct sock_filter)BPF_STMT(random_below(seed, 2) ? BPF_ST : BPF_STX, slot);
    case 2:
        return (struct sock_filter)BPF_STMT((random_below(seed, 2) ? BPF_LD : BPF_LDX) | BPF_MEM,
                                            slot);
    case 3:
        return (struct sock_filter)BPF_STMT(
            BPF_ALU | (random_below(seed, 2) ? BPF_ADD : BPF_SUB) | BPF_K, random_below(seed, 12));
    case 4:
        return (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, random_below(seed, 4));
    case 5:
    case 6:
        return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                            words[random_below(seed, ARRAY_SIZE(words))]);
    default:
        return (struct sock_filter)BPF_JUMP(
            BPF_JMP | jumps[random_below(seed, ARRAY_SIZE(jumps))] | BPF_K, random_value(seed),
            (uint8_t)random_below(seed, room > 5 ? 5 : room + 1),
            (uint8_t)random_below(seed, room > 5 ? 5 : room + 1));
    }
}

/* A program that the kernel takes, of RANDOM_PROGRAM instructions. */
static void random_program(struct sock_filter *program, uint64_t *seed)
{
    size_t n = 0;

    program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_ST, 0);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_ST, 1);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0);
    for (; n < RANDOM_PROGRAM - 1; n++)
        program[n] = random_instruction(n, seed);
    program[n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 9);
}

/* Compares BEHAVIOUR with PROGRAM for inputs near the constants that random programs test. */
static void compare_at_random(const struct bdd *bdd, const struct behaviour *behaviour,
                              const struct sock_filter *program, size_t n, uint64_t *seed)
{
    for (int i = 0; i < 400; i++) {
        struct seccomp_data data = {
            .nr = (int)random_value(seed),
            .arch = random_value(seed),
            .args = {random_value(seed), (uint64_t)random_value(seed) << 32},
        };
        uint64_t words[BDD_WORDS] = {data.args[0], data.args[1]};
        bdd_ref decision = behaviour_at(behaviour, data.arch, (uint32_t)data.nr);
        uint32_t wanted = bpf_simulate(program, n, &data, false).verdict;
        uint32_t got = bdd_evaluate(bdd, decision, words);

        if (got == wanted)
            continue;
        for (size_t pc = 0; pc < n; pc++)
            fprintf(stderr, "%zu: %#x jt %u jf %u k %#x\n", pc, program[pc].code, program[pc].jt,
                    program[pc].jf, program[pc].k);
        ck_abort_msg("nr %#x arch %#x args %#lx %#lx: %#x, but the analysis says %#x",
                     (unsigned int)data.nr, data.arch, (unsigned long)data.args[0],
                     (unsigned long)data.args[1], wanted, got);
    }
}

/*
 * Registers and memory carry numbers, architectures and arguments past tests of each other: what is
 * known of one must not be taken for what is known of another range.
 */
START_TEST(random_programs_are_analysed)
{
    uint64_t seed = UINT64_C(0x5eed) + (uint64_t)_i;
    size_t analysed = 0;

    for (int round = 0; round < 150; round++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct bdd *bdd = bdd_new(1 << 20);
        struct sock_filter program[RANDOM_PROGRAM];
        struct behaviour behaviour;
        struct obstacle obstacle;
        const char *why;
        size_t bad;
        int r;

        ck_assert_ptr_nonnull(bdd);
        random_program(program, &seed);
        ck_assert_msg(bpf_check(program, RANDOM_PROGRAM, &bad, &why) == 0, "%zu: %s", bad, why);
        r = behaviour_of_program(&behaviour, bdd, program, RANDOM_PROGRAM, false, &arena,
                                 &obstacle);
        ck_assert(r == 0 || r == -E2BIG);
        if (r == 0)
            compare_at_random(bdd, &behaviour, program, RANDOM_PROGRAM, &seed);
        analysed += r == 0;
        bdd_free(bdd);
    }
    ck_assert_uint_ge(analysed, 75);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("symbolic");
    TCase *tcase = tcase_create("symbolic");

    tcase_add_test(tcase, any_instruction_is_analysed);
    tcase_add_test(tcase, kept_numbers_are_told_apart);
    tcase_add_test(tcase, kept_constants_are_told_apart);
    tcase_add_loop_test(tcase, random_programs_are_analysed, 0, 4);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
