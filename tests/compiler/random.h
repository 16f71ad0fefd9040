/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random numbers that are the same in every run: xorshift64. */
#ifndef TESTS_COMPILER_RANDOM_H
#define TESTS_COMPILER_RANDOM_H

#include <stdint.h>

/* The next number; STATE must not be 0. */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* A number below N. */
static inline uint32_t random_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)((next_random(state) >> 16) % n);
}

#endif
