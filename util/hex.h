/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as lower-case hex digits. A pure function; the caller has the memory.
 */
#ifndef UTIL_HEX_H
#define UTIL_HEX_H

#include <stddef.h>

/* The room that N bytes need as hex, with the ending NUL. */
#define HEX_SIZE(n) (2 * (n) + 1)

/* Writes the N bytes at BYTES to TEXT, which has room for HEX_SIZE(N). Returns TEXT. */
char *hex_encode(const void *bytes, size_t n, char *text);

#endif
