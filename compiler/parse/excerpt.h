/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The line of a profile that a message is about, for people at a terminal. */
#ifndef COMPILER_PARSE_EXCERPT_H
#define COMPILER_PARSE_EXCERPT_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct location;

/*
 * Two lines, in ARENA: the line of the LEN bytes at TEXT that AT is in, and a caret below AT's
 * column. Of a long line a part around the column is shown, with "…" where something is left out;
 * in place of a tab a blank, and of a control character or a broken byte a '?'. "" where TEXT has
 * no such place; NULL: no memory.
 */
const char *excerpt_render(struct arena *arena, const char *text, size_t len,
                           const struct location *at);

/* AT's column in the LEN bytes at TEXT, counted in characters instead of bytes, from 1; a broken
 * byte counts as one. 1 where TEXT has no such line. */
uint32_t excerpt_column(const char *text, size_t len, const struct location *at);

#endif
