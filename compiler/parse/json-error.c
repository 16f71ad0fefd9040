/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a text stops being JSON, and how to say it in one line. */
#include "compiler/parse/json-error.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/arena.h"
#include "util/cleanup.h"
#include "util/utf8.h"

enum {
    WORD_MAX = 24, /* most bytes of the text that a message quotes */
    HEX_DIGITS = 4,
    ESCAPE_LEN = 2 + HEX_DIGITS, /* backslash, u, digits */
};

size_t json_next_token(const char *text, size_t len, size_t at)
{
    static const bool between[UCHAR_MAX + 1] = {
        [' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true, [','] = true, [':'] = true,
    };

    while (at < len && between[(unsigned char)text[at]])
        at++;
    return at;
}

/* Where the bytes from 1 to 0x7f that begin at AT end, or a little before. */
static size_t skip_ascii(const char *text, size_t len, size_t at)
{
    const uint64_t ones = UINT64_MAX / 0xff;
    uint64_t word;

    for (; len - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, text + at, sizeof(word));
        /* The highest bit of a byte: it was set, or the byte was 0. */
        if (((word - ones) | word) & ones << 7)
            break;
    }
    return at;
}

size_t json_check_utf8(const char *text, size_t len)
{
    size_t at = 0;

    while ((at = skip_ascii(text, len, at)) < len) {
        unsigned char byte = (unsigned char)text[at];

        if (byte == '\0')
            return at;
        if (byte < 0x80) {
            at++;
            continue;
        }

        size_t length = utf8_length(text + at, len - at);

        if (length == 0)
            return at;
        at += length;
    }
    return len;
}

/* The code unit of the escape "backslash, u, four digits" at TOKEN, or -1 where no such escape
 * stands there. */
static long code_unit(const char *token, size_t len)
{
    char digits[HEX_DIGITS + 1] = "";

    if (len < ESCAPE_LEN || token[0] != '\\' || token[1] != 'u')
        return -1;
    memcpy(digits, token + 2, HEX_DIGITS);
    return strtol(digits, NULL, 16);
}

size_t json_check_escapes(const char *token, size_t len)
{
    size_t at = 0;

    while (at < len) {
        const char *escape = memchr(token + at, '\\', len - at);

        if (!escape)
            return len;
        at = (size_t)(escape - token);

        long unit = code_unit(token + at, len - at);

        if (unit < 0) {
            at += 2; /* a short escape such as \n */
            continue;
        }
        if (unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff))
            return at;
        if (unit >= 0xd800 && unit <= 0xdbff) {
            long low = code_unit(token + at + ESCAPE_LEN, len - at - ESCAPE_LEN);

            if (low < 0xdc00 || low > 0xdfff)
                return at;
            at += ESCAPE_LEN;
        }
        at += ESCAPE_LEN;
    }
    return len;
}

/* What a server says in place of a file that it does not have. */
#define NO_SUCH_FILE \
    "this is what a server says that does not have the file, no JSON; download it again"

/* What stands in files in place of JSON, by how it begins; no JSON begins so. */
static const struct {
    const char *begin; /* in any case */
    const char *text;
} other_formats[] = {
    {"<", "this is HTML or XML, no JSON; a download wants the address of the file itself, not of a "
          "page that shows it"},
    {"404: ", NO_SUCH_FILE},
    {"404 Not Found", NO_SUCH_FILE},
    {"404 page not found", NO_SUCH_FILE},
    {"Not Found", NO_SUCH_FILE},
};

static const char is_yaml[] =
    "this is YAML, which is not read; make JSON of it, for example with yq -o=json";

/* True where the LEN bytes at LINE begin with "key:", as a line of YAML does. */
static bool is_yaml_key(const char *line, size_t len)
{
    size_t n = 0;

    while (n < len && (isalnum((unsigned char)line[n]) || strchr("_-./$", line[n])))
        n++;
    return n > 0 && n < len && line[n] == ':' &&
           (n + 1 == len || isspace((unsigned char)line[n + 1]));
}

const char *json_other_format(const char *text, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(other_formats); i++) {
        size_t n = strlen(other_formats[i].begin);

        if (len >= n && !strncasecmp(text, other_formats[i].begin, n))
            return other_formats[i].text;
    }
    /* Comments may stand before the first line that says something. */
    while (len && (*text == '#' || isspace((unsigned char)*text))) {
        const char *newline = memchr(text, '\n', len);
        const char *next = newline ? newline + 1 : text + len;

        if (*text != '#')
            next = text + 1;
        len -= (size_t)(next - text);
        text = next;
    }
    if ((len >= 3 && !strncmp(text, "---", 3)) || (len >= 5 && !strncmp(text, "%YAML", 5)) ||
        (len >= 2 && !strncmp(text, "- ", 2)) || is_yaml_key(text, len))
        return is_yaml;
    return NULL;
}

/* Which byte yajl's offset points to. */
enum place {
    PLACE_TOKEN,  /* behind the offending token */
    PLACE_START,  /* somewhere inside the token, whose start says more */
    PLACE_BEFORE, /* behind the offending byte */
    PLACE_AT,     /* the offending byte */
};

