/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration's reader and splicer: what is found, what is refused and where, and that every
 * byte outside of the changed spans is what it was.
 */
#include "integration/oci-config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define CAP(number) (UINT64_C(1) << (number))

/* TEXT with " for each '. */
static char *json(struct arena *arena, const char *text)
{
    char *copy = arena_strndup(arena, text, strlen(text));

    ck_assert_ptr_nonnull(copy);
    for (char *at = copy; *at; at++)
        if (*at == '\'')
            *at = '"';
    return copy;
}

/* Parses TEXT and returns the lines of its errors, "" where there is none. */
static const char *parse(struct arena *arena, struct oci_config *config, const char *text,
                         size_t len)
{
    struct diags diags;
    int r;

    diags_init(&diags, arena);
    r = oci_config_parse(config, text, len, arena, &diags);
    ck_assert_int_eq(r, diags.n_errors ? -EINVAL : 0);
    return diags_render(&diags, arena, "c");
}

START_TEST(finds_what_matters)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct oci_config config;
    const char *text = json(
        &arena, "{'ociVersion': '1.0.2', 'process': {'capabilities': {'bounding': ['CAP_CHOWN',"
                " 'CAP_SYS_ADMIN', 'CAP_FROM_THE_FUTURE', 'cap_kill', 'ALL', ''], 'effective':"
                " ['CAP_NET_RAW']}}, 'annotations': {'a': 'b', 'io.secprof.profile': 'web',"
                " 'run.oci.seccomp_bpf_data': 'AAAA', 'io.secprof.filter': 'x'},"
                " 'linux': {'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW'}}}");

    ck_assert_str_eq(parse(&arena, &config, text, strlen(text)), "");
    ck_assert_str_eq(config.profile, "web");
    ck_assert_str_eq(config.bpf, "AAAA");
    ck_assert(config.marked);
    ck_assert_uint_eq(config.caps, CAP(0) | CAP(21));
    ck_assert(oci_config_has_rules(&config));
    ck_assert_uint_eq(config.seccomp->end - config.seccomp->offset,
                      strlen("{'defaultAction': 'SCMP_ACT_ALLOW'}"));
}
END_TEST

static const char *const bare[] = {
    "{}",
    "{'linux': {}, 'annotations': {}, 'process': {}}",
    "{'linux': null, 'annotations': null, 'process': null}",
    "{'linux': {'seccomp': null}, 'process': {'capabilities': null}}",
    "{'process': {'capabilities': {}}, 'x': {'annotations': {'io.secprof.profile': 'inner'}}}",
    "{'process': {'capabilities': {'bounding': null, 'effective': ['CAP_CHOWN']}}}",
    ("{'process': {'annotations': {'io.secprof.profile': 'inner'}}, 'annotations':"
     " {'IO.secprof.profile': 'other'}}"),
};

START_TEST(finds_nothing_where_nothing_is)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct oci_config config;
    const char *text = json(&arena, bare[_i]);

    ck_assert_str_eq(parse(&arena, &config, text, strlen(text)), "");
    ck_assert_ptr_null(config.profile);
    ck_assert_ptr_null(config.bpf);
    ck_assert(!config.marked);
    ck_assert_uint_eq(config.caps, 0);
    ck_assert(!oci_config_has_rules(&config));
}
END_TEST

