/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls that are also made through socketcall(2) or ipc(2), where a filter cannot see their
 * arguments: what rules on them are worth there.
 */
#include "compiler/lint/multiplexer.h"

#include <errno.h>

#include "compiler/facts/action.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/lint/findings.h"
#include "compiler/lint/rules.h"
#include "compiler/lint/state.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/prove/argument.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"

/* What the rules of a call say of its multiplexed form. */
struct say {
    const struct lint_rule *tested;  /* the first rule with tests that counts; or NULL */
    const struct lint_rule *speaker; /* the rule that an open multiplexer goes against; or NULL */
    uint32_t verdict;
};

static bool goes_before(const struct lint_rule *rule, const struct lint_rule *other)
{
    return !other || rule->site->order < other->site->order;
}

/*
 * As lower.c: a rule without tests decides, else the most restrictive of the rules and the default.
 * A rule that says what the default says makes no difference there, but it has a say here.
 */
static struct say say_of(const struct lint *lint, const struct lint_rules *rules)
{
    struct say say = {.verdict = lint->default_verdict};

    for (size_t i = 0; i < rules->n; i++) {
        const struct lint_rule *rule = &rules->items[i];

        if (!rule->active)
            continue;
        if (!rule->is_default && rule->rule->n_tests == 0)
            return (struct say){NULL, rule, rule->verdict};
        if (!rule->is_default && goes_before(rule, say.tested))
            say.tested = rule;
        if (!rule->is_default && verdict_compare(rule->verdict, say.verdict) < 0)
            say.verdict = rule->verdict;
        if (goes_before(rule, say.speaker))
            say.speaker = rule;
    }
    return say;
}

/*
 * Looks for a rule on the multiplexer that gives the call more than SAY does. Returns 1 where some
 * rule on the multiplexer decides; 0; or -ENOMEM.
 */
static int find_bypass(struct lint *lint, const struct lint_rules *rules,
                       struct lint_rules *multiplexer, const struct say *say)
{
    const struct multiplexed *through = rules->call->through;
    const struct arg_test is_call = {
        .op = CMP_MASKED_EQ, .value = through->mask, .value_two = through->call};
    struct finding finding = {
        .kind = FINDING_BYPASSED, .call = rules->call, .other = say->speaker->site};
    bdd_ref meant = bdd_constant(lint->bdd, say->verdict);
    bdd_ref undecided = bdd_constant(lint->bdd, LINT_UNDECIDED);
    bdd_ref here = argument_test(lint->bdd, &is_call, lint->abi->wide);
    bdd_ref decided = bdd_if(
        lint->bdd, here, lint_decision(lint, multiplexer, LINT_NO_LOW_BITS, undecided), undecided);
    bdd_ref given =
        bdd_if(lint->bdd, here, lint_decision(lint, multiplexer, LINT_NO_LOW_BITS, meant), meant);

    if (decided == undecided)
        return 0;

    int r = bdd_find(lint->bdd, given, meant, verdict_is_weaker, finding.words);
    const struct lint_rule *winner = r > 0 ? lint_winner(lint, multiplexer, finding.words) : NULL;

    if (!winner)
        return r < 0 ? r : 1;
    finding.site = winner->site;
    finding.verdict = winner->verdict;
    finding.other_verdict = say->verdict;
    r = lint_find(lint, &finding);
    return r < 0 ? r : 1;
}

/* One request: a bypass, or else that the tests do not count there. */
static int look_at(struct lint *lint, const struct lint_rules *rules,
                   struct lint_rules *multiplexer, const struct variant_request *request)
{
    struct say say = say_of(lint, rules);
    int r = 0;

    if (!say.speaker)
        return 0;
    if (multiplexer->n) {
        lint_activate(multiplexer, request);
        r = find_bypass(lint, rules, multiplexer, &say);
    }
    if (r != 0 || !say.tested)
        return r < 0 ? r : 0;

    const struct finding finding = {
        .kind = FINDING_MULTIPLEXED,
        .site = say.tested->site,
        .call = rules->call,
        .verdict = say.verdict,
    };

    return lint_find(lint, &finding);
}

int lint_multiplexer(struct lint *lint, struct lint_rules *rules)
{
    const struct lint_call *call = rules->call;
    struct lint_rules multiplexer = {0};
    uint32_t nr;
    int r = 0;

    if (!call->through)
        return 0;
    r = syscalls_number(lint->syscalls, lint->abi->id, call->through->multiplexer, &nr);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    if (call->multiplexer)
        r = lint_rules_of(lint, call->multiplexer, &multiplexer);
    lint_add_requests(rules, &multiplexer);
    for (size_t i = 0; r == 0 && i < rules->n_requests && !bdd_failed(lint->bdd); i++) {
        lint_activate(rules, &rules->requests[i]);
        r = look_at(lint, rules, &multiplexer, &rules->requests[i]);
    }
    return r;
}
