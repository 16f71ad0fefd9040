/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a filter does, for all 2^512 inputs: for each range of architectures and of numbers, one
 * decision diagram over the bits of the arguments. It can be made of a profile (meaning.h) and of
 * any BPF program (symbolic.h); being canonical, two of them can be compared exactly.
 */
#ifndef COMPILER_PROVE_BEHAVIOUR_H
#define COMPILER_PROVE_BEHAVIOUR_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/prove/bdd.h"

/* From number FIRST to the next range's FIRST: DECISION, whose values are verdicts. */
struct nr_range {
    uint32_t first;
    bdd_ref decision;
};

/* From architecture FIRST to the next range's FIRST. */
struct arch_range {
    uint32_t first;
    const struct nr_range *numbers; /* rising, the first at 0 */
    size_t n_numbers;
};

struct behaviour {
    const struct arch_range *archs; /* rising, the first at 0 */
    size_t n_archs;
};

/* An input for which two behaviours differ, and the ranges around it in which they differ too. */
struct difference {
    uint32_t arch, arch_last; /* the first architecture of the range, and its last */
    uint32_t nr, nr_last;
    uint64_t words[BDD_WORDS]; /* arguments, and the instruction pointer */
    uint32_t verdict_a;
    uint32_t verdict_b;
    bdd_ref decision_a;
    bdd_ref decision_b;
};

/*
 * Calls REPORT for each range of A and B in which some input makes DIFFERS(verdict of A, verdict
 * of B) true, with one such input, by rising architecture and number. A REPORT that does not
 * return 0 ends the search, which returns the same. Else returns 0 or -ENOMEM.
 */
int behaviour_compare(const struct bdd *bdd, const struct behaviour *a, const struct behaviour *b,
                      bool (*differs)(uint32_t a, uint32_t b),
                      int (*report)(void *user, const struct difference *), void *user);

/* For behaviour_compare(): any difference; and, where A allows more than B (the kernel's order). */
bool verdicts_differ(uint32_t a, uint32_t b);
bool verdict_is_weaker(uint32_t a, uint32_t b);

/* The decision of BEHAVIOUR for number NR of architecture ARCH. */
bdd_ref behaviour_at(const struct behaviour *behaviour, uint32_t arch, uint32_t nr);

#endif
