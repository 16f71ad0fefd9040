/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conditions on one argument of a call, as diagrams. An argument of a narrow ABI is the low half
 * of its register.
 */
#ifndef COMPILER_PROVE_ARGUMENT_H
#define COMPILER_PROVE_ARGUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/prove/bdd.h"

struct arg_test;

/* The condition that argument INDEX, of which all 64 bits count (WIDE) or the low 32, is VALUE in
 * the bits of MASK. */
bdd_ref argument_equals(struct bdd *bdd, unsigned int index, uint64_t mask, uint64_t value,
                        bool wide);

/* A value of an argument, and what a function is there. */
struct argument_case {
    uint64_t value;
    bdd_ref result;
};

/*
 * The function that gives, of the N cases, the result of the one whose value argument INDEX has in
 * the bits of MASK, and OTHERWISE where it has the value of none. The values rise.
 */
bdd_ref argument_select(struct bdd *bdd, unsigned int index, uint64_t mask,
                        const struct argument_case *cases, size_t n, bdd_ref otherwise, bool wide);

/* The condition that TEST holds. */
bdd_ref argument_test(struct bdd *bdd, const struct arg_test *test, bool wide);

#endif
