/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether filters permit a call: found for all arguments at once, from the diagrams of what the
 * filters do, on each ABI and through multiplexers too.
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_PERMITS_H
#define CLIENT_SECPROFCTL_SUBJECT_PERMITS_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/facts/abi.h"
#include "compiler/prove/bdd.h"

struct arena;
struct behaviour;
struct call;
struct multiplexed;
struct syscalls;

/* An answer; a greater one permits more. */
enum permission {
    PERMISSION_NO,
    PERMISSION_ASKS,      /* a tracer or a supervisor decides */
    PERMISSION_HIGH_BITS, /* only with bits above the low 32 in an argument that was named: where
                             the kernel takes an int, these do not count */
    PERMISSION_ARGUMENTS, /* it depends on arguments that were not named */
    PERMISSION_YES,
};

/* One way to make the call. */
struct permitted_way {
    const struct abi *abi;
    uint32_t nr;
    const struct multiplexed *through; /* NR is this call's multiplexer; NULL: NR is the call */
    enum permission permission;
    uint64_t words[BDD_WORDS]; /* arguments with which it is permitted, or, with ASKS, asked */
};

struct permits {
    enum permission permission; /* the greatest of the ways */
    struct permitted_way ways[2 * TARGET_ABIS_MAX];
    size_t n; /* 0: no ABI of the target has the call */
};

/* How much VERDICT, what a filter returned, permits: PERMISSION_NO, _ASKS or _YES. */
enum permission permission_of(uint32_t verdict);

/* "no", "asks", "high bits", "arguments", "yes" */
const char *permission_name(enum permission permission);

/*
 * What filters that behave as BEHAVIOUR (in BDD) permit of CALL, of which the first N_ARGS
 * arguments count, on the ABIs of TARGET. Returns 0; -E2BIG where the diagrams grow too large;
 * -ENOMEM.
 */
int permits_find(struct permits *permits, struct bdd *bdd, const struct behaviour *behaviour,
                 const struct target *target, const struct call *call, struct syscalls *syscalls);

/* True where B, a verdict, denies what A permits, or may permit after asking. */
bool permits_more(uint32_t a, uint32_t b);

/*
 * PERMITS for people: "yes", "no", or where ABIs differ what permits it:
 * "yes: x86 by socketcall; arguments: x86_64". In ARENA; NULL: no memory.
 */
const char *permits_text(const struct permits *permits, struct arena *arena);

#endif
