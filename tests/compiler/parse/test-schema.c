/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * compiler/parse/profile.schema.json has the same keys and names as the parser: each that the
 * parser knows is in the schema, and the other way round. tests/e2e/schema.py has it judge
 * profiles.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/capability.h"
#include "compiler/facts/errno.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/json.h"
#include "compiler/parse/profile.h"
#include "tests/suite.h"
#include "tests/where.h"
#include "util/arena.h"
#include "util/cleanup.h"

static struct arena arena;
static struct json_doc schema;

static void set_up(void)
{
    const struct json_limits limits = {.max_bytes = PROFILE_MAX_BYTES, .max_depth = 64};
    cleanup_fclose FILE *file = fopen(TOP_SRCDIR "/compiler/parse/profile.schema.json", "re");
    char *text;
    size_t len;
    struct diags diags;

    arena = (struct arena)ARENA_INIT;
    ck_assert_msg(file, "profile.schema.json: %m");
    text = arena_alloc(&arena, PROFILE_MAX_BYTES);
    ck_assert_ptr_nonnull(text);
    len = fread(text, 1, PROFILE_MAX_BYTES, file);
    diags_init(&diags, &arena);
    ck_assert_msg(json_parse(&schema, text, len, &limits, &arena, &diags) == 0, "%s",
                  diags_render(&diags, &arena, "profile.schema.json"));
}

static void tear_down(void)
{
    arena_free(&arena);
}

/* The value of KEY in the schema's definition of NAME. */
static const struct json_node *definition(const char *name, const char *key)
{
    const struct json_node *node = json_get(&schema.root, "definitions");

    ck_assert_ptr_nonnull(node);
    node = json_get(node, name);
    ck_assert_msg(node, "the schema has no definition of %s", name);
    node = json_get(node, key);
    ck_assert_msg(node, "the schema's definition of %s has no %s", name, key);
    return node;
}

static bool has_item(const struct json_node *list, const char *text)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].type == JSON_STRING && !strcmp(list->items[i].text, text))
            return true;
    return false;
}

/* The definition NAME lists the N names of TABLE, and no others. */
static void check_names(const char *name, const char *const *table, size_t n)
{
    const struct json_node *list = definition(name, "enum");

    ck_assert_uint_gt(n, 0);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(has_item(list, table[i]), "the schema's %s lacks %s", name, table[i]);
    for (size_t i = 0; i < list->n; i++) {
        size_t k = 0;

        while (k < n && strcmp(table[k], list->items[i].text) != 0)
            k++;
        ck_assert_msg(k < n, "the parser does not know %s, which the schema's %s has",
                      list->items[i].text, name);
    }
}

/* The same for names that stand in one text, joined by ", ". */
static void check_list(const char *name, const char *text)
{
    const char *table[64];
    size_t n = 0;
    char *rest = arena_strndup(&arena, text, strlen(text));

    ck_assert_ptr_nonnull(rest);
    for (char *word = strtok_r(rest, ", ", &rest); word; word = strtok_r(NULL, ", ", &rest)) {
        ck_assert_uint_lt(n, ARRAY_SIZE(table));
        table[n++] = word;
    }
    check_names(name, table, n);
}

START_TEST(actions_operators_and_flags_are_the_parsers)
{
    check_list("action", action_names());
    check_list("operator", cmp_op_names());
    check_list("flag", filter_flag_names());
}
END_TEST

START_TEST(each_of_these_names_has_a_description)
{
    static const char *const names[] = {"action", "operator", "flag"};

    ck_assert_uint_eq(definition(names[_i], "enum")->n,
                      definition(names[_i], "enumDescriptions")->n);
}
END_TEST

START_TEST(architectures_are_the_parsers)
{
    const char *names[ABI_COUNT];

    for (int i = 0; i < ABI_COUNT; i++)
        names[i] = abi_get((enum abi_id)i)->scmp_name;
    check_names("architecture", names, ABI_COUNT);
}
END_TEST

/* Docker spells one architecture in a way that no table has. */
START_TEST(architectures_of_conditions_are_the_parsers)
{
    const char *names[2 * ABI_COUNT + 1] = {"mips3l64n32"};
    size_t n = 1;

    ck_assert_ptr_nonnull(abi_by_condition_name(names[0]));
    for (int i = 0; i < ABI_COUNT; i++) {
        const struct abi *abi = abi_get((enum abi_id)i);

        if (abi->go_name && abi_by_condition_name(abi->go_name))
            names[n++] = abi->go_name;
        if (abi_by_condition_name(abi->name))
            names[n++] = abi->name;
    }
    check_names("conditionArch", names, n);
}
END_TEST

