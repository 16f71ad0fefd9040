/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The compiler's front door: from the text of a profile to the filter of one variant, all in
 * memory, with a stop halfway for who asks more than one question of a profile. The worker process
 * and secprofctl come in here.
 */
#ifndef COMPILER_COMPILE_H
#define COMPILER_COMPILE_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/facts/bpf.h"
#include "compiler/parse/request.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"
#include "compiler/prove/prove.h"

struct arena;
struct diags;
struct profile;

/*
 * The version of the profile-to-filter translation, part of every cache key. It grows with each
 * change after which the same profile may give other instructions or other messages.
 */
#define COMPILER_VERSION 10

/*
 * How much memory of one compile is worth keeping for the next (arena_clear()): real profiles take
 * less than one MiB.
 */
#define COMPILER_MEMORY_KEPT (1024 * 1024)

/* What the compiler makes: a program for the kernel, and the record of its proof. */
struct filter {
    struct bpf_program program;
    uint32_t flags; /* SECCOMP_FILTER_FLAG_* for seccomp(2) */
    struct proof_record proof;
};

/* What a profile decides for one request: its filter is made of this, and questions ask it. */
struct lowered {
    const struct profile *profile; /* borrowed */
    struct variant_request request;
    struct variant variant;
    struct policy policy;
};

/*
 * Compiles the LEN bytes at TEXT for REQUEST, and proves the filter. The filter and the lines in
 * DIAGS live in ARENA. Returns 0; -EINVAL where DIAGS holds an error; -ENOMEM.
 */
int compile_profile(struct filter *filter, struct syscalls *syscalls, const char *text, size_t len,
                    const struct variant_request *request, struct arena *arena,
                    struct diags *diags);

/* The same for a profile that is parsed already: compile_policy(), then compile_filter(). */
int compile_variant(struct filter *filter, struct syscalls *syscalls, const struct profile *profile,
                    const struct variant_request *request, struct arena *arena,
                    struct diags *diags);

/*
 * The first half: what PROFILE decides for REQUEST. *LOWERED borrows PROFILE; its other parts live
 * in ARENA. Returns as compile_profile() does.
 */
int compile_policy(struct lowered *lowered, struct syscalls *syscalls,
                   const struct profile *profile, const struct variant_request *request,
                   struct arena *arena, struct diags *diags);

/* The second half: the filter for LOWERED, proven against its profile. Returns as above. */
int compile_filter(struct filter *filter, struct syscalls *syscalls, const struct lowered *lowered,
                   struct arena *arena, struct diags *diags);

#endif
