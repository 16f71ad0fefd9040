/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Single instructions of an analysed program: what they leave in the registers, and which of these
 * still matter. Both ways of going through a program (symbolic.c, walk.c) rest on this.
 */
#ifndef COMPILER_PROVE_SYMBOLIC_STEP_H
#define COMPILER_PROVE_SYMBOLIC_STEP_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "compiler/prove/symbolic-value.h"

/* What matters from an instruction on: a bit for each memory slot, and these. */
enum {
    LIVE_A = 1 << BPF_MEMWORDS,
    LIVE_X = 2 << BPF_MEMWORDS,
};

struct machine {
    struct value a;
    struct value x;
    struct value memory[BPF_MEMWORDS];
};

/* Finds, from the end, what matters after each instruction. Returns 0 or -ENOMEM. */
int symbolic_find_liveness(struct symbolic *sym);

/*
 * Runs the instruction at PC, which neither jumps nor returns. Returns 0, SPLIT, -ENOTSUP (noted)
 * or -ENOMEM.
 */
int symbolic_run_plain(struct symbolic *sym, size_t pc, struct machine *machine);

/* True where INSN is a division that ends the program with 0. */
bool symbolic_divides_by_zero(const struct sock_filter *insn, const struct machine *machine);

#endif
