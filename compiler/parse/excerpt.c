/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The line of a profile that a message is about. Columns of the messages count bytes, those of a
 * terminal characters: both are walked through together.
 */
#include "compiler/parse/excerpt.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "compiler/parse/diag.h"
#include "util/arena.h"
#include "util/utf8.h"

enum {
    WIDTH = 72, /* most characters of a line that are shown */
    UTF8_MAX = 4,
};

/* Where line NUMBER of TEXT begins, its length in *N; NULL: it has fewer. */
static const char *find_line(const char *text, size_t len, uint32_t number, size_t *n)
{
    const char *end = text + len;

    for (uint32_t line = 1; line < number; line++) {
        text = memchr(text, '\n', (size_t)(end - text));
        if (!text)
            return NULL;
        text++;
    }

    const char *newline = memchr(text, '\n', (size_t)(end - text));

    *n = (size_t)((newline ? newline : end) - text);
    return text;
}

/* The bytes of the next character of TEXT; a broken byte counts as one. */
static size_t step(const char *text, size_t n)
{
    size_t len = utf8_length(text, n);

    return len ? len : 1;
}

/* Appends the character of LEN bytes at FROM, made harmless, and returns what comes after it. */
static char *put(char *to, const char *from, size_t len)
{
    if (*from == '\t')
        *to++ = ' ';
    else if (utf8_length(from, len) == 0 || utf8_is_control(from, len))
        *to++ = '?';
    else
        to = (char *)memcpy(to, from, len) + len;
    return to;
}

const char *excerpt_render(struct arena *arena, const char *text, size_t len,
                           const struct location *at)
{
    char shown[WIDTH * UTF8_MAX + 1];
    char *to = shown;
    size_t n = 0, before = 0, all = 0;
    const char *line = at->line ? find_line(text, len, at->line, &n) : NULL;

    if (!line || at->column == 0 || at->column - 1 > n)
        return "";
    if (n && line[n - 1] == '\r')
        n--;
    for (size_t i = 0; i < n; i += step(line + i, n - i), all++)
        before += i + step(line + i, n - i) <= at->column - 1;

    size_t first = all > WIDTH && before > WIDTH / 2 ? before - WIDTH / 2 : 0;

    if (all > WIDTH && first > all - WIDTH)
        first = all - WIDTH;
    for (size_t i = 0, k = 0; i < n && k < first + WIDTH; k++) {
        size_t length = step(line + i, n - i);

        if (k >= first)
            to = put(to, line + i, length);
        i += length;
    }
    *to = '\0';
    return arena_printf(arena, "%6" PRIu32 " | %s%s%s\n       | %*s^\n", at->line, first ? "…" : "",
                        shown, first + WIDTH < all ? "…" : "", (int)(before - first + (first > 0)),
                        "");
}

uint32_t excerpt_column(const char *text, size_t len, const struct location *at)
{
    uint32_t column = 1;
    size_t n;
    const char *line = at->line ? find_line(text, len, at->line, &n) : NULL;

    for (size_t i = 0; line && i < n && i + 1 < at->column; column++)
        i += step(line + i, n - i);
    return column;
}
