/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the text straight to memory. */
#include "compiler/policy/render.h"

#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/parse/profile.h"
#include "compiler/policy/resolve.h"

/* TEXT, which is UTF-8, in double quotes. */
static void put_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned int)(unsigned char)*text);
        else
            fputc(*text, out);
    }
    fputc('"', out);
}

/* The members KEY and ERRNO_KEY for VERDICT. */
static void put_verdict(FILE *out, const char *key, const char *errno_key, uint32_t verdict)
{
    const struct action *action = action_of_verdict(verdict);

    fprintf(out, "\"%s\":\"%s\"", key, action->name);
    if (action->max_data)
        fprintf(out, ",\"%s\":%" PRIu32, errno_key, verdict & SECCOMP_RET_DATA);
}

static void put_names(FILE *out, const struct rule *rule, const char **separator)
{
    for (size_t i = 0; i < rule->n_names; i++) {
        fputs(*separator, out);
        put_text(out, rule->names[i].name);
        *separator = ",";
    }
}

/* RULE of VARIANT with the N tests at TESTS. */
static void put_tested_rule(FILE *out, const struct variant *variant, const struct rule *rule,
                            const struct arg_test *tests, size_t n)
{
    const char *separator = "";

    fputs("{\"names\":[", out);
    put_names(out, rule, &separator);
    fputs("],", out);
    put_verdict(out, "action", "errnoRet", variant_answer(variant, rule->verdict));
    if (n)
        fputs(",\"args\":[", out);
    for (size_t i = 0; i < n; i++)
        fprintf(out,
                "%s{\"index\":%u,\"value\":%" PRIu64 ",\"valueTwo\":%" PRIu64 ",\"op\":\"%s\"}",
                i ? "," : "", tests[i].index, tests[i].value, tests[i].value_two,
                cmp_op_name(tests[i].op));
    fputs(n ? "]}" : "}", out);
}

/*
 * Tests that are alternatives become rules of their own: runc and crun take them apart too, but
 * other runtimes give all of them to libseccomp at once, which refuses that.
 */
static void put_rule(FILE *out, const struct variant *variant, const struct rule *rule,
                     const char *between)
{
    if (!rule->alternatives) {
        put_tested_rule(out, variant, rule, rule->tests, rule->n_tests);
        return;
    }
    for (size_t i = 0; i < rule->n_tests; i++) {
        if (i)
            fputs(between, out);
        put_tested_rule(out, variant, rule, &rule->tests[i], 1);
    }
}

static bool asks_listener(const struct variant *variant, uint32_t verdict)
{
    return (variant_answer(variant, verdict) & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;
}

static bool notifies(const struct variant *variant)
{
    bool found = asks_listener(variant, variant->profile->default_verdict);

    for (size_t i = 0; i < variant->n_rules && !found; i++)
        found = asks_listener(variant, variant->rules[i]->verdict);
    return found;
}

/*
 * Without the key runtimes set SPEC_ALLOW, and only then may it be absent: runc 1.1 starts nothing
 * with a list that names a flag. The kernel refuses a flag about waiting for a listener where no
 * rule asks one.
 */
static void put_flags(FILE *out, const struct variant *variant)
{
    uint32_t flags = variant->flags;
    const char *separator = "";

    if (!notifies(variant))
        flags &= ~(uint32_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    if (flags == SECCOMP_FILTER_FLAG_SPEC_ALLOW)
        return;
    fputs(",\"flags\":[", out);
    for (uint32_t flag = 1; flag; flag <<= 1) {
        if (!(flags & flag))
            continue;
        fprintf(out, "%s\"%s\"", separator, filter_flag_name(flag));
        separator = ",";
    }
    fputc(']', out);
}

/*
 * In audit mode all ABIs of the target are named, also those that the profile does not have: a
 * runtime kills the calls of others.
 */
static void put_head(FILE *out, const struct variant *variant, enum render_form form)
{
    const struct profile *profile = variant->profile;
    const abi_set abis =
        variant->mode == VARIANT_AUDIT ? target_abis(variant->target) : variant->abis;
    const char *separator = "";

    put_verdict(out, "defaultAction", "defaultErrnoRet",
                variant_answer(variant, profile->default_verdict));
    fputs(",\"architectures\":[", out);
    for (size_t i = 0; i < variant->target->n_abis; i++) {
        const struct abi *abi = abi_get(variant->target->abis[i]);

        if (!(abis & ((abi_set)1 << abi->id)))
            continue;
        fprintf(out, "%s\"%s\"", separator, abi->scmp_name);
        separator = ",";
    }
    fputc(']', out);
    put_flags(out, variant);
    if (profile->listener_path && notifies(variant)) {
        fputs(",\"listenerPath\":", out);
        put_text(out, profile->listener_path);
        if (profile->listener_metadata) {
            fputs(",\"listenerMetadata\":", out);
            put_text(out, profile->listener_metadata);
        }
    }
    if (profile->unknown_is_default && form == RENDER_FOR_SECPROF)
        fputs(",\"x-unknownSyscalls\":\"default\"", out);
}

char *render_linux_seccomp(const struct variant *variant, enum render_form form, size_t *len)
{
    const char *between = form == RENDER_PLAIN ? ",\n" : ",";
    const char *line = form == RENDER_PLAIN ? "\n" : "";
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool failed;

    if (!out)
        return NULL;
    fputc('{', out);
    put_head(out, variant, form);
    fprintf(out, ",%s\"syscalls\":[%s", line, line);
    for (size_t i = 0; i < variant->n_rules; i++) {
        if (i)
            fputs(between, out);
        put_rule(out, variant, variant->rules[i], between);
    }
    fprintf(out, "%s]}%s", variant->n_rules ? line : "", line);
    failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    if (len)
        *len = size;
    return text;
}
