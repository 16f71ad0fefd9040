/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of actions, operators and filter flags. */
#include "compiler/facts/action.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "util/cleanup.h"

enum {
    KERNEL_MAX_ERRNO = 4095, /* include/linux/err.h, MAX_ERRNO: the kernel cuts larger ones */
};

/*
 * Each table is written once, as a list of ROW(…), from which both the rows and the text of an is
 * used for all rows but the first.
 */
#define ACTIONS(FIRST, ROW)                                     \
    FIRST("SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, 0) \
    ROW("SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD, 0)     \
    ROW("SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD, 0)            \
    ROW("SCMP_ACT_TRAP", SECCOMP_RET_TRAP, 0)                   \
    ROW("SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO, KERNEL_MAX_ERRNO)  \
    ROW("SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF, 0)           \
    ROW("SCMP_ACT_TRACE", SECCOMP_RET_TRACE, SECCOMP_RET_DATA)  \
    ROW("SCMP_ACT_LOG", SECCOMP_RET_LOG, 0)                     \
    ROW("SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW, 0)

#define OPERATORS(FIRST, ROW)       \
    FIRST("SCMP_CMP_NE", CMP_NE, 0) \
    ROW("SCMP_CMP_LT", CMP_LT, 0)   \
    ROW("SCMP_CMP_LE", CMP_LE, 0)   \
    ROW("SCMP_CMP_EQ", CMP_EQ, 0)   \
    ROW("SCMP_CMP_GE", CMP_GE, 0)   \
    ROW("SCMP_CMP_GT", CMP_GT, 0)   \
    ROW("SCMP_CMP_MASKED_EQ", CMP_MASKED_EQ, 0)

/* Those of the OCI runtime-spec. NEW_LISTENER is no choice of the profile: NOTIFY implies it. */
#define FLAGS(FIRST, ROW)                                                    \
    FIRST("SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC, 0)         \
    ROW("SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG, 0)               \
    ROW("SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0) \
    ROW("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, 0)

#define FIRST_NAME(text, value, max) text
#define NEXT_NAME(text, value, max)  ", " text

#define ACTION_ROW(text, value, max) {.name = (text), .ret = (value), .max_data = (max)},
static const struct action actions[] = {ACTIONS(ACTION_ROW, ACTION_ROW)};

struct name_value {
    const char *name;
    uint32_t value;
};

#define VALUE_ROW(text, number, max) {.name = (text), .value = (uint32_t)(number)},
static const struct name_value operators[] = {OPERATORS(VALUE_ROW, VALUE_ROW)};
static const struct name_value flags[] = {FLAGS(VALUE_ROW, VALUE_ROW)};

const struct action *action_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
        if (!strcmp(actions[i].name, name))
            return &actions[i];
    return NULL;
}

const char *action_names(void)
{
    return ACTIONS(FIRST_NAME, NEXT_NAME);
}

const struct action *action_of_verdict(uint32_t verdict)
{
    for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
        if (actions[i].ret == (verdict & SECCOMP_RET_ACTION_FULL))
            return &actions[i];
    return NULL;
}

int cmp_op_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
        if (!strcmp(operators[i].name, name))
            return (int)operators[i].value;
    return -EINVAL;
}

const char *cmp_op_name(enum cmp_op op)
{
    for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
        if (operators[i].value == op)
            return operators[i].name;
    return NULL;
}

const char *cmp_op_names(void)
{
    return OPERATORS(FIRST_NAME, NEXT_NAME);
}

int filter_flag_by_name(const char *name, uint32_t *flag)
{
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        if (!strcmp(flags[i].name, name)) {
            *flag = flags[i].value;
            return 0;
        }
    }
    return -EINVAL;
}

const char *filter_flag_name(uint32_t flag)
{
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
        if (flags[i].value == flag)
            return flags[i].name;
    return NULL;
}

const char *filter_flag_names(void)
{
    return FLAGS(FIRST_NAME, NEXT_NAME);
}
