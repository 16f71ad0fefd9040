/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the lint knows about calls: which arguments are 32 bits wide, and which calls are risky. */
#ifndef COMPILER_LINT_RISKS_H
#define COMPILER_LINT_RISKS_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/facts/abi.h"
#include "compiler/parse/diag.h"

/* A call that helps out of a sandbox. */
struct lint_risk {
    const char *name;
    const char *why; /* an end of a sentence */
    enum diag_severity severity;
    uint32_t fixed_in;     /* KERNEL_VERSION() from which on there is nothing to say; 0: never */
    uint32_t flag;         /* what makes a rule with tests a risk if it lets it pass; 0: none is */
    uint8_t flag_arg;      /* the argument that has it */
    uint8_t flag_arg_s390; /* the same on s390 and s390x */
};

/* The risk that the call NAME is, or NULL. */
const struct lint_risk *lint_risk_of(const char *name);
/* The I-th risk, NULL past the last. */
const struct lint_risk *lint_risk_at(size_t i);

/* The arguments of ABI's call NAME of which the kernel takes the low 32 bits only, bit 1 << index.
 */
uint8_t lint_narrow_args(const char *name, enum abi_id abi);

#endif
