/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values of registers in the analysis of a program: what is known of them for a range of inputs.
 * Internal to behaviour_of_program(); symbolic-value.c computes on them, symbolic.c runs programs.
 */
#ifndef COMPILER_PROVE_SYMBOLIC_VALUE_H
#define COMPILER_PROVE_SYMBOLIC_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/prove/bdd.h"

/* The inputs that are handled as ranges. */
enum input {
    INPUT_ARCH,
    INPUT_NR,
    INPUT_COUNT,
};

/* What a register can hold. */
enum value_kind {
    VALUE_CONSTANT, /* payload */
    VALUE_INPUT,    /* an input less payload, which does not wrap within the input's range */
    VALUE_BITS,     /* bits */
};

struct bits {
    bdd_ref bit[32]; /* the lowest first */
};

/* Small: a machine has 18, and is copied wherever a run goes two ways. */
struct value {
    enum value_kind kind : 16;
    enum input input : 16;
    uint32_t payload;
    const struct bits *bits;
};

struct range {
    uint32_t first;
    uint32_t last;
};

struct memo;
struct obstacle;

enum {
    MEMO_BUCKETS = 1024,
    RANGE_MEMO_BUCKETS = 64,
};

struct symbolic {
    struct bdd *bdd;
    const struct sock_filter *program;
    size_t n;
    bool big_endian;
    struct arena *arena;
    struct obstacle *obstacle;
    uint64_t steps;          /* instructions run so far */
    const uint32_t *live;    /* registers and slots whose contents matter, for each instruction */
    const bool *loads_input; /* an input is loaded at or after the instruction, on some path */
    const struct bits *words[BDD_WORDS][2]; /* the low and the high half, once they were loaded */
    struct range inputs[INPUT_COUNT];
    struct memo *memos[MEMO_BUCKETS];

    /* What holds for these ranges only. Its memory is used again once the ranges change. */
    struct range memo_inputs[INPUT_COUNT];
    struct memo *range_memos[RANGE_MEMO_BUCKETS];
    struct memo *spare_memos;

    /* where SPLIT was returned: the input, and the first value of its upper part */
    enum input split;
    uint32_t split_at;
};

/*
 * A positive outcome of the functions below: the range of an input must be split, and the work done
 * again for each part.
 */
enum {
    SPLIT = 1,
};

struct value value_constant(uint32_t value);

/* Notes why and where the analysis ends; returns ERROR. */
int symbolic_stop(struct symbolic *sym, size_t pc, int error, const char *why);

/* Makes *VALUE a constant where its input's range has become a single value. */
void value_settle(const struct symbolic *sym, struct value *value);

/* The word at OFFSET of struct seccomp_data. Returns 0 or -ENOMEM. */
int value_load(struct symbolic *sym, uint32_t offset, struct value *value);

/*
 * Replaces *A with A op OPERAND, where OP is a BPF_ALU operation (not a division by the constant
 * 0). Returns 0, SPLIT, -ENOTSUP (noted) or -ENOMEM.
 */
int value_compute(struct symbolic *sym, size_t pc, uint16_t op, struct value *a,
                  const struct value *operand);

/* Asks for the range of the input that VALUE is to be split in two. Returns SPLIT. */
int value_split(struct symbolic *sym, const struct value *value);

/* The condition under which the BPF_JMP operation OP jumps: 0 and *CONDITION, or SPLIT. */
int value_test(struct symbolic *sym, uint16_t op, const struct value *a,
               const struct value *operand, bdd_ref *condition);

#endif
