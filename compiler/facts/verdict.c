/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How verdicts compare, and how they are written. */
#include "compiler/facts/verdict.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>

#include "compiler/facts/action.h"
#include "compiler/facts/errno.h"
#include "util/arena.h"

static bool is_errno(uint32_t verdict)
{
    return (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
}

int verdict_compare(uint32_t a, uint32_t b)
{
    /* The kernel compares them as signed numbers, so that KILL_PROCESS is the lowest. */
    int32_t action_a = (int32_t)(a & SECCOMP_RET_ACTION_FULL);
    int32_t action_b = (int32_t)(b & SECCOMP_RET_ACTION_FULL);

    return (action_a > action_b) - (action_a < action_b);
}

const char *verdict_text(struct arena *arena, uint32_t verdict)
{
    static const char prefix[] = "SCMP_ACT_";
    const struct action *action = action_of_verdict(verdict);
    uint32_t data = verdict & SECCOMP_RET_DATA;

    if (!action)
        return arena_printf(arena, "0x%08x", verdict);

    const char *name = action->name + strlen(prefix);

    if (action->max_data == 0)
        return name;
    if (is_errno(verdict) && errno_name((int)data))
        return arena_printf(arena, "%s(%s)", name, errno_name((int)data));
    return arena_printf(arena, "%s(%u)", name, data);
}

uint32_t verdict_with_errno(uint32_t verdict, const char *name, enum abi_id abi)
{
    return name ? (verdict & SECCOMP_RET_ACTION_FULL) | (uint32_t)errno_by_name_on_abi(name, abi)
                : verdict;
}

const char *verdict_text_on_abi(struct arena *arena, uint32_t verdict, enum abi_id abi)
{
    int number = (int)(verdict & SECCOMP_RET_DATA);
    const char *name = errno_name_on_abi(number, abi);

    if (!is_errno(verdict))
        return verdict_text(arena, verdict);
    return name ? arena_printf(arena, "ERRNO(%s)", name) : arena_printf(arena, "ERRNO(%d)", number);
}
