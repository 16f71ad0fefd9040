/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Profiles into the model: every form and key, places, limits. test-profile-errors.c has the rest.
 */
#include <check.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "tests/compiler/profile-text.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define ABI_BIT(id)  ((abi_set)1 << (id))
#define CAP_BIT(cap) (UINT64_C(1) << (cap))

static void parse_good(struct arena *arena, struct profile *profile, const char *text)
{
    ck_assert_str_eq(profile_diags(arena, profile, text), "");
}

static const char *read_file(struct arena *arena, const char *path)
{
    cleanup_fclose FILE *file = fopen(path, "re");
    char *text = arena_alloc(arena, PROFILE_MAX_BYTES);

    ck_assert_msg(file, "%s: %m", path);
    ck_assert_uint_gt(fread(text, 1, PROFILE_MAX_BYTES - 1, file), 0);
    return text;
}

/* One profile in each form that is read; all of them mean the same. */
static const char *const forms[] = {
    "oci.json",       "oci-config.json", "wrapped.json",
    "old-names.json", "docker.json",     "kubernetes.json",
};

START_TEST(every_form_means_the_same)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const char *path = arena_printf(&arena, "%s/parse/%s", TEST_DATA, forms[_i]);
    struct profile profile;

    parse_good(&arena, &profile, read_file(&arena, path));
    ck_assert_uint_eq(profile.default_verdict, SECCOMP_RET_ALLOW);
    ck_assert_uint_eq(profile.n_rules, 2);
    ck_assert_uint_eq(profile.rules[0].n_names, 1);
    ck_assert_str_eq(profile.rules[0].names[0].name, "getcwd");
    ck_assert_uint_eq(profile.rules[0].verdict, SECCOMP_RET_ERRNO | 1);
    ck_assert_uint_eq(profile.rules[0].n_tests, 0);
    ck_assert_uint_eq(profile.rules[1].n_names, 1);
    ck_assert_str_eq(profile.rules[1].names[0].name, "clone");
    ck_assert_uint_eq(profile.rules[1].verdict, SECCOMP_RET_KILL_THREAD);
    ck_assert_uint_eq(profile.rules[1].n_tests, 1);
    ck_assert_uint_eq(profile.rules[1].tests[0].index, 0);
    ck_assert_int_eq(profile.rules[1].tests[0].op, CMP_MASKED_EQ);
    ck_assert_uint_eq(profile.rules[1].tests[0].value, 2080505856);
    ck_assert_uint_eq(profile.rules[1].tests[0].value_two, 0);
    if (profile.n_arch_map) {
        ck_assert_uint_eq(profile.architectures, 0);
        ck_assert_uint_eq(profile.n_arch_map, 1);
        ck_assert_int_eq(profile.arch_map[0].architecture, ABI_X86_64);
        ck_assert_uint_eq(profile.arch_map[0].sub_architectures, ABI_BIT(ABI_X86));
    } else {
        ck_assert_uint_eq(profile.architectures, ABI_BIT(ABI_X86_64) | ABI_BIT(ABI_X86));
    }
}
END_TEST

