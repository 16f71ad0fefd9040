/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON tree: what is kept, where it stands, and every reason to refuse a text. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "compiler/parse/diag.h"
#include "compiler/parse/json.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

static const struct json_limits limits = {.max_bytes = 1024 * 1024, .max_depth = 32};

/* Parses LEN bytes and returns the lines of diagnostics ("" where it is good). */
static const char *parse_bytes(struct arena *arena, struct json_doc *doc, const char *text,
                               size_t len)
{
    struct diags diags;

    diags_init(&diags, arena);

    int r = json_parse(doc, text, len, &limits, arena, &diags);

    ck_assert_int_eq(r, diags.n_errors ? -EINVAL : 0);
    ck_assert_uint_le(diags.n, 1);
    return diags_render(&diags, arena, "f");
}

static const char *parse(struct arena *arena, struct json_doc *doc, const char *text)
{
    return parse_bytes(arena, doc, text, strlen(text));
}

START_TEST(keeps_values)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct json_doc doc;
    const struct json_node *node;

    ck_assert_str_eq(
        parse(&arena, &doc,
              "{\"z\": 18446744073709551616e-0, \"a\": [true, false, null, \"x\\n\\u00e9\"],\n"
              " \"\": {}, \"n\": -0.50}"),
        "");
    ck_assert_int_eq(doc.root.type, JSON_OBJECT);
    ck_assert_uint_eq(doc.root.n, 4);
    ck_assert_str_eq(doc.root.members[0].key, "z");
    ck_assert_str_eq(doc.root.members[1].key, "a");
    ck_assert_str_eq(doc.root.members[2].key, "");

    node = json_get(&doc.root, "z");
    ck_assert_int_eq(node->type, JSON_NUMBER);
    ck_assert_str_eq(node->text, "18446744073709551616e-0");
    ck_assert_uint_eq(node->n, strlen(node->text));

    node = json_get(&doc.root, "a");
    ck_assert_int_eq(node->type, JSON_ARRAY);
    ck_assert_uint_eq(node->n, 4);
    ck_assert_int_eq(node->items[0].type, JSON_BOOL);
    ck_assert(node->items[0].boolean);
    ck_assert_int_eq(node->items[1].type, JSON_BOOL);
    ck_assert(!node->items[1].boolean);
    ck_assert_int_eq(node->items[2].type, JSON_NULL);
    ck_assert_int_eq(node->items[3].type, JSON_STRING);
    ck_assert_str_eq(node->items[3].text, "x\n\xc3\xa9");
    ck_assert_uint_eq(node->items[3].n, 4);

    node = json_get(&doc.root, "");
    ck_assert_int_eq(node->type, JSON_OBJECT);
    ck_assert_uint_eq(node->n, 0);
    ck_assert_str_eq(json_get(&doc.root, "n")->text, "-0.50");
    ck_assert_ptr_null(json_get(&doc.root, "zz"));
}
END_TEST

static void assert_at(const struct json_doc *doc, uint32_t offset, uint32_t line, uint32_t column)
{
    struct location at = json_location(doc, offset);

    ck_assert_uint_eq(at.line, line);
    ck_assert_uint_eq(at.column, column);
    /* It is the same wherever the search begins. */
    for (size_t from = 0; from <= doc->n_lines; from++) {
        size_t near = from;

        at = json_location_near(doc, offset, &near);
        ck_assert_uint_eq(at.line, line);
        ck_assert_uint_eq(at.column, column);
        ck_assert_uint_eq(near, line - 1);
    }
}

START_TEST(keeps_places)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct json_doc doc;

    ck_assert_str_eq(
        parse(&arena, &doc, "\n {\"a\" :\n\t-1 ,\r\n\"b\":[ \"x\" ,[],{}\n, null,true ] }\n"), "");

    const struct json_member *a = &doc.root.members[0], *b = &doc.root.members[1];

    assert_at(&doc, doc.root.offset, 2, 2);
    assert_at(&doc, a->offset, 2, 3);
    assert_at(&doc, a->value.offset, 3, 2);
    assert_at(&doc, b->offset, 4, 1);
    assert_at(&doc, b->value.offset, 4, 5);
    assert_at(&doc, b->value.items[0].offset, 4, 7);
    assert_at(&doc, b->value.items[1].offset, 4, 12);
    assert_at(&doc, b->value.items[2].offset, 4, 15);
    assert_at(&doc, b->value.items[3].offset, 5, 3);
    assert_at(&doc, b->value.items[4].offset, 5, 8);
    assert_at(&doc, (uint32_t)doc.len, 6, 1);
    ck_assert_uint_eq(doc.n_lines, 6);
}
END_TEST

