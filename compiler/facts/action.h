/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The facts about actions, operators, flags, capabilities and errno names: one constant table
 * each, used for parsing, printing and documentation alike.
 *
 * A verdict is the 32-bit value that a filter returns to the kernel: SECCOMP_RET_* with its data
 * (an errno, a tracer's message) in the low 16 bits.
 */
#ifndef COMPILER_FACTS_ACTION_H
#define COMPILER_FACTS_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/facts/abi.h"
#include "util/arena.h"

/* One SCMP_ACT_*. */
struct action {
    const char *name;  /* "SCMP_ACT_ERRNO" */
    uint32_t ret;      /* SECCOMP_RET_ERRNO */
    uint32_t max_data; /* the largest errnoRet it carries; 0: it carries none */
};

/* The action called NAME, or NULL. SCMP_ACT_KILL means KILL_THREAD, as in libseccomp. */
const struct action *action_by_name(const char *name);

/* All action names for an error message: "SCMP_ACT_KILL, SCMP_ACT_TRAP, …". */
const char *action_names(void);

/* The action part of VERDICT as its SCMP_ACT_* row; NULL for a value that no action has. */
const struct action *action_of_verdict(uint32_t verdict);

/*
 * Compares two verdicts as the kernel does between filters (kernel/seccomp.c, seccomp_run_filters):
 * negative where A is more restrictive than B, 0 where their actions are the same, else positive.
 */
int verdict_compare(uint32_t a, uint32_t b);

/* VERDICT for people: "ALLOW", "ERRNO(EPERM)", "TRACE(7)". NULL where ARENA has no memory. */
const char *verdict_text(struct arena *arena, uint32_t verdict);

/* The operators of SCMP_CMP_*. MASKED_EQ means (argument & value) == value_two. */
enum cmp_op {
    CMP_NE,
    CMP_LT,
    CMP_LE,
    CMP_EQ,
    CMP_GE,
    CMP_GT,
    CMP_MASKED_EQ,
    CMP_COUNT,
};

/* The operator called SCMP_CMP_*, as enum cmp_op, or -EINVAL. */
int cmp_op_by_name(const char *name);
const char *cmp_op_name(enum cmp_op op);
const char *cmp_op_names(void);

/* SECCOMP_FILTER_FLAG_* by its name: 0 and *FLAG, or -EINVAL. */
int filter_flag_by_name(const char *name, uint32_t *flag);
/* The name of one SECCOMP_FILTER_FLAG_*, or NULL. */
const char *filter_flag_name(uint32_t flag);
const char *filter_flag_names(void);

/* The number of CAP_* (linux/capability.h), or -EINVAL. */
int capability_by_name(const char *name);
/* The name of capability NUMBER, or NULL. */
const char *capability_name(int number);

/*
 * Parses a list "CAP_A,CAP_B" (also without the "CAP_" prefix, any case; "" is the empty set,
 * "ALL" is every capability) into a set, bit 1 << number. Returns 0, or -EINVAL and in *BAD
 * (not NUL-terminated, *BAD_LEN bytes) the part that is no capability.
 */
int capability_set_parse(const char *list, uint64_t *set, const char **bad, size_t *bad_len);

/*
 * The errno called NAME ("EPERM"), as containers-common's "errno" key has it, or -EINVAL. Its
 * number is that of asm-generic/errno.h on every host; verdict_on_abi() makes it the target's.
 */
int errno_by_name(const char *name);
/* The name of errno NUMBER (of asm-generic/errno.h), or NULL. */
const char *errno_name(int number);
/* The I-th errno name that errno_by_name() knows, NULL past the last. */
const char *errno_name_at(size_t i);

/*
 * VERDICT with an errno of asm-generic/errno.h turned into the one that kernels which run ABI give
 * the same name: above ERANGE (34) the numbers of MIPS and PA-RISC differ (ENOSYS is 38, 89 and
 * 251). For an errno that came from a name, not for one that the profile has as a number. Verdicts
 * other than ERRNO stay as they are.
 */
uint32_t verdict_on_abi(uint32_t verdict, enum abi_id abi);

/*
 * VERDICT for people as verdict_text() has it, its errno named as kernels that run ABI number it.
 */
const char *verdict_text_on_abi(struct arena *arena, uint32_t verdict, enum abi_id abi);

#endif