START_TEST(capabilities_are_the_parsers)
{
    const char *names[64];
    size_t n = 0;

    for (; n < ARRAY_SIZE(names) && capability_name((int)n); n++)
        names[n] = capability_name((int)n);
    check_names("capability", names, n);
}
END_TEST

START_TEST(errnos_are_the_parsers)
{
    const char *names[256];
    size_t n = 0;

    for (; n < ARRAY_SIZE(names) && errno_name_at(n); n++)
        names[n] = errno_name_at(n);
    check_names("errno", names, n);
}
END_TEST

/* A profile with a key that no object has, at each place: the parser then lists those that it has.
 */
static const struct {
    const char *definition;
    const char *profile;
} objects[] = {
    {"profile", "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"qqqqqqqqqqqqqqqq\": 1}"},
    {"archMapEntry", "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"archMap\": "
                     "[{\"architecture\": \"SCMP_ARCH_X86\", \"qqqqqqqqqqqqqqqq\": 1}]}"},
    {"rule", "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"read\"], "
             "\"action\": \"SCMP_ACT_ERRNO\", \"qqqqqqqqqqqqqqqq\": 1}]}"},
    {"test", "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"read\"], "
             "\"action\": \"SCMP_ACT_ERRNO\", \"args\": [{\"qqqqqqqqqqqqqqqq\": 1}]}]}"},
    {"conditions", "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"read\"], "
                   "\"action\": \"SCMP_ACT_ERRNO\", \"includes\": {\"qqqqqqqqqqqqqqqq\": 1}}]}"},
    {"wrapper", "{\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\"}, \"qqqqqqqqqqqqqqqq\": 1}"},
    {"kubernetes", "{\"kind\": \"SeccompProfile\", \"spec\": {\"defaultAction\": "
                   "\"SCMP_ACT_ALLOW\"}, \"qqqqqqqqqqqqqqqq\": 1}"},
};

static const char *keys_of_the_parser(const char *text)
{
    static const char before[] = "; its keys are ";
    struct profile profile;
    struct diags diags;
    const char *list = NULL;

    diags_init(&diags, &arena);
    (void)profile_parse(&profile, text, strlen(text), &arena, &diags);
    for (size_t i = 0; i < diags.n; i++) {
        list = strstr(diags.items[i].text, before);
        if (list)
            break;
    }
    ck_assert_msg(list, "no list of keys in %s", diags_render(&diags, &arena, "a profile"));
    return list + strlen(before);
}

/* The schema describes "comment", which the parser passes over in every object without a list. */
START_TEST(keys_are_the_parsers)
{
    const struct json_node *properties = definition(objects[_i].definition, "properties");
    const char *keys = keys_of_the_parser(objects[_i].profile);
    char *rest = arena_strndup(&arena, keys, strlen(keys));
    size_t n = 0;
    bool lists_comment = false;

    ck_assert_ptr_nonnull(rest);
    for (char *key = strtok_r(rest, ", ", &rest); key; key = strtok_r(NULL, ", ", &rest), n++) {
        ck_assert_msg(json_get(properties, key), "the schema's %s lacks the key %s",
                      objects[_i].definition, key);
        lists_comment = lists_comment || !strcmp(key, "comment");
    }
    ck_assert_uint_eq(properties->n, n + !lists_comment);
    for (size_t i = 0; i < properties->n; i++)
        ck_assert_msg(json_get(&properties->members[i].value, "description") ||
                          !strcmp(objects[_i].definition, "kubernetes") ||
                          !strcmp(objects[_i].definition, "wrapper"),
                      "the key %s has no description", properties->members[i].key);
}
END_TEST

static Suite *schema_suite(void)
{
    Suite *suite = suite_create("profile.schema.json");
    TCase *tcase = tcase_create("parser");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, actions_operators_and_flags_are_the_parsers);
    tcase_add_loop_test(tcase, each_of_these_names_has_a_description, 0, 3);
    tcase_add_test(tcase, architectures_are_the_parsers);
    tcase_add_test(tcase, architectures_of_conditions_are_the_parsers);
    tcase_add_test(tcase, capabilities_are_the_parsers);
    tcase_add_test(tcase, errnos_are_the_parsers);
    tcase_add_loop_test(tcase, keys_are_the_parsers, 0, (int)ARRAY_SIZE(objects));
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return suite_run(schema_suite());
}