static void assert_span(const char *text, const struct json_node *node, const char *wanted)
{
    ck_assert_uint_eq(node->end - node->offset, strlen(wanted));
    ck_assert_mem_eq(text + node->offset, wanted, strlen(wanted));
}

START_TEST(knows_where_values_end)
{
    static const char text[] = " {\"a\" :\n-1.50e+3 ,\"b\":[ \"x\\\"\\u00e9\" ,[ ], {\"c\" : 0 "
                               "}\n,null ,true, false] } \n";
    cleanup_arena struct arena arena = ARENA_INIT;
    struct json_doc doc;

    ck_assert_str_eq(parse(&arena, &doc, text), "");

    const struct json_node *b = &doc.root.members[1].value;

    ck_assert_uint_eq(doc.root.end, strlen(text) - 2);
    assert_span(text, &doc.root.members[0].value, "-1.50e+3");
    assert_span(text, b, "[ \"x\\\"\\u00e9\" ,[ ], {\"c\" : 0 }\n,null ,true, false]");
    assert_span(text, &b->items[0], "\"x\\\"\\u00e9\"");
    assert_span(text, &b->items[1], "[ ]");
    assert_span(text, &b->items[2], "{\"c\" : 0 }");
    assert_span(text, &b->items[2].members[0].value, "0");
    assert_span(text, &b->items[3], "null");
    assert_span(text, &b->items[4], "true");
    assert_span(text, &b->items[5], "false");
}
END_TEST

static const struct {
    const char *text;
    enum json_type type;
} scalars[] = {
    {"0", JSON_NUMBER},    {" 12", JSON_NUMBER}, {"-1e5 ", JSON_NUMBER},
    {"\"\"", JSON_STRING}, {"true", JSON_BOOL},  {"null", JSON_NULL},
    {"[]", JSON_ARRAY},    {"{}", JSON_OBJECT},  {"\"a\"", JSON_STRING},
};

START_TEST(any_value_is_a_text)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct json_doc doc;

    ck_assert_str_eq(parse(&arena, &doc, scalars[_i].text), "");
    ck_assert_int_eq(doc.root.type, scalars[_i].type);
    ck_assert_uint_eq(doc.root.offset, scalars[_i].text[0] == ' ');
    ck_assert_uint_eq(doc.root.end - doc.root.offset,
                      strcspn(scalars[_i].text + doc.root.offset, " "));
}
END_TEST

#define YAML \
    "1:1: error: this is YAML, which is not read; make JSON of it, for example with yq -o=json"

