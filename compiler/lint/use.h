/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a profile can be used: by which container runtimes, and whether a container starts under it.
 */
#ifndef COMPILER_LINT_USE_H
#define COMPILER_LINT_USE_H

#include <stddef.h>

struct arena;
struct diags;
struct profile;
struct syscalls;
struct target;

/*
 * Adds notes to DIAGS about PROFILE: conditions that some runtimes pass over; and, where one of the
 * N_TARGETS architectures of TARGETS is x86_64, for which they were measured, calls without which
 * crun and runc start no container, and that it allows neither without capabilities nor with all
 * that it names. Returns 0 or -ENOMEM.
 */
int profile_lint_use(const struct profile *profile, const struct target *const *targets,
                     size_t n_targets, struct syscalls *syscalls, struct arena *arena,
                     struct diags *diags);

#endif
