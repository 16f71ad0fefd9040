/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two diagrams side by side: which pairs of values they have for the same arguments, and what comes
 * out where a function chooses between the two.
 */
#ifndef COMPILER_PROVE_BDD_OUTCOMES_H
#define COMPILER_PROVE_BDD_OUTCOMES_H

#include "compiler/prove/bdd.h"

enum {
    OUTCOMES_MAX = 32,
};

/* Arguments, and the values of both diagrams for them. */
struct bdd_outcome {
    uint32_t a;
    uint32_t b;
    uint64_t words[BDD_WORDS]; /* bits that do not matter are 0 */
};

struct bdd_outcomes {
    struct bdd_outcome items[OUTCOMES_MAX]; /* no pair of values twice */
    size_t n;
    bool more;          /* there are further pairs */
    unsigned int words; /* bit 1 << word: words that decide which pair it is */
};

/*
 * Finds the pairs of values of A and B that WANTED accepts (NULL: all pairs), each with one
 * example. With A == B these are the values of A. Returns 0 or -ENOMEM.
 */
int bdd_outcomes(const struct bdd *bdd, bdd_ref a, bdd_ref b,
                 bool (*wanted)(uint32_t a, uint32_t b), struct bdd_outcomes *outcomes);

/* The values of VALUES where CONDITION, a diagram of 0 and 1, holds. Returns as bdd_outcomes(). */
int bdd_values_where(const struct bdd *bdd, bdd_ref condition, bdd_ref values,
                     struct bdd_outcomes *outcomes);

/* The condition that WORD (an argument, from 0) is VALUE. Callers check bdd_failed(). */
bdd_ref bdd_word_is(struct bdd *bdd, unsigned int word, uint64_t value);

/*
 * The function that is CHOOSE(value of A, value of B) for all arguments. Returns 0 and *RESULT, or
 * -ENOMEM. Callers check bdd_failed(), as after bdd_if().
 */
int bdd_choose(struct bdd *bdd, bdd_ref a, bdd_ref b, uint32_t (*choose)(uint32_t a, uint32_t b),
               bdd_ref *result);

#endif