static const struct {
    const char *text;
    const char *diag; /* what follows "f:" */
} bad_texts[] = {
    {"", "1:1: error: the text is empty; JSON was expected"},
    {" \n\t ", "1:1: error: the text is empty; JSON was expected"},
    {"\xef\xbb\xbf{}", "1:1: error: found a byte order mark; save the file as UTF-8 without one"},
    /* What is no JSON at all. */
    {"<!DOCTYPE html>\n<html>", "1:1: error: this is HTML or XML, no JSON; a download wants the "
                                "address of the file itself, not of a page that shows it"},
    {"404: Not Found", "1:1: error: this is what a server says that does not have the file, no "
                       "JSON; download it again"},
    {"\n404 page not found\n", "2:1: error: this is what a server says that does not have the "
                               "file, no JSON; download it again"},
    {"defaultAction: SCMP_ACT_ERRNO\nsyscalls:\n", YAML},
    {"# A profile.\n\n  # Of ours.\nkind: SeccompProfile", YAML},
    {"---\n{}", YAML},
    {"%YAML 1.2", YAML},
    {"- names:\n", YAML},
    {"apiVersion:", YAML},
    {"word", "1:1: error: found 'word', which has no place in JSON outside of a string"},
    {"a:b", "1:1: error: found 'a', which has no place in JSON outside of a string"},
    {"[1,]", "1:4: error: found ']' where a value was expected; remove the ',' before it"},
    {"{\"a\":1,\n}", "2:1: error: found '}' where a key in double quotes was expected; remove the "
                     "',' before it"},
    {"[1,,2]", "1:4: error: found ',' where a value was expected"},
    {"[,1]", "1:2: error: found ',' where a value was expected"},
    {"{,}", "1:2: error: found ',' where a key in double quotes was expected"},
    {"]", "1:1: error: found ']' where a value was expected"},
    {"{\"a\":}", "1:6: error: found '}' where a value was expected"},
    {"{\"a\":\n  ]}", "2:3: error: found ']' where a value was expected"},
    {"{1:2}", "1:2: error: found '1' where a key in double quotes was expected"},
    {"{ true:2}", "1:3: error: found 'true' where a key in double quotes was expected"},
    {"{'a':1}", "1:2: error: found ''', which has no place in JSON outside of a string"},
    {"{a:1}", "1:2: error: found 'a', which has no place in JSON outside of a string"},
    {"{\"a\" 1}", "1:6: error: found '1' where ':' was expected, behind a key"},
    {"{\"a\"}", "1:5: error: found '}' where ':' was expected, behind a key"},
    {"{\"a\":1\n \"b\":2}", "2:2: error: found a string where ',' or '}' was expected, behind a "
                            "member of an object"},
    {"{\"a\":1]", "1:7: error: found ']' where ',' or '}' was expected, behind a member of an "
                  "object"},
    {"[1\n2]", "2:1: error: found '2' where ',' or ']' was expected, behind an item of an array"},
    {"[1}", "1:3: error: found '}' where ',' or ']' was expected, behind an item of an array"},
    {"[01]", "1:3: error: found '1' where ',' or ']' was expected, behind an item of an array"},
    {"[] x", "1:4: error: found 'x' behind the end of the JSON text; remove it"},
    {"[]\n\n[]", "3:1: error: found '[' behind the end of the JSON text; remove it"},
    {"{} \"a\"", "1:4: error: found a string behind the end of the JSON text; remove it"},
    {"1 2", "1:3: error: found '2' behind the end of the JSON text; remove it"},
    {"[1, tru]",
     "1:5: error: found 'tru', which is no JSON word: true, false, null, or a string in "
     "double quotes"},
    {"[+1]", "1:2: error: found '+1', which has no place in JSON outside of a string"},
    {"[NaN]", "1:2: error: found 'NaN', which has no place in JSON outside of a string"},
    {"[0x1]", "1:3: error: found 'x1', which has no place in JSON outside of a string"},
    {"[\"a\", 1.]", "1:7: error: found number '1.': a digit must follow the '.'"},
    {"[-]", "1:2: error: found number '-': a digit must follow the '-'"},
    {"[1e+]", "1:2: error: found number '1e+': a digit must follow the 'e'"},
    {"[1 # one\n]", "1:4: error: found '#', which has no place in JSON outside of a string"},
    {"[1]\v", "1:4: error: found control character 0x0b, which has no place in JSON; remove it"},
    {"\n\f{}\v", "2:1: error: found control character 0x0c, which has no place in JSON; remove it"},
    {"[\"a\v\"]",
     "1:4: error: found control character 0x0b, which has no place in JSON; remove it"},
    {"[1, \x01]",
     "1:5: error: found control character 0x01, which has no place in JSON outside of a "
     "string"},
    {"[\xc3\xa9]", "1:2: error: found byte 0xc3, which has no place in JSON outside of a string"},
    {"// x\n[1]", "1:1: error: found a comment; JSON has none, use a \"comment\" key"},
    {"[1 /* x */]", "1:4: error: found a comment; JSON has none, use a \"comment\" key"},
    {"[\"ab\ncd\"]", "1:5: error: found the end of the line inside a string; close the string with "
                     "'\"', or write the character as an escape"},
    {"[\"ab\tcd\"]", "1:5: error: found control character 0x09 inside a string; close the string "
                     "with '\"', or write the character as an escape"},
    {"[\"a\\q\"]", "1:4: error: found an unknown escape in a string; write \\\\ for a backslash"},
    {"[\"\\u12g4\"]",
     "1:7: error: found 'g4' in a \\u escape, which takes four hexadecimal digits"},
    {"[\"a\\u0000b\"]", "1:4: error: found \\u0000 in a string: a NUL character or half of a "
                        "surrogate pair; remove it"},
    {"{\"a\\u0000b\":1}", "1:4: error: found \\u0000 in a string: a NUL character or half of a "
                          "surrogate pair; remove it"},
    {"[\"\\ud800\"]",
     "1:3: error: found \\ud800 in a string: a NUL character or half of a surrogate "
     "pair; remove it"},
    {"[\"\\\\\\udc00\"]", "1:5: error: found \\udc00 in a string: a NUL character or half of a "
                          "surrogate pair; remove it"},
    {"[\"\\ud83d\\ud83d\"]", "1:3: error: found \\ud83d in a string: a NUL character or half of a "
                             "surrogate pair; remove it"},
    {"[\"\\ud83d\\n\"]", "1:3: error: found \\ud83d in a string: a NUL character or half of a "
                         "surrogate pair; remove it"},
    {"[1,\n {\"a\"",
     "2:6: error: the text ends too early: the object that opens at line 2, column 2 "
     "is not closed"},
    {"[1,\n",
     "2:1: error: the text ends too early: the array that opens at line 1, column 1 is not "
     "closed"},
    {"{\"a\":\"b", "1:8: error: the text ends too early: the object that opens at line 1, column 1 "
                   "is not closed"},
    {"[[],nul", "1:8: error: the text ends too early: the array that opens at line 1, column 1 is "
                "not closed"},
    {"\"abc", "1:5: error: the text ends too early"},
    {"-", "1:2: error: the text ends too early"},
    {"{\"a\":1,\n \"b\":2,\n \"a\":3}",
     "3:2: error: key \"a\" stands twice in one object, first on "
     "line 1; keep one"},
    {"{\"b\":1,\"a\":2,\"a\":3,\"b\":4}",
     "1:14: error: key \"a\" stands twice in one object, first "
     "on line 1; keep one"},
    {"{\"x\":[{\"\":1,\n\"\":2}]}",
     "2:1: error: key \"\" stands twice in one object, first on line "
     "1; keep one"},
    {"{\"ab\":1,\"a\\u0062\":2}",
     "1:9: error: key \"ab\" stands twice in one object, first on line "
     "1; keep one"},
    {"{\"a\":1,\"a\":1,\"a\":1}",
     "1:8: error: key \"a\" stands twice in one object, first on line 1; "
     "keep one"},
};

