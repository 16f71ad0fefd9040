/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Builds the tree from yajl's callbacks. Open arrays and objects grow on one stack; when one is
 * closed, its items move to the arena in a block of exactly their size.
 */
#include "compiler/parse/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "compiler/parse/json-error.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    FEW_KEYS = 8, /* that are compared with each other, without being sorted */
};

/* An array or object that is not closed yet. */
struct open_node {
    enum json_type type;
    uint32_t offset;
    size_t first; /* of its items on the stack */
};

struct builder {
    struct json_doc *doc;
    struct arena *arena;
    struct diags *diags;
    const struct json_limits *limits;
    const char *text;
    size_t len;
    yajl_handle yajl;
    bool has_escapes; /* somewhere in the text */
    bool at_end;      /* yajl has seen the whole text */
    size_t last_end;  /* where the last token ended */
    size_t token;     /* where the token of this callback starts */
    size_t token_end; /* and ends */
    struct open_node *open;
    size_t depth;
    struct json_member *stack; /* finished values whose array or object is still open */
    size_t n_stack, stack_room;
    const char *key; /* that waits for its value */
    uint32_t key_offset;
    int result; /* why a callback stopped the parse */
};

const char *json_type_name(enum json_type type)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",       [JSON_BOOL] = "a boolean", [JSON_NUMBER] = "a number",
        [JSON_STRING] = "a string", [JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object",
    };

    return names[type];
}

const struct json_node *json_get(const struct json_node *object, const char *key)
{
    for (size_t i = 0; i < object->n; i++)
        if (!strcmp(object->members[i].key, key))
            return &object->members[i].value;
    return NULL;
}

struct location json_location_near(const struct json_doc *doc, uint32_t offset, size_t *near)
{
    size_t low = *near;
    size_t high = low + 2 < doc->n_lines ? low + 2 : doc->n_lines;

