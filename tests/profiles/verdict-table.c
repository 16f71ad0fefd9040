/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parser of verdict tables; see verdict-table.h. */
#include "tests/profiles/verdict-table.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/action.h"
#include "compiler/facts/errno.h"
#include "util/cleanup.h"

size_t table_split(char *text, char *words[TABLE_WORDS_MAX])
{
    char *rest = text;
    size_t n = 0;
    char *word;

    while ((word = strsep(&rest, " \t\n"))) {
        if (*word == '\0')
            continue;
        if (n == TABLE_WORDS_MAX)
            return n + 1;
        words[n++] = word;
    }
    return n;
}

static bool parse_number(const char *text, const char **end, uint64_t *value)
{
    char *stop;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *value = strtoull(text, &stop, 0);
    *end = stop;
    return errno == 0;
}

/* Adds FIRST to LAST: all of them, or of a long range its ends and its middle. */
static bool add_range(struct table_arg *arg, uint64_t first, uint64_t last, bool all)
{
    uint64_t chosen[] = {first, first + 1, first + (last - first) / 2, last - 1, last};
    uint64_t n = all || last - first < 8 ? last - first + 1 : ARRAY_SIZE(chosen);

    if (last < first || n == 0 || n > TABLE_VALUES_MAX - arg->n)
        return false;
    for (size_t i = 0; i < n; i++)
        arg->values[arg->n++] = n == last - first + 1 ? first + i : chosen[i];
    return true;
}

static bool parse_arg(struct table_arg *arg, const char *text)
{
    const char *at = text;

    *arg = (struct table_arg){0};
    if (!strcmp(text, "~"))
        return true;
    for (;;) {
        uint64_t first;
        uint64_t last;

        if (!parse_number(at, &at, &first))
            return false;
        bool all = *at == '-';

        last = first;
        if ((all || !strncmp(at, "..", 2)) && !parse_number(at + (all ? 1 : 2), &at, &last))
            return false;
        if (!add_range(arg, first, last, all))
            return false;
        if (*at == '\0')
            return true;
        if (*at++ != '|')
            return false;
    }
}

/* "ALLOW", "ERRNO(EPERM)", "ERRNO(38)", "TRACE(7)". */
static bool parse_verdict(struct verdict_line *line, const char *text)
{
    char name[64];
    size_t len = strcspn(text, "(");
    const struct action *action;
    const char *end;
    uint64_t data = 0;

    snprintf(name, sizeof(name), "SCMP_ACT_%.*s", (int)len, text);
    action = action_by_name(name);
    if (!action || (action->max_data != 0) != (text[len] == '('))
        return false;
    if (text[len] == '(') {
        const char *inner = text + len + 1;
        const char *close = strchr(inner, ')');

        if (!close || close[1] != '\0')
            return false;
        if (!parse_number(inner, &end, &data)) {
            snprintf(line->errno_name, sizeof(line->errno_name), "%.*s", (int)(close - inner),
                     inner);
            data = (uint64_t)errno_by_name(line->errno_name);
            end = close;
        }
        if (end != close || data > action->max_data)
            return false;
    }
    line->verdict = action->ret | (uint32_t)data;
    return true;
}

int verdict_line_parse(struct verdict_line *line, char *const words[], size_t n, const char **why)
{
    *line = (struct verdict_line){0};
    *why = "a line is ABIS CALLS [ARG…] -> VERDICT, with up to six arguments";
    if (n < 4 || n > 10 || strcmp(words[n - 2], "->") != 0)
        return -EINVAL;
    line->abis = words[0];
    line->calls = words[1];
    *why = "an argument is ~, or numbers and ranges A..B joined by |";
    for (size_t i = 2; i < n - 2; i++)
        if (!parse_arg(&line->args[i - 2], words[i]))
            return -EINVAL;
    *why = "a verdict is ALLOW, LOG, NOTIFY, TRACE(n), ERRNO(name or n), TRAP, KILL_THREAD or "
           "KILL_PROCESS";
    return parse_verdict(line, words[n - 1]) ? 0 : -EINVAL;
}

static bool word_has_abi(const char *word, const struct target *target, const struct abi *abi,
                         const char **why)
{
    if (!strcmp(word, "all"))
        return true;
    if (!strcmp(word, "native"))
        return abi == target_native_abi(target);
    if (!strcmp(word, "wide") || !strcmp(word, "narrow"))
        return abi->wide == !strcmp(word, "wide");
    if (!strcmp(word, "big") || !strcmp(word, "little"))
        return abi->big_endian == !strcmp(word, "big");
    for (int id = 0; id < ABI_COUNT; id++)
        if (!strcmp(word, abi_get((enum abi_id)id)->name))
            return abi->id == (enum abi_id)id;
    *why = "an ABI is all, native, wide, narrow, big, little, or a name";
    return false;
}

bool table_has_abi(const char *abis, const struct target *target, const struct abi *abi,
                   const char **why)
{
    char list[256];
    char *rest = list;
    char *word;
    bool in = false;

    snprintf(list, sizeof(list), "%s", abis);
    while ((word = strsep(&rest, ","))) {
        bool out = *word == '-';

        if (word_has_abi(word + out, target, abi, why))
            in = !out;
    }
    return in;
}
