/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes as base64. */
#include "util/base64.h"

#include <stdint.h>

char *base64_encode(const void *bytes, size_t n, char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *from = bytes;
    char *to = text;

    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t group = (uint32_t)from[i] << 16;

        if (left > 1)
            group |= (uint32_t)from[i + 1] << 8;
        if (left > 2)
            group |= from[i + 2];
        *to++ = digits[group >> 18];
        *to++ = digits[group >> 12 & 0x3f];
        *to++ = left > 1 ? digits[group >> 6 & 0x3f] : '=';
        *to++ = left > 2 ? digits[group & 0x3f] : '=';
    }
    *to = '\0';
    return text;
}
