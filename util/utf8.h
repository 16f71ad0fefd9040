/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Characters of UTF-8 (RFC 3629), and those of them that a terminal had better not get. */
#ifndef UTIL_UTF8_H
#define UTIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the valid character at the start of the N bytes at TEXT; 0: there is none. */
size_t utf8_length(const char *text, size_t n);

/* The number of the character of LEN bytes at TEXT; UINT32_MAX where LEN is 0. */
uint32_t utf8_code_point(const char *text, size_t len);

/*
 * True for a character, of LEN bytes, that a terminal obeys instead of showing it, or that has it
 * show others in an order that is not theirs. The newline and the tab are among them.
 */
bool utf8_is_control(const char *text, size_t len);

enum utf8_controls {
    UTF8_KEEP_CONTROLS,   /* as they are, and the backslash */
    UTF8_ESCAPE_CONTROLS, /* these too: what comes out can be read back */
};

/*
 * Writes TEXT to the SIZE bytes at OUT, without an ending NUL: each byte that is not part of a
 * character becomes \xNN. What does not fit is left out from the first whole character on. Returns
 * how many bytes were written.
 */
size_t utf8_escape(char *out, size_t size, const char *text, enum utf8_controls which);

#endif
