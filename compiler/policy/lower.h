/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a variant to a policy: names become numbers, rules become decisions, as secprof-profile(5)
 * says.
 */
#ifndef COMPILER_POLICY_LOWER_H
#define COMPILER_POLICY_LOWER_H

struct arena;
struct policy;
struct syscalls;
struct variant;

/*
 * Lowers VARIANT into *POLICY, whose parts live in ARENA. Returns 0 or -ENOMEM.
 */
int policy_lower(struct policy *policy, const struct variant *variant, struct syscalls *syscalls,
                 struct arena *arena);

#endif
