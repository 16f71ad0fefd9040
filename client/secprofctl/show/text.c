/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes text that others wrote fit for a terminal, or for JSON. */
#include "config.h"

#include "client/secprofctl/show/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/utf8.h"

/* Prints TEXT; of the controls, only those in ALLOWED get through. */
static void print(FILE *file, const char *text, const char *allowed)
{
    size_t n = strlen(text);

    while (n > 0) {
        size_t len = utf8_length(text, n);
        size_t taken = len ? len : 1;

        if (len && (strchr(allowed, *text) || !utf8_is_control(text, len))) {
            fwrite(text, 1, len, file);
        } else {
            for (size_t i = 0; i < taken; i++)
                fprintf(file, "\\x%02x", (uint8_t)text[i]);
        }
        text += taken;
        n -= taken;
    }
}

void text_print(FILE *file, const char *text)
{
    print(file, text, "\t");
}

/* The bytes of the first character of TEXT, which is not empty; a broken byte counts as one. */
static size_t step(const char *text)
{
    size_t len = utf8_length(text, strlen(text));

    return len ? len : 1;
}

static size_t count(const char *text)
{
    size_t n = 0;

    for (; *text; text += step(text))
        n++;
    return n;
}

void text_print_end(FILE *file, const char *text, size_t width)
{
    size_t n = count(text);

    if (n > width) {
        for (; n >= width; n--)
            text += step(text);
        fputs("…", file);
    }
    text_print(file, text);
}

void text_print_lines(FILE *file, const char *text)
{
    print(file, text, "\n\t");
}

struct text_line text_line_begin(FILE *file, size_t indent, size_t width)
{
    return (struct text_line){.file = file, .indent = indent, .width = width};
}

void text_line_add(struct text_line *line, const char *text)
{
    fputs(text, line->file);
    line->used += count(text);
}

void text_line_item(struct text_line *line, const char *before, const char *item)
{
    text_line_add(line, before);
    /* The comma that may follow has to fit too. */
    if (line->width && line->used > line->indent &&
        line->used + 1 + count(item) + 1 > line->width) {
        fprintf(line->file, "\n%*s", (int)line->indent, "");
        line->used = line->indent;
    } else {
        text_line_add(line, " ");
    }
    text_line_add(line, item);
}

void text_line_end(const struct text_line *line)
{
    fputc('\n', line->file);
}

void text_print_wrapped(FILE *file, const char *text, size_t indent, size_t width)
{
    size_t used = 0;

    fprintf(file, "%*s", (int)indent, "");
    while (*text) {
        size_t n = strcspn(text, " ");
        cleanup_free char *word = strndup(text, n);

        if (used && width && indent + used + 1 + count(word ? word : "") > width) {
            fprintf(file, "\n%*s", (int)indent, "");
            used = 0;
        } else if (used) {
            fputc(' ', file);
            used++;
        }
        text_print(file, word ? word : "…");
        used += count(word ? word : "");
        text += n + (text[n] == ' ');
    }
    fputc('\n', file);
}

char *text_escape_json(const char *json, size_t n, size_t *size)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, size);
    bool failed;

    if (!file)
        return NULL;
    while (n > 0) {
        size_t len = utf8_length(json, n);

        /* What lies below is white space between values here, and nothing else. */
        if ((uint8_t)*json >= 0x7f && utf8_is_control(json, len))
            fprintf(file, "\\u%04x", utf8_code_point(json, len));
        else
            fwrite(json, 1, len ? len : 1, file);
        json += len ? len : 1;
        n -= len ? len : 1;
    }
    failed = ferror(file);
    if (fclose(file) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}

char *text_to_utf8(const char *text)
{
    static const char replacement[] = "\xef\xbf\xbd";
    size_t n = strlen(text);
    char *clean = malloc(n * (sizeof(replacement) - 1) + 1);
    char *to = clean;

    if (!clean)
        return NULL;
    while (n > 0) {
        size_t len = utf8_length(text, n);

        if (len) {
            to = mempcpy(to, text, len);
        } else {
            to = mempcpy(to, replacement, sizeof(replacement) - 1);
            len = 1;
        }
        text += len;
        n -= len;
    }
    *to = '\0';
    return clean;
}
