/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of one call on one ABI, as lower.c orders them, and what each of them is worth: tests
 * that are decided in advance, rules that never decide, and rules that allow what is risky.
 */
#include "compiler/lint/rules.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/verdict.h"
#include "compiler/lint/findings.h"
#include "compiler/lint/risks.h"
#include "compiler/lint/state.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/resolve.h"
#include "compiler/prove/argument.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"

/* True where RULE is for kernels of the target. */
static bool fits(const struct lint *lint, const struct rule *rule)
{
    abi_set native = (abi_set)1 << lint->target->abis[0];

    return !(rule->excludes.arches & native) &&
           (!rule->includes.arches || (rule->includes.arches & native));
}

static uint32_t verdict_of(const struct lint *lint, const struct rule *rule)
{
    return verdict_with_errno(rule->verdict, rule->errno_name, lint->target->abis[0]);
}

/* Where the tests of RULE hold; the arguments NARROW are compared as the low 32 bits they have. */
static bdd_ref rule_holds(const struct lint *lint, const struct rule *rule, uint8_t narrow)
{
    bdd_ref result = rule->alternatives ? BDD_FALSE : BDD_TRUE;

    for (size_t i = 0; i < rule->n_tests; i++) {
        const struct arg_test *test = &rule->tests[i];
        bdd_ref holds =
            argument_test(lint->bdd, test, lint->abi->wide && !(narrow >> test->index & 1));

        result = rule->alternatives ? bdd_if(lint->bdd, result, BDD_TRUE, holds)
                                    : bdd_and(lint->bdd, result, holds);
    }
    return result;
}

/*
 * What goes first: rules without tests; then the more restrictive; then by the file. The most
 * restrictive of those that hold is what lower.c lets win.
 */
static int compare_rules(const void *pa, const void *pb)
{
    const struct lint_rule *a = pa;
    const struct lint_rule *b = pb;
    bool tested_a = a->rule->n_tests > 0;
    bool tested_b = b->rule->n_tests > 0;
    int order = tested_a ? verdict_compare(a->verdict, b->verdict) : 0;

    if (tested_a != tested_b)
        return tested_a ? 1 : -1;
    if (order != 0)
        return order;
    return a->site->order < b->site->order ? -1 : a->site->order > b->site->order;
}

static void add_request(struct lint_rules *rules, struct variant_request request)
{
    for (size_t i = 0; i < rules->n_requests; i++)
        if (rules->requests[i].caps == request.caps && rules->requests[i].kernel == request.kernel)
            return;
    if (rules->n_requests < LINT_MAX_REQUESTS)
        rules->requests[rules->n_requests++] = request;
}

/* The least request for each rule, the least of all, and the greatest. */
static void make_requests(const struct lint *lint, struct lint_rules *rules)
{
    struct variant_request all = {.target = lint->target};

    add_request(rules, all);
    for (size_t i = 0; i < rules->n; i++) {
        const struct conditions *in = &rules->items[i].rule->includes;

        all.caps |= in->caps;
        all.kernel = in->min_kernel > all.kernel ? in->min_kernel : all.kernel;
    }
    add_request(rules, all);
    for (size_t i = 0; i < rules->n; i++) {
        const struct conditions *in = &rules->items[i].rule->includes;

        add_request(rules, (struct variant_request){
                               .target = lint->target, .caps = in->caps, .kernel = in->min_kernel});
    }
}

void lint_add_requests(struct lint_rules *rules, const struct lint_rules *more)
{
    for (size_t i = 0; i < more->n_requests; i++)
        add_request(rules, more->requests[i]);
}

int lint_rules_of(struct lint *lint, const struct lint_call *call, struct lint_rules *rules)
{
    *rules = (struct lint_rules){
        .call = call,
        .narrow_args = lint_narrow_args(call->name, lint->abi->id),
    };
    if (call->n_sites > LINT_MAX_CALL_RULES) {
        lint->incomplete = true;
        return 0;
    }
    rules->items = arena_calloc(&lint->scratch, call->n_sites, sizeof(*rules->items));
    if (!rules->items)
        return -ENOMEM;
    for (size_t i = 0; i < call->n_sites; i++) {
        struct lint_site *site = &call->sites[i];
        uint32_t verdict = verdict_of(lint, site->rule);

        if (!fits(lint, site->rule))
            continue;
        site->seen |= (abi_set)1 << lint->abi->id;
        lint->rule_abis[site->order] |= (abi_set)1 << lint->abi->id;
        rules->items[rules->n++] = (struct lint_rule){
            .site = site,
            .rule = site->rule,
            .verdict = verdict,
            .is_default = verdict == lint->default_verdict,
            .holds = rule_holds(lint, site->rule, 0),
            .low_holds = rule_holds(lint, site->rule, rules->narrow_args),
        };
    }
    qsort(rules->items, rules->n, sizeof(*rules->items), compare_rules);
    make_requests(lint, rules);
    return 0;
}