START_TEST(refuses)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct json_doc doc;

    ck_assert_str_eq(parse(&arena, &doc, bad_texts[_i].text),
                     arena_printf(&arena, "f:%s\n", bad_texts[_i].diag));
}
END_TEST

static const struct {
    const char *bytes;
    bool good;
} utf8[] = {
    {"\x7f", true},
    {"\xc2\x80", true},
    {"\xdf\xbf", true},
    {"\xe0\xa0\x80", true},
    {"\xed\x9f\xbf", true},
    {"\xee\x80\x80", true},
    {"\xef\xbf\xbf", true},
    {"\xf0\x90\x80\x80", true},
    {"\xf4\x8f\xbf\xbf", true},
    {"\x80", false},
    {"\xbf", false},
    {"\xc0\x80", false},
    {"\xc1\xbf", false},
    {"\xc2", false},
    {"\xc2\x41", false},
    {"\xe0\x9f\xbf", false},
    {"\xe1\x80", false},
    {"\xe1\x80\x41", false},
    {"\xed\xa0\x80", false},
    {"\xed\xbf\xbf", false},
    {"\xf0\x8f\xbf\xbf", false},
    {"\xf0\x90\x80", false},
    {"\xf4\x90\x80\x80", false},
    {"\xf5\x80\x80\x80", false},
    {"\xff", false},
    {"\xfe", false},
};

START_TEST(checks_utf8)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct json_doc doc;
    const char *text = arena_printf(&arena, "[\"a\",\n\"\xc3\xa9%s\"]", utf8[_i].bytes);

    if (utf8[_i].good)
        ck_assert_str_eq(parse(&arena, &doc, text), "");
    else
        ck_assert_str_eq(parse(&arena, &doc, text),
                         arena_printf(&arena,
                                      "f:2:4: error: found byte 0x%02x, which is no UTF-8 text; "
                                      "save the file as UTF-8\n",
                                      (unsigned char)utf8[_i].bytes[0]));
}
END_TEST

START_TEST(utf8_cut_off_at_the_end)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct json_doc doc;

    ck_assert_str_eq(parse(&arena, &doc, "\"\xf0\x90\x80"),
                     "f:1:2: error: found byte 0xf0, which is no UTF-8 text; save the file as "
                     "UTF-8\n");
}
END_TEST

START_TEST(refuses_nul_bytes)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct json_doc doc;
    static const char in_string[] = "[\"a\0b\"]", behind[] = "[]\0";
    const char *diag = ": error: found a NUL byte, which has no place in JSON; is this a text "
                       "file?\n";

    ck_assert_str_eq(parse_bytes(&arena, &doc, in_string, sizeof(in_string) - 1),
                     arena_printf(&arena, "f:1:4%s", diag));
    ck_assert_str_eq(parse_bytes(&arena, &doc, behind, sizeof(behind) - 1),
                     arena_printf(&arena, "f:1:3%s", diag));
}
END_TEST

START_TEST(decodes_surrogate_pairs)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct json_doc doc;

    ck_assert_str_eq(parse(&arena, &doc, "[\"\\ud83d\\ude00\\\\u0000\"]"), "");
    ck_assert_str_eq(doc.root.items[0].text, "\xf0\x9f\x98\x80\\u0000");
}
END_TEST