    if (low >= high || offset < doc->lines[low] ||
        (high < doc->n_lines && offset >= doc->lines[high])) {
        low = 0;
        high = doc->n_lines;
    }
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (doc->lines[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    *near = low;
    return (struct location){(uint32_t)low + 1, offset - doc->lines[low] + 1};
}

struct location json_location(const struct json_doc *doc, uint32_t offset)
{
    size_t near = 0;

    return json_location_near(doc, offset, &near);
}

static int index_lines(struct builder *b)
{
    const char *end = b->text + b->len;
    uint32_t *lines = NULL;
    size_t room = 0;
    size_t n = 0;

    for (const char *line = b->text;;) {
        if (arena_grow(b->arena, &lines, n, &room, sizeof(*lines)) < 0)
            return -ENOMEM;
        lines[n++] = (uint32_t)(line - b->text);

        const char *newline = memchr(line, '\n', (size_t)(end - line));

        if (!newline)
            break;
        line = newline + 1;
    }
    b->doc->lines = lines;
    b->doc->n_lines = n;
    return 0;
}

/* Ends the parse with RESULT; what a callback returns. */
static int stop(struct builder *b, int result)
{
    b->result = result;
    return 0;
}

static struct location locate(const struct builder *b, size_t offset)
{
    return json_location(b->doc, (uint32_t)offset);
}

/* Finds the token that a callback is about. Each callback begins with this. */
static void begin_token(struct builder *b)
{
    b->token = json_next_token(b->text, b->len, b->last_end);
    /* yajl_complete_parse() feeds a byte of its own, and counts from there. */
    b->token_end = b->at_end ? b->len : yajl_get_bytes_consumed(b->yajl);
    b->last_end = b->token_end;
}

static int push(struct builder *b, struct json_node node)
{
    if (b->depth == 0) {
        b->doc->root = node;
        return 1;
    }
    if (b->n_stack == b->stack_room) {
        size_t room = b->stack_room ? b->stack_room * 2 : 256;
        struct json_member *bigger = reallocarray(b->stack, room, sizeof(*bigger));

        if (!bigger)
            return stop(b, -ENOMEM);
        b->stack = bigger;
        b->stack_room = room;
    }
    b->stack[b->n_stack++] =
        (struct json_member){.key = b->key, .offset = b->key_offset, .value = node};
    return 1;
}

static struct json_node make_node(const struct builder *b, enum json_type type)
{
    return (struct json_node){
        .type = type, .offset = (uint32_t)b->token, .end = (uint32_t)b->token_end};
}

static int on_null(void *ctx)
{
    struct builder *b = ctx;

    begin_token(b);
    return push(b, make_node(b, JSON_NULL));
}

static int on_boolean(void *ctx, int value)
{
    struct builder *b = ctx;

    begin_token(b);

    struct json_node node = make_node(b, JSON_BOOL);

    node.boolean = value;
    return push(b, node);
}

static int push_text(struct builder *b, enum json_type type, const char *text, size_t len)
{
    struct json_node node = make_node(b, type);

    node.text = arena_strndup(b->arena, text, len);
    node.n = (uint32_t)len;
    return node.text ? push(b, node) : stop(b, -ENOMEM);
}

static int on_number(void *ctx, const char *text, size_t len)
{
    begin_token(ctx);
    return push_text(ctx, JSON_NUMBER, text, len);
}

/* Refuses escapes in the string token that no C string or no UTF-8 text can hold. */
static bool has_bad_escape(struct builder *b)
{
    size_t len = b->token_end - b->token;
    size_t bad = b->has_escapes ? json_check_escapes(b->text + b->token, len) : len;

    if (bad == len)
        return false;
    diags_add(b->diags, DIAG_ERROR, locate(b, b->token + bad),
              "found %.6s in a string: a NUL character or half of a surrogate pair; remove it",
              b->text + b->token + bad);
    return true;
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
    struct builder *b = ctx;

    begin_token(b);
    if (has_bad_escape(b))
        return stop(b, -EINVAL);
    return push_text(b, JSON_STRING, (const char *)text, len);
}

static int on_key(void *ctx, const unsigned char *text, size_t len)
{
    struct builder *b = ctx;

    begin_token(b);
    if (has_bad_escape(b))
        return stop(b, -EINVAL);
    b->key = arena_strndup(b->arena, (const char *)text, len);
    b->key_offset = (uint32_t)b->token;
    return b->key ? 1 : stop(b, -ENOMEM);
}

/*
 * The key of an array or object that opens is kept on the stack, in the place where its value will
 * stand when it is closed.
 */
static int open_node(struct builder *b, enum json_type type)
{
    begin_token(b);
    if (b->depth == b->limits->max_depth) {
        diags_add(b->diags, DIAG_ERROR, locate(b, b->token),
                  "arrays and objects stand more than %u deep inside each other; %u is the limit",
                  b->limits->max_depth, b->limits->max_depth);
        return stop(b, -EINVAL);
    }
    if (b->depth && !push(b, make_node(b, type)))
        return 0;
    b->open[b->depth++] =
        (struct open_node){.type = type, .offset = (uint32_t)b->token, .first = b->n_stack};
    return 1;
}

static int on_open_object(void *ctx)
{
    return open_node(ctx, JSON_OBJECT);
}

static int on_open_array(void *ctx)
{
    return open_node(ctx, JSON_ARRAY);
}

static int compare_members(const void *a, const void *b)
{
    const struct json_member *const *x = a;
    const struct json_member *const *y = b;
    int order = strcmp((*x)->key, (*y)->key);

    return order ? order : ((*x)->offset > (*y)->offset) - ((*x)->offset < (*y)->offset);
}

/* Returns 1, and the first PAIR in the text that shares a key; 0 where there is none; -ENOMEM. */
static int find_duplicates(const struct json_member *members, size_t n,
                           const struct json_member *pair[2])
{
    cleanup_free const struct json_member **sorted = NULL;

    if (n <= FEW_KEYS) {
        for (size_t i = 1; i < n; i++) {
            for (size_t k = 0; k < i; k++) {
                pair[0] = &members[k];
                pair[1] = &members[i];
                if (!strcmp(pair[0]->key, pair[1]->key))
                    return 1;
            }
        }
        return 0;
    }
    /* An object may have 100,000 keys. */
    sorted = reallocarray(NULL, n, sizeof(*sorted));
    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        sorted[i] = &members[i];
    qsort(sorted, n, sizeof(*sorted), compare_members);
    pair[1] = NULL;
    for (size_t i = 1; i < n; i++) {
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) != 0)
            continue;
        if (!pair[1] || sorted[i]->offset < pair[1]->offset) {
            pair[0] = sorted[i - 1];
            pair[1] = sorted[i];
        }
    }
    return pair[1] ? 1 : 0;
}

