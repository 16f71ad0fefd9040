/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Explanations. The verdict comes from the policy; this file only finds out which parts of it led
 * there.
 */
#include "compiler/questions/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/capability.h"
#include "compiler/facts/symbol.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "util/arena.h"

static const struct policy_arch *arch_of(const struct policy *policy, const struct abi *abi)
{
    for (size_t i = 0; i < policy->n_archs; i++)
        if (policy->archs[i].audit_arch == abi->audit_arch)
            return &policy->archs[i];
    return NULL;
}

struct seccomp_data explanation_data(const struct explanation *explanation, const uint64_t *args)
{
    struct seccomp_data data = {
        .nr = (int)explanation->nr,
        .arch = explanation->abi->audit_arch,
    };

    if (explanation->through)
        data.args[0] = explanation->through->call;
    else if (args)
        memcpy(data.args, args, sizeof(data.args));
    return data;
}

/* What is known of the arguments: bit 1 << index. A multiplexer's first one is the call. */
static unsigned int known_args(const struct explanation *explanation, const struct question *asked)
{
    return explanation->through ? 1 : asked->args ? asked->known : 0;
}

/* How the tests of CLAUSE come out. */
enum outcome {
    HOLDS,
    FAILS,
    MAY_HOLD,
};

static enum outcome try_tests(const struct arg_test *tests, size_t n, const struct abi *abi,
                              const struct seccomp_data *data, unsigned int known)
{
    enum outcome outcome = HOLDS;

    for (size_t i = 0; i < n; i++) {
        if (!(known >> tests[i].index & 1))
            outcome = MAY_HOLD;
        else if (!arg_test_holds(&tests[i], abi, data->args[tests[i].index]))
            return FAILS;
    }
    return outcome;
}

/* Notes VERDICT as one that the call can get. */
static void add_verdict(struct explanation *explanation, uint32_t verdict, bool first)
{
    if (first)
        explanation->verdict = verdict;
    explanation->known = first || (explanation->known && explanation->verdict == verdict);
}

/* Finds the clauses of the decision that can hold. */
static int find_clauses(struct explanation *explanation, const struct question *asked,
                        struct arena *arena)
{
    const struct decision *decision = explanation->decision;
    struct seccomp_data data = explanation_data(explanation, asked->args);
    unsigned int known = known_args(explanation, asked);

    explanation->clauses =
        arena_calloc(arena, decision->n_clauses + 1, sizeof(const struct clause *));
    if (!explanation->clauses)
        return -ENOMEM;
    for (size_t i = 0; i < decision->n_clauses; i++) {
        const struct clause *clause = &decision->clauses[i];
        enum outcome outcome =
            try_tests(clause->tests, clause->n_tests, explanation->abi, &data, known);

        if (outcome == FAILS)
            continue;
        add_verdict(explanation, clause->verdict, explanation->n_clauses == 0);
        explanation->clauses[explanation->n_clauses++] = clause;
        if (outcome == HOLDS)
            return 0;
    }
    add_verdict(explanation, decision->otherwise, explanation->n_clauses == 0);
    explanation->otherwise = true;
    return 0;
}

/* RULE as it is in the variant, or NULL. */
static const struct rule *active_rule(const struct variant *variant, const struct rule *rule)
{
    for (size_t i = 0; i < variant->n_rules; i++)
        if (variant->rules[i]->names == rule->names)
            return variant->rules[i];
    return NULL;
}

static bool rule_names(const struct rule *rule, const char *name)
{
    for (size_t i = 0; name && i < rule->n_names; i++)
        if (!strcmp(rule->names[i].name, name))
            return true;
    return false;
}

/* True where all tests of RULE (where they are alternatives: one) hold, as far as that is KNOWN. */
static bool rule_can_hold(const struct rule *rule, const struct abi *abi,
                          const struct seccomp_data *data, unsigned int known)
{
    if (!rule->alternatives)
        return try_tests(rule->tests, rule->n_tests, abi, data, known) != FAILS;
    for (size_t i = 0; i < rule->n_tests; i++)
        if (try_tests(&rule->tests[i], 1, abi, data, known) != FAILS)
            return true;
    return false;
}

