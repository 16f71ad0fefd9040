/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Switches on a word where sets of values that differ in single bits are tested at once.
 */
#ifndef COMPILER_EMIT_BITS_H
#define COMPILER_EMIT_BITS_H

#include "compiler/emit/diagram.h"

/*
 * Like diagram_switch(), for segments that begin at 0. Where it saves instructions, values that
 * lead to one child and are all that some bits can make of one value (0, 8, 0x20000 and 0x20008)
 * are tested by one mask, ahead of the others.
 */
const struct node *bits_switch(struct diagram *diagram, uint32_t word,
                               const struct segment *segments, size_t n);

#endif
