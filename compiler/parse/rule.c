/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of a profile: names, verdict, argument tests, conditions. */
#include "compiler/parse/rule.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <string.h>
#include <strings.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/capability.h"
#include "compiler/facts/errno.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/parse/arch-name.h"
#include "compiler/parse/json.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/reader.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/suggest.h"

enum {
    DEFAULT_ERRNO = 1, /* EPERM on every ABI */
};

enum rule_key {
    RULE_NAMES,
    RULE_NAME,
    RULE_ACTION,
    RULE_ERRNO_RET,
    RULE_ERRNO,
    RULE_ARGS,
    RULE_COMMENT,
    RULE_INCLUDES,
    RULE_EXCLUDES,
};

static const struct field rule_fields[] = {
    [RULE_NAMES] = {.key = "names", .type = JSON_ARRAY},
    [RULE_NAME] = {.key = "name", .type = JSON_STRING, .empty_is_absent = true},
    [RULE_ACTION] = {.key = "action", .type = JSON_STRING},
    [RULE_ERRNO_RET] = {.key = "errnoRet", .type = JSON_NUMBER, .other_key = "errno"},
    [RULE_ERRNO] = {.key = "errno",
                    .type = JSON_STRING,
                    .empty_is_absent = true,
                    .other_key = "errnoRet"},
    [RULE_ARGS] = {.key = "args", .type = JSON_ARRAY},
    [RULE_COMMENT] = {.key = "comment", .type = JSON_STRING},
    [RULE_INCLUDES] = {.key = "includes", .type = JSON_OBJECT},
    [RULE_EXCLUDES] = {.key = "excludes", .type = JSON_OBJECT},
};

enum arg_key {
    ARG_INDEX,
    ARG_VALUE,
    ARG_VALUE_TWO,
    ARG_OP,
};

static const struct field arg_fields[] = {
    [ARG_INDEX] = {.key = "index", .type = JSON_NUMBER},
    [ARG_VALUE] = {.key = "value", .type = JSON_NUMBER},
    [ARG_VALUE_TWO] = {.key = "valueTwo", .type = JSON_NUMBER},
    [ARG_OP] = {.key = "op", .type = JSON_STRING},
};

enum condition_key {
    CONDITION_CAPS,
    CONDITION_ARCHES,
    CONDITION_MIN_KERNEL,
};

static const struct field condition_fields[] = {
    [CONDITION_CAPS] = {.key = "caps", .type = JSON_ARRAY},
    [CONDITION_ARCHES] = {.key = "arches", .type = JSON_ARRAY},
    [CONDITION_MIN_KERNEL] = {.key = "minKernel", .type = JSON_STRING, .empty_is_absent = true},
};

/* How C and runc's own configuration write operators; the case does not count. */
static const struct {
    const char *word;
    enum cmp_op op;
} op_words[] = {
    {"==", CMP_EQ},          {"=", CMP_EQ},
    {"EQUAL", CMP_EQ},       {"EQUALS", CMP_EQ},
    {"EQUALTO", CMP_EQ},     {"!=", CMP_NE},
    {"<>", CMP_NE},          {"NOTEQUAL", CMP_NE},
    {"NOTEQUALTO", CMP_NE},  {"NEQ", CMP_NE},
    {"<", CMP_LT},           {"LESSTHAN", CMP_LT},
    {"<=", CMP_LE},          {"LESSTHANOREQUALTO", CMP_LE},
    {"LTE", CMP_LE},         {">=", CMP_GE},
    {"GTE", CMP_GE},         {"GREATERTHANOREQUALTO", CMP_GE},
    {">", CMP_GT},           {"GREATERTHAN", CMP_GT},
    {"&", CMP_MASKED_EQ},    {"&==", CMP_MASKED_EQ},
    {"MASK", CMP_MASKED_EQ}, {"MASKEQUALTO", CMP_MASKED_EQ},
};

/* The name of the operator that WORD is another way to write; NULL: of none. */
static const char *op_meant(const char *word)
{
    static const char prefix[] = "SCMP_CMP_";

    if (!strncasecmp(word, prefix, strlen(prefix)))
        word += strlen(prefix);
    for (size_t i = 0; i < ARRAY_SIZE(op_words); i++)
        if (!strcasecmp(op_words[i].word, word))
            return cmp_op_name(op_words[i].op);
    return NULL;
}

/*
 * Reports that WORD is none of the names that LIST (comma-separated) has. MEANT is what its author
 * has in mind, or NULL: then the closest one is.
 */
