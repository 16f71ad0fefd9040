/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts together lines for people. Pure functions over memory. */
#include "daemon/filters/lines.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

static const char more[] = ": note: there is more, which does not fit here\n";

size_t lines_first_length(const char *text)
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

char *lines_prefix(const char *prefix, const char *lines, size_t max)
{
    const size_t prefix_len = strlen(prefix), len_in = strlen(lines);
    const bool lacks_newline = len_in > 0 && lines[len_in - 1] != '\n';
    const size_t total = len_in + lacks_newline + count_lines(lines) * prefix_len;
    /* Where not all fits, each line leaves room for saying that there are more. */
    const size_t reserve = total > max ? prefix_len + strlen(more) : 0;
    cleanup_free char *text = malloc(total + prefix_len + sizeof(more));
    size_t used = 0;

    if (!text)
        return NULL;
    while (*lines) {
        size_t len = lines_first_length(lines);
        const char *next = lines + len + (lines[len] == '\n');

        if (used + prefix_len + len + 1 + reserve > max) {
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
