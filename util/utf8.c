/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms of UTF-8 characters, and the list of control characters, as tables. */
#include "util/utf8.h"

#include <stdint.h>
#include <string.h>

#include "util/cleanup.h"

/* Which first bytes begin a character, how long it is, and the range of its second byte, which
 * keeps out overlong forms, surrogates and what lies above U+10FFFF (RFC 3629, section 4). */
static const struct {
    uint8_t first_from, first_to;
    uint8_t len;
    uint8_t second_from, second_to;
} forms[] = {
    {0x00, 0x7f, 1, 0, 0},       {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
    {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

size_t utf8_length(const char *text, size_t n)
{
    const uint8_t *bytes = (const uint8_t *)text;

    for (size_t i = 0; n > 0 && i < ARRAY_SIZE(forms); i++) {
        if (bytes[0] < forms[i].first_from || bytes[0] > forms[i].first_to)
            continue;
        if (n < forms[i].len)
            return 0;
        if (forms[i].len > 1 && (bytes[1] < forms[i].second_from || bytes[1] > forms[i].second_to))
            return 0;
        for (size_t j = 2; j < forms[i].len; j++)
            if (bytes[j] < 0x80 || bytes[j] > 0xbf)
                return 0;
        return forms[i].len;
    }
    return 0;
}

static const struct {
    uint16_t first, last;
} controls[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x061c, 0x061c},
    {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
};

uint32_t utf8_code_point(const char *text, size_t len)
{
    const uint8_t *bytes = (const uint8_t *)text;

    switch (len) {
    case 1:
        return bytes[0];
    case 2:
        return (bytes[0] & 0x1fu) << 6 | (bytes[1] & 0x3fu);
    case 3:
        return (bytes[0] & 0x0fu) << 12 | (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu);
    case 4:
        return (bytes[0] & 0x07u) << 18 | (bytes[1] & 0x3fu) << 12 | (bytes[2] & 0x3fu) << 6 |
               (bytes[3] & 0x3fu);
    default:
        return UINT32_MAX;
    }
}

bool utf8_is_control(const char *text, size_t len)
{
    uint32_t c = utf8_code_point(text, len);

    for (size_t i = 0; i < ARRAY_SIZE(controls); i++)
        if (c >= controls[i].first && c <= controls[i].last)
            return true;
    return false;
}

size_t utf8_escape(char *out, size_t size, const char *text, enum utf8_controls which)
{
    static const char digits[] = "0123456789abcdef";
    size_t left = strlen(text), n = 0, len;

    for (; left > 0; text += len, left -= len) {
        bool escaped;

        len = utf8_length(text, left);
        escaped = len == 0 ||
                  (which == UTF8_ESCAPE_CONTROLS && (*text == '\\' || utf8_is_control(text, len)));
        if (!escaped) {
            if (size - n < len)
                break;
            memcpy(out + n, text, len);
            n += len;
            continue;
        }
        len = 1;
        if (size - n < 4)
            break;
        out[n++] = '\\';
        out[n++] = 'x';
        out[n++] = digits[(uint8_t)*text >> 4];
        out[n++] = digits[(uint8_t)*text & 0xf];
    }
    return n;
}
