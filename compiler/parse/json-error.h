/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What json.c shares with json-error.c: where a text stops being JSON, and how to say it. */
#ifndef COMPILER_PARSE_JSON_ERROR_H
#define COMPILER_PARSE_JSON_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* A syntax error as yajl reports it. */
struct json_syntax_error {
    const char *text; /* the whole input */
    size_t len;
    const char *yajl_text; /* "lexical error: …" or "parse error: …" */
    size_t consumed;       /* yajl_get_bytes_consumed() */
    size_t last_end;       /* where the last good token ended */
    bool at_end;           /* yajl had seen the whole input and wanted more */
};

/*
 * One line that says what the LEN bytes at TEXT, which begin with no white space, are in place of
 * JSON: YAML, HTML, what a server says that lacks the file. NULL: none of them.
 */
const char *json_other_format(const char *text, size_t len);

/* One line that says what ERROR means, in ARENA (NULL: no memory), and its place in *OFFSET. */
const char *json_syntax_text(const struct json_syntax_error *error, struct arena *arena,
                             size_t *offset);

/*
 * The first offset from AT on that starts a token: behind white space, ',' and ':'; LEN where
 * there is none.
 */
size_t json_next_token(const char *text, size_t len, size_t at);

/* The offset of the first byte that is no UTF-8 (RFC 3629) or is NUL, or LEN. */
size_t json_check_utf8(const char *text, size_t len);

/*
 * The offset in the LEN bytes at TOKEN, a string of valid JSON with its quotes, of the first
 * escape that is refused (\u0000, half of a surrogate pair), or LEN.
 */
size_t json_check_escapes(const char *token, size_t len);

#endif
