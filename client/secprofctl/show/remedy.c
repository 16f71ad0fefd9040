/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A remedy is a rule to paste into a profile, and what comes with it. */
#include "config.h"

#include "client/secprofctl/show/remedy.h"

#include <inttypes.h>
#include <stdio.h>

#include "client/secprofctl/show/explain-text.h"
#include "client/secprofctl/show/explain.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/show/text.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/questions/remedy.h"

static void print_rule(const struct rule *rule)
{
    printf("    {\"names\": [\"%s\"], \"action\": \"SCMP_ACT_ALLOW\"", rule->names[0].name);
    for (size_t i = 0; i < rule->n_tests; i++)
        printf("%s{\"index\": %u, \"value\": %" PRIu64 ", \"op\": \"%s\"}",
               i == 0 ? ", \"args\": [" : ", ", rule->tests[i].index, rule->tests[i].value,
               cmp_op_name(rule->tests[i].op));
    puts(rule->n_tests ? "]}" : "}");
}

/* The ABIs on which the rule allows something, and what, those with the same calls together. */
static void print_changes(const struct bdd *bdd, const struct changes *changes)
{
    for (size_t i = 0; i < changes->n_parts; i++) {
        const struct change_part *part = &changes->parts[i];

        if (!part->abi)
            continue;
        printf("    %s:", part->abi->name);
        for (size_t k = 0; k < part->n_changes; k++)
            for (size_t c = 0; c < part->changes[k].n_calls; c++)
                printf(" %s%s", part->changes[k].calls[c].name,
                       remedy_is_whole(bdd, &part->changes[k]) ? "" : " (with some arguments)");
        putchar('\n');
    }
}

void remedy_print(struct explaining *what, const struct remedy *remedy)
{
    if (remedy->allowed) {
        puts("\nThe profile allows this call now.");
        return;
    }
    if (remedy->against && !remedy->enough) {
        fputs("\nA rule more does not allow it: ", stdout);
        text_print(stdout, what->file);
        printf(":%u:%u says %s. Take %s out of that rule first.\n", remedy->against->at.line,
               remedy->against->at.column, explain_text_verdict(what, remedy->against->verdict),
               remedy->rule.names[0].name);
        return;
    }
    fputs("\nTo allow it, add this rule to \"syscalls\" in ", stdout);
    text_print(stdout, what->file);
    puts(":");
    print_rule(&remedy->rule);
    puts(remedy->enough
             ? "It allows, of what is denied now:"
             : "With other arguments the call stays denied. It allows, of what is denied now:");
    print_changes(what->bdd, &remedy->changes);
}

void remedy_json(struct explaining *what, struct json *json, const struct remedy *remedy)
{
    json_open_map(json, "remedy");
    json_bool(json, "allowed_now", remedy->allowed);
    json_bool(json, "enough", remedy->enough);
    if (remedy->against) {
        json_open_map(json, "against");
        json_number(json, "line", remedy->against->at.line);
        json_number(json, "column", remedy->against->at.column);
        json_text(json, "verdict", explain_text_verdict(what, remedy->against->verdict));
        json_close_map(json);
    }
    json_open_map(json, "rule");
    json_open_array(json, "names");
    json_text(json, NULL, remedy->rule.names[0].name);
    json_close_array(json);
    json_text(json, "action", "SCMP_ACT_ALLOW");
    if (remedy->rule.n_tests) {
        json_open_array(json, "args");
        for (size_t i = 0; i < remedy->rule.n_tests; i++) {
            json_open_map(json, NULL);
            json_number(json, "index", remedy->rule.tests[i].index);
            json_number(json, "value", remedy->rule.tests[i].value);
            json_text(json, "op", cmp_op_name(remedy->rule.tests[i].op));
            json_close_map(json);
        }
        json_close_array(json);
    }
    json_close_map(json);
    json_open_array(json, "allows");
    for (size_t i = 0; i < remedy->changes.n_parts; i++) {
        const struct change_part *part = &remedy->changes.parts[i];

        for (size_t k = 0; part->abi && k < part->n_changes; k++)
            for (size_t c = 0; c < part->changes[k].n_calls; c++) {
                json_open_map(json, NULL);
                json_text(json, "abi", part->abi->name);
                json_text(json, "syscall", part->changes[k].calls[c].name);
                json_bool(json, "whole", remedy_is_whole(what->bdd, &part->changes[k]));
                json_close_map(json);
            }
    }
    json_close_array(json);
    json_close_map(json);
}
