/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the decision of one syscall to diagram nodes over the words of its arguments.
 */
#ifndef COMPILER_EMIT_CHOICE_H
#define COMPILER_EMIT_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

struct abi;
struct choices;
struct decision;
struct diagram;
struct node;

/* Makes a builder of nodes in DIAGRAM for a target of the given byte order. NULL: no memory. */
struct choices *choices_new(struct diagram *diagram, bool big_endian);

/*
 * The node that decides a call of ABI as DECISION says, the smallest of several shapes. Equal
 * decisions give the same node. NULL: no memory.
 */
const struct node *choices_build(struct choices *choices, const struct decision *decision,
                                 const struct abi *abi);

#endif
