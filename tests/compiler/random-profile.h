/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random profiles and random calls for them, from a seed: the same seed gives the same test
 * anywhere. What is tested is likely to go wrong at the edges, so values come from there.
 */
#ifndef TESTS_COMPILER_RANDOM_PROFILE_H
#define TESTS_COMPILER_RANDOM_PROFILE_H

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "util/arena.h"

struct syscalls;

struct random_source {
    uint64_t state;
};

struct random_source random_begin(uint64_t seed);
uint64_t random_next(struct random_source *random);

/* A number below LIMIT (not 0). */
uint32_t random_below(struct random_source *random, uint32_t limit);

/* The JSON text of a valid profile, in ARENA. */
char *random_profile(struct random_source *random, struct arena *arena);

/* The same, of the size of profiles that are in use: hundreds of calls. */
char *random_large_profile(struct random_source *random, struct syscalls *syscalls,
                           struct arena *arena);

/* Capabilities and a kernel that decide the conditions of random profiles either way. */
void random_request(struct random_source *random, struct variant_request *request);

enum {
    EDGE_VALUES_MAX = 128,
};

/* For each argument the values at which some rule may change its mind. */
struct edges {
    uint64_t values[SYSCALL_ARGS][EDGE_VALUES_MAX];
    size_t n[SYSCALL_ARGS];
};

/* Collects the edges of the rules of PROFILE that name one of the N names in NAMES. */
void edges_of(struct edges *edges, const struct profile *profile, const char *const *names,
              size_t n);

/* Adds VALUE, with its neighbours and halves, to the edges of argument INDEX. */
void edges_add(struct edges *edges, uint8_t index, uint64_t value);

/* Fills the arguments of DATA with edges, and sometimes anything. */
void edges_pick(const struct edges *edges, struct random_source *random, struct seccomp_data *data);

#endif
