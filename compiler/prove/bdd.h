/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decision diagrams over the bits of a syscall's arguments: multi-terminal, reduced, ordered and
 * hash-consed. Each function from arguments to values has exactly one reference, so two functions
 * are equal where their references are. The proof rests on this file.
 */
#ifndef COMPILER_PROVE_BDD_H
#define COMPILER_PROVE_BDD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A function; it lives as long as its struct bdd. */
typedef uint32_t bdd_ref;

enum {
    BDD_WORDS = 7,   /* the six arguments, and the instruction pointer as the seventh */
    BDD_POINTER = 6, /* the word of the instruction pointer */
    BDD_VARIABLES = BDD_WORDS * 64,
    BDD_FALSE = 0, /* the constant 0; as a condition: never */
    BDD_TRUE = 1,  /* the constant 1; as a condition: always */
};

struct bdd;

/* Makes an empty set of diagrams that refuses to grow past MAX_NODES. NULL: no memory. */
struct bdd *bdd_new(size_t max_nodes);

/*
 * From now on operations fail past MAX_NODES in all, or after STEPS more. A failure for want of
 * either, but not of memory, is forgotten: what was made before it is as good as ever.
 */
void bdd_limit(struct bdd *bdd, size_t max_nodes, uint64_t steps);

/* The steps that operations took so far. */
uint64_t bdd_steps(const struct bdd *bdd);
void bdd_free(struct bdd *bdd);

/* A variable declared with this frees its diagrams where it goes out of scope. */
#define cleanup_bdd __attribute__((cleanup(bdd_free_at)))
void bdd_free_at(struct bdd **bdd);

/*
 * True once an operation failed for want of memory, nodes or steps. All references made since are
 * worthless; callers check this once, at the end of what they do.
 */
bool bdd_failed(const struct bdd *bdd);

/* True where that was for want of memory, not because the diagrams grew past their limit. */
bool bdd_out_of_memory(const struct bdd *bdd);

/* How many distinct functions there are so far. */
size_t bdd_size(const struct bdd *bdd);

/* The constant function VALUE. */
bdd_ref bdd_constant(struct bdd *bdd, uint32_t value);

/* The condition that bit BIT (0: the lowest) of word WORD is set. */
bdd_ref bdd_bit(struct bdd *bdd, unsigned int word, unsigned int bit);

/* THEN where the condition holds, else OTHERWISE. */
bdd_ref bdd_if(struct bdd *bdd, bdd_ref condition, bdd_ref then, bdd_ref otherwise);

/* IF_CLEAR where bit BIT of word WORD is clear, IF_SET where it is set. */
bdd_ref bdd_on_bit(struct bdd *bdd, unsigned int word, unsigned int bit, bdd_ref if_clear,
                   bdd_ref if_set);

/*
 * REF as far as it matters where CARE is HOLDS, which is so somewhere: the result is equal to REF
 * there, and is the same for all functions that are. Elsewhere it is what REF is at some place
 * where CARE is HOLDS.
 */
bdd_ref bdd_given(struct bdd *bdd, bdd_ref ref, bdd_ref care, bool holds);

/*
 * The function REF of FROM in TO. SOURCE is another number for each set of diagrams from which TO
 * gets copies.
 */
bdd_ref bdd_copy(struct bdd *to, const struct bdd *from, bdd_ref ref, uint32_t source);

bdd_ref bdd_not(struct bdd *bdd, bdd_ref condition);
bdd_ref bdd_and(struct bdd *bdd, bdd_ref a, bdd_ref b);

/* True, and its *VALUE, where REF is a constant. */
bool bdd_is_constant(const struct bdd *bdd, bdd_ref ref, uint32_t *value);

/* The value of REF for the arguments WORDS. */
uint32_t bdd_evaluate(const struct bdd *bdd, bdd_ref ref, const uint64_t words[BDD_WORDS]);

/*
 * Looks for arguments for which DIFFERS(value of A, value of B) is true. Returns 1, and such WORDS
 * (bits that do not matter are 0); 0 where there are none; -ENOMEM.
 */
int bdd_find(const struct bdd *bdd, bdd_ref a, bdd_ref b, bool (*differs)(uint32_t a, uint32_t b),
             uint64_t words[BDD_WORDS]);

/*
 * Where REF is no constant: true, the highest variable that it depends on (64 * word + 63 - bit),
 * and what it is where that bit is clear and set.
 */
bool bdd_branches(const struct bdd *bdd, bdd_ref ref, uint32_t *variable, bdd_ref *low,
                  bdd_ref *high);

#endif