static const struct {
    const char *text;
    const char *diag;
} refused[] = {
    {"[]", "c:1:1: error: the configuration is an array; an object was expected\n"},
    {"{'annotations': []}", "c:1:17: error: \"annotations\" is an array; an object was expected\n"},
    {"{'annotations':\n {'io.secprof.profile': 1}}",
     "c:2:25: error: the annotation \"io.secprof.profile\" is a number; a string was expected\n"},
    {"{'annotations': {'run.oci.seccomp_bpf_data': null}}",
     "c:1:46: error: the annotation \"run.oci.seccomp_bpf_data\" is null; a string was expected\n"},
    {"{'annotations': {'io.secprof.filter': {}}}",
     "c:1:39: error: the annotation \"io.secprof.filter\" is an object; a string was expected\n"},
    {"{'linux': 'yes'}", "c:1:11: error: \"linux\" is a string; an object was expected\n"},
    {"{'linux': {'seccomp': false}}",
     "c:1:23: error: \"seccomp\" is a boolean; an object was expected\n"},
    {"{'process': {'capabilities': []}}",
     "c:1:30: error: \"capabilities\" is an array; an object was expected\n"},
    {"{'process': {'capabilities': {'bounding': {}}}}",
     "c:1:43: error: \"bounding\" is an object; an array was expected\n"},
    {"{'process': {'capabilities': {'bounding': ['CAP_CHOWN', 21]}}}",
     "c:1:57: error: an item of \"bounding\" is a number; a string was expected\n"},
    /* Two readers, two containers: once more under the same name, and under a name that Go takes.
     */
    {"{'linux': {},\n'linux': {'seccomp': {}}}",
     "c:2:1: error: key \"linux\" stands twice in one object, first on line 1; keep one\n"},
    {"{'annotations': {'io.secprof.profile': 'a', 'io.secprof.profile': 'b'}}",
     "c:1:45: error: key \"io.secprof.profile\" stands twice in one object, first on line 1; keep "
     "one\n"},
    {"{'linux': {}, 'Linux': {'seccomp': {}}}",
     "c:1:15: error: the key \"Linux\" is \"linux\" for some runtimes and unknown to others; write "
     "\"linux\"\n"},
    {"{'linux': {'SecComp': {}}}",
     "c:1:12: error: the key \"SecComp\" is \"seccomp\" for some runtimes and unknown to others; "
     "write \"seccomp\"\n"},
    {"{'ANNOTATIONS': {'io.secprof.profile': 'a'}}",
     "c:1:2: error: the key \"ANNOTATIONS\" is \"annotations\" for some runtimes and unknown to "
     "others; write \"annotations\"\n"},
    /* U+017F is a small letter s for Go. */
    {"{'linux': {'\xc5\xbf"
     "eccomp': {}}}",
     "c:1:12: error: the key \"\xc5\xbf"
     "eccomp\" is \"seccomp\" for some runtimes and unknown to "
     "others; write \"seccomp\"\n"},
    {"{'annotation\\u017f': {}}", "c:1:2: error: the key \"annotation\xc5\xbf\" is \"annotations\" "
                                  "for some runtimes and unknown to "
                                  "others; write \"annotations\"\n"},
};

START_TEST(refuses)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct oci_config config;
    const char *text = json(&arena, refused[_i].text);
    const char *diags = parse(&arena, &config, text, strlen(text));

    ck_assert_msg(!strncmp(diags, refused[_i].diag, strlen(refused[_i].diag)), "wanted %s, got %s",
                  refused[_i].diag, diags);
}
END_TEST

static const char whole[] =
    "\n{ \"ociVersion\":\"1.0.2\",\"big\" : [ 123456789012345678901234567890, -0.10e+05 ],\r\n"
    "\t\"annotations\" : { \"a\\u00e9\\n\" : \"\xf0\x9f\x90\xa7\" , "
    "\"run.oci.seccomp_bpf_data\":\"AA\"},"
    " \"linux\":{\"x\":{}, \"seccomp\" :{ \"defaultAction\":\"SCMP_ACT_ALLOW\"} } , \"z\": [[[]]] "
    "} \n\n";

START_TEST(refuses_every_cut_text)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct oci_config config;
    size_t end = strrchr(whole, '}') - whole;

    for (size_t len = 0; len <= end; len++) {
        /* In a block of just this size, so that the sanitizers see a read behind it. */
        cleanup_free char *cut = malloc(len ? len : 1);

        memcpy(cut, whole, len);
        ck_assert_str_ne(parse(&arena, &config, cut, len), "");
    }
    ck_assert_str_eq(parse(&arena, &config, whole, end + 1), "");
}
END_TEST