static void unknown_word(struct reader *reader, const struct json_node *node, const char *what,
                         const char *list, const char *meant)
{
    struct suggestion suggestion = suggest_begin(node->text);
    char *words = arena_strndup(reader->arena, list, strlen(list));
    char *rest = NULL;

    if (!words) {
        reader->no_memory = true;
        return;
    }
    for (char *word = strtok_r(words, ", ", &rest); word; word = strtok_r(NULL, ", ", &rest))
        suggest_offer(&suggestion, word);
    if (meant)
        suggestion.best = meant;
    if (suggestion.best)
        reader_error(reader, node, "unknown %s %s; did you mean \"%s\"?", what,
                     reader_quote(reader, node->text), suggestion.best);
    else
        reader_error(reader, node, "unknown %s %s; one of %s was expected", what,
                     reader_quote(reader, node->text), list);
}

static void unknown_errno(struct reader *reader, const struct json_node *node)
{
    struct suggestion suggestion = suggest_begin(node->text);
    const char *name;

    for (size_t i = 0; (name = errno_name_at(i)); i++)
        suggest_offer(&suggestion, name);
    reader_error(reader, node, "unknown errno %s; %s%s%s", reader_quote(reader, node->text),
                 suggestion.best ? "did you mean \"" : "a name such as \"",
                 suggestion.best ? suggestion.best : "EPERM",
                 suggestion.best ? "\"?" : "\" was expected");
}

/* An errno that ACTION cannot carry would be lost silently: OCI wants an error. */
static bool can_carry(struct reader *reader, const struct json_node *node, const char *key,
                      const struct action *action)
{
    if (action->max_data)
        return true;
    reader_error(reader, node,
                 "\"%s\" stands beside %s, which returns no errno; remove it, or use "
                 "SCMP_ACT_ERRNO or SCMP_ACT_TRACE",
                 key, action->name);
    return false;
}

void profile_read_verdict(struct reader *reader, const struct verdict_source *source,
                          uint32_t *verdict, const char **errno_name)
{
    const struct action *action;
    uint64_t number = DEFAULT_ERRNO;

    if (!source->action)
        return;
    action = action_by_name(source->action->text);
    if (!action) {
        unknown_word(reader, source->action, "action", action_names(), NULL);
        return;
    }
    *verdict = action->ret;
    if (source->errno_ret && can_carry(reader, source->errno_ret, source->errno_ret_key, action))
        reader_number(reader, source->errno_ret, source->errno_ret_key, action->max_data, &number);
    if (source->errno_word &&
        can_carry(reader, source->errno_word, source->errno_word_key, action)) {
        int found = errno_by_name(source->errno_word->text);

        if (found < 0) {
            unknown_errno(reader, source->errno_word);
        } else {
            number = (uint64_t)found;
            *errno_name = source->errno_word->text;
        }
    }
    if (action->max_data)
        *verdict |= (uint32_t)number;
}

/* libseccomp would know no such name, so it would be skipped, and a deny rule be lost. */
static bool is_syscall_name(struct reader *reader, const struct json_node *node)
{
    if (node->n == 0) {
        reader_error(reader, node, "a syscall name is empty; a name such as \"read\" was expected");
        return false;
    }
    for (const char *c = node->text; *c; c++) {
        if (!isalnum((unsigned char)*c) && *c != '_') {
            reader_error(reader, node,
                         "%s is no syscall name; it may have letters, digits and '_' only",
                         reader_quote(reader, node->text));
            return false;
        }
    }
    return true;
}

static void read_names(struct reader *reader, const struct json_node *item,
                       const struct json_node *const *slots, struct rule *rule)
{
    const struct json_node *list = slots[RULE_NAMES];
    const struct json_node *items = list ? list->items : NULL;
    size_t n = list ? list->n : 0;

    if (n && slots[RULE_NAME]) {
        reader_error(reader, slots[RULE_NAME],
                     "a rule has \"name\" and \"names\"; put all into \"names\"");
        return;
    }
    if (n == 0 && slots[RULE_NAME]) {
        items = slots[RULE_NAME];
        n = 1;
    }
    if (n == 0) {
        reader_error(reader, list ? list : item,
                     list ? "\"names\" is empty; at least one syscall name was expected"
                          : "a rule has no \"names\"; at least one syscall name was expected");
        return;
    }

    struct rule_name *names = reader_calloc(reader, n, sizeof(*names));

    if (!names)
        return;
    for (size_t i = 0; i < n; i++) {
        if (!reader_is_string(reader, &items[i], "names") || !is_syscall_name(reader, &items[i]))
            continue;
        names[rule->n_names].name = items[i].text;
        names[rule->n_names++].at = reader_location(reader, &items[i]);
    }
    rule->names = names;
}

