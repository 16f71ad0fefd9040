/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rule that a denied call lacks. */
#include "compiler/questions/remedy.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/symbol.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/request.h"
#include "compiler/policy/resolve.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/meaning.h"
#include "util/arena.h"

/*
 * The rule: as narrow as what is known allows, in the arguments that have names. Of others, an fd
 * or an address, the next call has another one.
 */
static int make_rule(struct rule *rule, const struct remedy_call *call, struct arena *arena)
{
    struct rule_name *name = arena_calloc(arena, 1, sizeof(*name));
    struct arg_test *tests = arena_calloc(arena, SYSCALL_ARGS, sizeof(*tests));

    if (!name || !tests)
        return -ENOMEM;
    name->name = call->name;
    *rule =
        (struct rule){.names = name, .n_names = 1, .verdict = SECCOMP_RET_ALLOW, .tests = tests};
    for (unsigned int i = 0; i < SYSCALL_ARGS; i++)
        if (call->known >> i & 1 && symbols_of(call->abi, call->name, i))
            tests[rule->n_tests++] =
                (struct arg_test){.index = (uint8_t)i, .op = CMP_EQ, .value = call->args[i]};
    return 0;
}

/* *PROFILE with RULE at its end. */
static int add_rule(struct profile *profile, const struct rule *rule, struct arena *arena)
{
    struct rule *rules = arena_calloc(arena, profile->n_rules + 1, sizeof(*rules));

    if (!rules)
        return -ENOMEM;
    for (size_t i = 0; i < profile->n_rules; i++)
        rules[i] = profile->rules[i];
    rules[profile->n_rules] = *rule;
    profile->rules = rules;
    profile->n_rules++;
    return 0;
}

/* Whether CALL, number NR, is allowed by BEHAVIOUR whatever its unknown arguments are. */
static int is_allowed(struct bdd *bdd, const struct behaviour *behaviour,
                      const struct remedy_call *call, uint32_t nr, bool *allowed)
{
    struct bdd_outcomes outcomes;
    bdd_ref condition = BDD_TRUE;

    for (unsigned int i = 0; i < SYSCALL_ARGS; i++)
        if (call->known >> i & 1)
            condition = bdd_and(bdd, condition, bdd_word_is(bdd, i, call->args[i]));
    if (bdd_failed(bdd) ||
        bdd_values_where(bdd, condition, behaviour_at(behaviour, call->abi->audit_arch, nr),
                         &outcomes) < 0)
        return -ENOMEM;
    *allowed = !outcomes.more;
    for (size_t i = 0; i < outcomes.n; i++)
        *allowed = *allowed && verdict_compare(outcomes.items[i].b, SECCOMP_RET_ALLOW) == 0;
    return 0;
}

/* The first rule in force that names CALL and does not allow it, or NULL. */
static const struct rule *rule_against(const struct profile *profile,
                                       const struct variant_request *request,
                                       const struct remedy_call *call)
{
    for (size_t i = 0; i < profile->n_rules; i++) {
        const struct rule *rule = &profile->rules[i];

        if (rule->verdict == SECCOMP_RET_ALLOW || rule_resolve(rule, request) != RULE_ACTIVE)
            continue;
        for (size_t k = 0; k < rule->n_names; k++)
            if (!strcmp(rule->names[k].name, call->name))
                return rule;
    }
    return NULL;
}

int remedy_find(struct remedy *remedy, struct bdd *bdd, const struct profile *profile,
                const struct variant_request *request, const struct remedy_call *call,
                struct syscalls *syscalls, struct arena *arena)
{
    struct profile more = *profile;
    struct behaviour with, without;
    uint32_t nr;
    int r = syscalls_number(syscalls, call->abi->id, call->name, &nr);

    *remedy = (struct remedy){.against = NULL};
    if (r == 0)
        r = make_rule(&remedy->rule, call, arena);
    if (r == 0)
        r = add_rule(&more, &remedy->rule, arena);
    if (r == 0)
        r = meaning_of_profile(&without, bdd, profile, request, syscalls, arena);
    if (r == 0)
        r = meaning_of_profile(&with, bdd, &more, request, syscalls, arena);
    if (r == 0)
        r = is_allowed(bdd, &without, call, nr, &remedy->allowed);
    if (r == 0)
        r = is_allowed(bdd, &with, call, nr, &remedy->enough);
    if (r == 0 && !remedy->enough)
        remedy->against = rule_against(profile, request, call);
    return r < 0 ? r
                 : changes_find(&remedy->changes, bdd, &with, &without, request->target, syscalls,
                                verdict_is_weaker, arena);
}

bool remedy_is_whole(const struct bdd *bdd, const struct change *change)
{
    struct bdd_outcomes outcomes;

    if (bdd_outcomes(bdd, change->a, change->b, NULL, &outcomes) < 0 || outcomes.more)
        return false;
    for (size_t i = 0; i < outcomes.n; i++)
        if (!verdict_is_weaker(outcomes.items[i].a, outcomes.items[i].b))
            return false;
    return true;
}
