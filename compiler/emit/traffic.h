/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which calls come to which node of a diagram, and how many: what the steps of a filter are weighed
 * by.
 */
#ifndef COMPILER_EMIT_TRAFFIC_H
#define COMPILER_EMIT_TRAFFIC_H

#include <stdint.h>

struct arena;
struct diagram;
struct node;
struct syscalls;
struct target;

/*
 * For each node below ROOT, by its id, if it is a switch: how often each of its segments comes up
 * among the calls of TARGET's ABIs, in the measure of shape_build(). All lives in ARENA. NULL: no
 * memory.
 */
const uint32_t *const *traffic_follow(const struct diagram *diagram, const struct node *root,
                                      const struct target *target, struct syscalls *syscalls,
                                      struct arena *arena);

#endif
