/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading JSON objects with a fixed set of keys; every complaint says where and what would be
 * right. */
#include "compiler/parse/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "compiler/facts/abi.h"
#include "compiler/parse/arch-name.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/suggest.h"

struct location reader_location(struct reader *reader, const struct json_node *node)
{
    return json_location_near(reader->doc, node->offset, &reader->line);
}

const char *reader_quote(const struct reader *reader, const char *text)
{
    return diag_quote(reader->arena, text);
}

static void add_at(struct reader *reader, enum diag_severity severity, enum diag_rule rule,
                   uint32_t offset, const char *text)
{
    size_t before = reader->diags->n;

    reader->n_errors += severity == DIAG_ERROR;
    if (!text)
        reader->no_memory = true;
    else
        diags_add(reader->diags, severity, json_location_near(reader->doc, offset, &reader->line),
                  "%s", text);
    diags_set_rule(reader->diags, before, rule);
}

void reader_add(struct reader *reader, enum diag_severity severity, enum diag_rule rule,
                const struct json_node *node, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    const char *text = arena_vprintf(reader->arena, fmt, args);
    va_end(args);
    add_at(reader, severity, rule, node->offset, text);
}

void *reader_calloc(struct reader *reader, size_t n, size_t size)
{
    void *items = arena_calloc(reader->arena, n, size);

    if (!items)
        reader->no_memory = true;
    return items;
}

static bool has_prefix(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

/* The key of FIELDS that KEY is close to. An extension ("x-…") is not a misspelt key. */
static const char *similar_key(const char *key, const struct field *fields, size_t n_fields)
{
    struct suggestion suggestion = suggest_begin(key);

    for (size_t i = 0; i < n_fields; i++)
        if (has_prefix(key, "x-") == has_prefix(fields[i].key, "x-"))
            suggest_offer(&suggestion, fields[i].key);
    return suggestion.best;
}

/* "names, name, action": the keys of FIELDS. NULL: no memory. */
static const char *list_keys(struct arena *arena, const struct field *fields, size_t n_fields)
{
    const char *list = "";

    for (size_t i = 0; i < n_fields && list; i++)
        list = arena_printf(arena, "%s%s%s", list, i ? ", " : "", fields[i].key);
    return list;
}

/* True for a key that carries words for people only, and for other programs' extensions. */
static bool is_words_only(const char *key)
{
    static const char *const keys[] = {"comment", "_comment", "$comment", "//", "$schema"};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (!strcmp(key, keys[i]))
            return true;
    return has_prefix(key, "x-");
}

static void unknown_key(struct reader *reader, const struct json_member *member, const char *what,
                        const struct field *fields, size_t n_fields, enum unknown_key unknown)
{
    bool is_error = unknown == UNKNOWN_IS_ERROR;
    const char *similar = similar_key(member->key, fields, n_fields);
    const char *key = reader_quote(reader, member->key);
    const char *end = is_error ? "" : "; it is ignored";
    const char *text;

    /* Of these only an extension can be a misspelt key of ours. */
    if (is_words_only(member->key) && !(similar && has_prefix(similar, "x-")))
        return;
    if (similar && !strcasecmp(similar, member->key)) {
        /* Go's decoder ignores the case of keys, so runtimes would not ignore this one. */
        is_error = true;
        text = arena_printf(reader->arena,
                            "key %s differs from \"%s\" in case only: Docker, Podman and runc take "
                            "it in any case, crun does not; write \"%s\"",
                            key, similar, similar);
    } else if (similar) {
        text = arena_printf(reader->arena, "%s has no key %s; did you mean \"%s\"?%s", what, key,
                            similar, is_error ? "" : " It is ignored");
    } else {
        text = arena_printf(reader->arena, "%s has no key %s%s; its keys are %s", what, key, end,
                            list_keys(reader->arena, fields, n_fields));
    }
    add_at(reader, is_error ? DIAG_ERROR : DIAG_WARNING, DIAG_RULE_UNKNOWN_KEY, member->offset,
           text);
}

static void known_key(struct reader *reader, const struct json_node *value,
                      const struct field *field, const struct json_node **slot)
{
    if (value->type == JSON_NULL || (value->type == JSON_STRING && value->n == 0 &&
                                     field->type == JSON_STRING && field->empty_is_absent))
        return;
    if (value->type == field->type)
        *slot = value;
    else if (field->other_key && (value->type == JSON_STRING || value->type == JSON_NUMBER))
        reader_error(reader, value, "\"%s\" is %s; %s was expected; for %s, use the key \"%s\"",
                     field->key, json_type_name(value->type), json_type_name(field->type),
                     value->type == JSON_STRING ? "a name" : "a number", field->other_key);
    else
        reader_error(reader, value, "\"%s\" is %s; %s was expected", field->key,
                     json_type_name(value->type), json_type_name(field->type));
}

void reader_fields(struct reader *reader, const struct json_node *object, const char *what,
                   const struct field *fields, size_t n_fields, enum unknown_key unknown,
                   const struct json_node **slots)
{
    memset(slots, 0, n_fields * sizeof(*slots));
    for (size_t i = 0; i < object->n; i++) {
        const struct json_member *member = &object->members[i];
        size_t k = 0;

        while (k < n_fields && (fields[k].key[0] != member->key[0] || /* most often */
                                strcmp(fields[k].key, member->key) != 0))
            k++;
        if (k < n_fields)
            known_key(reader, &member->value, &fields[k], &slots[k]);
        else
            unknown_key(reader, member, what, fields, n_fields, unknown);
    }
}

/* Reads decimal digits; what keeps TEXT from being a number up to MAX, or NULL. */
static const char *parse_number(const char *text, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;

    if (text[0] == '-')
        return "is negative";
    if (strpbrk(text, "eE"))
        return "has an exponent";
    if (strchr(text, '.'))
        return "has a fraction";
    for (; *text; text++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *text - '0', &value))
            return "is too large";
    if (value > max)
        return "is too large";
    *number = value;
    return NULL;
}

