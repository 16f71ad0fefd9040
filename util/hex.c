/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes as lower-case hex digits. */
#include "util/hex.h"

#include <stdint.h>

char *hex_encode(const void *bytes, size_t n, char *text)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *from = bytes;
    char *to = text;

    for (size_t i = 0; i < n; i++) {
        *to++ = digits[from[i] >> 4];
        *to++ = digits[from[i] & 0xf];
    }
    *to = '\0';
    return text;
}
