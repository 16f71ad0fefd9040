/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How `explain` tells its answers to programs. */
#include "config.h"

#include "client/secprofctl/show/explain-json.h"

#include "client/secprofctl/show/example.h"
#include "client/secprofctl/show/explain-text.h"
#include "client/secprofctl/show/explain.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/subject/subject.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/policy/policy.h"
#include "compiler/questions/explain.h"

static void json_place(struct json *json, struct location at)
{
    json_number(json, "line", at.line);
    json_number(json, "column", at.column);
}

static void json_rules(struct explaining *what, struct json *json,
                       const struct explanation *explanation)
{
    static const char *const roles[] = {
        [ROLE_DECIDES] = "decides",      [ROLE_TESTS_FAIL] = "tests-fail",
        [ROLE_WEAKER] = "weaker",        [ROLE_OVERRULED] = "overruled",
        [ROLE_SAYS_DEFAULT] = "default", [ROLE_UNTESTABLE] = "untestable",
        [ROLE_INACTIVE] = "inactive",
    };

    json_open_array(json, "rules");
    for (size_t i = 0; i < explanation->n_rules; i++) {
        const struct explained_rule *rule = &explanation->rules[i];

        json_open_map(json, NULL);
        json_place(json, rule->rule->at);
        json_text(json, "verdict", explain_text_verdict(what, rule->rule->verdict));
        json_text(json, "tests",
                  explain_text_tests(what, explanation->abi, rule->name, rule->rule->tests,
                                     rule->rule->n_tests, rule->rule->alternatives));
        json_text(json, "role", roles[rule->role]);
        json_text(json, "why", explain_text_role(what, explanation, rule));
        json_text(json, "comment", rule->rule->comment);
        json_close_map(json);
    }
    json_close_array(json);
}

static void json_way(struct json *json, const struct abi *abi, uint32_t nr,
                     const struct multiplexed *through)
{
    json_text(json, "abi", abi->name);
    json_number(json, "arch", abi->audit_arch);
    json_number(json, "nr", nr);
    json_text(json, "multiplexer", through ? through->multiplexer : NULL);
    if (through)
        json_number(json, "multiplexer_call", through->call);
}

static void json_explanation(struct explaining *what, struct json *json,
                             const struct explanation *explanation)
{
    static const char *const origins[] = {
        [DECIDED_BY_RULES] = "rules",
        [DECIDED_BY_DEFAULT] = "default",
        [DECIDED_AS_NEWER] = "newer",
        [DECIDED_AS_FOREIGN] = "foreign",
    };

    json_open_map(json, NULL);
    json_way(json, explanation->abi, explanation->nr, explanation->through);
    json_text(json, "verdict",
              explanation->known ? explain_text_verdict(what, explanation->verdict) : NULL);
    json_text(json, "origin", origins[explanation->origin]);
    json_open_array(json, "choices");
    for (size_t i = 0; i < explanation->n_clauses; i++) {
        const struct clause *clause = explanation->clauses[i];

        json_open_map(json, NULL);
        json_text(json, "verdict", explain_text_verdict(what, clause->verdict));
        json_text(json, "tests",
                  explain_text_tests(what, explanation->abi, explanation->name, clause->tests,
                                     clause->n_tests, false));
        json_place(json, clause->rule->at);
        json_text(json, "call", clause->through ? clause->through->name : NULL);
        json_close_map(json);
    }
    json_close_array(json);
    json_text(json, "otherwise",
              explanation->otherwise
                  ? explain_text_verdict(what, explanation->decision
                                                   ? explanation->decision->otherwise
                                                   : what->subject.lowered.policy.foreign)
                  : NULL);
    json_text(json, "why", explanation->otherwise ? explain_text_origin(what, explanation) : NULL);
    json_rules(what, json, explanation);
    json_close_map(json);
}

static void json_raw(struct explaining *what, struct json *json, const struct raw_answer *answer)
{
    json_open_map(json, NULL);
    json_way(json, answer->abi, answer->nr, answer->through);
    json_text(json, "verdict",
              answer->outcomes.n == 1 ? explain_text_verdict(what, answer->outcomes.items[0].b)
                                      : NULL);
    json_open_array(json, "examples");
    for (size_t i = 0; i < answer->outcomes.n; i++) {
        struct seccomp_data data =
            example_data(answer->abi->audit_arch, answer->nr, answer->outcomes.items[i].words);

        json_open_map(json, NULL);
        example_json(json, &data);
        json_text(json, "verdict", explain_text_verdict(what, answer->outcomes.items[i].b));
        json_close_map(json);
    }
    json_close_array(json);
    json_bool(json, "more", answer->outcomes.more);
    json_close_map(json);
}

void explain_json(struct explaining *what, struct json *json)
{
    json_text(json, "subject", subject_text(&what->subject));
    json_text(json, "file", what->file);
    json_text(json, "target", what->subject.request.target->name);
    json_text(json, "syscall", what->call.name);
    if (!what->call.name)
        json_number(json, "number", what->call.number);
    if (what->call.known == CALL_ALL_ARGS) {
        json_open_array(json, "args");
        for (size_t i = 0; i < SYSCALL_ARGS; i++)
            json_number(json, NULL, what->call.args[i]);
        json_close_array(json);
    }
    json_open_array(json, "ways");
    for (size_t i = 0; i < what->n; i++) {
        if (what->file)
            json_explanation(what, json, &what->list[i]);
        else
            json_raw(what, json, &what->raw[i]);
    }
    json_close_array(json);
}

int explain_json_print(struct explaining *what)
{
    struct json json;

    json_start(&json);
    json_open_map(&json, NULL);
    explain_json(what, &json);
    json_close_map(&json);
    return json_finish(&json, NULL);
}
