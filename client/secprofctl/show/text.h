/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints text that others wrote (paths, profiles, the daemon's messages) to a terminal or as JSON,
 * without control characters and broken UTF-8.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_TEXT_H
#define CLIENT_SECPROFCTL_SHOW_TEXT_H

#include <stddef.h>
#include <stdio.h>

/*
 * Prints TEXT to FILE as part of one line: control characters (the tab aside), those that turn the
 * direction of writing, and broken bytes as \xNN.
 */
void text_print(FILE *file, const char *text);

/*
 * The same, but of a TEXT that is longer than WIDTH (at least 1) characters only the end, behind
 * "…": what tells paths apart. A character counts as one, whatever room it takes.
 */
void text_print_end(FILE *file, const char *text, size_t width);

/* The same for a text of several lines: newlines are left as they are. */
void text_print_lines(FILE *file, const char *text);

/* A list that is broken before an item that would not fit: for people. */
struct text_line {
    FILE *file;
    size_t indent; /* of the lines after the first */
    size_t width;  /* 0: lines are as long as they get */
    size_t used;   /* characters of this line */
};

struct text_line text_line_begin(FILE *file, size_t indent, size_t width);

/* Adds TEXT, which is ASCII of our own, to the line. */
void text_line_add(struct text_line *line, const char *text);

/* Adds BEFORE, then ITEM, after a blank or on a line of its own. Both are text of our own; a
 * character counts as one. */
void text_line_item(struct text_line *line, const char *before, const char *item);

void text_line_end(const struct text_line *line);

/* Prints TEXT as text_print() does, INDENT blanks before each line, which ends between two words
 * before it has more than WIDTH characters (0: never). */
void text_print_wrapped(FILE *file, const char *text, size_t indent, size_t width);

/*
 * Returns the N bytes of JSON (valid UTF-8) at JSON with what text_print() does not let through as
 * \uNNNN, *SIZE bytes, which the caller frees; NULL: no memory.
 */
char *text_escape_json(const char *json, size_t n, size_t *size);

/* Returns TEXT with each broken byte replaced by U+FFFD, which the caller frees; NULL: no memory.
 */
char *text_to_utf8(const char *text);

#endif
