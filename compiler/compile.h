/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The compiler's front door: from the text of a profile to the filter of one variant, all in
 * memory. The worker process, `secprofctl compile` and `secprofctl check` come in here.
 */
#ifndef COMPILER_COMPILE_H
#define COMPILER_COMPILE_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "util/arena.h"

/*
 * The version of the profile-to-filter translation, part of every cache key. It grows with each
 * change after which the same profile may give other instructions or other messages.
 */
#define COMPILER_VERSION 5

/*
 * How much memory of one compile is worth keeping for the next (arena_clear()): real profiles take
 * less than one MiB.
 */
#define COMPILER_MEMORY_KEPT (1024 * 1024)

/* The version of the installed libseccomp, "2.5.4": its tables decide numbers, so keys hold it.
 * Written to BUFFER, which is returned. */
const char *compiler_libseccomp_version(char *buffer, size_t size);

/* What a variant is made for. */
struct variant_request {
    const struct target *target;
    uint64_t caps;   /* capability set, bit 1 << number */
    uint32_t kernel; /* KERNEL_VERSION() of the kernel that the filter will run on */
};

bool variant_request_equal(const struct variant_request *a, const struct variant_request *b);

enum {
    VARIANT_KERNELS_MAX = 16,
};

/*
 * What the conditions of a profile look at. Requests that agree in these parts decide every
 * condition alike, so they share a variant: see variant_normalise().
 */
struct variant_axes {
    uint64_t caps;                         /* the capabilities that some rule names */
    uint32_t kernels[VARIANT_KERNELS_MAX]; /* the kernel versions that some rule names, rising */
    uint32_t n_kernels;
    bool all_kernels; /* more versions than fit here: each kernel version has its own variant */
};

/*
 * Cuts REQUEST down to what AXES can tell apart: capabilities that no rule names are dropped, the
 * kernel becomes the greatest named version that it reaches (0: it reaches none).
 */
void variant_normalise(const struct variant_axes *axes, struct variant_request *request);

/*
 * The version of the proof, compiler/prove/prove.c and what it rests on. It grows with each change
 * after which an earlier proof is not to be relied on: filters in caches are proven anew then.
 */
#define PROOF_VERSION 4

/* What was proven of a filter: that it answers as its profile says, for every input. */
struct proof_record {
    uint32_t version; /* PROOF_VERSION of the proof; 0: nothing was proven */
    uint32_t ranges;  /* of syscall numbers, of all architectures, that were compared */
};

/* A filter for the kernel, in the host's byte order. */
struct filter {
    struct sock_filter *insns;
    size_t n_insns;
    uint32_t flags; /* SECCOMP_FILTER_FLAG_* for seccomp(2) */
    struct proof_record proof;
};

/*
 * Compiles the LEN bytes at TEXT for REQUEST, and proves the filter. The filter and the lines in
 * DIAGS live in ARENA. AXES (may be NULL) is set as soon as the profile is parsed. Returns 0;
 * -EINVAL where DIAGS holds an error; -ENOMEM.
 */
int compile_profile(struct filter *filter, struct variant_axes *axes, struct syscalls *syscalls,
                    const char *text, size_t len, const struct variant_request *request,
                    struct arena *arena, struct diags *diags);

/* The same for a profile that is parsed already. */
int compile_variant(struct filter *filter, struct syscalls *syscalls, const struct profile *profile,
                    const struct variant_request *request, struct arena *arena,
                    struct diags *diags);

#endif
