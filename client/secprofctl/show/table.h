/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables for people: columns as wide as what stands in them, two blanks between them, and on a
 * terminal the last one cut where the line ends.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_TABLE_H
#define CLIENT_SECPROFCTL_SHOW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
    TABLE_COLUMNS_MAX = 12,
};

struct arena;

struct table {
    size_t n_columns;
    bool right[TABLE_COLUMNS_MAX]; /* the column holds numbers */
    const char **cells;            /* row by row, the heading first; each as it is printed */
    size_t n_cells;
    size_t room;
    struct arena *arena;
    bool failed; /* there was no memory for a cell */
};

/* Begins a table in ARENA with the N headings; one that begins with '>' is of a column of numbers.
 */
void table_start(struct table *table, struct arena *arena, const char *const *headings, size_t n);

/* Adds a cell; control characters and broken bytes become \xNN. "" and NULL are shown as "-". */
void table_cell(struct table *table, const char *text);
void table_number(struct table *table, unsigned long long number);

/* Prints the table, its lines up to WIDTH characters (0: as long as they are). Returns 0 or
 * -ENOMEM. */
int table_print(const struct table *table, FILE *file, size_t width);

/* How wide lines to stdout may be: 0 where that is no terminal. */
size_t table_width(void);

#endif