/* The role of the active RULE of the variant; THROUGH: it names the call behind a multiplexer. */
static enum rule_role find_role(const struct explanation *explanation, const struct question *asked,
                                const struct rule *rule, bool through)
{
    const struct decision *decision = explanation->decision;

    if (rule->verdict == asked->variant->profile->default_verdict)
        return ROLE_SAYS_DEFAULT;
    if (decision->rule)
        return decision->rule == rule ? ROLE_DECIDES : ROLE_OVERRULED;
    if (through && rule->n_tests)
        return ROLE_UNTESTABLE;
    for (size_t i = 0; i < explanation->n_clauses; i++)
        if (explanation->clauses[i]->rule == rule)
            return ROLE_DECIDES;
    if (through)
        return ROLE_OVERRULED;

    struct seccomp_data data = explanation_data(explanation, asked->args);

    return rule_can_hold(rule, explanation->abi, &data, known_args(explanation, asked))
               ? ROLE_WEAKER
               : ROLE_TESTS_FAIL;
}

/* Finds the rules that name the call NAME, or its multiplexer. */
static int find_rules(struct explanation *explanation, const struct question *asked,
                      const char *name, struct arena *arena)
{
    const struct profile *profile = asked->profile;
    const char *multiplexer = explanation->through ? explanation->through->multiplexer : NULL;

    explanation->rules = arena_calloc(arena, profile->n_rules + 1, sizeof(*explanation->rules));
    if (!explanation->rules)
        return -ENOMEM;
    for (size_t i = 0; i < profile->n_rules; i++) {
        const struct rule *rule = &profile->rules[i];
        const struct rule *active = active_rule(asked->variant, rule);
        bool of_multiplexer = rule_names(rule, multiplexer);
        struct explained_rule found = {
            .rule = active ? active : rule,
            .name = of_multiplexer ? multiplexer : name,
        };

        if (!of_multiplexer && !rule_names(rule, name))
            continue;
        found.state = rule_resolve(rule, asked->request);
        found.role =
            active ? find_role(explanation, asked, active, explanation->through && !of_multiplexer)
                   : ROLE_INACTIVE;
        explanation->rules[explanation->n_rules++] = found;
    }
    return 0;
}

/* Fills EXPLANATION, whose ABI, number and multiplexer are set; NAME: of the call, or NULL. */
static int explain_number(struct explanation *explanation, const struct question *asked,
                          const char *name, struct arena *arena)
{
    const struct policy_arch *arch = arch_of(asked->policy, explanation->abi);

    explanation->covered = (asked->variant->abis >> explanation->abi->id & 1) != 0;
    if (!arch) {
        explanation->origin = DECIDED_AS_FOREIGN;
        explanation->otherwise = true;
        add_verdict(explanation, asked->policy->foreign, true);
        return 0;
    }
    explanation->decision = policy_range_of(arch, explanation->nr)->decision;
    explanation->origin = explanation->decision->origin;

    int r = find_clauses(explanation, asked, arena);

    return r == 0 && explanation->origin != DECIDED_AS_FOREIGN
               ? find_rules(explanation, asked, name, arena)
               : r;
}

static int add_explanation(struct explanation **list, size_t *n, size_t *room,
                           const struct question *asked, struct explanation explanation,
                           struct arena *arena)
{
    const char *name = explanation.through ? explanation.through->name
                       : asked->name
                           ? asked->name
                           : syscalls_name(asked->syscalls, explanation.abi->id, explanation.nr);

    explanation.name = explanation.through ? explanation.through->multiplexer : name;

    int r = explain_number(&explanation, asked, name, arena);

    if (r == 0)
        r = arena_grow(arena, list, *n, room, sizeof(**list));
    if (r == 0)
        (*list)[(*n)++] = explanation;
    return r;
}

bool explain_is_number_of(const struct abi *abi, uint32_t nr)
{
    bool x32 = nr >= X32_SYSCALL_BIT && nr != UINT32_MAX;

    return abi->id == ABI_X32 ? x32 : abi->id != ABI_X86_64 || !x32;
}

