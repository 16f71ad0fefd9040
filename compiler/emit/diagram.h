/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The emitter's decision diagram: what a filter tests, before it is decided in which order. Nodes
 * are hash-consed, so equal decisions are one node, whatever number or ABI leads to them.
 */
#ifndef COMPILER_EMIT_DIAGRAM_H
#define COMPILER_EMIT_DIAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * The word of a switch on a number that NODE_STRIP has brought to the first ABI's, or that is below
 * the bit anyway: such a switch is entered with the number loaded, never by loading it.
 */
#define WORD_FOLDED_NR UINT32_MAX

/* Where a jump's target may be entered: nothing that a node asks for is in A. */
#define WORD_NONE (UINT32_MAX - 1)

/* The words of argument INDEX as byte offsets in struct seccomp_data. */
uint32_t arg_word_low(unsigned int index, bool big_endian);
uint32_t arg_word_high(unsigned int index, bool big_endian);

enum node_kind {
    NODE_RETURN, /* the end: a verdict */
    NODE_SWITCH, /* by which range a word of seccomp_data is in */
    NODE_MASK,   /* by whether some bits of a word have given values */
    NODE_STRIP,  /* a bit of the number is cleared; then on as for the ABI that has it clear */
};

/* One range of a switch: from FIRST to the next range's FIRST. */
struct segment {
    uint32_t first;
    const struct node *child;
};

struct node {
    enum node_kind kind;
    uint32_t id;   /* counts up from 0 in the order of creation: children have lower ids */
    uint32_t hash; /* of what follows */
    uint32_t word; /* byte offset in struct seccomp_data (SWITCH, MASK, STRIP), or WORD_FOLDED_NR */
    union {
        uint32_t verdict;
        struct {
            size_t n; /* 2 or more; neighbours have different children */
            const struct segment *segments;
        };
        struct {
            uint32_t mask;             /* not 0 */
            uint32_t value;            /* within mask */
            const struct node *if_set; /* (word & mask) == value */
            const struct node *if_not;
        };
        struct {
            uint32_t bit;
            const struct node *below; /* decides number & ~bit */
        };
    };
};

struct diagram {
    struct arena *arena;
    const struct node **buckets;
    size_t n_buckets; /* a power of two */
    uint32_t n_nodes;
};

/* Returns 0 or -ENOMEM. The nodes of DIAGRAM live in ARENA. */
int diagram_init(struct diagram *diagram, struct arena *arena);

/* Each returns the one node of this kind and content, or NULL where there is no memory. */
const struct node *diagram_return(struct diagram *diagram, uint32_t verdict);

/*
 * SEGMENTS (borrowed, N of them, the first one at the least value that can come up) may have equal
 * neighbours; where all are equal, their child is the answer.
 */
const struct node *diagram_switch(struct diagram *diagram, uint32_t word,
                                  const struct segment *segments, size_t n);
const struct node *diagram_mask(struct diagram *diagram, uint32_t word, uint32_t mask,
                                uint32_t value, const struct node *if_set,
                                const struct node *if_not);
/* True where the NODE_MASK NODE is tested by one JSET, which leaves the word in A. */
bool diagram_is_jset(const struct node *node);

const struct node *diagram_strip(struct diagram *diagram, uint32_t bit, const struct node *below);

#endif
