/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In which order a switch tests its ranges: the cheapest tree of single comparisons.
 */
#ifndef COMPILER_EMIT_SHAPE_H
#define COMPILER_EMIT_SHAPE_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct branch;
struct diagram;
struct node;
struct segment;

/* Where a comparison leads: to another one, or (branch == NULL) out of the switch. */
struct branch_target {
    const struct branch *branch;
    const struct node *leaf;
};

/* One comparison of the loaded word. */
struct branch {
    uint16_t op; /* BPF_JEQ or BPF_JGE */
    uint32_t k;
    struct branch_target if_true;
    struct branch_target if_false;
};

/* What a tree is to be. */
enum shape_aim {
    SHAPE_CHEAPEST, /* by the cost below */
    SHAPE_FEWEST,   /* of the fewest instructions, where a switch is very large: slower */
};

/*
 * Makes the tree for the N segments (2 or more). WEIGHTS[i] says how often segment i is looked up;
 * SHAPE_INSN_COST look-ups that take one more step cost as much as one more instruction.
 * The branches live in ARENA. Returns 0 or -ENOMEM.
 */
int shape_build(struct branch_target *root, const struct segment *segments, const uint32_t *weights,
                size_t n, enum shape_aim aim, struct arena *arena);

/*
 * The kernel runs a new filter once for each syscall number. Measured on Linux 6.18, one
 * instruction more costs 0.11 us of the install and one step more of such a run 0.003 to 0.004 us.
 * So an instruction costs 27 to 36 steps of runs, each of which weighs SHAPE_CALL. It is the upper
 * end, for instructions take memory too.
 */
#define SHAPE_CALL      16
#define SHAPE_INSN_COST (36 * SHAPE_CALL)

/* How many comparisons N segments (a few) take at least, by JGE and JEQ. SIZE_MAX: no memory. */
size_t shape_least(const struct segment *segments, size_t n);

/*
 * About how many instructions the nodes below NODE take, each counted once. What is far beyond a
 * filter's limit is not counted to its end; SIZE_MAX where there is no memory.
 */
size_t shape_size(const struct diagram *diagram, const struct node *node);

#endif