/* yajl's texts (libyajl 2.1, yajl_lex.c and yajl_parser.c) and what to say instead. */
static const struct syntax_row {
    const char *yajl_text;
    enum place place;
    const char *text; /* %s: what was found */
} syntax_rows[] = {
    {"unallowed token at this point", PLACE_TOKEN, "found %s where a value was expected"},
    {"invalid object key", PLACE_TOKEN, "found %s where a key in double quotes was expected"},
    {"separated by a colon", PLACE_TOKEN, "found %s where ':' was expected, behind a key"},
    {"after key and value", PLACE_TOKEN,
     "found %s where ',' or '}' was expected, behind a member of an object"},
    {"after array element", PLACE_TOKEN,
     "found %s where ',' or ']' was expected, behind an item of an array"},
    {"trailing garbage", PLACE_TOKEN, "found %s behind the end of the JSON text; remove it"},
    {"invalid string in json text", PLACE_START,
     "found %s, which is no JSON word: true, false, null, or a string in double quotes"},
    {"after the decimal point", PLACE_START, "found number %s: a digit must follow the '.'"},
    {"after the exponent", PLACE_START, "found number %s: a digit must follow the 'e'"},
    {"after the minus sign", PLACE_START, "found number %s: a digit must follow the '-'"},
    {"probable comment", PLACE_AT, "found a comment; JSON has none, use a \"comment\" key"},
    {"'\\' occurs before a character", PLACE_BEFORE,
     "found an unknown escape in a string; write \\\\ for a backslash"},
    {"invalid (non-hex) character", PLACE_AT,
     "found %s in a \\u escape, which takes four hexadecimal digits"},
    {"invalid character inside string", PLACE_AT,
     "found %s inside a string; close the string with '\"', or write the character as an escape"},
    {"invalid char in json text", PLACE_BEFORE,
     "found %s, which has no place in JSON outside of a string"},
};

static const char *describe_byte(unsigned char byte, struct arena *arena)
{
    if (byte == '\n')
        return "the end of the line";
    if (isprint(byte))
        return arena_printf(arena, "'%c'", byte);
    if (byte < 0x80)
        return arena_printf(arena, "control character 0x%02x", byte);
    return arena_printf(arena, "byte 0x%02x", byte);
}

/* What stands at OFFSET, for people: "a string", "'}'", "the number 12". */
static const char *describe(const char *text, size_t len, size_t offset, struct arena *arena)
{
    size_t n = 0;

    if (offset >= len)
        return "the end of the file";
    if (text[offset] == '"')
        return "a string";
    while (offset + n < len && n < WORD_MAX &&
           (isalnum((unsigned char)text[offset + n]) || strchr("+-._", text[offset + n])))
        n++;
    if (n == 0)
        return describe_byte((unsigned char)text[offset], arena);
    return arena_printf(arena, "'%.*s'", (int)n, text + offset);
}

static size_t place_of(const struct json_syntax_error *error, enum place place)
{
    size_t at = error->consumed;

    switch (place) {
    case PLACE_AT:
        return at;
    case PLACE_BEFORE:
        return at ? at - 1 : 0;
    case PLACE_TOKEN:
        if (at && strchr(",:[]{}", error->text[at - 1]))
            return at - 1;
        break;
    case PLACE_START:
        break;
    }
    return json_next_token(error->text, error->len, error->last_end);
}

/* True where the last byte before OFFSET, white space aside, is a comma. */
static bool follows_comma(const char *text, size_t offset)
{
    while (offset && isspace((unsigned char)text[offset - 1]))
        offset--;
    return offset && text[offset - 1] == ',';
}

const char *json_syntax_text(const struct json_syntax_error *error, struct arena *arena,
                             size_t *offset)
{
    const struct syntax_row *row = NULL;

    if (error->at_end && !strstr(error->yajl_text, "trailing garbage")) {
        *offset = error->len;
        return "the text ends too early";
    }
    for (size_t i = 0; i < ARRAY_SIZE(syntax_rows) && !row; i++)
        if (strstr(error->yajl_text, syntax_rows[i].yajl_text))
            row = &syntax_rows[i];
    if (!row) {
        *offset = place_of(error, PLACE_START);
        return arena_printf(arena, "this is no JSON: %.*s", (int)strcspn(error->yajl_text, "\n"),
                            error->yajl_text);
    }
    /* At the end yajl counts from a byte of its own, so its offset says nothing. */
    *offset = place_of(error, error->at_end ? PLACE_START : row->place);

    const char *found = describe(error->text, error->len, *offset, arena);

    if (!found)
        return NULL;

    const char *before = strstr(row->text, "%s");

    if (!before)
        return row->text;

    bool extra_comma = *offset < error->len && strchr("]}", error->text[*offset]) &&
                       follows_comma(error->text, *offset);

    return arena_printf(arena, "%.*s%s%s%s", (int)(before - row->text), row->text, found,
                        before + strlen("%s"), extra_comma ? "; remove the ',' before it" : "");
}
