/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How profile.c and rule.c read JSON: objects with a fixed set of keys, numbers and strings in a
 * range. Each complaint says where it is and what would be right.
 */
#ifndef COMPILER_PARSE_READER_H
#define COMPILER_PARSE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/parse/diag.h"
#include "compiler/parse/json.h"

struct abi;
struct arena;

struct reader {
    const struct json_doc *doc;
    struct arena *arena;
    struct diags *diags;
    size_t line;     /* from 0: of the last place that was asked for */
    size_t n_errors; /* found by this reader; DIAGS may hold others */
    bool no_memory;  /* some allocation failed: what was read is not complete */
};

/* A key that an object may have. */
struct field {
    const char *key;
    enum json_type type; /* that its value must have; null always counts as absent */
    /*
     * Where the value "" counts as absent too: Go programs write it for a string that is not set.
     */
    bool empty_is_absent;
    /*
     * Of a number or a string that belong to two keys, the other one ("errno" of "errnoRet"), or
     * NULL: what to say where the value has the other type.
     */
    const char *other_key;
};

/*
 * What an unknown key is. Those that carry words only are silent in any case: "comment",
 * "_comment", "$comment", "//", "$schema", and "x-…" where it is not close to a key of ours.
 */
enum unknown_key {
    UNKNOWN_IS_ERROR,
    UNKNOWN_IS_WARNING,
};

/* Adds a line about NODE, a finding of the kind RULE. */
void reader_add(struct reader *reader, enum diag_severity severity, enum diag_rule rule,
                const struct json_node *node, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

#define reader_error(reader, node, ...) \
    reader_add(reader, DIAG_ERROR, DIAG_RULE_INVALID_PROFILE, node, __VA_ARGS__)
#define reader_warning(reader, rule, node, ...) \
    reader_add(reader, DIAG_WARNING, rule, node, __VA_ARGS__)

struct location reader_location(struct reader *reader, const struct json_node *node);

/* TEXT quoted for a message; see diag_quote(). */
const char *reader_quote(const struct reader *reader, const char *text);

/* Arena memory for N items of SIZE bytes; NULL sets reader->no_memory. */
void *reader_calloc(struct reader *reader, size_t n, size_t size);

/*
 * Finds the N_FIELDS values of FIELDS in OBJECT: SLOTS[i] becomes the value of FIELDS[i], NULL
 * where it is absent (see struct field), or of a wrong type (an error). WHAT names the object in
 * messages: "a rule".
 */
void reader_fields(struct reader *reader, const struct json_node *object, const char *what,
                   const struct field *fields, size_t n_fields, enum unknown_key unknown,
                   const struct json_node **slots);

/* Reads the number NODE, the value of KEY, from its text. False: it is an error, or over MAX. */
bool reader_number(struct reader *reader, const struct json_node *node, const char *key,
                   uint64_t max, uint64_t *number);

/* True where NODE, an item of the array KEY, is a string; else it is an error. */
bool reader_is_string(struct reader *reader, const struct json_node *node, const char *key);

/* Reads the SCMP_ARCH_* name in NODE, a string. NULL: an error. */
const struct abi *reader_architecture(struct reader *reader, const struct json_node *node);

#endif
