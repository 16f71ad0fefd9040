/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's view of BPF against tables; test-bpf-live.c asks the running kernel itself. */
#include "compiler/facts/bpf.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "tests/compiler/facts/valid.h"
#include "tests/suite.h"
#include "util/cleanup.h"

#define ALLOW_ALL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static const bool host_is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

/* Programs that are refused, and the instruction that is blamed. */
static const struct {
    const char *why; /* part of the message */
    size_t bad;
    size_t n;
    struct sock_filter program[4];
} refused[] = {
    {"empty", 0, 0, {ALLOW_ALL}},
    {"does not return", 0, 1, {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)}},
    {"does not return", 1, 2, {ALLOW_ALL, BPF_STMT(BPF_LD | BPF_IMM, 0)}},
    {"instruction", 0, 2, {BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), ALLOW_ALL}},
    {"instruction", 0, 2, {BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), ALLOW_ALL}},
    {"instruction", 0, 2, {BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), ALLOW_ALL}},
    {"instruction", 0, 2, {BPF_STMT(BPF_ALU | BPF_NEG | BPF_X, 0), ALLOW_ALL}},
    {"instruction", 0, 2, {BPF_STMT(BPF_RET | BPF_X, 0), ALLOW_ALL}},
    {"instruction", 0, 2, {BPF_STMT(BPF_JMP | BPF_JA | BPF_X, 0), ALLOW_ALL}},
    {"instruction", 0, 2, {BPF_STMT(0x100 | BPF_RET | BPF_K, 0), ALLOW_ALL}},
    {"load from outside", 0, 2, {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), ALLOW_ALL}},
    {"load from outside", 0, 2, {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), ALLOW_ALL}},
    {"load from outside", 0, 2, {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, UINT32_MAX - 3), ALLOW_ALL}},
    {"behind the end", 0, 2, {BPF_STMT(BPF_JMP | BPF_JA, 1), ALLOW_ALL}},
    {"behind the end", 0, 2, {BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX), ALLOW_ALL}},
    {"behind the end", 0, 2, {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), ALLOW_ALL}},
    {"behind the end", 0, 2, {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), ALLOW_ALL}},
    {"behind the end", 1, 2, {ALLOW_ALL, BPF_JUMP(BPF_JMP | BPF_JSET | BPF_X, 0, 0, 0)}},
    {"division", 0, 2, {BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), ALLOW_ALL}},
    {"shift", 0, 2, {BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), ALLOW_ALL}},
    {"shift", 0, 2, {BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 33), ALLOW_ALL}},
    {"does not exist", 0, 2, {BPF_STMT(BPF_ST, 16), ALLOW_ALL}},
    {"does not exist", 0, 2, {BPF_STMT(BPF_LDX | BPF_MEM, 16), ALLOW_ALL}},
    {"holds nothing", 0, 2, {BPF_STMT(BPF_LD | BPF_MEM, 0), ALLOW_ALL}},
    {"holds nothing", 1, 3, {BPF_STMT(BPF_ST, 1), BPF_STMT(BPF_LD | BPF_MEM, 0), ALLOW_ALL}},
    {"holds nothing",
     2,
     4,
     {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), BPF_STMT(BPF_ST, 0),
      BPF_STMT(BPF_LD | BPF_MEM, 0), ALLOW_ALL}},
};

START_TEST(refuses)
{
    size_t bad;
    const char *why;

    ck_assert_int_eq(bpf_check(refused[_i].program, refused[_i].n, &bad, &why), -EINVAL);
    ck_assert_uint_eq(bad, refused[_i].bad);
    ck_assert_msg(strstr(why, refused[_i].why) != NULL, "%s: %s", refused[_i].why, why);
}
END_TEST

START_TEST(length)
{
    struct sock_filter program[BPF_MAX_INSNS + 1];

    for (size_t i = 0; i < ARRAY_SIZE(program); i++)
        program[i] = (struct sock_filter)ALLOW_ALL;
    ck_assert(is_valid(program, 1));
    ck_assert(is_valid(program, BPF_MAX_INSNS));
    ck_assert(!is_valid(program, BPF_MAX_INSNS + 1));
    /* The longest jump there is. */
    program[0] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, BPF_MAX_INSNS - 2);
    ck_assert(is_valid(program, BPF_MAX_INSNS));
    program[0].k++;
    ck_assert(!is_valid(program, BPF_MAX_INSNS));
}
END_TEST

