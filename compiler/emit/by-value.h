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

/* True, and which argument that is, where DECISION is of this kind. */
bool by_value_applies(const struct decision *decision, uint8_t *index);

/* What makes nodes of the small decisions. */
struct by_value_builder {
    const struct node *(*build)(void *user, const struct decision *decision);
    void *user;
};

/* The node for DECISION, to which by_value_applies(), on an ABI with WIDE arguments. NULL: no
 * memory. */
const struct node *by_value_build(struct diagram *diagram, const struct decision *decision,
                                  uint8_t index, bool wide, bool big_endian,
                                  const struct by_value_builder *builder);

#endif
