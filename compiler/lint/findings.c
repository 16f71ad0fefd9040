/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The findings of the lint and their words. What holds for several names of a rule, or for several
 * ABIs, is said once.
 */
#include "compiler/lint/findings.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/errno.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/lint/risks.h"
#include "compiler/lint/rules.h"
#include "compiler/lint/state.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/prove/bdd.h"
#include "util/suggest.h"

enum {
    MAX_LISTED = 6,       /* items of a list; more are counted */
    MAX_SUGGESTIONS = 32, /* unknown names for which a better one is looked for */
};

/* VERDICT with its errno, a number of the target, as asm-generic/errno.h numbers the same name. */
static uint32_t generic_verdict(const struct lint *lint, uint32_t verdict)
{
    if (!lint->abi || (verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
        return verdict;

    int number = (int)(verdict & SECCOMP_RET_DATA);
    const char *name = errno_name_on_abi(number, lint->target->abis[0]);

    return name ? SECCOMP_RET_ERRNO | (uint32_t)errno_by_name(name) : verdict;
}

static bool same_finding(const struct finding *a, const struct finding *b)
{
    return a->kind == b->kind && a->site == b->site && a->other == b->other && a->test == b->test &&
           a->call == b->call && a->name == b->name && a->verdict == b->verdict &&
           a->other_verdict == b->other_verdict;
}

int lint_find(struct lint *lint, const struct finding *finding)
{
    struct finding added = *finding;

    /* With diagrams that are incomplete, nothing is certain. */
    if (bdd_failed(lint->bdd))
        return 0;
    added.verdict = generic_verdict(lint, added.verdict);
    added.other_verdict = generic_verdict(lint, added.other_verdict);
    added.abis = lint->abi ? (abi_set)1 << lint->abi->id : 0;
    for (size_t i = 0; i < lint->n_findings; i++) {
        if (same_finding(&lint->findings[i], &added)) {
            lint->findings[i].abis |= added.abis;
            return 0;
        }
    }
    if (lint->n_findings == LINT_MAX_FINDINGS) {
        lint->incomplete = true;
        return 0;
    }
    if (arena_grow(lint->arena, &lint->findings, lint->n_findings, &lint->findings_room,
                   sizeof(added)) < 0)
        return -ENOMEM;
    lint->findings[lint->n_findings++] = added;
    return 0;
}

static struct location place_of(const struct finding *finding)
{
    return finding->test && finding->kind != FINDING_MULTIPLEXED ? finding->test->at
                                                                 : finding->site->name->at;
}

static int compare_findings(const void *pa, const void *pb)
{
    const struct finding *a = pa;
    const struct finding *b = pb;
    struct location at_a = place_of(a);
    struct location at_b = place_of(b);

    if (at_a.line != at_b.line)
        return at_a.line < at_b.line ? -1 : 1;
    if (at_a.column != at_b.column)
        return at_a.column < at_b.column ? -1 : 1;
    return a->kind < b->kind ? -1 : a->kind > b->kind;
}

/* Appends ITEM to LIST (NULL: empty); past MAX_LISTED only counts. NULL: no memory. */
static const char *append(struct arena *arena, const char *list, const char *item, size_t count)
{
    if (count >= MAX_LISTED)
        return list;
    return count ? arena_printf(arena, "%s, %s", list, item) : item;
}

static const char *end_list(struct arena *arena, const char *list, size_t count)
{
    if (count <= MAX_LISTED)
        return list ? list : "";
    return arena_printf(arena, "%s and %zu more", list, count - MAX_LISTED);
}

static const char *shown(struct arena *arena, uint32_t verdict)
{
    const char *text = verdict_text(arena, verdict);

    return text ? text : "…";
}

static const char *abi_names(struct arena *arena, abi_set abis)
{
    const char *list = NULL;

    for (size_t i = 0; i < ABI_COUNT; i++)
        if (abis & (abi_set)1 << i)
            list = list ? arena_printf(arena, "%s, %s", list, abi_get((enum abi_id)i)->name)
                        : abi_get((enum abi_id)i)->name;
    return list ? list : "no ABI";
}

static abi_set wide_abis(void)
{
    abi_set set = 0;

    for (size_t i = 0; i < ABI_COUNT; i++)
        if (abi_get((enum abi_id)i)->wide)
            set |= (abi_set)1 << i;
    return set;
}

/* The beginning of a line about ABIS, where its rule is for RELEVANT ones. */
static const char *where(struct arena *arena, abi_set abis, abi_set relevant)
{
    if (abis == relevant)
        return "";
    if (abis == (relevant & wide_abis()))
        return "where arguments have 64 bits: ";
    if (abis == (relevant & ~wide_abis()))
        return "where arguments have 32 bits: ";
    return arena_printf(arena, "on %s: ", abi_names(arena, abis));
}

/* True where B says the same as A of another name. */
static bool can_merge(const struct finding *a, const struct finding *b)
{
    if (a->kind != b->kind || a->abis != b->abis || b->merged)
        return false;
    if (a->kind == FINDING_BYPASSED || a->kind == FINDING_SIBLING || a->kind == FINDING_ABSENT)
        return a->site == b->site;
    if (a->kind == FINDING_NOTIFY)
        return a->site->rule == b->site->rule;
    return (a->kind == FINDING_AMBIGUOUS || a->kind == FINDING_SHADOWED ||
            a->kind == FINDING_REDUNDANT || a->kind == FINDING_DEFAULT_LOST) &&
           a->site->rule == b->site->rule && a->other->rule == b->other->rule;
}

/* The names that the finding at AT is about: it speaks for the findings on the other names too. */
static const char *subjects(struct lint *lint, size_t at)
{
    const struct finding *first = &lint->findings[at];
    const char *list = NULL;
    size_t count = 0;

    for (size_t i = at; i < lint->n_findings; i++) {
        struct finding *finding = &lint->findings[i];

        if (i != at && !can_merge(first, finding))
            continue;
        finding->merged = true;

        const char *name = diag_quote(lint->arena, finding->site->name->name);

        if (first->kind == FINDING_BYPASSED)
            name = arena_printf(lint->arena, "%s (line %" PRIu32 ")",
                                diag_quote(lint->arena, finding->call->name),
                                finding->other->rule->at.line);
        if (finding->name)
            name = diag_quote(lint->arena, finding->name);
        if (!name)
            return NULL;
        list = append(lint->arena, list, name, count++);
        if (!list)
            return NULL;
    }
    return end_list(lint->arena, list, count);
}

/* The arguments of the example that RULE or OTHER test: "argument 0 is 0x5, argument 1 is 0x0". */
static const char *example(struct arena *arena, const struct finding *finding)
{
    const struct rule *const rules[] = {finding->site->rule, finding->other->rule};
    const char *text = NULL;
    unsigned int tested = 0;

    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < rules[k]->n_tests; i++)
            tested |= 1U << rules[k]->tests[i].index;
    for (unsigned int i = 0; i < SYSCALL_ARGS; i++)
        if (tested >> i & 1)
            text = arena_printf(arena, "%s%sargument %u is 0x%" PRIx64, text ? text : "",
                                text ? ", " : "", i, finding->words[i]);
    return text ? text : "";
}

static const char *better_name(struct lint *lint, const char *name)
{
    struct suggestion suggestion = suggest_begin(name);
    const char *candidate;
    uint32_t nr;

    for (int abi = 0; abi < ABI_COUNT; abi++)
        for (size_t i = 0; syscalls_at(lint->syscalls, (enum abi_id)abi, i, &nr, &candidate); i++)
            suggest_offer(&suggestion, candidate);
    return suggestion.best;
}

static void tell_unknown(struct lint *lint, const struct finding *finding, size_t *n_suggested)
{
    const struct rule *rule = finding->site->rule;
    bool denies = verdict_compare(rule->verdict, lint->profile->default_verdict) < 0;
    const char *better =
        (*n_suggested)++ < MAX_SUGGESTIONS ? better_name(lint, finding->call->name) : NULL;

    diags_add(lint->diags, DIAG_WARNING, finding->site->name->at,
              "no architecture has a call %s, so %s%s%s%s",
              diag_quote(lint->arena, finding->call->name),
              denies ? "nothing is blocked by it" : "the rule does nothing for it",
              better ? "; did you mean \"" : "", better ? better : "", better ? "\"?" : "");
}

static void tell_overlap(struct lint *lint, const struct finding *finding, const char *at,
                         const char *names)
{
    struct arena *arena = lint->arena;
    const char *winner = shown(arena, finding->other_verdict);
    const char *where = example(arena, finding);
    uint32_t line = finding->other->rule->at.line;

    if (finding->kind == FINDING_DEFAULT_LOST)
        diags_add(lint->diags, DIAG_WARNING, finding->site->name->at,
                  "%sfor %s this rule says what the default says, and such rules count for "
                  "nothing: %s%s%sthe rule at line %" PRIu32 " decides (%s)%s",
                  at, names, *where ? "where " : "", where, *where ? ", " : "", line, winner,
                  verdict_compare(finding->verdict, finding->other_verdict) < 0
                      ? ", and the deny is lost"
                      : "");
    else
        diags_add(lint->diags, DIAG_WARNING, finding->site->name->at,
                  "%sfor %s this rule says %s and the one at line %" PRIu32
                  " says %s where %s; the latter wins, because it %s",
                  at, names, shown(arena, finding->verdict), line, winner, where,
                  verdict_compare(finding->verdict, finding->other_verdict)
                      ? "is more restrictive"
                      : "stands first in the file");
}

static void tell_shadow(struct lint *lint, const struct finding *finding, const char *at,
                        const char *names)
{
    const struct rule *other = finding->other->rule;

    if (finding->kind == FINDING_REDUNDANT)
        diags_add(lint->diags, DIAG_NOTE, finding->site->name->at,
                  "%sfor %s this rule adds nothing: the rule at line %" PRIu32 " says the same", at,
                  names, other->at.line);
    else
        diags_add(lint->diags, DIAG_WARNING, finding->site->name->at,
                  "%sfor %s this rule never decides: the rule at line %" PRIu32 " (%s) %s", at,
                  names, other->at.line, shown(lint->arena, other->verdict),
                  other->n_tests ? "or another goes first wherever this one holds"
                                 : "has no tests, so it decides alone");
}

/*
 * A profile for 32-bit and 64-bit ABIs has tests that are decided in advance on the former. That is
 * worth a warning only where it leaves a call open.
 */
static void tell_test(struct lint *lint, const struct finding *finding)
{
    const struct rule *rule = finding->site->rule;
    abi_set relevant = lint->rule_abis[finding->site->order];
    bool denies = verdict_compare(rule->verdict, lint->profile->default_verdict) < 0;
    bool never = finding->kind == FINDING_NEVER;
    bool matters = finding->abis == relevant || (never && denies);

    diags_add(lint->diags, matters ? DIAG_WARNING : DIAG_NOTE, finding->test->at, "%sthis test %s",
              where(lint->arena, finding->abis, relevant),
              !never               ? "holds for every value"
              : rule->alternatives ? "never holds"
                                   : "never holds, and so the rule never does");
}

static void tell_multiplexer(struct lint *lint, const struct finding *finding, const char *names)
{
    struct arena *arena = lint->arena;
    const char *abis = abi_names(arena, finding->abis);

    if (finding->kind == FINDING_BYPASSED)
        diags_add(lint->diags, DIAG_WARNING, finding->site->name->at,
                  "on %s: this rule says %s for \"%s\", and so bypasses the rules on %s", abis,
                  shown(arena, finding->verdict), finding->site->name->name, names);
    else
        diags_add(lint->diags, DIAG_NOTE, finding->site->name->at,
                  "on %s: \"%s\" can be called through \"%s\", where its arguments cannot be "
                  "tested; there it gets %s",
                  abis, finding->call->name, finding->call->through->multiplexer,
                  shown(arena, finding->verdict));
}

static void tell_high_bits(struct lint *lint, const struct finding *finding, const char *at)
{
    struct arena *arena = lint->arena;
    const struct arg_test *test = finding->test;
    const char *advice = "list the values that are allowed, with SCMP_CMP_EQ";

    if (test->op == CMP_EQ)
        advice = arena_printf(arena,
                              "test it with SCMP_CMP_MASKED_EQ, \"value\" 4294967295 and "
                              "\"valueTwo\" %" PRIu64,
                              test->value);
    diags_add(lint->diags, DIAG_WARNING, test->at,
              "%sthe kernel takes the low 32 bits of argument %u of \"%s\", this test all 64: "
              "0x%" PRIx64 " gets %s instead of %s; %s",
              at, test->index, finding->call->name, finding->words[test->index],
              shown(arena, finding->verdict), shown(arena, finding->other_verdict),
              advice ? advice : "");
}

/* NAMES do the work of the call that the rule denies. */
static void tell_sibling(struct lint *lint, const struct finding *finding, const char *at,
                         const char *names, bool several)
{
    const char *call = diag_quote(lint->arena, finding->site->name->name);

    if (finding->kind == FINDING_ABSENT)
        diags_add(lint->diags, DIAG_WARNING, finding->site->name->at,
                  "on %s: there is no call %s, so this rule blocks nothing there; %s, which %s the "
                  "same, %s allowed",
                  abi_names(lint->arena, finding->abis), call, names, several ? "do" : "does",
                  several ? "are" : "is");
    else
        diags_add(lint->diags, DIAG_WARNING, finding->site->name->at,
                  "%sthis rule denies %s, but %s, which %s the same, %s allowed", at, call, names,
                  several ? "do" : "does", several ? "are" : "is");
}

static void tell_clone3(struct lint *lint, const struct finding *finding)
{
    diags_add(lint->diags, DIAG_WARNING, finding->site->name->at,
              "on %s: \"clone\" is allowed and \"clone3\" gets %s: C libraries start threads by "
              "clone3 and use clone only where that gets ENOSYS; answer clone3 with "
              "SCMP_ACT_ERRNO, \"errnoRet\" 38",
              abi_names(lint->arena, finding->abis), shown(lint->arena, finding->verdict));
}

static enum diag_rule rule_of(enum finding_kind kind)
{
    static const enum diag_rule rules[] = {
        [FINDING_UNKNOWN] = DIAG_RULE_UNKNOWN_CALL,
        [FINDING_AMBIGUOUS] = DIAG_RULE_CONFLICT,
        [FINDING_SHADOWED] = DIAG_RULE_UNREACHABLE,
        [FINDING_REDUNDANT] = DIAG_RULE_REDUNDANT,
        [FINDING_DEFAULT_LOST] = DIAG_RULE_LOST_DEFAULT,
        [FINDING_NEVER] = DIAG_RULE_NEVER_HOLDS,
        [FINDING_ALWAYS] = DIAG_RULE_ALWAYS_HOLDS,
        [FINDING_MULTIPLEXED] = DIAG_RULE_MULTIPLEXED,
        [FINDING_BYPASSED] = DIAG_RULE_BYPASSED,
        [FINDING_HIGH_BITS] = DIAG_RULE_HIGH_BITS,
        [FINDING_RISK] = DIAG_RULE_RISKY_CALL,
        [FINDING_SIBLING] = DIAG_RULE_OPEN_SIBLING,
        [FINDING_ABSENT] = DIAG_RULE_ABSENT_CALL,
        [FINDING_CLONE3] = DIAG_RULE_CLONE3,
        [FINDING_NOTIFY] = DIAG_RULE_LISTENER,
    };

    return rules[kind];
}

/* Adds the line of the finding at AT. */
static int tell(struct lint *lint, size_t at, size_t *n_suggested)
{
    const struct finding *finding = &lint->findings[at];
    const char *begin = where(lint->arena, finding->abis, finding->site->seen);
    const char *names = subjects(lint, at);
    size_t before = lint->diags->n;

    if (!begin || !names)
        return -ENOMEM;
    switch (finding->kind) {
    case FINDING_UNKNOWN:
        tell_unknown(lint, finding, n_suggested);
        break;
    case FINDING_AMBIGUOUS:
    case FINDING_DEFAULT_LOST:
        tell_overlap(lint, finding, begin, names);
        break;
    case FINDING_SHADOWED:
    case FINDING_REDUNDANT:
        tell_shadow(lint, finding, begin, names);
        break;
    case FINDING_NEVER:
    case FINDING_ALWAYS:
        tell_test(lint, finding);
        break;
    case FINDING_MULTIPLEXED:
    case FINDING_BYPASSED:
        tell_multiplexer(lint, finding, names);
        break;
    case FINDING_HIGH_BITS:
        tell_high_bits(lint, finding, begin);
        break;
    case FINDING_SIBLING:
    case FINDING_ABSENT:
        tell_sibling(lint, finding, begin, names, strstr(names, ", ") != NULL);
        break;
    case FINDING_CLONE3:
        tell_clone3(lint, finding);
        break;
    case FINDING_NOTIFY:
        diags_add(
            lint->diags, DIAG_WARNING, finding->site->name->at,
            "a runtime itself calls %s when it hands the listener over, and nobody can answer yet",
            names);
        break;
    case FINDING_RISK:
        diags_add(lint->diags, finding->call->risk->severity, finding->site->name->at,
                  "%s\"%s\" is allowed without a condition on capabilities: %s", begin,
                  finding->call->name, finding->call->risk->why);
        break;
    }
    diags_set_rule(lint->diags, before, rule_of(finding->kind));
    return 0;
}

static bool is_denied(const struct lint_call *call)
{
    for (size_t i = 0; i < call->n_sites; i++)
        if (verdict_compare(call->sites[i].rule->verdict, SECCOMP_RET_LOG) < 0)
            return true;
    return false;
}

/* Under a default that allows, the calls that help out of a sandbox are one line. */
static int tell_open_default(struct lint *lint)
{
    const char *list = NULL;
    const struct lint_risk *risk;
    size_t count = 0;

    if (verdict_compare(lint->profile->default_verdict, SECCOMP_RET_LOG) < 0)
        return 0;
    for (size_t i = 0; (risk = lint_risk_at(i)); i++) {
        bool denied = false;

        for (size_t k = 0; k < lint->n_calls; k++)
            denied |= lint->calls[k].risk == risk && is_denied(&lint->calls[k]);
        if (denied)
            continue;

        const char *name = diag_quote(lint->arena, risk->name);

        list = append(lint->arena, list, name, count++);
        if (!list)
            return -ENOMEM;
    }
    if (count)
        diags_add(lint->diags, DIAG_NOTE, lint->profile->default_at,
                  "the default action allows calls that help out of a sandbox: %s",
                  end_list(lint->arena, list, count));
    return 0;
}

/* A rule may be said never to decide only if that holds on all ABIs, and all were looked at. */
static bool holds_everywhere(const struct lint *lint, const struct finding *finding)
{
    bool is_shadow = finding->kind == FINDING_SHADOWED || finding->kind == FINDING_REDUNDANT;

    return !is_shadow || (!finding->site->decides && !lint->incomplete);
}

int lint_report(struct lint *lint)
{
    size_t n_suggested = 0;
    size_t before = lint->diags->n;
    int r = tell_open_default(lint);

    diags_set_rule(lint->diags, before, DIAG_RULE_OPEN_DEFAULT);
    if (lint->n_findings)
        qsort(lint->findings, lint->n_findings, sizeof(*lint->findings), compare_findings);
    for (size_t i = 0; i < lint->n_findings; i++)
        lint->findings[i].merged = !holds_everywhere(lint, &lint->findings[i]);
    for (size_t i = 0; r == 0 && i < lint->n_findings; i++)
        if (!lint->findings[i].merged)
            r = tell(lint, i, &n_suggested);
    if (r == 0 && lint->incomplete)
        diags_add(lint->diags, DIAG_NOTE, (struct location){0, 0},
                  "the profile is too large: not all that deserves a warning was looked for");
    diags_set_rule(lint->diags, before, DIAG_RULE_NOT_ALL_CHECKED);
    return r;
}