/* Points out values without effect, and tests that are decided whatever the argument is. */
static void warn_about_test(struct reader *reader, const struct json_node *item,
                            const struct json_node *value_two, const struct arg_test *test)
{
    if (test->op != CMP_MASKED_EQ && test->value_two != 0)
        reader_warning(reader, DIAG_RULE_IGNORED_VALUE, value_two,
                       "\"valueTwo\" has no meaning for %s and is ignored; it belongs to "
                       "SCMP_CMP_MASKED_EQ",
                       cmp_op_name(test->op));
    if (test->op == CMP_MASKED_EQ && (test->value_two & ~test->value))
        reader_warning(reader, DIAG_RULE_IGNORED_VALUE, item,
                       "\"valueTwo\" has bits (0x%" PRIx64 ") that the mask in \"value\" lacks; "
                       "they do not count, and so the test is for 0x%" PRIx64,
                       test->value_two & ~test->value, test->value_two & test->value);
    if (test->op == CMP_LT && test->value == 0)
        reader_warning(reader, DIAG_RULE_NEVER_HOLDS, item,
                       "this test never holds: no argument is less than 0");
    if (test->op == CMP_GT && test->value == UINT64_MAX)
        reader_warning(reader, DIAG_RULE_NEVER_HOLDS, item,
                       "this test never holds: no argument is greater than %" PRIu64, UINT64_MAX);
}

/* False: ITEM has an error. */
static bool read_test(struct reader *reader, const struct json_node *item, struct arg_test *test)
{
    const struct json_node *slots[ARRAY_SIZE(arg_fields)];
    uint64_t index = 0;
    size_t n_errors = reader->n_errors;

    test->at = reader_location(reader, item);
    if (item->type != JSON_OBJECT) {
        reader_error(reader, item, "an item of \"args\" is %s; an object was expected",
                     json_type_name(item->type));
        return false;
    }
    reader_fields(reader, item, "an argument test", arg_fields, ARRAY_SIZE(arg_fields),
                  UNKNOWN_IS_ERROR, slots);
    for (size_t i = 0; i < ARRAY_SIZE(arg_fields); i++)
        if (!slots[i] && i != ARG_VALUE_TWO && n_errors == reader->n_errors)
            reader_error(reader, item, "an argument test has no \"%s\"", arg_fields[i].key);
    if (slots[ARG_INDEX])
        reader_number(reader, slots[ARG_INDEX], "index", SYSCALL_ARGS - 1, &index);
    if (slots[ARG_VALUE])
        reader_number(reader, slots[ARG_VALUE], "value", UINT64_MAX, &test->value);
    if (slots[ARG_VALUE_TWO])
        reader_number(reader, slots[ARG_VALUE_TWO], "valueTwo", UINT64_MAX, &test->value_two);
    test->index = (uint8_t)index;

    int op = slots[ARG_OP] ? cmp_op_by_name(slots[ARG_OP]->text) : 0;

    if (op < 0)
        unknown_word(reader, slots[ARG_OP], "operator", cmp_op_names(),
                     op_meant(slots[ARG_OP]->text));
    if (n_errors != reader->n_errors)
        return false;
    test->op = (enum cmp_op)op;
    warn_about_test(reader, item, slots[ARG_VALUE_TWO], test);
    return true;
}

static void read_args(struct reader *reader, const struct json_node *list, struct rule *rule)
{
    struct arg_test *tests;
    unsigned seen = 0;

    if (!list || list->n == 0)
        return;
    tests = reader_calloc(reader, list->n, sizeof(*tests));
    if (!tests)
        return;
    for (size_t i = 0; i < list->n; i++) {
        struct arg_test test = {.index = 0};

        if (!read_test(reader, &list->items[i], &test))
            continue;
        tests[rule->n_tests++] = test;
        if (seen & 1U << test.index) {
            rule->alternatives = true;
            reader_warning(reader, DIAG_RULE_ALTERNATIVE_TESTS, &list->items[i],
                           "argument %u is tested twice in one rule: runtimes take all its tests "
                           "as alternatives, and so it holds where one of them does; write one "
                           "rule for each to say so",
                           test.index);
        }
        seen |= 1U << test.index;
    }
    rule->tests = tests;
}

static void read_caps(struct reader *reader, const struct json_node *list,
                      struct conditions *conditions)
{
    for (size_t i = 0; list && i < list->n; i++) {
        const struct json_node *item = &list->items[i];

        if (!reader_is_string(reader, item, "caps"))
            continue;

        int number = capability_by_name(item->text);
        struct suggestion suggestion = suggest_begin(item->text);

        if (number >= 0) {
            conditions->caps |= UINT64_C(1) << number;
            continue;
        }
        for (int k = 0; capability_name(k); k++)
            suggest_offer(&suggestion, capability_name(k));
        reader_error(reader, item, "unknown capability %s; %s%s%s",
                     reader_quote(reader, item->text),
                     suggestion.best ? "did you mean \"" : "a name such as \"",
                     suggestion.best ? suggestion.best : "CAP_SYS_ADMIN",
                     suggestion.best ? "\"?" : "\" was expected");
    }
}

