/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The other way to a proof, for rules whose diagrams explode: walks through the program with what
 * the profile still asks for, one test after the other, and never makes the program's own function.
 */
#ifndef COMPILER_PROVE_WALK_H
#define COMPILER_PROVE_WALK_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/prove/behaviour.h"

struct arena;
struct cases;
struct obstacle;

enum {
    /* Steps of the operations on diagrams in one walk, some 100 ns each. Half of them are for rules
     * one by one, half for the functions of all rules of a call. */
    WALK_MAX_STEPS = 6 << 20,
};

/* How a walk ended, where it did not fail. */
enum walk_end {
    WALK_EQUAL,
    WALK_DIFFERS, /* for the input in struct walked */
    WALK_SPENT,   /* its limits are reached: nothing is known of the calls in struct walked */
};

struct walked {
    struct difference at; /* its decisions are not set */
    uint64_t steps;       /* taken, in all */
    size_t states;        /* places in the program, with what was asked there */
};

/*
 * Compares PROGRAM, which bpf_check() accepts, with ASKED, whose decisions are lists in CASES. Goes
 * to the limits in walk.c, whatever was spent of CASES's diagrams before. Returns an enum walk_end;
 * -ENOTSUP, and *OBSTACLE, for what cannot be analysed; -ENOMEM.
 */
int walk_program(struct walked *walked, const struct behaviour *asked, struct cases *cases,
                 const struct sock_filter *program, size_t n, bool big_endian, struct arena *arena,
                 struct obstacle *obstacle);

#endif