void lint_activate(struct lint_rules *rules, const struct variant_request *request)
{
    for (size_t i = 0; i < rules->n; i++)
        rules->items[i].active = rule_resolve(rules->items[i].rule, request) == RULE_ACTIVE;
}

bdd_ref lint_decision(struct lint *lint, const struct lint_rules *rules, size_t low_bits,
                      bdd_ref otherwise)
{
    bdd_ref result = otherwise;

    for (size_t i = rules->n; i-- > 0;) {
        const struct lint_rule *rule = &rules->items[i];
        bool low = low_bits == i || low_bits == SIZE_MAX;

        if (rule->active && !rule->is_default)
            result = bdd_if(lint->bdd, low ? rule->low_holds : rule->holds,
                            bdd_constant(lint->bdd, rule->verdict), result);
        lint->steps++;
    }
    return result;
}

void lint_add_rule(struct lint *lint, const struct lint_rule *rule, bdd_ref *before,
                   bdd_ref *decided)
{
    /* Built this way, each step costs only what the new rule adds. */
    bdd_ref added = bdd_if(lint->bdd, *decided, BDD_FALSE, rule->holds);

    *before = bdd_if(lint->bdd, added, bdd_constant(lint->bdd, rule->verdict), *before);
    *decided = bdd_if(lint->bdd, added, BDD_TRUE, *decided);
    lint->steps++;
}

const struct lint_rule *lint_winner(const struct lint *lint, const struct lint_rules *rules,
                                    const uint64_t words[BDD_WORDS])
{
    for (size_t i = 0; i < rules->n; i++) {
        const struct lint_rule *rule = &rules->items[i];

        if (rule->active && !rule->is_default && bdd_evaluate(lint->bdd, rule->holds, words))
            return rule;
    }
    return NULL;
}

/* The parser has a warning for it. */
static bool is_reported(const struct arg_test *test)
{
    return (test->op == CMP_LT && test->value == 0) ||
           (test->op == CMP_GT && test->value == UINT64_MAX);
}

int lint_tests(struct lint *lint, const struct lint_rules *rules)
{
    for (size_t i = 0; i < rules->n; i++) {
        const struct lint_rule *rule = &rules->items[i];

        for (size_t t = 0; t < rule->rule->n_tests; t++) {
            const struct arg_test *test = &rule->rule->tests[t];
            bdd_ref holds = argument_test(lint->bdd, test, lint->abi->wide);

            if ((holds != BDD_TRUE && holds != BDD_FALSE) || is_reported(test))
                continue;

            const struct finding finding = {
                .kind = holds == BDD_TRUE ? FINDING_ALWAYS : FINDING_NEVER,
                .site = rule->site,
                .test = test,
            };

            if (lint_find(lint, &finding) < 0)
                return -ENOMEM;
        }
    }
    return 0;
}

/* True where S is in force for each request for which R is. */
static bool is_implied(const struct rule *s, const struct rule *r)
{
    uint32_t before_s = s->excludes.min_kernel;
    uint32_t before_r = r->excludes.min_kernel;

    return !(s->excludes.caps & ~r->excludes.caps) && !(s->includes.caps & ~r->includes.caps) &&
           s->includes.min_kernel <= r->includes.min_kernel &&
           (!before_s || (before_r && before_r <= before_s));
}

static bool is_undecided(uint32_t a, uint32_t b)
{
    (void)b;
    return a == LINT_UNDECIDED;
}

static bool is_true(uint32_t a, uint32_t b)
{
    (void)b;
    return a == BDD_TRUE;
}

/*
 * What those rules decide that go before the one at AT and are in force whenever it is; marks them
 * as active. BEFORE is what all rules that go before it decide.
 */
