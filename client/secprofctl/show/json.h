/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes JSON, through yajl's generator. A failure is kept and told by json_finish().
 */
#ifndef CLIENT_SECPROFCTL_SHOW_JSON_H
#define CLIENT_SECPROFCTL_SHOW_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yajl/yajl_gen.h>

struct json {
    yajl_gen gen;
    bool failed;
    bool line;
};

/* Begins a document; json_finish() must follow. */
void json_start(struct json *json);

/* The same for a document on one line. */
void json_start_line(struct json *json);

/* Structure. KEY is NULL inside an array and at the top. */
void json_open_map(struct json *json, const char *key);
void json_close_map(struct json *json);
void json_open_array(struct json *json, const char *key);
void json_close_array(struct json *json);

/* Values. A text that is no valid UTF-8 gets U+FFFD for its broken bytes; NULL becomes null. */
void json_text(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_hex(struct json *json, const char *key, const void *bytes, size_t n);

/* The names of the filter flags in FLAGS as an array. */
void json_flags(struct json *json, const char *key, uint32_t flags);

/* Ends the document, and writes it to PATH (NULL: stdout) as output_write() does; frees what JSON
 * holds. Returns CTL_OK, or another exit code after a message. */
int json_finish(struct json *json, const char *path);

/* Frees what JSON holds, and writes nothing. */
void json_discard(struct json *json);

#endif
