/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How `explain` tells its answers to people. */
#include "config.h"

#include "client/secprofctl/show/explain-text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/show/example.h"
#include "client/secprofctl/show/explain.h"
#include "client/secprofctl/show/output.h"
#include "client/secprofctl/show/text.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/policy/policy.h"
#include "compiler/prove/bdd-outcomes.h"
#include "compiler/questions/explain.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    LARGE_NUMBER = 0x100000, /* from here on in hex */
};

const char *explain_text_verdict(struct explaining *what, uint32_t verdict)
{
    const char *text =
        verdict_text_on_abi(&what->arena, verdict, what->subject.request.target->abis[0]);

    return text ? text : "?";
}

const char *explain_text_tests(struct explaining *what, const struct abi *abi, const char *name,
                               const struct arg_test *tests, size_t n, bool alternatives)
{
    const char *text = n ? " where" : "";

    for (size_t i = 0; i < n; i++) {
        const char *test = arg_test_text(&what->arena, &tests[i], abi, name);
        const char *joint = i == 0 ? "" : alternatives ? " or" : " and";

        text = arena_printf(&what->arena, "%s%s %s", text ? text : "", joint, test ? test : "?");
    }
    return text ? text : "";
}

/* True where no argument that RULE tests is unknown. */
static bool tests_are_known(const struct explaining *what, const struct rule *rule)
{
    for (size_t i = 0; i < rule->n_tests; i++)
        if (!(what->call.known >> rule->tests[i].index & 1))
            return false;
    return true;
}

const char *explain_text_role(struct explaining *what, const struct explanation *explanation,
                              const struct explained_rule *rule)
{
    switch (rule->role) {
    case ROLE_DECIDES:
        return tests_are_known(what, rule->rule) ? "decides" : "decides where it holds";
    case ROLE_TESTS_FAIL:
        return "does not hold";
    case ROLE_WEAKER:
        return "holds, but a more restrictive rule does too";
    case ROLE_OVERRULED:
        return "a rule that holds for every call decides alone";
    case ROLE_SAYS_DEFAULT:
        return "says what the default action says";
    case ROLE_UNTESTABLE:
        return arena_printf(&what->arena, "cannot be tested on %s",
                            explanation->through->multiplexer);
    case ROLE_INACTIVE:
        return arena_printf(
            &what->arena, "not in force: %s",
            rule_state_text(&what->arena, rule->rule, &what->subject.request, rule->state));
    }
    return "";
}

const char *explain_text_origin(struct explaining *what, const struct explanation *explanation)
{
    struct location at = what->subject.profile.default_at;

    if (explanation->origin == DECIDED_AS_FOREIGN)
        return "the profile does not list this ABI: its calls kill the thread";
    if (explanation->origin == DECIDED_AS_NEWER && explanation->nr == 0 &&
        abi_shows_unknown_as_zero(explanation->abi))
        return "newer than the profile: the kernel shows calls that it does not know as number 0 "
               "here, and ENOSYS lets libc fall back";
    if (explanation->origin == DECIDED_AS_NEWER)
        return "newer than the profile: the number is above all that the rules in force name here, "
               "and ENOSYS lets libc fall back";
    if (explanation->decision->rule)
        return arena_printf(&what->arena, "the rule at %s:%u:%u holds for every call", what->file,
                            explanation->decision->rule->at.line,
                            explanation->decision->rule->at.column);
    return arena_printf(&what->arena, "%s: the default action, %s:%u:%u",
                        explanation->n_clauses ? "where no rule holds" : "no rule holds",
                        what->file, at.line, at.column);
}

static void print_rule(struct explaining *what, FILE *file, const struct explanation *explanation,
                       const struct explained_rule *rule)
{
    const char *role = explain_text_role(what, explanation, rule);

    fputs("  ", file);
    text_print(file, what->file);
    fprintf(file, ":%u:%u: %s%s: %s\n", rule->rule->at.line, rule->rule->at.column,
            explain_text_verdict(what, rule->rule->verdict),
            explain_text_tests(what, explanation->abi, rule->name, rule->rule->tests,
                               rule->rule->n_tests, rule->rule->alternatives),
            role ? role : "?");
    if (!rule->rule->comment)
        return;
    text_print_wrapped(file, rule->rule->comment, 6, output_width());
}

/* The clause of a multiplexer's decision: which call it is about. */
static void print_multiplexed(struct explaining *what, FILE *file, const struct clause *clause)
{
    fprintf(file,
            "  %s for %s(%" PRIu32 "), which is %s: ", explain_text_verdict(what, clause->verdict),
            clause->through->multiplexer, clause->through->call, clause->through->name);
    text_print(file, what->file);
    fprintf(file, ":%u:%u\n", clause->rule->at.line, clause->rule->at.column);
}