/* Of all duplicates the first in the text is named. */
static int check_duplicates(struct builder *b, const struct json_member *members, size_t n)
{
    const struct json_member *pair[2];
    int found = find_duplicates(members, n, pair);

    if (found <= 0)
        return found;
    diags_add(b->diags, DIAG_ERROR, locate(b, pair[1]->offset),
              "key %s stands twice in one object, first on line %u; keep one",
              diag_quote(b->arena, pair[1]->key), locate(b, pair[0]->offset).line);
    return -EINVAL;
}

static int finish_array(struct builder *b, struct json_node *node, const struct json_member *from)
{
    struct json_node *items = arena_calloc(b->arena, node->n, sizeof(*items));

    if (!items)
        return -ENOMEM;
    for (size_t i = 0; from && i < node->n; i++)
        items[i] = from[i].value;
    node->items = items;
    return 0;
}

static int finish_object(struct builder *b, struct json_node *node, const struct json_member *from)
{
    struct json_member *members = arena_calloc(b->arena, node->n, sizeof(*members));

    if (!members)
        return -ENOMEM;
    if (from && node->n)
        memcpy(members, from, node->n * sizeof(*members));
    node->members = members;
    return check_duplicates(b, members, node->n);
}

static int on_close(void *ctx)
{
    struct builder *b = ctx;

    begin_token(b);

    const struct open_node *open = &b->open[b->depth - 1];
    struct json_node node = {.type = open->type,
                             .offset = open->offset,
                             .end = (uint32_t)b->token_end,
                             .n = (uint32_t)(b->n_stack - open->first)};
    const struct json_member *from = b->stack ? &b->stack[open->first] : NULL;
    int r = open->type == JSON_ARRAY ? finish_array(b, &node, from) : finish_object(b, &node, from);

    if (r < 0)
        return stop(b, r);
    b->n_stack = open->first;
    b->depth--;
    if (b->depth)
        b->stack[b->n_stack - 1].value = node;
    else
        b->doc->root = node;
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_open_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_close,
    .yajl_start_array = on_open_array,
    .yajl_end_array = on_close,
};

/* Says what yajl did not like. */
static int report_syntax(struct builder *b)
{
    unsigned char *yajl_text = yajl_get_error(b->yajl, 0, NULL, 0);
    struct json_syntax_error error = {
        .text = b->text,
        .len = b->len,
        .yajl_text = yajl_text ? (const char *)yajl_text : "unknown error",
        .consumed = yajl_get_bytes_consumed(b->yajl),
        .last_end = b->last_end,
        .at_end = b->at_end,
    };
    size_t offset = 0;
    const char *text = json_syntax_text(&error, b->arena, &offset);

    if (yajl_text)
        yajl_free_error(b->yajl, yajl_text);
    if (!text)
        return -ENOMEM;
    if (!b->at_end || b->depth == 0) {
        diags_add(b->diags, DIAG_ERROR, locate(b, offset), "%s", text);
        return -EINVAL;
    }

    const struct open_node *open = &b->open[b->depth - 1];
    struct location at = locate(b, open->offset);

    diags_add(b->diags, DIAG_ERROR, locate(b, offset),
              "%s: %s that opens at line %u, column %u is not closed", text,
              open->type == JSON_ARRAY ? "the array" : "the object", at.line, at.column);
    return -EINVAL;
}

