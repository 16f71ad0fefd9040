/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collects and renders diagnostics; never prints. */
#include "compiler/parse/diag.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/arena.h"

enum {
    /* Warnings and notes leave this much room, so that an error is never the one that is lost. */
    DIAGS_MAX_MILD = DIAGS_MAX / 2,
};

void diags_init(struct diags *diags, struct arena *arena)
{
    *diags = (struct diags){.arena = arena};
}

/*
 * Texts quote the profile, and end up on terminals and in logs: each stays one line, and no control
 * character (C0, DEL, or C1 in UTF-8) gets through.
 */
static void make_printable(char *text)
{
    unsigned char *at = (unsigned char *)text;

    for (; *at; at++) {
        if (*at < 0x20 || *at == 0x7f)
            *at = '?';
        else if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
            at[0] = at[1] = '?';
    }
}

static bool holds(const struct diags *diags, struct location at, const char *text)
{
    for (size_t i = 0; i < diags->n; i++) {
        const struct diag *item = &diags->items[i];

        if (item->at.line == at.line && item->at.column == at.column && !strcmp(item->text, text))
            return true;
    }
    return false;
}

static bool has_room(const struct diags *diags, enum diag_severity severity)
{
    size_t n_mild = 0;

    if (severity == DIAG_ERROR)
        return diags->n < DIAGS_MAX;
    for (size_t i = 0; i < diags->n; i++)
        n_mild += diags->items[i].severity != DIAG_ERROR;
    return diags->n < DIAGS_MAX && n_mild < DIAGS_MAX_MILD;
}

void diags_add(struct diags *diags, enum diag_severity severity, struct location at,
               const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    char *text = arena_vprintf(diags->arena, fmt, args);
    va_end(args);

    if (text) {
        make_printable(text);
        if (holds(diags, at, text))
            return;
    }
    /* Counted even where it cannot be kept: a refused profile must not pass for a good one. */
    diags->n_errors += severity == DIAG_ERROR;
    diags->n_warnings += severity == DIAG_WARNING;
    if (!text || !has_room(diags, severity) ||
        arena_grow(diags->arena, &diags->items, diags->n, &diags->room, sizeof(*diags->items)) <
            0) {
        diags->n_dropped++;
        return;
    }
    diags->items[diags->n++] = (struct diag){.severity = severity, .at = at, .text = text};
}

void diags_set_rule(struct diags *diags, size_t from, enum diag_rule rule)
{
    for (size_t i = from; i < diags->n; i++)
        if (diags->items[i].rule == DIAG_RULE_NONE)
            diags->items[i].rule = rule;
}

const char *diag_quote(struct arena *arena, const char *text)
{
    size_t len = strnlen(text, DIAG_QUOTE_MAX + 1);
    const char *more = "";

    if (len > DIAG_QUOTE_MAX) {
        more = "…";
        len = DIAG_QUOTE_MAX;
        /* The bytes 10xxxxxx of UTF-8 belong to the character before them. */
        while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
    }

    const char *quoted = arena_printf(arena, "\"%.*s%s\"", (int)len, text, more);

    return quoted ? quoted : "…";
}

const char *diag_severity_name(enum diag_severity severity)
{
    switch (severity) {
    case DIAG_ERROR:
        return "error";
    case DIAG_WARNING:
        return "warning";
    case DIAG_NOTE:
        break;
    }
    return "note";
}

static int print_diag(char *buf, size_t size, const char *file, const struct diag *diag)
{
    const char *severity = diag_severity_name(diag->severity);

    if (diag->at.line == 0)
        return snprintf(buf, size, "%s: %s: %s\n", file, severity, diag->text);
    return snprintf(buf, size, "%s:%u:%u: %s: %s\n", file, diag->at.line, diag->at.column, severity,
                    diag->text);
}

static int print_dropped(char *buf, size_t size, const char *file, size_t n)
{
    if (n == 0)
        return 0;
    return snprintf(buf, size, "%s: note: %zu more not shown\n", file, n);
}

char *diags_render(const struct diags *diags, struct arena *arena, const char *file)
{
    size_t size = 1, used = 0;
    char none[1];

    for (size_t i = 0; i < diags->n; i++)
        size += (size_t)print_diag(none, 0, file, &diags->items[i]);
    size += (size_t)print_dropped(none, 0, file, diags->n_dropped);

    char *text = arena_alloc(arena, size);

    if (!text)
        return NULL;
    for (size_t i = 0; i < diags->n; i++)
        used += (size_t)print_diag(text + used, size - used, file, &diags->items[i]);
    print_dropped(text + used, size - used, file, diags->n_dropped);
    return text;
}
