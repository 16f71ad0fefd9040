/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON as a tree that keeps what the text says: numbers as they are written, keys in their order,
 * and the place of every key and value. Read with yajl's streaming callbacks. It knows nothing of
 * profiles.
 */
#ifndef COMPILER_PARSE_JSON_H
#define COMPILER_PARSE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/parse/diag.h"

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct arena;
struct json_member;

struct json_node {
    enum json_type type;
    uint32_t offset; /* of its first byte in the text */
    uint32_t end;    /* of the byte behind its last one */
    uint32_t n;      /* bytes of a number or string, items of an array, members of an object */
    union {
        bool boolean;
        const char *text; /* a number as it is written; a string decoded. Ended by NUL */
        const struct json_node *items;
        const struct json_member *members; /* in the order of the text */
    };
};

struct json_member {
    const char *key; /* decoded, ended by NUL; it holds no other NUL */
    uint32_t offset; /* of the key's opening quote */
    struct json_node value;
};

struct json_limits {
    size_t max_bytes;   /* of the text; at most UINT32_MAX */
    uint32_t max_depth; /* arrays and objects inside each other */
};

/* One parsed text. It and all its parts live in the arena that was given to json_parse(). */
struct json_doc {
    struct json_node root;
    size_t len;
    const uint32_t *lines; /* the offset of each line's first byte */
    size_t n_lines;
};

/*
 * Parses the LEN bytes at TEXT, which need not be kept, into *DOC. Refuses what RFC 8259 refuses,
 * and: texts over LIMITS, a key that stands twice in one object, bytes that are no UTF-8, a byte
 * order mark, \u0000 and halves of surrogate pairs in strings. Stops at the first error, which goes
 * to DIAGS. Returns 0; -EINVAL where DIAGS got an error; -ENOMEM.
 */
int json_parse(struct json_doc *doc, const char *text, size_t len, const struct json_limits *limits,
               struct arena *arena, struct diags *diags);

/* The line and column of the byte at OFFSET. */
struct location json_location(const struct json_doc *doc, uint32_t offset);

/*
 * The same for who asks for one place after the other: *NEAR is the line (from 0) at which to look
 * first, with the one behind it, and becomes the line of OFFSET.
 */
struct location json_location_near(const struct json_doc *doc, uint32_t offset, size_t *near);

/* The value of KEY in OBJECT (of type JSON_OBJECT), or NULL where it has none. */
const struct json_node *json_get(const struct json_node *object, const char *key);

/* "null", "a boolean", "a number", "a string", "an array" or "an object". */
const char *json_type_name(enum json_type type);

#endif
