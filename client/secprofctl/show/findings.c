/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings as SARIF, and as workflow commands of GitHub. */
#include "config.h"

#include "client/secprofctl/show/findings.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/show/text.h"
#include "compiler/parse/diag-rule.h"
#include "compiler/parse/diag.h"
#include "util/cleanup.h"

/* A description as SARIF has it: an object with a text. */
static void put_message(struct json *json, const char *key, const char *text)
{
    json_open_map(json, key);
    json_text(json, "text", text);
    json_close_map(json);
}

/* All rules, in the order of their numbers: a result points to its rule by that. */
static void put_rules(struct json *json)
{
    json_open_array(json, "rules");
    for (int i = 0; i < DIAG_RULE_COUNT; i++) {
        json_open_map(json, NULL);
        json_text(json, "id", diag_rule_name((enum diag_rule)i));
        put_message(json, "shortDescription", diag_rule_text((enum diag_rule)i));
        json_close_map(json);
    }
    json_close_array(json);
}

void findings_sarif_begin(struct json *json)
{
    json_open_map(json, NULL);
    json_text(json, "$schema",
              "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
              "sarif-schema-2.1.0.json");
    json_text(json, "version", "2.1.0");
    json_open_array(json, "runs");
    json_open_map(json, NULL);
    json_open_map(json, "tool");
    json_open_map(json, "driver");
    json_text(json, "name", "secprofctl");
    json_text(json, "version", PACKAGE_VERSION);
    put_rules(json);
    json_close_map(json);
    json_close_map(json);
    json_text(json, "columnKind", "unicodeCodePoints");
    json_open_array(json, "results");
}

/* PATH as the URI of a file, or one relative to the working directory. The caller frees it. */
static char *path_to_uri(const char *path)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    char *uri = NULL;
    size_t size;
    FILE *file = open_memstream(&uri, &size);

    if (!file)
        return NULL;
    if (path[0] == '/')
        fputs("file://", file);
    for (const char *at = path; *at; at++) {
        if (strchr(plain, *at))
            fputc(*at, file);
        else
            fprintf(file, "%%%02X", (unsigned char)*at);
    }
    if (fclose(file) != 0) {
        free(uri);
        return NULL;
    }
    return uri;
}

static void put_location(struct json *json, const struct shown_finding *finding)
{
    const struct location *at = &finding->diag->at;
    cleanup_free char *uri = path_to_uri(finding->file);

    if (!uri)
        json->failed = true;
    json_open_array(json, "locations");
    json_open_map(json, NULL);
    json_open_map(json, "physicalLocation");
    json_open_map(json, "artifactLocation");
    json_text(json, "uri", uri);
    json_close_map(json);
    /* GitHub shows only results with a line: what is about the whole file stands at its first. */
    json_open_map(json, "region");
    json_number(json, "startLine", at->line ? at->line : 1);
    if (at->line)
        json_number(json, "startColumn", finding->column);
    json_close_map(json);
    json_close_map(json);
    json_close_map(json);
    json_close_array(json);
}

/* The text of FINDING with its targets. The caller frees it; NULL: no memory. */
static char *message_of(const struct shown_finding *finding)
{
    char *text = NULL;

    if (asprintf(&text, "%s%s%s%s", finding->diag->text, finding->targets ? " [" : "",
                 finding->targets ? finding->targets : "", finding->targets ? "]" : "") < 0)
        return NULL;
    return text;
}

void findings_sarif(struct json *json, const struct shown_finding *finding)
{
    cleanup_free char *message = message_of(finding);

    if (!message)
        json->failed = true;
    json_open_map(json, NULL);
    json_text(json, "ruleId", diag_rule_name(finding->diag->rule));
    json_number(json, "ruleIndex", finding->diag->rule);
    /* SARIF's levels have the names of our severities. */
    json_text(json, "level", diag_severity_name(finding->diag->severity));
    put_message(json, "message", message);
    put_location(json, finding);
    json_close_map(json);
}

void findings_sarif_end(struct json *json, int code)
{
    json_close_array(json);
    json_open_array(json, "invocations");
    json_open_map(json, NULL);
    json_bool(json, "executionSuccessful", code == CTL_OK || code == CTL_NO);
    json_number(json, "exitCode", (uint64_t)code);
    json_close_map(json);
    json_close_array(json);
    json_close_map(json);
    json_close_array(json);
    json_close_map(json);
}

/*
 * Prints TEXT as the value of a workflow command, which has an escape for what would end it, and a
 * PROPERTY has more such characters than a message. Others that would harm a terminal are shown as
 * everywhere.
 */
static void print_escaped(const char *text, bool property)
{
    const char *special = property ? "%\r\n:," : "%\r\n";

    while (*text) {
        size_t n = strcspn(text, special);
        cleanup_free char *part = strndup(text, n);

        text_print(stdout, part ? part : "…");
        text += n;
        if (*text)
            printf("%%%02X", (unsigned char)*text++);
    }
}

static const char *github_command(enum diag_severity severity)
{
    return severity == DIAG_NOTE ? "notice" : diag_severity_name(severity);
}

void findings_github(struct json *json, const struct shown_finding *finding)
{
    const struct diag *diag = finding->diag;
    cleanup_free char *message = message_of(finding);

    (void)json;
    printf("::%s file=", github_command(diag->severity));
    print_escaped(finding->file, true);
    if (diag->at.line)
        printf(",line=%" PRIu32 ",col=%" PRIu32, diag->at.line, finding->column);
    printf(",title=");
    print_escaped(diag_rule_name(diag->rule), true);
    printf("::");
    print_escaped(message ? message : diag->text, false);
    putchar('\n');
}
