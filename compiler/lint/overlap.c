/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules of one call that hold for the same arguments, as far as they can be in force together; and
 * arguments that get past a rule with bits that the kernel does not look at.
 */
#include "compiler/lint/overlap.h"

#include <errno.h>

#include "compiler/facts/abi.h"
#include "compiler/lint/findings.h"
#include "compiler/lint/rules.h"
#include "compiler/lint/state.h"
#include "compiler/parse/profile.h"
#include "compiler/policy/policy.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"

enum {
    MAX_BLAMED = 64, /* rules of one call that are tried one by one */
};

static bool decides_otherwise(uint32_t a, uint32_t b)
{
    return a != LINT_UNDECIDED && a != b;
}

/*
 * Looks for arguments for which RULE holds and BEFORE, the decision of other rules, differs from
 * it; adds them to the findings as KIND.
 */
static int find_conflict(struct lint *lint, const struct lint_rules *rules,
                         const struct lint_rule *rule, bdd_ref before, enum finding_kind kind)
{
    struct finding finding = {.kind = kind, .site = rule->site, .verdict = rule->verdict};
    bdd_ref where = bdd_if(lint->bdd, rule->holds, before, bdd_constant(lint->bdd, LINT_UNDECIDED));
    int r = bdd_find(lint->bdd, where, bdd_constant(lint->bdd, rule->verdict), decides_otherwise,
                     finding.words);
    const struct lint_rule *winner = r > 0 ? lint_winner(lint, rules, finding.words) : NULL;

    if (!winner)
        return r < 0 ? r : 0;
    finding.other = winner->site;
    finding.other_verdict = winner->verdict;
    return lint_find(lint, &finding);
}

/*
 * Looks for rules that say what the default says, but lose to BEFORE, the decision of the others,
 * for some calls. WITH_TESTS: only rules that have tests. One without tests beside others with
 * tests is the usual way to say "only these".
 */
static int find_lost_defaults(struct lint *lint, const struct lint_rules *rules, bdd_ref before,
                              bool with_tests)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < rules->n; i++) {
        const struct lint_rule *rule = &rules->items[i];

        if (rule->active && rule->is_default && (rule->rule->n_tests > 0 || !with_tests))
            r = find_conflict(lint, rules, rule, before, FINDING_DEFAULT_LOST);
    }
    return r;
}

/* Looks at rules with tests that are in force together; one without tests would decide alone. */
static int find_conflicts(struct lint *lint, const struct lint_rules *rules)
{
    bdd_ref before = bdd_constant(lint->bdd, LINT_UNDECIDED);
    bdd_ref decided = BDD_FALSE;
    int r = 0;

    for (size_t i = 0; r == 0 && i < rules->n; i++) {
        const struct lint_rule *rule = &rules->items[i];

        if (!rule->active || rule->is_default)
            continue;
        if (decided != BDD_FALSE && !rule->shadowed)
            r = find_conflict(lint, rules, rule, before, FINDING_AMBIGUOUS);
        lint_add_rule(lint, rule, &before, &decided);
    }
    return r < 0 ? r : find_lost_defaults(lint, rules, before, true);
}

/* The first test of RULE that high bits of WORDS decide; NULL: none. */
static const struct arg_test *bypassed_test(const struct lint_rules *rules, const struct rule *rule,
                                            const uint64_t words[BDD_WORDS])
{
    for (size_t i = 0; i < rule->n_tests; i++) {
        const struct arg_test *test = &rule->tests[i];
        uint64_t word = words[test->index];

        if (rules->narrow_args >> test->index & 1 &&
            arg_test_holds(test, abi_get(ABI_X86_64), word) !=
                arg_test_holds(test, abi_get(ABI_X86_64), (uint32_t)word))
            return test;
    }
    return NULL;
}

/* Adds to the findings that the call WORDS gets past RULE, if that is so. */
static int blame(struct lint *lint, const struct lint_rules *rules, const struct lint_rule *rule,
                 struct finding *finding, uint32_t given, uint32_t meant)
{
    finding->kind = FINDING_HIGH_BITS;
    finding->site = rule->site;
    finding->test = bypassed_test(rules, rule->rule, finding->words);
    finding->verdict = given;
    finding->other_verdict = meant;
    finding->call = rules->call;
    return finding->test ? lint_find(lint, finding) : 0;
}

/*
 * Looks for calls that are allowed more than the same calls without the bits that the kernel cuts
 * off, and for the rules to blame: those that would stop such a call if they compared only the bits
 * that the kernel takes.
 */
static int find_high_bits(struct lint *lint, const struct lint_rules *rules)
{
    bdd_ref otherwise = bdd_constant(lint->bdd, lint->default_verdict);
    bdd_ref given = lint_decision(lint, rules, LINT_NO_LOW_BITS, otherwise);
    bdd_ref meant = lint_decision(lint, rules, SIZE_MAX, otherwise);
    struct finding first = {0};
    bool blamed = false;
    int r = bdd_find(lint->bdd, given, meant, verdict_is_weaker, first.words);

    if (r <= 0)
        return r;
    for (size_t i = 0; i < rules->n && i < MAX_BLAMED; i++) {
        const struct lint_rule *rule = &rules->items[i];
        struct finding finding = {0};

        if (!rule->active || rule->is_default || rule->holds == rule->low_holds)
            continue;

        bdd_ref alone = lint_decision(lint, rules, i, otherwise);

        r = bdd_find(lint->bdd, given, alone, verdict_is_weaker, finding.words);
        if (r > 0) {
            blamed = true;
            r = blame(lint, rules, rule, &finding, bdd_evaluate(lint->bdd, given, finding.words),
                      bdd_evaluate(lint->bdd, alone, finding.words));
        }
        if (r < 0)
            return r;
    }

    /* Where several rules let it pass, no single one of them would stop it. */
    const struct lint_rule *winner = blamed ? NULL : lint_winner(lint, rules, first.words);

    return winner ? blame(lint, rules, winner, &first, bdd_evaluate(lint->bdd, given, first.words),
                          bdd_evaluate(lint->bdd, meant, first.words))
                  : 0;
}

int lint_overlaps(struct lint *lint, struct lint_rules *rules)
{
    for (size_t i = 0; i < rules->n_requests && !bdd_failed(lint->bdd); i++) {
        const struct lint_rule *alone = NULL;
        int r;

        lint_activate(rules, &rules->requests[i]);
        for (size_t k = 0; !alone && k < rules->n; k++)
            if (rules->items[k].active && !rules->items[k].is_default &&
                rules->items[k].rule->n_tests == 0)
                alone = &rules->items[k];
        r = alone ? find_lost_defaults(lint, rules, bdd_constant(lint->bdd, alone->verdict), false)
                  : find_conflicts(lint, rules);
        if (r == 0 && !alone && rules->narrow_args && lint->abi->wide)
            r = find_high_bits(lint, rules);
        if (r < 0)
            return r;
    }
    return 0;
}