bool reader_number(struct reader *reader, const struct json_node *node, const char *key,
                   uint64_t max, uint64_t *number)
{
    const char *problem = parse_number(node->text, max, number);

    if (problem)
        reader_error(reader, node,
                     "\"%s\" is %.*s%s, which %s; a whole number from 0 to %" PRIu64
                     " was expected, in decimal digits",
                     key, DIAG_QUOTE_MAX, node->text, node->n > DIAG_QUOTE_MAX ? "…" : "", problem,
                     max);
    return !problem;
}

bool reader_is_string(struct reader *reader, const struct json_node *node, const char *key)
{
    if (node->type == JSON_STRING)
        return true;
    reader_error(reader, node, "an item of \"%s\" is %s; a string was expected", key,
                 json_type_name(node->type));
    return false;
}

const struct abi *reader_architecture(struct reader *reader, const struct json_node *node)
{
    const struct abi *abi = abi_by_scmp_name(node->text);
    struct suggestion suggestion = suggest_begin(node->text);

    if (abi)
        return abi;
    for (int i = 0; i < ABI_COUNT; i++)
        suggest_offer(&suggestion, abi_get((enum abi_id)i)->scmp_name);
    if (arch_name_guess(node->text))
        suggestion.best = arch_name_guess(node->text)->scmp_name;
    if (suggestion.best)
        reader_error(reader, node, "unknown architecture %s; did you mean \"%s\"?",
                     reader_quote(reader, node->text), suggestion.best);
    else
        reader_error(reader, node,
                     "unknown architecture %s; names such as SCMP_ARCH_X86_64 or "
                     "SCMP_ARCH_AARCH64 were expected",
                     reader_quote(reader, node->text));
    return NULL;
}
