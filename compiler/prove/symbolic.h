/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a BPF program does, for all inputs, found by partial evaluation. It knows the instruction
 * set and the layout of struct seccomp_data, and nothing of who made the program.
 */
#ifndef COMPILER_PROVE_SYMBOLIC_H
#define COMPILER_PROVE_SYMBOLIC_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct bdd;
struct behaviour;

/* Why a program could not be analysed. */
struct obstacle {
    size_t pc;       /* the instruction */
    const char *why; /* static text */
};

/*
 * The behaviour of PROGRAM, which bpf_check() accepts, on a kernel of the given byte order. Takes
 * every instruction that seccomp does. Returns 0; -ENOTSUP, and *OBSTACLE, for what cannot be
 * analysed (a division or a shift by a value that depends on an argument, a returned value that
 * does); -E2BIG, and *OBSTACLE, where the analysis reaches its limits; -ENOMEM.
 */
int behaviour_of_program(struct behaviour *behaviour, struct bdd *bdd,
                         const struct sock_filter *program, size_t n, bool big_endian,
                         struct arena *arena, struct obstacle *obstacle);

#endif
