/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first reason that explain would give, without its details. */
#include "config.h"

#include "client/secprofctl/show/explain-short.h"

#include <linux/seccomp.h>
#include <string.h>

#include "client/secprofctl/show/explain.h"
#include "compiler/questions/explain.h"
#include "util/arena.h"

/* The last part of the path of the profile's file. */
static const char *file_name(const struct explaining *what)
{
    const char *slash = strrchr(what->file, '/');

    return slash ? slash + 1 : what->file;
}

/* The answer for number NR, or NULL. */
static const struct explanation *find_way(const struct explaining *what, uint32_t nr)
{
    for (size_t i = 0; what->file && i < what->n; i++)
        if (what->list[i].nr == nr)
            return &what->list[i];
    return NULL;
}

static const struct explained_rule *find_rule(const struct explanation *way, enum rule_role role)
{
    for (size_t i = 0; i < way->n_rules; i++)
        if (way->rules[i].role == role)
            return &way->rules[i];
    return NULL;
}

const char *explain_short(struct explaining *what, uint32_t nr, uint32_t action)
{
    const struct explanation *way = find_way(what, nr);
    const struct explained_rule *rule;
    struct arena *arena = &what->arena;

    if (!way)
        return "not known";
    if (way->known && action != UINT32_MAX && (way->verdict & SECCOMP_RET_ACTION_FULL) != action)
        return "not by this profile as it is now";
    if (way->origin == DECIDED_AS_FOREIGN)
        return "the profile does not list this ABI";
    if (way->origin == DECIDED_AS_NEWER)
        return "newer than the profile";
    if (!way->known)
        return "its arguments decide, which the record lacks";
    rule = find_rule(way, ROLE_DECIDES);
    if (rule)
        return arena_printf(arena, "the rule at %s:%u%s%s", file_name(what), rule->rule->at.line,
                            rule->rule->comment ? ": " : "",
                            rule->rule->comment ? rule->rule->comment : "");
    rule = find_rule(way, ROLE_INACTIVE);
    if (rule)
        return arena_printf(
            arena, "the rule at %s:%u is not in force: %s", file_name(what), rule->rule->at.line,
            rule_state_text(arena, rule->rule, &what->subject.request, rule->state));
    return arena_printf(arena, "no rule %s: the default, %s:%u",
                        way->n_rules ? "holds" : "names it", file_name(what),
                        what->subject.profile.default_at.line);
}
