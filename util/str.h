/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as text: hex and base64. Pure functions; the caller has the memory.
 */
#ifndef UTIL_STR_H
#define UTIL_STR_H

#include <stddef.h>

/* The size of the text that the functions below write for N bytes, with its ending NUL. */
#define STR_HEX_SIZE(n)    ((n)*2 + 1)
#define STR_BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* Writes the N bytes at BYTES as lower-case hex digits to TEXT, of STR_HEX_SIZE(N); returns TEXT.
 */
char *str_hex(const void *bytes, size_t n, char *text);

/* Writes the N bytes at BYTES as base64 (RFC 4648, section 4: padded, no line breaks) to TEXT, of
 * STR_BASE64_SIZE(N); returns TEXT. */
char *str_base64(const void *bytes, size_t n, char *text);

#endif
