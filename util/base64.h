/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes as base64. A pure function; the caller has the memory.
 */
#ifndef UTIL_BASE64_H
#define UTIL_BASE64_H

#include <stddef.h>

/* The room that N bytes need as base64, with the ending NUL. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/*
 * Writes the N bytes at BYTES to TEXT, which has room for BASE64_SIZE(N): padded, without line
 * breaks (RFC 4648, section 4). Returns TEXT.
 */
char *base64_encode(const void *bytes, size_t n, char *text);

#endif
