/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a diagram to instructions.
 */
#ifndef COMPILER_EMIT_ASSEMBLE_H
#define COMPILER_EMIT_ASSEMBLE_H

#include <linux/filter.h>

#include "compiler/emit/diagram.h"
#include "compiler/emit/shape.h"

struct syscalls;
struct target;

/*
 * Assembles the diagram below ROOT for TARGET (whose ABIs, with their SYSCALLS, say which numbers
 * and architectures come up most) into *PROGRAM, in ARENA, with AIM for its switches. Returns 0;
 * -E2BIG where it takes more than BPF_MAX_INSNS instructions; -ENOMEM.
 */
int assemble(struct sock_filter **program, size_t *n, const struct diagram *diagram,
             const struct node *root, enum shape_aim aim, const struct target *target,
             struct syscalls *syscalls, struct arena *arena);

#endif
