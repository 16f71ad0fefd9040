/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks in diagrams for arguments with which a call is permitted, asked about, or denied. */
#include "config.h"

#include "client/secprofctl/subject/permits.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "client/secprofctl/subject/call.h"
#include "compiler/facts/syscalls.h"
#include "compiler/prove/argument.h"
#include "compiler/prove/behaviour.h"
#include "compiler/questions/explain.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum permission permission_of(uint32_t verdict)
{
    switch (verdict & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
        return PERMISSION_YES;
    case SECCOMP_RET_TRACE:
    case SECCOMP_RET_USER_NOTIF:
        return PERMISSION_ASKS;
    default:
        return PERMISSION_NO;
    }
}

bool permits_more(uint32_t a, uint32_t b)
{
    return permission_of(a) > permission_of(b);
}

const char *permission_name(enum permission permission)
{
    static const char *const names[] = {
        [PERMISSION_NO] = "no",
        [PERMISSION_ASKS] = "asks",
        [PERMISSION_HIGH_BITS] = "high bits",
        [PERMISSION_ARGUMENTS] = "arguments",
        [PERMISSION_YES] = "yes",
    };

    return names[permission];
}

/* For bdd_find() over a condition and verdicts: where it holds, and the verdict is of one kind. */
static bool is_permitted(uint32_t holds, uint32_t verdict)
{
    return holds && permission_of(verdict) == PERMISSION_YES;
}

static bool is_asked(uint32_t holds, uint32_t verdict)
{
    return holds && permission_of(verdict) == PERMISSION_ASKS;
}

static bool is_not_permitted(uint32_t holds, uint32_t verdict)
{
    return holds && permission_of(verdict) != PERMISSION_YES;
}

/* The condition that the call of WAY is CALL; LOW: as far as the low 32 bits of arguments go. */
static bdd_ref condition_of(struct bdd *bdd, const struct permitted_way *way,
                            const struct call *call, bool low)
{
    const uint64_t mask = low ? UINT32_MAX : UINT64_MAX;
    bdd_ref condition = BDD_TRUE;

    /* What a multiplexer's call gets stands in memory, where no filter sees it. */
    if (way->through)
        return argument_equals(bdd, 0, way->through->mask, way->through->call, true);
    for (unsigned int i = 0; i < call->n_args; i++)
        condition = bdd_and(bdd, condition,
                            argument_equals(bdd, i, mask, call->args[i] & mask, way->abi->wide));
    return condition;
}

/* Finds the permission of WAY where CONDITION holds, of which DECISION tells. */
static int find_where(struct permitted_way *way, const struct bdd *bdd, bdd_ref condition,
                      bdd_ref decision)
{
    uint64_t other[BDD_WORDS];
    int r = bdd_find(bdd, condition, decision, is_permitted, way->words);

    if (r < 0)
        return r;
    if (r > 0) {
        r = bdd_find(bdd, condition, decision, is_not_permitted, other);
        way->permission = r > 0 ? PERMISSION_ARGUMENTS : PERMISSION_YES;
        return r < 0 ? r : 0;
    }
    r = bdd_find(bdd, condition, decision, is_asked, way->words);
    way->permission = r > 0 ? PERMISSION_ASKS : PERMISSION_NO;
    return r < 0 ? r : 0;
}

static int add_way(struct permits *permits, struct bdd *bdd, const struct behaviour *behaviour,
                   const struct call *call, struct permitted_way way)
{
    const bdd_ref decision = behaviour_at(behaviour, way.abi->audit_arch, way.nr);
    bdd_ref condition = condition_of(bdd, &way, call, false);
    int r = bdd_failed(bdd) ? -E2BIG : find_where(&way, bdd, condition, decision);

    if (r == 0 && way.permission < PERMISSION_HIGH_BITS && way.abi->wide) {
        struct permitted_way low = way;

        condition = condition_of(bdd, &way, call, true);
        r = bdd_failed(bdd) ? -E2BIG : find_where(&low, bdd, condition, decision);
        if (r == 0 && low.permission > PERMISSION_HIGH_BITS) {
            way = low;
            way.permission = PERMISSION_HIGH_BITS;
        }
    }
    if (r != 0)
        return bdd_out_of_memory(bdd) ? -ENOMEM : r;
    permits->ways[permits->n++] = way;
    if (way.permission > permits->permission)
        permits->permission = way.permission;
    return 0;
}

int permits_find(struct permits *permits, struct bdd *bdd, const struct behaviour *behaviour,
                 const struct target *target, const struct call *call, struct syscalls *syscalls)
{
    const struct multiplexed *through = call->name ? syscalls_multiplexed(call->name) : NULL;
    int r = 0;

    *permits = (struct permits){.permission = PERMISSION_NO};
    for (size_t i = 0; r == 0 && i < target->n_abis; i++) {
        struct permitted_way way = {.abi = abi_get(target->abis[i]), .nr = call->number};
        bool has = call->name ? syscalls_number(syscalls, way.abi->id, call->name, &way.nr) == 0
                              : explain_is_number_of(way.abi, call->number);

        if (has)
            r = add_way(permits, bdd, behaviour, call, way);
        if (r != 0 || !through ||
            syscalls_number(syscalls, way.abi->id, through->multiplexer, &way.nr) != 0)
            continue;
        way.through = through;
        r = add_way(permits, bdd, behaviour, call, way);
    }
    return r;
}

/* The ways of PERMITS with this PERMISSION: "x86_64, x86 by socketcall". */
static const char *ways_text(const struct permits *permits, enum permission permission,
                             struct arena *arena)
{
    const char *text = "";

    for (size_t i = 0; text && i < permits->n; i++) {
        const struct permitted_way *way = &permits->ways[i];

        if (way->permission == permission)
            text = arena_printf(arena, "%s%s%s%s%s", text, *text ? ", " : "", way->abi->name,
                                way->through ? " by " : "",
                                way->through ? way->through->multiplexer : "");
    }
    return text;
}

const char *permits_text(const struct permits *permits, struct arena *arena)
{
    const char *text = "";
    bool differ = false;

    for (size_t i = 0; i < permits->n; i++)
        differ = differ || permits->ways[i].permission != permits->permission;
    if (!differ)
        return permission_name(permits->permission);
    for (int level = PERMISSION_YES; text && level > PERMISSION_NO; level--) {
        const char *ways = ways_text(permits, (enum permission)level, arena);

        if (!ways || *ways)
            text = ways ? arena_printf(arena, "%s%s%s: %s", text, *text ? "; " : "",
                                       permission_name((enum permission)level), ways)
                        : NULL;
    }
    return text;
}