START_TEST(refuses_nul_depth_and_size)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct oci_config config;
    static const char nul[] = "{\"a\":\0 1}";
    char deep[2 * (OCI_CONFIG_MAX_DEPTH + 1) + sizeof("{\"a\":}")];
    cleanup_free char *large = malloc(OCI_CONFIG_MAX_BYTES + 1);
    int n = snprintf(deep, sizeof(deep), "{\"a\":");

    ck_assert_str_eq(parse(&arena, &config, nul, sizeof(nul) - 1),
                     "c:1:6: error: found a NUL byte, which has no place in JSON; is this a text "
                     "file?\n");
    memset(deep + n, '[', OCI_CONFIG_MAX_DEPTH);
    memset(deep + n + OCI_CONFIG_MAX_DEPTH, ']', OCI_CONFIG_MAX_DEPTH);
    strcpy(deep + n + 2 * OCI_CONFIG_MAX_DEPTH, "}");
    ck_assert_str_eq(parse(&arena, &config, deep, strlen(deep)),
                     "c:1:517: error: arrays and objects stand more than 512 deep inside each "
                     "other; 512 is the limit\n");
    memset(large, ' ', OCI_CONFIG_MAX_BYTES + 1);
    large[0] = '{';
    large[1] = '}';
    ck_assert_str_eq(parse(&arena, &config, large, OCI_CONFIG_MAX_BYTES), "");
    ck_assert_str_eq(parse(&arena, &config, large, OCI_CONFIG_MAX_BYTES + 1),
                     "c: error: the text has 16777217 bytes; 16777216 is the limit\n");
}
END_TEST

#define FILTER "\"run.oci.seccomp_bpf_data\":\"BPF\",\"io.secprof.filter\":\"DIGEST\""

enum change_kind {
    ADD,
    ADD_WITH_RULES,
    REMOVE,
};

static const struct oci_change changes[] = {
    [ADD] = {"BPF", "DIGEST", NULL},
    [ADD_WITH_RULES] = {"BPF", "DIGEST", "RULES"},
    [REMOVE] = {NULL, NULL, NULL},
};

static const struct {
    enum change_kind kind;
    const char *before;
    const char *after;
} rewrites[] = {
    /* No annotations yet. */
    {ADD, "{}", "{\"annotations\":{" FILTER "}}"},
    {ADD, " { \"a\" : 1.0 } ", " { \"a\" : 1.0,\"annotations\":{" FILTER "} } "},
    {ADD, "{\"annotations\": null ,\"a\":[]}", "{\"annotations\": {" FILTER "} ,\"a\":[]}"},
    /* Beside others. */
    {ADD, "{\"annotations\":{ }}", "{\"annotations\":{" FILTER " }}"},
    {ADD, "{\"annotations\":{ \"a\" : \"b\" }}", "{\"annotations\":{ \"a\" : \"b\"," FILTER " }}"},
    /* In the place of old ones, wherever these stand. */
    {ADD, "{\"annotations\":{ \"run.oci.seccomp_bpf_data\" : \"A\" }}",
     "{\"annotations\":{" FILTER "  }}"},
    {ADD,
     "{\"annotations\":{\"run.oci.seccomp_bpf_data\":\"A\" , \"io.secprof.filter\":\"\" ,"
     "\"c\":\"d\"}}",
     "{\"annotations\":{\"c\":\"d\"," FILTER "}}"},
    {ADD,
     "{\"annotations\":{\"a\":\"b\", \"io.secprof.filter\":\"\",\"run.oci.seccomp_bpf_data\":\"A\","
     " \"c\":\"d\"}}",
     "{\"annotations\":{\"a\":\"b\", \"c\":\"d\"," FILTER "}}"},
    {ADD,
     "{\"annotations\":{\"run.oci.seccomp_bpf_data\":\"A\",\"a\":\"b\" ,\"io.secprof.filter\":\"\""
     " }}",
     "{\"annotations\":{\"a\":\"b\"," FILTER " }}"},
    {REMOVE,
     "{\"annotations\":{\"run.oci.seccomp_bpf_data\":\"A\",\"io.secprof.filter\":\"x\"},\"b\":1}",
     "{\"annotations\":{},\"b\":1}"},
    {REMOVE,
     "{\"annotations\":{\"a\":\"b\", \"run.oci.seccomp_bpf_data\":\"A\", \"c\":\"d\","
     "\"io.secprof.filter\":\"x\"}}",
     "{\"annotations\":{\"a\":\"b\", \"c\":\"d\"}}"},
    {REMOVE, "{\"a\": 1}", "{\"a\": 1}"},
    /* The rules, where there are some, none, and nothing else. */
    {ADD_WITH_RULES, "{\"linux\":{\"seccomp\" : { \"x\": 1 } , \"y\":2}}",
     "{\"linux\":{\"seccomp\" : RULES , \"y\":2},\"annotations\":{" FILTER "}}"},
    {ADD_WITH_RULES, "{\"linux\":{\"seccomp\":null}}",
     "{\"linux\":{\"seccomp\":RULES},\"annotations\":{" FILTER "}}"},
    {ADD_WITH_RULES, "{\"annotations\":{\"a\":\"b\"},\"linux\":{ \"y\":2 }}",
     "{\"annotations\":{\"a\":\"b\"," FILTER "},\"linux\":{ \"y\":2,\"seccomp\":RULES }}"},
    {ADD_WITH_RULES, "{\"linux\":{},\"annotations\":{\"io.secprof.filter\":\"\"}}",
     "{\"linux\":{\"seccomp\":RULES},\"annotations\":{" FILTER "}}"},
};