/* Every key once, with the places that the model keeps. */
START_TEST(everything_at_once)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const char *text = read_file(&arena, TEST_DATA "/parse/everything.json");
    struct profile p;

    parse_good(&arena, &p, text);
    ck_assert_uint_eq(p.default_verdict, SECCOMP_RET_ERRNO | 38);
    ck_assert_ptr_nonnull(p.default_errno_name);
    ck_assert_uint_eq(p.default_at.line, 4);
    ck_assert_uint_eq(p.default_at.column, 22);
    ck_assert_uint_eq(p.n_arch_map, 2);
    ck_assert_int_eq(p.arch_map[0].architecture, ABI_X86_64);
    ck_assert_uint_eq(p.arch_map[0].sub_architectures, ABI_BIT(ABI_X86) | ABI_BIT(ABI_X32));
    ck_assert_int_eq(p.arch_map[1].architecture, ABI_RISCV64);
    ck_assert_uint_eq(p.arch_map[1].sub_architectures, 0);
    ck_assert_uint_eq(p.arch_map[1].at.line, 9);
    ck_assert_uint_eq(p.flags, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
                                   SECCOMP_FILTER_FLAG_SPEC_ALLOW |
                                   SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
    ck_assert_str_eq(p.listener_path, "/run/listener.sock");
    ck_assert_str_eq(p.listener_metadata, "some text");
    ck_assert(p.unknown_is_default);
    ck_assert_uint_eq(p.n_rules, 3);

    const struct rule *rule = &p.rules[0];

    ck_assert_uint_eq(rule->at.line, 21);
    ck_assert_uint_eq(rule->at.column, 9);
    ck_assert_uint_eq(rule->n_names, 2);
    ck_assert_str_eq(rule->names[1].name, "sched_setattr");
    ck_assert_uint_eq(rule->names[1].at.line, 22);
    ck_assert_uint_eq(rule->names[1].at.column, 32);
    ck_assert_uint_eq(rule->verdict, SECCOMP_RET_ERRNO | 22);
    ck_assert_ptr_nonnull(rule->errno_name);
    ck_assert_str_eq(rule->comment, "why");
    ck_assert_uint_eq(rule->n_tests, 2);
    ck_assert(!rule->alternatives);
    ck_assert_uint_eq(rule->tests[0].index, 5);
    ck_assert_int_eq(rule->tests[0].op, CMP_MASKED_EQ);
    ck_assert_uint_eq(rule->tests[0].value, UINT64_MAX);
    ck_assert_uint_eq(rule->tests[0].value_two, UINT64_C(9223372036854775808));
    ck_assert_uint_eq(rule->tests[0].at.line, 27);
    ck_assert_int_eq(rule->tests[1].op, CMP_GE);
    ck_assert_uint_eq(rule->includes.caps,
                      CAP_BIT(CAP_SYS_ADMIN) | CAP_BIT(CAP_CHECKPOINT_RESTORE));
    ck_assert_uint_eq(rule->includes.arches, ABI_BIT(ABI_X86_64) | ABI_BIT(ABI_LOONGARCH64));
    ck_assert_uint_eq(rule->includes.min_kernel, KERNEL_VERSION(4, 8));
    ck_assert_uint_eq(rule->excludes.caps, CAP_BIT(CAP_CHOWN));
    ck_assert_uint_eq(rule->excludes.arches, ABI_BIT(ABI_S390) | ABI_BIT(ABI_X86));
    ck_assert_uint_eq(rule->excludes.min_kernel, KERNEL_VERSION(6, 18));
    ck_assert_uint_eq(rule->excludes.at.line, 35);

    ck_assert_uint_eq(p.rules[1].verdict, SECCOMP_RET_TRACE | 65535);
    ck_assert_ptr_null(p.rules[1].errno_name);
    ck_assert_uint_eq(p.rules[2].verdict, SECCOMP_RET_USER_NOTIF);
}
END_TEST

START_TEST(podmans_shipped_profile)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct profile p;

    parse_good(&arena, &p, read_file(&arena, TEST_DATA "/peers/containers-common-0.50.1.json"));
    ck_assert_uint_eq(p.default_verdict, SECCOMP_RET_ERRNO | 38);
    ck_assert_uint_gt(p.n_rules, 20);
    ck_assert_uint_eq(p.n_arch_map, 7);
}
END_TEST

static const struct {
    const char *json; /* of action and errno */
    uint32_t verdict;
    bool named;
} verdicts[] = {
    {"'action':'SCMP_ACT_KILL'", SECCOMP_RET_KILL_THREAD, false},
    {"'action':'SCMP_ACT_KILL_THREAD'", SECCOMP_RET_KILL_THREAD, false},
    {"'action':'SCMP_ACT_KILL_PROCESS'", SECCOMP_RET_KILL_PROCESS, false},
    {"'action':'SCMP_ACT_TRAP'", SECCOMP_RET_TRAP, false},
    {"'action':'SCMP_ACT_ALLOW'", SECCOMP_RET_ALLOW, false},
    {"'action':'SCMP_ACT_LOG'", SECCOMP_RET_LOG, false},
    {"'action':'SCMP_ACT_ERRNO'", SECCOMP_RET_ERRNO | 1, false},
    {"'action':'SCMP_ACT_ERRNO','errnoRet':null", SECCOMP_RET_ERRNO | 1, false},
    {"'action':'SCMP_ACT_ERRNO','errnoRet':0", SECCOMP_RET_ERRNO, false},
    {"'errnoRet':4095,'action':'SCMP_ACT_ERRNO'", SECCOMP_RET_ERRNO | 4095, false},
    {"'action':'SCMP_ACT_ERRNO','errno':'ENOSYS'", SECCOMP_RET_ERRNO | 38, true},
    {"'errno':'ENOSYS','errnoRet':1,'action':'SCMP_ACT_ERRNO'", SECCOMP_RET_ERRNO | 38, true},
    {"'action':'SCMP_ACT_TRACE'", SECCOMP_RET_TRACE | 1, false},
    {"'action':'SCMP_ACT_TRACE','errnoRet':65535", SECCOMP_RET_TRACE | 65535, false},
    {"'action':'SCMP_ACT_TRACE','errno':'EINVAL'", SECCOMP_RET_TRACE | 22, true},
};

