/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the tables of a Markdown file. Parsing only.
 */
#ifndef TESTS_PROFILES_README_TABLE_H
#define TESTS_PROFILES_README_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/profiles/fixture.h"
#include "util/arena.h"

enum {
    README_CELLS_MAX = 6,
    README_ROWS_MAX = 96,
};

struct readme_row {
    size_t line; /* in the file, from 1 */
    size_t n_cells;
    const char *cells[README_CELLS_MAX]; /* without the spaces around them */
};

struct readme_table {
    size_t n;
    struct readme_row rows[README_ROWS_MAX];
};

/*
 * Reads the table whose first line is HEADER out of TEXT; its cells live in ARENA. Returns 0, or
 * -EINVAL where there is no such table or one of its rows has another number of cells.
 */
int readme_table_read(struct readme_table *table, const struct text *text, const char *header,
                      struct arena *arena);

/* The I-th word in backquotes of CELL, in ARENA; NULL past the last. */
const char *readme_code(const char *cell, size_t i, struct arena *arena);

/* True where CELL has NAME in backquotes. */
bool readme_has_code(const char *cell, const char *name);

/* True where CELL has NAME as a word of its own: letters, digits and "_" on neither side. */
bool readme_has_word(const char *cell, const char *name);

#endif