static void print_body(struct explaining *what, FILE *file, const struct explanation *explanation)
{
    const struct multiplexed *through = explanation->through;

    if (through && explanation->decision && !explanation->decision->rule)
        fprintf(file,
                "  %s has the arguments of %s in memory, where no filter sees them: it gets the "
                "most restrictive\n  of the default action and what the rules for %s say\n",
                through->multiplexer, through->name, through->name);
    for (size_t i = 0; !through && i < explanation->n_clauses; i++)
        if (explanation->clauses[i]->through)
            print_multiplexed(what, file, explanation->clauses[i]);
    /* A rule that holds for every call is in the list of rules. */
    if (explanation->otherwise && !(explanation->decision && explanation->decision->rule)) {
        const char *origin = explain_text_origin(what, explanation);

        if (explanation->n_clauses)
            fprintf(file, "  %s ", explain_text_verdict(what, explanation->decision->otherwise));
        else
            fputs("  ", file);
        text_print(file, origin ? origin : "?");
        fputc('\n', file);
    }
    for (size_t i = 0; i < explanation->n_rules; i++)
        print_rule(what, file, explanation, &explanation->rules[i]);
}

/* "x86 359", "x86 socketcall(1)"; where a number was asked for, "x86 41 (dup)". */
static void print_way(struct explaining *what, const struct abi *abi, uint32_t nr,
                      const struct multiplexed *through)
{
    const char *name = what->call.name ? NULL : syscalls_name(what->syscalls, abi->id, nr);

    if (through)
        printf("%s %s(%" PRIu32 ")", abi->name, through->multiplexer, through->call);
    else
        printf(nr < LARGE_NUMBER ? "%s %" PRIu32 : "%s %#" PRIx32, abi->name, nr);
    if (name)
        printf(" (%s)", name);
}

/* The answer and its reasons as text, which the caller frees. NULL: no memory. */
static char *render(struct explaining *what, const struct explanation *explanation)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    fprintf(file, ": %s\n",
            explanation->known ? explain_text_verdict(what, explanation->verdict) : "by arguments");
    print_body(what, file, explanation);
    if (fclose(file) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static int print_explanations(struct explaining *what)
{
    char **texts = arena_calloc(&what->arena, what->n, sizeof(*texts));
    bool failed = !texts;

    for (size_t i = 0; !failed && i < what->n; i++) {
        cleanup_free char *text = render(what, &what->list[i]);

        texts[i] = text ? arena_strndup(&what->arena, text, strlen(text)) : NULL;
        failed = !texts[i];
    }
    if (failed)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    for (size_t i = 0; i < what->n; i++) {
        const char *text = texts[i];
        const char *before = "\n";

        for (size_t k = i; text && k < what->n; k++) {
            const struct explanation *way = &what->list[k];

            if (!texts[k] || strcmp(texts[k], text) != 0)
                continue;
            fputs(before, stdout);
            print_way(what, way->abi, way->nr, way->through);
            before = ", ";
            texts[k] = NULL;
        }
        if (text)
            fputs(text, stdout);
    }
    return CTL_OK;
}

static void print_raw(struct explaining *what, const struct raw_answer *answer)
{
    const struct bdd_outcomes *outcomes = &answer->outcomes;

    putchar('\n');
    print_way(what, answer->abi, answer->nr, answer->through);
    if (outcomes->n == 1) {
        printf(": %s\n", explain_text_verdict(what, outcomes->items[0].b));
        return;
    }
    printf(": by arguments\n");
    for (size_t i = 0; i < outcomes->n; i++) {
        struct seccomp_data data =
            example_data(answer->abi->audit_arch, answer->nr, outcomes->items[i].words);

        printf("  %s for example for ", explain_text_verdict(what, outcomes->items[i].b));
        example_print(stdout, &what->arena, answer->abi,
                      answer->through ? answer->through->multiplexer : what->call.name, &data);
        putchar('\n');
    }
    if (outcomes->more)
        puts("  and more");
}

int explain_text_print(struct explaining *what)
{
    struct seccomp_data data = {.nr = (int)what->call.number};
    const char *subject = subject_text(&what->subject);

    memcpy(data.args, what->call.args, sizeof(data.args));
    if (what->call.n_args)
        example_print(stdout, &what->arena, target_native_abi(what->subject.request.target),
                      what->call.name, &data);
    else if (what->call.name)
        printf("%s", what->call.name);
    else
        printf("number %" PRIu32, what->call.number);
    printf(" under ");
    text_print(stdout, subject ? subject : what->subject.operand);
    printf(", for %s\n", what->subject.request.target->name);
    if (what->file)
        return print_explanations(what);
    for (size_t i = 0; i < what->n; i++)
        print_raw(what, &what->raw[i]);
    return CTL_OK;
}
