/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a policy to the smallest filter that we know how to make.
 */
#ifndef COMPILER_EMIT_EMIT_H
#define COMPILER_EMIT_EMIT_H

struct arena;
struct bpf_program;
struct policy;
struct syscalls;

/*
 * Emits POLICY as *PROGRAM, in ARENA, with only such instructions as the kernel can emulate for its
 * allow bitmap (seccomp_is_const_allow). Returns 0; -E2BIG where the kernel's limit of 4096
 * instructions does not suffice; -ENOMEM. SYSCALLS tell which numbers come up.
 */
int policy_emit(struct bpf_program *program, const struct policy *policy, struct syscalls *syscalls,
                struct arena *arena);

#endif
