/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Actions, operators and filter flags by name: one constant table each, used for parsing, printing
 * and documentation alike.
 */
#ifndef COMPILER_FACTS_ACTION_H
#define COMPILER_FACTS_ACTION_H

#include <stdint.h>

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

/* The row of VERDICT's action: SECCOMP_RET_* with any data. NULL for a value that no action has. */
const struct action *action_of_verdict(uint32_t verdict);

/* The operators of SCMP_CMP_*. MASKED_EQ means
 * (argument & value) == (value_two & value). */
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

#endif
