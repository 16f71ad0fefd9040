/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verdicts: the 32-bit values that a filter returns to the kernel, SECCOMP_RET_* with data (an
 * errno, a tracer's message) in the low 16 bits.
 */
#ifndef COMPILER_FACTS_VERDICT_H
#define COMPILER_FACTS_VERDICT_H

#include <stdint.h>

#include "compiler/facts/abi.h"

struct arena;

/*
 * Compares two verdicts as the kernel does between filters (kernel/seccomp.c, seccomp_run_filters):
 * negative where A is more restrictive than B, 0 where their actions are the same, else positive.
 */
int verdict_compare(uint32_t a, uint32_t b);

/* VERDICT for people: "ALLOW", "ERRNO(EPERM)", "TRACE(7)". NULL where ARENA has no memory. */
const char *verdict_text(struct arena *arena, uint32_t verdict);

/*
 * VERDICT, an ERRNO or a TRACE, with the number that the errno called NAME has on kernels that run
 * ABI. NAME is one that errno_by_name() knows, or NULL: VERDICT stays as it is.
 */
uint32_t verdict_with_errno(uint32_t verdict, const char *name, enum abi_id abi);

/*
 * VERDICT for people as verdict_text() has it, its errno named as kernels that run ABI number it.
 */
const char *verdict_text_on_abi(struct arena *arena, uint32_t verdict, enum abi_id abi);

#endif
