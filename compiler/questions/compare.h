/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where two filters differ, in the terms of people: ABIs and syscalls by name, those that differ in
 * the same way together.
 */
#ifndef COMPILER_QUESTIONS_COMPARE_H
#define COMPILER_QUESTIONS_COMPARE_H

#include "compiler/prove/bdd-outcomes.h"

struct arena;
struct behaviour;
struct syscalls;
struct target;

struct change_call {
    uint32_t nr;
    const char *name;
};

struct nr_span {
    uint32_t first;
    uint32_t last;
};

/* Numbers that both filters decide in the same two ways. */
struct change {
    bdd_ref a;
    bdd_ref b;
    struct bdd_outcomes outcomes; /* the pairs of verdicts that differ, with an example each */
    struct change_call *calls;    /* those with a name, by number */
    size_t n_calls;
    size_t calls_room;
    struct nr_span *unnamed; /* the others, rising */
    size_t n_unnamed;
    size_t unnamed_room;
};

/* The changes of one ABI, or of a range of architectures. */
struct change_part {
    const struct abi
        *abi;      /* of the target; NULL: ARCH to ARCH_LAST, of which none is the target's */
    uint32_t arch; /* AUDIT_ARCH_* of examples */
    uint32_t arch_last;
    size_t more_archs; /* further ranges of architectures with just these changes */
    struct change *changes;
    size_t n_changes;
    size_t room;
};

struct changes {
    struct change_part *parts; /* the target's ABIs in its order, then others by architecture */
    size_t n_parts;
    size_t room;
};

/*
 * Finds where DIFFERS(verdict of A, verdict of B) holds; see behaviour_compare(). TARGET says whose
 * ABIs and names count. Everything lives in ARENA. Returns 0 or -ENOMEM.
 */
int changes_find(struct changes *changes, const struct bdd *bdd, const struct behaviour *a,
                 const struct behaviour *b, const struct target *target, struct syscalls *syscalls,
                 bool (*differs)(uint32_t a, uint32_t b), struct arena *arena);

/* The number of CHANGE's first call, for an example. */
uint32_t change_first_nr(const struct change *change);

/* True where the verdicts of CHANGE depend on no argument; then it has one outcome. */
bool change_is_plain(const struct bdd *bdd, const struct change *change);

#endif
