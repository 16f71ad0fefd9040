/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lines of the tables in tests/data/verdicts, whose format README.md there describes.
 * Parsing only: what the lines mean is up to test-verdicts.c.
 */
#ifndef TESTS_PROFILES_VERDICT_TABLE_H
#define TESTS_PROFILES_VERDICT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/facts/abi.h"

enum {
    TABLE_VALUES_MAX = 512,
    TABLE_WORDS_MAX = 12,
};

/* One argument: the values to try, none of them for "~". */
struct table_arg {
    size_t n;
    uint64_t values[TABLE_VALUES_MAX];
};

struct verdict_line {
    char *abis;  /* "all,-x86" */
    char *calls; /* "mount,#12" */
    struct table_arg args[6];
    uint32_t verdict;
    char errno_name[32]; /* that gave its errno, or "" */
};

/*
 * Splits TEXT, which is changed, at spaces into up to TABLE_WORDS_MAX words. Returns their number;
 * TABLE_WORDS_MAX + 1 where there are more.
 */
size_t table_split(char *text, char *words[TABLE_WORDS_MAX]);

/*
 * Makes the N words of "ABIS CALLS [ARG…] -> VERDICT" into *LINE, which points into them.
 * Returns 0, or -EINVAL and in *WHY what is wrong.
 */
int verdict_line_parse(struct verdict_line *line, char *const words[], size_t n, const char **why);

/*
 * True where the list ABIS ("all", "native", "wide", "narrow", "big", "little" or names; with a "-"
 * before it, out again) holds ABI on TARGET. A word that is none of these: *WHY is set.
 */
bool table_has_abi(const char *abis, const struct target *target, const struct abi *abi,
                   const char **why);

#endif