START_TEST(verdicts_of_rules)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct profile p;

    parse_good(&arena, &p,
               profile_json(&arena, arena_printf(&arena,
                                                 "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':"
                                                 "[{'names':['a'],%s}]}",
                                                 verdicts[_i].json)));
    ck_assert_uint_eq(p.rules[0].verdict, verdicts[_i].verdict);
    ck_assert_int_eq(p.rules[0].errno_name != NULL, verdicts[_i].named);
}
END_TEST

static const struct {
    const char *json;
    uint32_t verdict;
} defaults[] = {
    {"'defaultAction':'SCMP_ACT_ERRNO'", SECCOMP_RET_ERRNO | 1},
    {"'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38", SECCOMP_RET_ERRNO | 38},
    {"'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1,'defaultErrno':'ENOSYS'",
     SECCOMP_RET_ERRNO | 38},
    {"'defaultAction':'SCMP_ACT_TRACE'", SECCOMP_RET_TRACE | 1},
    {"'defaultAction':'SCMP_ACT_KILL_PROCESS'", SECCOMP_RET_KILL_PROCESS},
    {"'defaultAction':'SCMP_ACT_LOG','syscalls':null", SECCOMP_RET_LOG},
    {"'defaultAction':'SCMP_ACT_ALLOW','syscalls':[]", SECCOMP_RET_ALLOW},
    {"'defaultAction':'SCMP_ACT_TRAP','architectures':null,'archMap':null,'flags':null,"
     "'listenerPath':null,'listenerMetadata':null,'x-unknownSyscalls':null,"
     "'defaultErrnoRet':null,'defaultErrno':null,'x-mine':{'a':[1]},'$schema':'s','comment':7",
     SECCOMP_RET_TRAP},
};

START_TEST(default_actions)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct profile p;

    parse_good(&arena, &p, profile_json(&arena, arena_printf(&arena, "{%s}", defaults[_i].json)));
    ck_assert_uint_eq(p.default_verdict, defaults[_i].verdict);
    ck_assert_uint_eq(p.n_rules, 0);
    ck_assert(!p.unknown_is_default);
    ck_assert_ptr_null(p.listener_path);
}
END_TEST

static const struct {
    const char *number;
    uint64_t value;
} numbers[] = {
    {"0", 0},
    {"4294967296", UINT64_C(4294967296)},
    {"9223372036854775807", INT64_MAX},
    {"9223372036854775808", UINT64_C(9223372036854775808)},
    {"18446744073709551615", UINT64_MAX},
};

START_TEST(full_64_bit_values)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct profile p;

    parse_good(&arena, &p,
               profile_json(
                   &arena, arena_printf(&arena,
                                        "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'name':'a',"
                                        "'action':'SCMP_ACT_TRAP','args':[{'index':5,'value':%s,"
                                        "'op':'SCMP_CMP_EQ'}]}]}",
                                        numbers[_i].number)));
    ck_assert_uint_eq(p.rules[0].tests[0].value, numbers[_i].value);
    ck_assert_uint_eq(p.rules[0].tests[0].index, 5);
}
END_TEST

/* Go's marshaller writes null and empty values for what is absent. */
START_TEST(go_writes_nulls)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct profile p;

    parse_good(
        &arena, &p,
        profile_json(&arena,
                     "{'defaultAction':'SCMP_ACT_ALLOW','architectures':[],"
                     "'archMap':[{'architecture':'SCMP_ARCH_X86_64','subArchitectures':null}],"
                     "'syscalls':[{'names':['a'],'name':null,'action':'SCMP_ACT_TRAP',"
                     "'errnoRet':null,'args':null,'comment':null,'includes':null,"
                     "'excludes':{'caps':null,'arches':[],'minKernel':null}},"
                     "{'names':null,'name':'b','action':'SCMP_ACT_TRAP','args':[],"
                     "'includes':{}}]}"));
    ck_assert_uint_eq(p.n_rules, 2);
    ck_assert_uint_eq(p.n_arch_map, 1);
    ck_assert_str_eq(p.rules[1].names[0].name, "b");

    parse_good(&arena, &p,
               profile_json(&arena,
                            "{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_ARM'],"
                            "'archMap':[],'syscalls':[{'names':[],'name':'b',"
                            "'action':'SCMP_ACT_TRAP'}]}"));
    ck_assert_uint_eq(p.architectures, ABI_BIT(ABI_ARM));
    ck_assert_uint_eq(p.n_arch_map, 0);
    ck_assert_str_eq(p.rules[0].names[0].name, "b");
}
END_TEST