int explain(struct explanation **list, size_t *n, size_t *room, const struct question *question,
            const struct abi *abi, struct arena *arena)
{
    const struct multiplexed *through =
        question->name ? syscalls_multiplexed(question->name) : NULL;
    struct explanation explanation = {.abi = abi, .nr = question->number};
    int r = 0;

    if (!question->name)
        return explain_is_number_of(abi, question->number)
                   ? add_explanation(list, n, room, question, explanation, arena)
                   : 0;
    r = syscalls_number(question->syscalls, abi->id, question->name, &explanation.nr);
    if (r == 0)
        r = add_explanation(list, n, room, question, explanation, arena);
    if (r < 0 && r != -ENOENT)
        return r;
    if (!through)
        return 0;
    explanation.through = through;
    r = syscalls_number(question->syscalls, abi->id, through->multiplexer, &explanation.nr);
    if (r == 0)
        r = add_explanation(list, n, room, question, explanation, arena);
    return r == -ENOENT ? 0 : r;
}

/* VALUE by its names, else small numbers as people write them and others in hex. */
static const char *value_text(struct arena *arena, uint64_t value, const struct abi *abi,
                              const struct symbol_set *symbols, bool as_number)
{
    const char *text = as_number ? NULL : symbols_text(arena, symbols, abi, value);

    return text ? text : arena_printf(arena, value < 10000 ? "%" PRIu64 : "%#" PRIx64, value);
}

const char *arg_test_text(struct arena *arena, const struct arg_test *test, const struct abi *abi,
                          const char *name)
{
    static const char *const signs[CMP_COUNT] = {
        [CMP_NE] = "!=", [CMP_LT] = "<", [CMP_LE] = "<=",        [CMP_EQ] = "==",
        [CMP_GE] = ">=", [CMP_GT] = ">", [CMP_MASKED_EQ] = "==",
    };
    bool masked = test->op == CMP_MASKED_EQ;
    const struct symbol_set *symbols = symbols_of(abi, name, test->index);
    const char *value = value_text(arena, masked ? test->value_two : test->value, abi, symbols,
                                   masked && (test->value & test->value_two) == 0);

    if (!value)
        return NULL;
    if (masked) {
        const char *mask = symbols_mask_text(arena, symbols, abi, test->value);

        if (!mask)
            mask = arena_printf(arena, "%#" PRIx64, test->value);
        return mask ? arena_printf(arena, "(arg%u & %s) == %s", test->index, mask, value) : NULL;
    }
    return arena_printf(arena, "arg%u %s %s", test->index, signs[test->op], value);
}

/* The names of CAPS, joined by ", ". */
static const char *caps_text(struct arena *arena, uint64_t caps)
{
    const char *text = NULL;

    for (int cap = 0; cap < 64; cap++) {
        const char *name = caps >> cap & 1 ? capability_name(cap) : NULL;

        if (name)
            text = text ? arena_printf(arena, "%s, %s", text, name) : name;
    }
    return text ? text : "";
}

static const char *arches_text(struct arena *arena, abi_set arches)
{
    const char *text = NULL;

    for (int id = 0; id < ABI_COUNT; id++) {
        const char *name = abi_get((enum abi_id)id)->name;

        if (arches >> id & 1)
            text = text ? arena_printf(arena, "%s, %s", text, name) : name;
    }
    return text ? text : "";
}

const char *rule_state_text(struct arena *arena, const struct rule *rule,
                            const struct variant_request *request, enum rule_state state)
{
    const struct conditions *out = &rule->excludes;
    const struct conditions *in = &rule->includes;

    switch (state) {
    case RULE_ACTIVE:
        break;
    case RULE_EXCLUDED_ARCH:
        return arena_printf(arena, "it is not for %s", request->target->name);
    case RULE_EXCLUDED_CAP:
        return arena_printf(arena, "it is not for holders of %s",
                            caps_text(arena, out->caps & request->caps));
    case RULE_EXCLUDED_KERNEL:
        return arena_printf(arena, "it is for kernels before %u.%u", out->min_kernel >> 16,
                            out->min_kernel & 0xffff);
    case RULE_OTHER_ARCH:
        return arena_printf(arena, "it is for %s only", arches_text(arena, in->arches));
    case RULE_MISSING_CAP:
        return arena_printf(arena, "it needs %s", caps_text(arena, in->caps & ~request->caps));
    case RULE_OLD_KERNEL:
        return arena_printf(arena, "it is for kernels from %u.%u on", in->min_kernel >> 16,
                            in->min_kernel & 0xffff);
    }
    return "it is in force";
}
