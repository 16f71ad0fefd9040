/* Makes text that others wrote fit for a terminal, or for JSON. */
#include "config.h"

#include "client/secprofctl/text.h"

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

static bool is_control(const char *text, size_t len)
{
    uint8_t first = (uint8_t)text[0];

    if (len == 1)
        return (first < 0x20 && first != '\n' && first != '\t') || first == 0x7f;
    /* U+0080 to U+009F: some terminals obey these too. */
    return len == 2 && first == 0xc2 && (uint8_t)text[1] < 0xa0;
}

void text_print(FILE *file, const char *text)
{
    size_t n = strlen(text);

    while (n > 0) {
        size_t len = text_character(text, n);
        size_t taken = len ? len : 1;

        if (len && !is_control(text, len)) {
            fwrite(text, 1, len, file);
        } else {
            for (size_t i = 0; i < taken; i++)
                fprintf(file, "\\x%02x", (uint8_t)text[i]);
        }
        text += taken;
        n -= taken;
    }
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
