/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Warnings about a profile that compiles: what it says is clear, but probably not what its author
 * wants. Pure: it looks at the model, and changes nothing of what the profile means.
 */
#ifndef COMPILER_LINT_LINT_H
#define COMPILER_LINT_LINT_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct diags;
struct lint;
struct lint_call;
struct profile;
struct syscalls;
struct target;

/*
 * Adds to DIAGS what is noteworthy about PROFILE on the N_TARGETS architectures of TARGETS, by
 * place in the file, each thing once; a line that is not so for every ABI that its rule is for
 * begins with those that it is for. ABIs that the installed libseccomp lacks are left out. It holds
 * for any capability set and kernel: what is found exists for one of them at least, and a rule that
 * is said never to decide does so for none. What only kernels before KERNEL do wrong is left out.
 *
 * Warnings: names that no ABI has; rules that overlap and disagree; rules that never decide, or
 * that are passed over because they say what the default says; tests that always or never hold;
 * rules that a multiplexer's rule bypasses; tests of 32-bit arguments that bits above them bypass;
 * calls that do the work of one that is denied; clone3 denied in a way that keeps threads from
 * starting; NOTIFY where nobody can answer yet; and calls that evade a filter. Notes: what is
 * harmless, or a reason to think again.
 *
 * The work is bounded; a note says where not everything was looked at. DIAGS may hold texts that
 * live in ARENA. Returns 0 or -ENOMEM.
 */
int profile_lint(const struct profile *profile, const struct target *const *targets,
                 size_t n_targets, uint32_t kernel, struct syscalls *syscalls, struct arena *arena,
                 struct diags *diags);

/* For the lint's other files: the rules about the call NAME, or NULL. */
const struct lint_call *lint_call_of(const struct lint *lint, const char *name);

#endif
