/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a profile means, by definition: secprof-profile(5) in the form of decision diagrams, made
 * straight from the model. Filters are proven against this, so it knows nothing of how filters are
 * made, and each rule of the format stands in one place of meaning.c.
 */
#ifndef COMPILER_PROVE_MEANING_H
#define COMPILER_PROVE_MEANING_H

#include <stdint.h>

struct arena;
struct bdd;
struct behaviour;
struct cases;
struct profile;
struct syscalls;
struct variant_request;

/*
 * What PROFILE asks of a filter for REQUEST: the answer to every call, in ARENA and BDD. Returns 0;
 * -E2BIG where its rules make diagrams too large; -ENOMEM.
 */
int meaning_of_profile(struct behaviour *meaning, struct bdd *bdd, const struct profile *profile,
                       const struct variant_request *request, struct syscalls *syscalls,
                       struct arena *arena);

/*
 * The same as lists of cases: the decisions of *MEANING are lists in CASES, not diagrams. It fails
 * only where a single rule is too large a diagram.
 */
int meaning_in_cases(struct behaviour *meaning, struct cases *cases, const struct profile *profile,
                     const struct variant_request *request, struct syscalls *syscalls,
                     struct arena *arena);

/* The SECCOMP_FILTER_FLAG_* that the filter of PROFILE for REQUEST is to be installed with. */
uint32_t meaning_of_flags(const struct profile *profile, const struct variant_request *request);

#endif