/* A = LEFT, X = RIGHT, then CODE with K = RIGHT. */
static const struct {
    uint16_t op;
    uint32_t left, right, result;
} arithmetic[] = {
    {BPF_ADD, 0xffffffff, 2, 1},
    {BPF_SUB, 1, 2, 0xffffffff},
    {BPF_MUL, 0x10001, 0x10001, 0x20001},
    {BPF_DIV, 0xffffffff, 2, 0x7fffffff},
    {BPF_AND, 0xff00ff00, 0x0ff00ff0, 0x0f000f00},
    {BPF_OR, 0xff00ff00, 0x0ff00ff0, 0xfff0fff0},
    {BPF_XOR, 0xff00ff00, 0x0ff00ff0, 0xf0f0f0f0},
    {BPF_LSH, 0x80000001, 31, 0x80000000},
    {BPF_RSH, 0x80000001, 31, 1},
    {BPF_NEG, 0x80000000, 0, 0x80000000},
    {BPF_NEG, 1, 0, 0xffffffff},
};

START_TEST(calculates)
{
    const struct seccomp_data data = {0};

    for (int with_x = 0; with_x < (arithmetic[_i].op == BPF_NEG ? 1 : 2); with_x++) {
        const struct sock_filter program[] = {
            BPF_STMT(BPF_LDX | BPF_IMM, arithmetic[_i].right),
            BPF_STMT(BPF_LD | BPF_IMM, arithmetic[_i].left),
            {BPF_ALU | arithmetic[_i].op | (with_x ? BPF_X : BPF_K), 0, 0, arithmetic[_i].right},
            BPF_STMT(BPF_RET | BPF_A, 0),
        };
        struct bpf_result result = bpf_simulate(program, 4, &data, false);

        ck_assert(is_valid(program, 4));
        ck_assert_uint_eq(result.verdict, arithmetic[_i].result);
        ck_assert_uint_eq(result.steps, 4);
    }
}
END_TEST

