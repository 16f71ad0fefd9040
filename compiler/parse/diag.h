/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the compiler has to say about a profile: errors and warnings, each with its place in the
 * file. The compiler never prints; its caller does.
 */
#ifndef COMPILER_PARSE_DIAG_H
#define COMPILER_PARSE_DIAG_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/parse/diag-rule.h"

struct arena;

/* A place in the profile's text, counted from 1 (columns in bytes). Line 0: the profile as a whole.
 */
struct location {
    uint32_t line;
    uint32_t column;
};

enum diag_severity {
    DIAG_ERROR,   /* the profile is refused */
    DIAG_WARNING, /* it means what it says, but probably not what its author wants */
    DIAG_NOTE,    /* worth knowing; never a reason to act */
};

struct diag {
    enum diag_severity severity;
    enum diag_rule rule; /* what kind of finding it is */
    struct location at;
    const char *text; /* one line: what was found, and what would be right */
};

struct diags {
    struct arena *arena;
    struct diag *items; /* in the order in which they were found */
    size_t n;
    size_t room;
    size_t n_errors;
    size_t n_warnings;
    size_t n_dropped; /* not kept: over DIAGS_MAX, or no memory */
};

enum {
    DIAGS_MAX = 256,
    DIAG_QUOTE_MAX = 64,
};

void diags_init(struct diags *diags, struct arena *arena);

/* Adds one line to DIAGS. A text that DIAGS already holds for the same place is added once. */
void diags_add(struct diags *diags, enum diag_severity severity, struct location at,
               const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Says that what DIAGS have from the FROM-th on is of the kind RULE, where no kind was said yet. */
void diags_set_rule(struct diags *diags, size_t from, enum diag_rule rule);

/*
 * TEXT in double quotes for a message, in ARENA; more than DIAG_QUOTE_MAX bytes are cut off between
 * two characters, and "…" says so. Never NULL: without memory it is "…" alone.
 */
const char *diag_quote(struct arena *arena, const char *text);

/* "error", "warning" or "note". */
const char *diag_severity_name(enum diag_severity severity);

/*
 * Renders DIAGS as lines of the form "FILE:LINE:COLUMN: error: TEXT", each ended by a newline,
 * in ARENA. FILE stands for the profile. Returns NULL where there is no memory.
 */
char *diags_render(const struct diags *diags, struct arena *arena, const char *file);

#endif
