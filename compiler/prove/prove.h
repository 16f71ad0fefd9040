/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The proof that a filter does what its profile means (meaning.h).
 */
#ifndef COMPILER_PROVE_PROVE_H
#define COMPILER_PROVE_PROVE_H

#include <stdint.h>

struct arena;
struct bpf_program;
struct diags;
struct profile;
struct syscalls;
struct variant_request;

/*
 * The version of prove.c and all that it rests on. It grows with each change after which an earlier
 * proof is not to be trusted: filters in caches are then proven again.
 */
#define PROOF_VERSION 5

/* What was proven of a filter: that it answers as its profile says, for every input. */
struct proof_record {
    uint32_t version; /* PROOF_VERSION of the proof; 0: nothing was proven */
    uint32_t ranges;  /* of syscall numbers, of all architectures, that were compared */
};

enum {
    /*
     * The first of two ways to a proof ends at these, after some 30 ms. A real profile takes a few
     * thousand nodes (24 bytes each with their tables), and as many steps.
     */
    PROOF_FIRST_NODES = 128 * 1024,
    PROOF_FIRST_STEPS = 256 * 1024,
    /* Nodes of the diagrams of one proof, or of a question about filters. */
    PROOF_MAX_NODES = 1024 * 1024,
};

/*
 * Proves that PROGRAM with FLAGS, made of PROFILE for REQUEST, has the profile's flags and answers
 * as the profile says for each of the 2^512 inputs that a filter can see. Returns 0, and *RECORD,
 * where that is so; -EINVAL, with an error in DIAGS that names an input for which it is not and
 * both verdicts, or why it could not be proven; -ENOMEM.
 */
int prove_filter(struct proof_record *record, const struct bpf_program *program, uint32_t flags,
                 const struct profile *profile, const struct variant_request *request,
                 struct syscalls *syscalls, struct arena *arena, struct diags *diags);

#endif