/* A shift by X takes the low five bits of X, as the processor and the kernel's interpreter do. */
START_TEST(shifts_by_x_wrap)
{
    const struct sock_filter program[] = {
        BPF_STMT(BPF_LDX | BPF_IMM, 33),
        BPF_STMT(BPF_LD | BPF_IMM, 3),
        BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    const struct seccomp_data data = {0};

    ck_assert_uint_eq(bpf_simulate(program, 4, &data, false).verdict, 6);
}
END_TEST

static const struct {
    uint16_t op;
    uint32_t left, right;
    bool taken;
} jumps[] = {
    {BPF_JEQ, 5, 5, true},
    {BPF_JEQ, 5, 4, false},
    {BPF_JGT, 5, 5, false},
    {BPF_JGT, 0x80000000, 1, true},
    {BPF_JGE, 5, 5, true},
    {BPF_JGE, 1, 0x80000000, false},
    {BPF_JSET, 0x80000000, 1, false},
    {BPF_JSET, 6, 2, true},
};

START_TEST(jumps_right)
{
    const struct seccomp_data data = {0};

    for (int with_x = 0; with_x < 2; with_x++) {
        const struct sock_filter program[] = {
            BPF_STMT(BPF_LDX | BPF_IMM, jumps[_i].right),
            BPF_STMT(BPF_LD | BPF_IMM, jumps[_i].left),
            {BPF_JMP | jumps[_i].op | (with_x ? BPF_X : BPF_K), 1, 2, jumps[_i].right},
            BPF_STMT(BPF_RET | BPF_K, 0),
            BPF_STMT(BPF_RET | BPF_K, 1),
            BPF_STMT(BPF_RET | BPF_K, 2),
        };

        ck_assert(is_valid(program, 6));
        ck_assert_uint_eq(bpf_simulate(program, 6, &data, false).verdict, jumps[_i].taken ? 1 : 2);
    }
}
END_TEST

/* struct seccomp_data as the kernel of each byte order has it: nr, arch, then 64-bit words. */
START_TEST(data_words)
{
    struct seccomp_data data = {
        .nr = -2,
        .arch = 0xc000003e,
        .instruction_pointer = UINT64_C(0x1111111122222222),
    };

    for (uint32_t i = 0; i < 6; i++)
        data.args[i] = (UINT64_C(0xa0000000) + i) << 32 | (0xb0000000 + i);
    for (int big = 0; big < 2; big++) {
        ck_assert_uint_eq(bpf_data_word(&data, 0, big), 0xfffffffe);
        ck_assert_uint_eq(bpf_data_word(&data, 4, big), 0xc000003e);
        ck_assert_uint_eq(bpf_data_word(&data, big ? 8 : 12, big), 0x11111111);
        ck_assert_uint_eq(bpf_data_word(&data, big ? 12 : 8, big), 0x22222222);
        for (uint32_t i = 0; i < 6; i++) {
            ck_assert_uint_eq(bpf_data_word(&data, 16 + 8 * i + (big ? 0 : 4), big),
                              0xa0000000 + i);
            ck_assert_uint_eq(bpf_data_word(&data, 16 + 8 * i + (big ? 4 : 0), big),
                              0xb0000000 + i);
        }
    }
    /* On this machine that is how memory is. */
    for (uint32_t offset = 0; offset < sizeof(data); offset += 4) {
        uint32_t word;

        memcpy(&word, (const char *)&data + offset, sizeof(word));
        ck_assert_uint_eq(bpf_data_word(&data, offset, host_is_big_endian), word);
    }
}
END_TEST

START_TEST(bytes)
{
    const struct sock_filter program[] = {
        {0x1234, 0x56, 0x78, 0x9abcdef0},
        ALLOW_ALL,
    };
    static const unsigned char big[8] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0};
    static const unsigned char little[8] = {0x34, 0x12, 0x56, 0x78, 0xf0, 0xde, 0xbc, 0x9a};
    unsigned char stored[1 + sizeof(program)]; /* at an odd address */
    struct sock_filter loaded[2];

    for (int big_endian = 0; big_endian < 2; big_endian++) {
        bpf_store(program, 2, big_endian, stored + 1);
        ck_assert_mem_eq(stored + 1, big_endian ? big : little, 8);
        bpf_load(stored + 1, 2, big_endian, loaded);
        ck_assert_mem_eq(loaded, program, sizeof(program));
    }
    bpf_store(program, 2, host_is_big_endian, stored);
    ck_assert_mem_eq(stored, program, sizeof(program));
}
END_TEST

/* kernel/seccomp.c, seccomp_is_const_allow(), gives up on every other instruction. */
START_TEST(emulable)
{
    static const uint16_t emulated[] = {
        BPF_LD | BPF_W | BPF_ABS,  BPF_JMP | BPF_JA,          BPF_JMP | BPF_JEQ | BPF_K,
        BPF_JMP | BPF_JGE | BPF_K, BPF_JMP | BPF_JGT | BPF_K, BPF_JMP | BPF_JSET | BPF_K,
        BPF_ALU | BPF_AND | BPF_K, BPF_RET | BPF_K,
    };
    size_t n = 0;

    for (uint32_t code = 0; code <= UINT16_MAX; code++) {
        const struct sock_filter program[] = {ALLOW_ALL, BPF_STMT((uint16_t)code, 0)};
        bool wanted = false;

        for (size_t i = 0; i < ARRAY_SIZE(emulated); i++)
            wanted |= emulated[i] == code;
        if (bpf_is_emulable(program, 2) != wanted)
            ck_abort_msg("code %#x", code);
        n += wanted;
    }
    ck_assert_uint_eq(n, ARRAY_SIZE(emulated));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bpf");
    TCase *tcase = tcase_create("bpf");

    tcase_add_loop_test(tcase, refuses, 0, ARRAY_SIZE(refused));
    tcase_add_test(tcase, length);
    tcase_add_loop_test(tcase, calculates, 0, ARRAY_SIZE(arithmetic));
    tcase_add_test(tcase, shifts_by_x_wrap);
    tcase_add_loop_test(tcase, jumps_right, 0, ARRAY_SIZE(jumps));
    tcase_add_test(tcase, data_words);
    tcase_add_test(tcase, bytes);
    tcase_add_test(tcase, emulable);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
