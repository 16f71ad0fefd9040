/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a filter does, for all 2^512 inputs: for each range of architectures and of numbers, one
 * decision diagram over the bits of the arguments. It can be made of a policy and of any BPF
 * program; being canonical, two of them can be compared exactly. This shares nothing with the
 * emitter but the instruction set.
 */
#ifndef COMPILER_PROVE_BEHAVIOUR_H
#define COMPILER_PROVE_BEHAVIOUR_H

#include <linux/filter.h>

#include "compiler/policy/policy.h"
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

/* Where TEST holds: for all 64 bits of its argument (WIDE), or for the low 32 of them. */
bdd_ref behaviour_of_test(struct bdd *bdd, const struct arg_test *test, bool wide);

/* The behaviour that POLICY asks for, in ARENA and BDD. Returns 0 or -ENOMEM. */
int behaviour_of_policy(struct behaviour *behaviour, struct bdd *bdd, const struct policy *policy,
                        struct arena *arena);

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
