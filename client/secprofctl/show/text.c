/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes text that others wrote fit for a terminal, or for JSON. */
#include "config.h"

#include "client/secprofctl/show/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

size_t text_character(const char *text, size_t n)
{
    const uint8_t *bytes = (const uint8_t *)text;

    for (size_t i = 0; n > 0 && i < sizeof(forms) / sizeof(forms[0]); i++) {
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

/* Characters that a terminal obeys instead of showing them, or that have it show others in an order
 * that is not theirs. The newline and the tab are among them. */
static const struct {
    uint16_t first, last;
} controls[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x061c, 0x061c},
    {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
};

/* The number of the character of LEN bytes at TEXT; all controls have at most three bytes. */
static uint32_t code_point(const char *text, size_t len)
{
    const uint8_t *bytes = (const uint8_t *)text;

    switch (len) {
    case 1:
        return bytes[0];
    case 2:
        return (bytes[0] & 0x1fu) << 6 | (bytes[1] & 0x3fu);
    case 3:
        return (bytes[0] & 0x0fu) << 12 | (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu);
    default:
        return UINT32_MAX;
    }
}

static bool is_control(uint32_t c)
{
    for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
        if (c >= controls[i].first && c <= controls[i].last)
            return true;
    return false;
}

/* Prints TEXT; of the controls, only those in ALLOWED get through. */
static void print(FILE *file, const char *text, const char *allowed)
{
    size_t n = strlen(text);

    while (n > 0) {
        size_t len = text_character(text, n);
        size_t taken = len ? len : 1;

        if (len && (strchr(allowed, *text) || !is_control(code_point(text, len)))) {
            fwrite(text, 1, len, file);
        } else {
            for (size_t i = 0; i < taken; i++)
                fprintf(file, "\\x%02x", (uint8_t)text[i]);
        }
        text += taken;
        n -= taken;
    }
}

void text_print(FILE *file, const char *text)
{
    print(file, text, "\t");
}

void text_print_lines(FILE *file, const char *text)
{
    print(file, text, "\n\t");
}

char *text_escape_json(const char *json, size_t n, size_t *size)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, size);
    bool failed;

    if (!file)
        return NULL;
    while (n > 0) {
        size_t len = text_character(json, n);
        uint32_t c = code_point(json, len);

        /* What lies below is white space between values here, and nothing else. */
        if (c >= 0x7f && is_control(c))
            fprintf(file, "\\u%04x", c);
        else
            fwrite(json, 1, len ? len : 1, file);
        json += len ? len : 1;
        n -= len ? len : 1;
    }
    failed = ferror(file);
    if (fclose(file) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}

char *text_to_utf8(const char *text)
{
    static const char replacement[] = "\xef\xbf\xbd";
    size_t n = strlen(text);
    char *clean = malloc(n * (sizeof(replacement) - 1) + 1);
    char *to = clean;

    if (!clean)
        return NULL;
    while (n > 0) {
        size_t len = text_character(text, n);

        if (len) {
            to = mempcpy(to, text, len);
        } else {
            to = mempcpy(to, replacement, sizeof(replacement) - 1);
            len = 1;
        }
        text += len;
        n -= len;
    }
    *to = '\0';
    return clean;
}
