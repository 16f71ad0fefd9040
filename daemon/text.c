/* Puts together lines for people. Pure functions over memory. */
#include "daemon/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

static const char more[] = ": note: there is more, which does not fit here\n";

size_t text_first_line(const char *text)
{
    return strcspn(text, "\n");
}

static size_t count_lines(const char *lines)
{
    size_t n = 0;

    for (; *lines; lines++)
        n += *lines == '\n' || lines[1] == '\0';
    return n;
}

char *text_prefix_lines(const char *prefix, const char *lines, size_t max)
{
    const size_t prefix_len = strlen(prefix);
    /* Room for all, and a newline for the last line. */
    size_t used = 0, room = strlen(lines) + count_lines(lines) * prefix_len + 2;
    const size_t reserve = prefix_len + strlen(more);
    cleanup_free char *text = malloc(room + reserve);

    if (!text)
        return NULL;
    while (*lines) {
        size_t len = text_first_line(lines);
        const char *next = lines + len + (lines[len] == '\n');
        /* All but the last line leave room for saying that there are more. */
        size_t needed = prefix_len + len + 1 + (*next ? reserve : 0);

        if (used + needed > max) {
            if (used + reserve <= max)
                used += (size_t)sprintf(text + used, "%s%s", prefix, more);
            break;
        }
        used += (size_t)sprintf(text + used, "%s%.*s\n", prefix, (int)len, lines);
        lines = next;
    }
    text[used] = '\0';
    return steal_ptr(&text);
}