static void unknown_arch(struct reader *reader, const struct json_node *item)
{
    const struct abi *meant = arch_name_guess(item->text);
    struct suggestion suggestion = suggest_begin(item->text);
    const char *quoted = reader_quote(reader, item->text);

    if (meant) {
        reader_error(
            reader, item,
            "unknown architecture %s; did you mean \"%s\"? Docker and Podman would find no "
            "other name here",
            quoted, arch_name_in_conditions(meant));
        return;
    }
    for (int k = 0; k < ABI_COUNT; k++) {
        suggest_offer(&suggestion, abi_get((enum abi_id)k)->go_name);
        suggest_offer(&suggestion, arch_name_in_conditions(abi_get((enum abi_id)k)));
    }
    reader_error(reader, item, "unknown architecture %s; %s%s%s", quoted,
                 suggestion.best ? "did you mean \"" : "Go's name for one, such as \"",
                 suggestion.best ? suggestion.best : "amd64",
                 suggestion.best ? "\"?" : "\", was expected");
}

static void read_arches(struct reader *reader, const struct json_node *list,
                        struct conditions *conditions)
{
    for (size_t i = 0; list && i < list->n; i++) {
        const struct json_node *item = &list->items[i];

        if (!reader_is_string(reader, item, "arches"))
            continue;

        const struct abi *abi = abi_by_condition_name(item->text);

        if (abi)
            conditions->arches |= (abi_set)1 << abi->id;
        else
            unknown_arch(reader, item);
    }
}

/* Docker takes "K.M" here and nothing more, and no "0.0". */
static void read_min_kernel(struct reader *reader, const struct json_node *node,
                            struct conditions *conditions)
{
    uint32_t version = 0;

    if (!node)
        return;
    if (strspn(node->text, "0123456789.") != node->n ||
        strchr(node->text, '.') != strrchr(node->text, '.') ||
        kernel_version_parse(node->text, &version) < 0 || version == 0) {
        reader_error(reader, node, "\"minKernel\" is %s; a version such as \"4.8\" was expected",
                     reader_quote(reader, node->text));
        return;
    }
    conditions->min_kernel = version;
}

static void read_conditions(struct reader *reader, const struct json_node *node, const char *what,
                            struct conditions *conditions)
{
    const struct json_node *slots[ARRAY_SIZE(condition_fields)];

    if (!node)
        return;
    conditions->at = reader_location(reader, node);
    reader_fields(reader, node, what, condition_fields, ARRAY_SIZE(condition_fields),
                  UNKNOWN_IS_ERROR, slots);
    read_caps(reader, slots[CONDITION_CAPS], conditions);
    read_arches(reader, slots[CONDITION_ARCHES], conditions);
    read_min_kernel(reader, slots[CONDITION_MIN_KERNEL], conditions);
}

void profile_read_rule(struct reader *reader, const struct json_node *item, struct rule *rule)
{
    const struct json_node *slots[ARRAY_SIZE(rule_fields)];
    size_t n_errors = reader->n_errors;

    rule->at = reader_location(reader, item);
    if (item->type != JSON_OBJECT) {
        reader_error(reader, item, "an item of \"syscalls\" is %s; an object was expected",
                     json_type_name(item->type));
        return;
    }
    reader_fields(reader, item, "a rule", rule_fields, ARRAY_SIZE(rule_fields), UNKNOWN_IS_ERROR,
                  slots);
    /* A key of a wrong type or a misspelt one was reported: it is not missing as well. */
    if (n_errors == reader->n_errors && !slots[RULE_ACTION])
        reader_error(reader, item, "a rule has no \"action\"");
    if (n_errors == reader->n_errors || slots[RULE_NAMES] || slots[RULE_NAME])
        read_names(reader, item, slots, rule);

    struct verdict_source source = {
        .action = slots[RULE_ACTION],
        .errno_ret = slots[RULE_ERRNO_RET],
        .errno_word = slots[RULE_ERRNO],
        .errno_ret_key = "errnoRet",
        .errno_word_key = "errno",
    };

    profile_read_verdict(reader, &source, &rule->verdict, &rule->errno_name);
    read_args(reader, slots[RULE_ARGS], rule);
    read_conditions(reader, slots[RULE_INCLUDES], "\"includes\"", &rule->includes);
    read_conditions(reader, slots[RULE_EXCLUDES], "\"excludes\"", &rule->excludes);
    if (slots[RULE_COMMENT])
        rule->comment = slots[RULE_COMMENT]->text;
}
