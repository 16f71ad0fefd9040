/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decisions with very many clauses that all ask for a single value of one argument, as lists of
 * allowed commands do. Split by that value they fall apart into small ones, in no more time than it
 * takes to sort them.
 */
#ifndef COMPILER_EMIT_BY_VALUE_H
#define COMPILER_EMIT_BY_VALUE_H

#include <stdbool.h>
#include <stdint.h>

struct decision;
struct diagram;
struct node;

/* What makes nodes of other decisions. */
struct by_value_builder {
    const struct node *(*build)(void *user, const struct decision *decision);
    void *user;
};

/*
 * The node for DECISION on an ABI with WIDE arguments. What is not of this kind is left to BUILDER:
 * the decision itself, or the small ones that it falls apart into. NULL: no memory.
 */
const struct node *by_value_build(struct diagram *diagram, const struct decision *decision,
                                  bool wide, bool big_endian,
                                  const struct by_value_builder *builder);

#endif
