/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Switches on a word where sets of values that differ in single bits are tested at once.
 */
#ifndef COMPILER_EMIT_BITS_H
#define COMPILER_EMIT_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/emit/diagram.h"

enum {
    BITS_CUTS_MAX = 8, /* what bits_cuts() gives at most */
};

/* True where the words that have given values in the bits of MASK are a few ranges. */
bool bits_are_ranges(uint32_t mask);

/*
 * Where these ranges begin, and where what is behind each: fills CUTS, and returns their number.
 * VALUE is within MASK.
 */
size_t bits_cuts(uint32_t cuts[BITS_CUTS_MAX], uint32_t value, uint32_t mask);

/*
 * Like diagram_switch(), for segments that begin at 0. Where it saves instructions, values that
 * lead to one child and are all that some bits can make of one value (0, 8, 0x20000 and 0x20008)
 * are tested by one mask, ahead of the others.
 */
const struct node *bits_switch(struct diagram *diagram, uint32_t word,
                               const struct segment *segments, size_t n);

#endif
