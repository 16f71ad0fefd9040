/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of Markdown; see readme-table.h. */
#include "tests/profiles/readme-table.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int read_row(struct readme_row *row, const char *line, size_t len, struct arena *arena)
{
    const char *end = line + len;
    const char *at = line + 1;

    while (at < end) {
        const char *bar = memchr(at, '|', (size_t)(end - at));
        const char *last = bar;

        if (!bar || row->n_cells == README_CELLS_MAX)
            return -EINVAL;
        while (at < last && *at == ' ')
            at++;
        while (last > at && last[-1] == ' ')
            last--;
        row->cells[row->n_cells] = arena_strndup(arena, at, (size_t)(last - at));
        if (!row->cells[row->n_cells++])
            return -ENOMEM;
        at = bar + 1;
    }
    return 0;
}

int readme_table_read(struct readme_table *table, const struct text *text, const char *header,
                      struct arena *arena)
{
    const char *start = strstr(text->bytes, header);
    const char *at = start;
    size_t line = 1;

    *table = (struct readme_table){0};
    if (!start)
        return -EINVAL;
    for (const char *c = text->bytes; c < start; c++)
        line += *c == '\n';
    for (size_t i = 0; *at == '|'; i++, line++) {
        size_t len = strcspn(at, "\n");

        if (i >= 2) { /* behind the header and the line of dashes */
            struct readme_row *row = &table->rows[table->n++];

            row->line = line;
            if (read_row(row, at, len, arena) < 0 || row->n_cells != table->rows[0].n_cells)
                return -EINVAL;
            if (table->n == README_ROWS_MAX)
                return -EINVAL;
        }
        at += len + (at[len] == '\n');
    }
    return table->n ? 0 : -EINVAL;
}

const char *readme_code(const char *cell, size_t i, struct arena *arena)
{
    const char *at = cell;

    for (;;) {
        const char *open = strchr(at, '`');
        const char *close = open ? strchr(open + 1, '`') : NULL;

        if (!close)
            return NULL;
        if (i-- == 0)
            return arena_strndup(arena, open + 1, (size_t)(close - open - 1));
        at = close + 1;
    }
}

bool readme_has_code(const char *cell, const char *name)
{
    char quoted[128];

    snprintf(quoted, sizeof(quoted), "`%s`", name);
    return strstr(cell, quoted) != NULL;
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

bool readme_has_word(const char *cell, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = strstr(cell, name); at; at = strstr(at + 1, name))
        if ((at == cell || !is_word_char(at[-1])) && !is_word_char(at[len]))
            return true;
    return false;
}
