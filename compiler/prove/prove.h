/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The proof that a filter does what its profile means (meaning.h).
 */
#ifndef COMPILER_PROVE_PROVE_H
#define COMPILER_PROVE_PROVE_H

#include "compiler/compile.h"

enum {
    /* Nodes of the diagrams of one proof, 36 bytes each with their tables. A real profile takes a
     * few thousand. */
    PROOF_MAX_NODES = 4 * 1024 * 1024,
};

/*
 * Proves that FILTER, made of PROFILE for REQUEST, has the profile's flags and answers as the
 * profile says for each of the 2^512 inputs that a filter can see. Returns 0, and FILTER->proof,
 * where that is so; -EINVAL, with an error in DIAGS that names an input for which it is not and
 * both verdicts, or why it could not be proven; -ENOMEM.
 */
int prove_filter(struct filter *filter, const struct profile *profile,
                 const struct variant_request *request, struct syscalls *syscalls,
                 struct arena *arena, struct diags *diags);

#endif
