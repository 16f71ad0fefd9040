/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What would have to change so that a denied call is allowed: one rule more, what else that rule
 * would allow, and what stands against it. Found from what both profiles mean, not guessed.
 */
#ifndef COMPILER_QUESTIONS_REMEDY_H
#define COMPILER_QUESTIONS_REMEDY_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/parse/profile.h"
#include "compiler/questions/compare.h"

struct bdd;
struct syscalls;
struct variant_request;

/* A call, as far as it is known. */
struct remedy_call {
    const struct abi *abi;
    const char *name;
    uint64_t args[SYSCALL_ARGS];
    unsigned int
        known; /* bit 1 << index: the argument is known; a rule is as narrow as these allow */
};

struct remedy {
    struct rule rule; /* ALLOW for the call, at the end of the profile's list */
    bool allowed;     /* the call was allowed without it */
    bool enough;      /* with it the call is allowed, whatever its unknown arguments are */
    const struct rule *against; /* where it is not ENOUGH: a rule in force that names the call */
    struct changes changes;     /* what is allowed with it, and was not: A is with it, B without */
};

/*
 * Finds the remedy for CALL under PROFILE for REQUEST. All of it lives in ARENA and BDD. Returns 0;
 * -E2BIG where the rules make diagrams too large; -ENOENT where the ABI has no such call; -ENOMEM.
 */
int remedy_find(struct remedy *remedy, struct bdd *bdd, const struct profile *profile,
                const struct variant_request *request, const struct remedy_call *call,
                struct syscalls *syscalls, struct arena *arena);

/* True where CHANGE, one of a remedy's, is about the call with all arguments, not with some. */
bool remedy_is_whole(const struct bdd *bdd, const struct change *change);

#endif