/* What Go programs write for what is not set. */
START_TEST(zero_values_are_absent)
{
    static const char *const texts[] = {
        "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrno':'','listenerPath':'',"
        "'listenerMetadata':'','syscalls':[{'names':['read'],'name':'','errno':'',"
        "'action':'SCMP_ACT_ALLOW','includes':{'minKernel':''},'excludes':{'minKernel':''}}]}",
        "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[{'names':[],'name':'read',"
        "'action':'SCMP_ACT_ALLOW'}]}",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct profile profile;

        parse_good(&arena, &profile, profile_json(&arena, texts[i]));
        ck_assert_uint_eq(profile.default_verdict, SECCOMP_RET_ERRNO | 1);
        ck_assert_ptr_null(profile.default_errno_name);
        ck_assert_ptr_null(profile.listener_path);
        ck_assert_ptr_null(profile.listener_metadata);
        ck_assert_uint_eq(profile.n_rules, 1);
        ck_assert_uint_eq(profile.rules[0].n_names, 1);
        ck_assert_str_eq(profile.rules[0].names[0].name, "read");
        ck_assert_ptr_null(profile.rules[0].errno_name);
        ck_assert_uint_eq(profile.rules[0].includes.min_kernel, 0);
        ck_assert_uint_eq(profile.rules[0].excludes.min_kernel, 0);
    }
}
END_TEST

/* WORDS stands in every object that a profile has. */
#define WORDS "'_comment':'a','$comment':['b'],'//':{'c':1},'x-why':null,"

START_TEST(keys_with_words_are_silent)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct profile profile;

    parse_good(&arena, &profile,
               profile_json(&arena, "{" WORDS "'comment':1,'defaultAction':'SCMP_ACT_ERRNO',"
                                    "'archMap':[{" WORDS "'comment':'',"
                                    "'architecture':'SCMP_ARCH_X86_64'}],"
                                    "'syscalls':[{" WORDS "'comment':'','names':['read'],"
                                    "'action':'SCMP_ACT_ALLOW',"
                                    "'includes':{" WORDS "'comment':'','caps':['CAP_KILL']},"
                                    "'args':[{" WORDS "'comment':'','index':0,'value':1,"
                                    "'op':'SCMP_CMP_EQ'}]}]}"));
    ck_assert_uint_eq(profile.n_rules, 1);
    ck_assert_uint_eq(profile.rules[0].n_tests, 1);
}
END_TEST

START_TEST(repeated_index_makes_alternatives)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct profile p;

    ck_assert_str_eq(
        profile_diags(&arena, &p,
                      profile_json(&arena,
                                   "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['a'],"
                                   "'action':'SCMP_ACT_TRAP','args':[\n"
                                   "{'index':1,'value':1,'op':'SCMP_CMP_EQ'},\n"
                                   "{'index':2,'value':2,'op':'SCMP_CMP_EQ'},\n"
                                   "{'index':1,'value':3,'op':'SCMP_CMP_EQ'}]}]}")),
        "f:4:1: warning: argument 1 is tested twice in one rule: runtimes take all its tests as "
        "alternatives, and so it holds where one of them does; write one rule for each to say "
        "so\n");
    ck_assert(p.rules[0].alternatives);
    ck_assert_uint_eq(p.rules[0].n_tests, 3);
}
END_TEST

/* A file with N rules. */
static const char *many_rules(struct arena *arena, size_t n)
{
    static const char rule[] = ",{\"name\":\"a\",\"action\":\"SCMP_ACT_TRAP\"}";
    char *text = arena_alloc(arena, n * sizeof(rule) + 256);
    char *end = stpcpy(text, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[\n");

    for (size_t i = 0; i < n; i++)
        end = stpcpy(end, i ? rule : rule + 1);
    strcpy(end, "]}");
    return text;
}

START_TEST(limits_rules)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct profile p;

    parse_good(&arena, &p, many_rules(&arena, 16384));
    ck_assert_uint_eq(p.n_rules, 16384);
    ck_assert_str_eq(p.rules[16383].names[0].name, "a");
    ck_assert_str_eq(profile_diags(&arena, &p, many_rules(&arena, 16385)),
                     "f:2:622593: error: \"syscalls\" has 16385 rules; 16384 is the limit. This is "
                     "the first one over it\n");
}
END_TEST

START_TEST(limits_size)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    static const char head[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}";
    char *text = arena_alloc(&arena, PROFILE_MAX_BYTES + 2);
    struct profile p;

    memset(text, ' ', PROFILE_MAX_BYTES + 1);
    memcpy(text, head, strlen(head));
    ck_assert_str_eq(profile_diags(&arena, &p, text),
                     "f: error: the text has 1048577 bytes; 1048576 is the limit\n");
    text[PROFILE_MAX_BYTES] = '\0';
    parse_good(&arena, &p, text);
}
END_TEST