static int run_yajl(struct builder *b)
{
    yajl_status status = yajl_parse(b->yajl, (const unsigned char *)b->text, b->len);

    if (status == yajl_status_ok) {
        b->at_end = true;
        status = yajl_complete_parse(b->yajl);
    }
    if (status == yajl_status_ok)
        return 0;
    return status == yajl_status_client_canceled ? b->result : report_syntax(b);
}

/*
 * The first vertical tab or form feed, or LEN. yajl takes them for white space, RFC 8259 does not,
 * and the place of what follows one would be wrong.
 */
static size_t find_strange_blank(const char *text, size_t len)
{
    const char *tab = memchr(text, '\v', len);
    const char *feed = memchr(text, '\f', tab ? (size_t)(tab - text) : len);

    return feed ? (size_t)(feed - text) : tab ? (size_t)(tab - text) : len;
}

/* What can be said about the text before it is parsed. */
static int check_text(struct builder *b)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t bad;

    if (b->len >= strlen(mark) && !memcmp(b->text, mark, strlen(mark))) {
        diags_add(b->diags, DIAG_ERROR, locate(b, 0),
                  "found a byte order mark; save the file as UTF-8 without one");
        return -EINVAL;
    }
    bad = json_check_utf8(b->text, b->len);
    if (bad < b->len && b->text[bad] == '\0') {
        diags_add(b->diags, DIAG_ERROR, locate(b, bad),
                  "found a NUL byte, which has no place in JSON; is this a text file?");
        return -EINVAL;
    }
    if (bad < b->len) {
        diags_add(b->diags, DIAG_ERROR, locate(b, bad),
                  "found byte 0x%02x, which is no UTF-8 text; save the file as UTF-8",
                  (unsigned char)b->text[bad]);
        return -EINVAL;
    }
    bad = find_strange_blank(b->text, b->len);
    if (bad < b->len) {
        diags_add(b->diags, DIAG_ERROR, locate(b, bad),
                  "found control character 0x%02x, which has no place in JSON; remove it",
                  (unsigned char)b->text[bad]);
        return -EINVAL;
    }
    for (bad = 0; bad < b->len && strchr(" \t\r\n", b->text[bad]);)
        bad++;
    if (bad == b->len) {
        diags_add(b->diags, DIAG_ERROR, locate(b, 0), "the text is empty; JSON was expected");
        return -EINVAL;
    }

    const char *other = json_other_format(b->text + bad, b->len - bad);

    if (other) {
        diags_add(b->diags, DIAG_ERROR, locate(b, bad), "%s", other);
        return -EINVAL;
    }
    return 0;
}

static int build(struct builder *b)
{
    int r = index_lines(b);

    if (r == 0)
        r = check_text(b);
    if (r < 0)
        return r;
    b->has_escapes = memchr(b->text, '\\', b->len) != NULL;
    b->open = arena_calloc(b->arena, b->limits->max_depth, sizeof(*b->open));
    b->yajl = yajl_alloc(&callbacks, NULL, b);
    r = b->open && b->yajl ? run_yajl(b) : -ENOMEM;
    if (b->yajl)
        yajl_free(b->yajl);
    free(b->stack);
    return r;
}

int json_parse(struct json_doc *doc, const char *text, size_t len, const struct json_limits *limits,
               struct arena *arena, struct diags *diags)
{
    struct builder b = {
        .doc = doc,
        .arena = arena,
        .diags = diags,
        .limits = limits,
        .text = text,
        .len = len,
    };

    *doc = (struct json_doc){.len = len};
    if (len > limits->max_bytes) {
        diags_add(diags, DIAG_ERROR, (struct location){0, 0},
                  "the text has %zu bytes; %zu is the limit", len, limits->max_bytes);
        return -EINVAL;
    }
    return build(&b);
}
