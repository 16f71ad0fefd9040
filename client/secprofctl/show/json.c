/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON through yajl's generator. */
#include "config.h"

#include "client/secprofctl/show/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/show/format.h"
#include "client/secprofctl/show/output.h"
#include "client/secprofctl/show/text.h"
#include "util/cleanup.h"
#include "util/hex.h"

static void check(struct json *json, yajl_gen_status status)
{
    if (status != yajl_gen_status_ok)
        json->failed = true;
}

static void put_string(struct json *json, const char *text)
{
    check(json, yajl_gen_string(json->gen, (const unsigned char *)text, strlen(text)));
}

static void put_key(struct json *json, const char *key)
{
    if (key)
        put_string(json, key);
}

static void start(struct json *json, bool line)
{
    json->gen = yajl_gen_alloc(NULL);
    json->failed = !json->gen;
    json->line = line;
    if (json->failed)
        return;
    yajl_gen_config(json->gen, yajl_gen_beautify, !line);
    yajl_gen_config(json->gen, yajl_gen_indent_string, "  ");
    yajl_gen_config(json->gen, yajl_gen_validate_utf8, 1);
}

void json_start(struct json *json)
{
    start(json, false);
}

void json_start_line(struct json *json)
{
    start(json, true);
}

void json_open_map(struct json *json, const char *key)
{
    if (json->failed)
        return;
    put_key(json, key);
    check(json, yajl_gen_map_open(json->gen));
}

void json_close_map(struct json *json)
{
    if (!json->failed)
        check(json, yajl_gen_map_close(json->gen));
}

void json_open_array(struct json *json, const char *key)
{
    if (json->failed)
        return;
    put_key(json, key);
    check(json, yajl_gen_array_open(json->gen));
}

void json_close_array(struct json *json)
{
    if (!json->failed)
        check(json, yajl_gen_array_close(json->gen));
}

void json_text(struct json *json, const char *key, const char *value)
{
    cleanup_free char *clean = value ? text_to_utf8(value) : NULL;

    if (value && !clean)
        json->failed = true;
    if (json->failed)
        return;
    put_key(json, key);
    if (clean)
        put_string(json, clean);
    else
        check(json, yajl_gen_null(json->gen));
}

void json_number(struct json *json, const char *key, uint64_t value)
{
    char digits[32];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, value);

    if (json->failed)
        return;
    put_key(json, key);
    /* Not yajl_gen_integer(): that is signed. */
    check(json, yajl_gen_number(json->gen, digits, (size_t)len));
}

void json_bool(struct json *json, const char *key, bool value)
{
    if (json->failed)
        return;
    put_key(json, key);
    check(json, yajl_gen_bool(json->gen, value));
}

void json_hex(struct json *json, const char *key, const void *bytes, size_t n)
{
    cleanup_free char *digits = malloc(HEX_SIZE(n));

    if (!digits)
        json->failed = true;
    else
        json_text(json, key, hex_encode(bytes, n, digits));
}

void json_flags(struct json *json, const char *key, uint32_t flags)
{
    cleanup_free char *names = format_flags(flags, ",", "");
    char *rest = names;

    if (!names)
        json->failed = true;
    json_open_array(json, key);
    while (rest && *rest)
        json_text(json, NULL, strsep(&rest, ","));
    json_close_array(json);
}

static int write_line(const char *path, const void *text, size_t len)
{
    cleanup_free char *line = malloc(len + 1);

    if (!line)
        return -ENOMEM;
    memcpy(line, text, len);
    line[len] = '\n';
    return output_write(path, line, len + 1);
}

int json_finish(struct json *json, const char *path)
{
    const unsigned char *made;
    cleanup_free char *text = NULL;
    size_t len;
    int r = -ENOMEM;

    /* yajl escapes what JSON wants to be escaped; a terminal wants more. */
    if (!json->failed && yajl_gen_get_buf(json->gen, &made, &len) == yajl_gen_status_ok)
        text = text_escape_json((const char *)made, len, &len);
    if (text)
        r = json->line ? write_line(path, text, len) : output_write(path, text, len);
    json_discard(json);
    return r < 0 ? output_fail(path, r) : CTL_OK;
}

void json_discard(struct json *json)
{
    if (json->gen)
        yajl_gen_free(json->gen);
    json->gen = NULL;
}