static bdd_ref decided_before(struct lint *lint, struct lint_rules *rules, size_t at,
                              bdd_ref before)
{
    bool all = true;

    for (size_t i = 0; i < rules->n; i++) {
        struct lint_rule *rule = &rules->items[i];

        rule->active = i < at && is_implied(rule->rule, rules->items[at].rule);
        all &= rule->active || rule->is_default || i >= at;
    }
    return all ? before
               : lint_decision(lint, rules, LINT_NO_LOW_BITS,
                               bdd_constant(lint->bdd, LINT_UNDECIDED));
}

/* Finds out whether the rule at AT ever decides. */
static int find_shadow(struct lint *lint, struct lint_rules *rules, size_t at, bdd_ref before)
{
    struct lint_rule *rule = &rules->items[at];
    struct finding finding = {.kind = FINDING_SHADOWED, .site = rule->site};
    bdd_ref wanted = bdd_constant(lint->bdd, rule->verdict);

    if (before != bdd_constant(lint->bdd, LINT_UNDECIDED))
        before = decided_before(lint, rules, at, before);

    bdd_ref given = bdd_if(lint->bdd, rule->holds, before, wanted);
    int r = bdd_find(lint->bdd, given, given, is_undecided, finding.words);

    /* A rule that never holds has a test that never holds, and that finding says more. */
    if (r == 0 && rule->holds != BDD_FALSE) {
        rule->shadowed = true;
        r = bdd_find(lint->bdd, given, wanted, verdicts_differ, finding.words);
        if (r == 0) {
            finding.kind = FINDING_REDUNDANT;
            r = bdd_find(lint->bdd, rule->holds, rule->holds, is_true, finding.words);
        }

        const struct lint_rule *winner = r > 0 ? lint_winner(lint, rules, finding.words) : NULL;

        if (!winner)
            return r < 0 ? r : 0;
        finding.other = winner->site;
        return lint_find(lint, &finding);
    }
    rule->site->decides = true;
    return r < 0 ? r : 0;
}

int lint_shadows(struct lint *lint, struct lint_rules *rules)
{
    bdd_ref before = bdd_constant(lint->bdd, LINT_UNDECIDED);
    bdd_ref decided = BDD_FALSE;

    for (size_t i = 0; i < rules->n && !bdd_failed(lint->bdd); i++) {
        const struct lint_rule *rule = &rules->items[i];

        if (rule->is_default)
            continue;

        int r = find_shadow(lint, rules, i, before);

        if (r < 0)
            return r;
        lint_add_rule(lint, rule, &before, &decided);
    }
    return 0;
}

/* True where RULE can hold for a call with the flag of RISK set. */
static bool allows_flag(const struct lint *lint, const struct lint_rule *rule,
                        const struct lint_risk *risk)
{
    enum abi_id native = lint->target->abis[0];
    bool is_s390 = native == ABI_S390 || native == ABI_S390X;
    const struct arg_test flag = {
        .index = is_s390 ? risk->flag_arg_s390 : risk->flag_arg,
        .op = CMP_MASKED_EQ,
        .value = risk->flag,
        .value_two = risk->flag,
    };

    return risk->flag && bdd_and(lint->bdd, rule->holds,
                                 argument_test(lint->bdd, &flag, lint->abi->wide)) != BDD_FALSE;
}

int lint_risks(struct lint *lint, const struct lint_rules *rules)
{
    const struct lint_risk *risk = rules->call->risk;

    /* A default that allows opens all of them: one line says so, see tell_open_default(). */
    if (verdict_compare(lint->default_verdict, SECCOMP_RET_LOG) >= 0)
        return 0;
    for (size_t i = 0; risk && i < rules->n; i++) {
        const struct lint_rule *rule = &rules->items[i];
        bool allows = verdict_compare(rule->verdict, SECCOMP_RET_LOG) >= 0;
        bool fixed = risk->fixed_in && (rule->rule->includes.min_kernel >= risk->fixed_in ||
                                        lint->kernel >= risk->fixed_in);

        if (!allows || fixed || rule->shadowed || rule->rule->includes.caps ||
            (rule->rule->n_tests && !allows_flag(lint, rule, risk)))
            continue;

        const struct finding finding = {
            .kind = FINDING_RISK, .site = rule->site, .call = rules->call};

        if (lint_find(lint, &finding) < 0)
            return -ENOMEM;
    }
    return 0;
}