/* N arrays inside each other as the value of "x-deep": the profile's object is one more. */
static const char *deep(struct arena *arena, int n)
{
    static const char open[] = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                      close[] = "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";

    return arena_printf(arena, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"x-deep\":%.*s%.*s}", n,
                        open, n, close);
}

START_TEST(limits_depth)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct profile p;

    parse_good(&arena, &p, deep(&arena, 31));
    ck_assert_str_eq(profile_diags(&arena, &p, deep(&arena, 32)),
                     "f:1:75: error: arrays and objects stand more than 32 deep inside each other; "
                     "32 is the limit\n");
}
END_TEST

/* A profile that is full of mistakes costs neither much time nor all warnings. */
START_TEST(many_errors_are_cut_off)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    char *text = arena_alloc(&arena, PROFILE_MAX_BYTES);
    struct diags diags;
    struct profile p;
    size_t len = (size_t)sprintf(text, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[1");

    while (len < PROFILE_MAX_BYTES / 32)
        len += (size_t)sprintf(text + len, ",1");
    len += (size_t)sprintf(text + len, "]}");
    diags_init(&diags, &arena);
    ck_assert_int_eq(profile_parse(&p, text, len, &arena, &diags), -EINVAL);
    ck_assert_uint_eq(diags.n, DIAGS_MAX);
    ck_assert_uint_gt(diags.n_errors, 16000);
    ck_assert_uint_eq(diags.n_errors, diags.n + diags.n_dropped);
}
END_TEST

/* Diagnostics of an earlier profile change nothing. */
START_TEST(diags_may_hold_others)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    static const char good[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", bad[] = "{}";
    struct diags diags;
    struct profile p;

    diags_init(&diags, &arena);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(profile_parse(&p, bad, strlen(bad), &arena, &diags), -EINVAL);
        ck_assert_int_eq(profile_parse(&p, good, strlen(good), &arena, &diags), 0);
    }
    ck_assert_uint_eq(diags.n_errors, 1);
}
END_TEST

START_TEST(no_memory_is_no_crash)
{
    cleanup_arena struct arena scratch = ARENA_INIT;
    const char *text = read_file(&scratch, TEST_DATA "/parse/everything.json");
    size_t limit;

    for (limit = 1; limit < 1000000; limit += 64) {
        cleanup_arena struct arena arena = {.limit = limit};
        struct diags diags;
        struct profile p;

        diags_init(&diags, &scratch);

        int r = profile_parse(&p, text, strlen(text), &arena, &diags);

        ck_assert_str_eq(diags_render(&diags, &scratch, "f"), "");
        if (r == 0)
            break;
        ck_assert_int_eq(r, -ENOMEM);
    }
    ck_assert_uint_gt(limit, 1000);
    ck_assert_uint_lt(limit, 1000000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("profile-parse");
    TCase *tc = tcase_create("profile-parse");

    tcase_add_loop_test(tc, every_form_means_the_same, 0, ARRAY_SIZE(forms));
    tcase_add_test(tc, everything_at_once);
    tcase_add_test(tc, podmans_shipped_profile);
    tcase_add_loop_test(tc, verdicts_of_rules, 0, ARRAY_SIZE(verdicts));
    tcase_add_loop_test(tc, default_actions, 0, ARRAY_SIZE(defaults));
    tcase_add_loop_test(tc, full_64_bit_values, 0, ARRAY_SIZE(numbers));
    tcase_add_test(tc, go_writes_nulls);
    tcase_add_test(tc, zero_values_are_absent);
    tcase_add_test(tc, keys_with_words_are_silent);
    tcase_add_test(tc, repeated_index_makes_alternatives);
    tcase_add_test(tc, limits_rules);
    tcase_add_test(tc, limits_size);
    tcase_add_test(tc, limits_depth);
    tcase_add_test(tc, many_errors_are_cut_off);
    tcase_add_test(tc, diags_may_hold_others);
    tcase_add_test(tc, no_memory_is_no_crash);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