static char *nested(struct arena *arena, size_t depth, bool objects)
{
    char *text = arena_alloc(arena, depth * 8);

    for (size_t i = 0; i < depth; i++)
        strcat(text, objects && i % 2 ? "{\"a\":" : "[");
    if (objects && depth % 2 == 0)
        strcat(text, "0");
    for (size_t i = depth; i > 0; i--)
        strcat(text, objects && (i - 1) % 2 ? "}" : "]");
    return text;
}

START_TEST(limits_depth)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct json_doc doc;

    ck_assert_str_eq(parse(&arena, &doc, nested(&arena, 32, false)), "");
    ck_assert_str_eq(parse(&arena, &doc, nested(&arena, 32, true)), "");
    ck_assert_str_eq(parse(&arena, &doc, nested(&arena, 33, false)),
                     "f:1:33: error: arrays and objects stand more than 32 deep inside each other; "
                     "32 is the limit\n");
    ck_assert_str_eq(parse(&arena, &doc, nested(&arena, 33, true)),
                     "f:1:97: error: arrays and objects stand more than 32 deep inside each other; "
                     "32 is the limit\n");
}
END_TEST

START_TEST(limits_size)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct json_doc doc;
    const size_t max = 1024 * 1024;
    char *text = arena_alloc(&arena, max + 1);

    memset(text, ' ', max + 1);
    text[0] = '[';
    text[max - 1] = ']';
    ck_assert_str_eq(parse_bytes(&arena, &doc, text, max), "");
    ck_assert_str_eq(parse_bytes(&arena, &doc, text, max + 1),
                     "f: error: the text has 1048577 bytes; 1048576 is the limit\n");
}
END_TEST

/* 1 MiB of the smallest items and keys: neither time nor memory may explode. */
START_TEST(full_size_texts)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct json_doc doc;
    const size_t n_items = 500 * 1000, n_keys = 80 * 1000;
    char *text = arena_alloc(&arena, 1024 * 1024);
    size_t len = 0;

    for (size_t i = 0; i < n_items; i++, len += 2)
        memcpy(text + len, i ? ",1" : "[1", 2);
    text[len++] = ']';
    ck_assert_str_eq(parse_bytes(&arena, &doc, text, len), "");
    ck_assert_uint_eq(doc.root.n, n_items);

    len = 0;
    for (size_t i = 0; i < n_keys; i++)
        len += (size_t)sprintf(text + len, "%c\"%zx\":1", i ? ',' : '{', i);
    text[len++] = '}';
    ck_assert_str_eq(parse_bytes(&arena, &doc, text, len), "");
    ck_assert_uint_eq(doc.root.n, n_keys);
    ck_assert_str_eq(doc.root.members[n_keys - 1].key, "1387f");
}
END_TEST

START_TEST(no_memory_is_no_crash)
{
    cleanup_arena struct arena notes = ARENA_INIT;
    static const char text[] = "{\"a\": [1, {\"b\": \"c\"}], \"d\": null, \"e\": \"xyz\"}";
    size_t limit;

    for (limit = 1; limit < 100000; limit += 16) {
        cleanup_arena struct arena arena = {.limit = limit};
        struct json_doc doc;
        struct diags diags;

        diags_init(&diags, &notes);

        int r = json_parse(&doc, text, strlen(text), &limits, &arena, &diags);

        ck_assert_uint_eq(diags.n_errors, 0);
        if (r == 0)
            break;
        ck_assert_int_eq(r, -ENOMEM);
    }
    ck_assert_uint_gt(limit, 100);
    ck_assert_uint_lt(limit, 100000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *tc = tcase_create("json");

    tcase_add_test(tc, keeps_values);
    tcase_add_test(tc, keeps_places);
    tcase_add_test(tc, knows_where_values_end);
    tcase_add_loop_test(tc, any_value_is_a_text, 0, ARRAY_SIZE(scalars));
    tcase_add_loop_test(tc, refuses, 0, ARRAY_SIZE(bad_texts));
    tcase_add_loop_test(tc, checks_utf8, 0, ARRAY_SIZE(utf8));
    tcase_add_test(tc, utf8_cut_off_at_the_end);
    tcase_add_test(tc, refuses_nul_bytes);
    tcase_add_test(tc, decodes_surrogate_pairs);
    tcase_add_test(tc, limits_depth);
    tcase_add_test(tc, limits_size);
    tcase_add_test(tc, full_size_texts);
    tcase_add_test(tc, no_memory_is_no_crash);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