START_TEST(rewrites_exactly)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct oci_config config;
    size_t len = 0;
    char *text;

    ck_assert_str_eq(parse(&arena, &config, rewrites[_i].before, strlen(rewrites[_i].before)), "");
    text = oci_config_rewrite(&config, &changes[rewrites[_i].kind], &arena, &len);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, rewrites[_i].after);
    ck_assert_uint_eq(len, strlen(rewrites[_i].after));
}
END_TEST

START_TEST(keeps_every_other_byte)
{
    static const char after[] =
        "\n{ \"ociVersion\":\"1.0.2\",\"big\" : [ 123456789012345678901234567890, -0.10e+05 ],\r\n"
        "\t\"annotations\" : { \"a\\u00e9\\n\" : \"\xf0\x9f\x90\xa7\"," FILTER "},"
        " \"linux\":{\"x\":{}, \"seccomp\" :RULES } , \"z\": [[[]]] } \n\n";
    cleanup_arena struct arena arena = ARENA_INIT;
    struct oci_config config;
    size_t len = 0;

    ck_assert_str_eq(parse(&arena, &config, whole, strlen(whole)), "");
    ck_assert_str_eq(oci_config_rewrite(&config, &changes[ADD_WITH_RULES], &arena, &len), after);
}
END_TEST

START_TEST(again_is_the_same)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct oci_config config;
    size_t len = 0;
    char *once, *twice;

    ck_assert_str_eq(parse(&arena, &config, whole, strlen(whole)), "");
    once = oci_config_rewrite(&config, &changes[ADD], &arena, &len);
    ck_assert_str_eq(parse(&arena, &config, once, len), "");
    ck_assert(config.marked);
    ck_assert_str_eq(config.bpf, "BPF");
    twice = oci_config_rewrite(&config, &changes[ADD], &arena, &len);
    ck_assert_str_eq(once, twice);
}
END_TEST

START_TEST(no_memory_is_no_crash)
{
    for (size_t limit = 1;; limit += 16) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct oci_config config;
        struct diags diags;
        size_t len = 0;
        int r;

        arena.limit = limit;
        diags_init(&diags, &arena);
        r = oci_config_parse(&config, whole, strlen(whole), &arena, &diags);
        ck_assert(r == 0 || r == -ENOMEM);
        if (r == 0 && oci_config_rewrite(&config, &changes[ADD_WITH_RULES], &arena, &len))
            break;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("oci-config");
    TCase *tc = tcase_create("oci-config");

    tcase_add_test(tc, finds_what_matters);
    tcase_add_loop_test(tc, finds_nothing_where_nothing_is, 0, ARRAY_SIZE(bare));
    tcase_add_loop_test(tc, refuses, 0, ARRAY_SIZE(refused));
    tcase_add_test(tc, refuses_every_cut_text);
    tcase_add_test(tc, refuses_nul_depth_and_size);
    tcase_add_loop_test(tc, rewrites_exactly, 0, ARRAY_SIZE(rewrites));
    tcase_add_test(tc, keeps_every_other_byte);
    tcase_add_test(tc, again_is_the_same);
    tcase_add_test(tc, no_memory_is_no_crash);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
