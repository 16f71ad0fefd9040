/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables. A character counts as one column: what is wider stands only in last columns. */
#include "config.h"

#include "client/secprofctl/show/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/secprofctl/show/text.h"
#include "util/arena.h"
#include "util/cleanup.h"

/* TEXT as it is printed, in the table's arena; NULL: no memory. */
static const char *printable(struct table *table, const char *text)
{
    cleanup_free char *escaped = NULL;
    size_t size;
    FILE *file = open_memstream(&escaped, &size);

    if (!file)
        return NULL;
    text_print(file, text);
    if (fclose(file) != 0)
        return NULL;
    for (char *at = escaped; *at; at++)
        if (*at == '\t')
            *at = ' ';
    return arena_strndup(table->arena, escaped, size);
}

/* The characters in the first LEN bytes of TEXT, which is UTF-8. */
static size_t width_of(const char *text, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

static void add(struct table *table, const char *text)
{
    if (!text || arena_grow(table->arena, &table->cells, table->n_cells, &table->room,
                            sizeof(*table->cells)) < 0)
        table->failed = true;
    else
        table->cells[table->n_cells++] = text;
}

void table_start(struct table *table, struct arena *arena, const char *const *headings, size_t n)
{
    *table = (struct table){.arena = arena, .n_columns = n};
    for (size_t i = 0; i < n; i++) {
        table->right[i] = *headings[i] == '>';
        add(table, headings[i] + table->right[i]);
    }
}

void table_cell(struct table *table, const char *text)
{
    add(table, text && *text ? printable(table, text) : "-");
}

void table_number(struct table *table, unsigned long long number)
{
    add(table, arena_printf(table->arena, "%llu", number));
}

/* How many bytes of TEXT fit in WIDTH columns. */
static size_t bytes_within(const char *text, size_t width)
{
    size_t len = strlen(text);

    while (len > 0 && width_of(text, len) > width)
        len--;
    /* Never a part of a character. */
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}

static void print_row(const struct table *table, FILE *file, const char *const *cells,
                      const size_t *widths, size_t limit)
{
    size_t used = 0;

    for (size_t i = 0; i < table->n_columns; i++) {
        const bool is_last = i + 1 == table->n_columns;
        size_t len = strlen(cells[i]);
        size_t blanks = widths[i] - width_of(cells[i], len);

        if (is_last && limit > used)
            len = bytes_within(cells[i], limit - used);
        if (table->right[i])
            fprintf(file, "%*s", (int)blanks, "");
        fwrite(cells[i], 1, len, file);
        if (!is_last)
            fprintf(file, "%*s", table->right[i] ? 2 : (int)blanks + 2, "");
        used += widths[i] + 2;
    }
    fputc('\n', file);
}

int table_print(const struct table *table, FILE *file, size_t width)
{
    size_t widths[TABLE_COLUMNS_MAX] = {0};

    if (table->failed)
        return -ENOMEM;
    for (size_t i = 0; i < table->n_cells; i++) {
        size_t *widest = &widths[i % table->n_columns];
        size_t here = width_of(table->cells[i], strlen(table->cells[i]));

        if (here > *widest)
            *widest = here;
    }
    for (size_t i = 0; i + table->n_columns <= table->n_cells; i += table->n_columns)
        print_row(table, file, table->cells + i, widths, width);
    return 0;
}

size_t table_width(void)
{
    struct winsize size = {.ws_col = 0};

    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        return 0;
    return size.ws_col;
}
