/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plain rules: those of random profiles have OCI's keys alone and compile, and give no call more
 * than their profile does; rules that do are found out, whatever was changed in them.
 */
#include "compiler/questions/plain-rules.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/json.h"
#include "tests/compiler/profile-text.h"
#include "tests/compiler/random-profile.h"
#include "tests/suite.h"
#include "util/cleanup.h"

enum {
    RANDOM_PROFILES = 60,
};

static const char *const targets[] = {"x86_64", "aarch64", "s390x", "mips64"};

/* The keys of runtime-spec's LinuxSeccomp, LinuxSyscall and LinuxSeccompArg. */
static const char *const profile_keys[] = {
    "defaultAction", "defaultErrnoRet",  "architectures", "flags",
    "listenerPath",  "listenerMetadata", "syscalls",      NULL};
static const char *const rule_keys[] = {"names", "action", "errnoRet", "args", NULL};
static const char *const arg_keys[] = {"index", "value", "valueTwo", "op", NULL};

static void check_keys(const struct json_node *object, const char *const *keys)
{
    ck_assert_int_eq(object->type, JSON_OBJECT);
    for (uint32_t i = 0; i < object->n; i++) {
        bool found = false;

        for (size_t k = 0; keys[k] && !found; k++)
            found = strcmp(keys[k], object->members[i].key) == 0;
        ck_assert_msg(found, "%s is no key of OCI's", object->members[i].key);
    }
}

static void check_is_plain(const char *text, size_t len, struct arena *arena)
{
    const struct json_limits limits = {PROFILE_MAX_BYTES, PROFILE_MAX_DEPTH};
    struct json_doc doc;
    struct diags diags;

    diags_init(&diags, arena);
    ck_assert_int_eq(json_parse(&doc, text, len, &limits, arena, &diags), 0);
    check_keys(&doc.root, profile_keys);

    const struct json_node *rules = json_get(&doc.root, "syscalls");

    ck_assert_ptr_nonnull(rules);
    for (uint32_t i = 0; i < rules->n; i++) {
        const struct json_node *args = json_get(&rules->items[i], "args");
        bool seen[SYSCALL_ARGS] = {false};

        check_keys(&rules->items[i], rule_keys);
        for (uint32_t k = 0; args && k < args->n; k++) {
            const struct json_node *index = json_get(&args->items[k], "index");

            check_keys(&args->items[k], arg_keys);
            ck_assert_ptr_nonnull(index);
            /* What libseccomp would refuse. */
            ck_assert(!seen[atoi(index->text)]);
            seen[atoi(index->text)] = true;
        }
    }
}

/* The plain rules of TEXT, compiled; NULL where TEXT does not compile or they were refused. */
static char *make_rules(const char *text, const struct variant_request *request,
                        struct syscalls *syscalls, struct arena *arena, struct diags *diags)
{
    const struct variant_request bare = {.target = request->target};
    struct profile profile;
    struct lowered lowered;
    struct filter filter;
    struct diags again;
    char *rules = NULL;
    size_t len = 0;

    diags_init(diags, arena);
    diags_init(&again, arena);
    ck_assert_int_eq(profile_parse(&profile, text, strlen(text), arena, &again), 0);
    ck_assert_int_eq(compile_policy(&lowered, syscalls, &profile, request, arena, &again), 0);
    if (compile_filter(&filter, syscalls, &lowered, arena, &again) != 0)
        return NULL;
    ck_assert_msg(
        plain_rules(&rules, &len, &profile, request, &lowered.variant, syscalls, arena, diags) == 0,
        "%s of %s", diags_render(diags, arena, "f"), text);
    ck_assert_uint_eq(strlen(rules), len);
    check_is_plain(rules, len, arena);
    ck_assert_msg(compile_profile(&filter, syscalls, rules, len, &bare, arena, &again) == 0,
                  "%s in %s", diags_render(&again, arena, "f"), rules);
    return rules;
}

START_TEST(random_profiles)
{
    struct syscalls *syscalls = syscalls_new();
    size_t n = 0;

    for (uint64_t seed = 0; seed < RANDOM_PROFILES; seed++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct random_source random =
            random_begin(7000 + seed * (uint64_t)ARRAY_SIZE(targets) + (uint64_t)_i);
        const char *text = random_profile(&random, &arena);
        bool exact = strstr(text, "x-unknownSyscalls") == NULL;
        struct variant_request request;
        struct diags diags;

        random_request(&random, &request);
        request.target = target_by_name(targets[_i]);

        cleanup_free char *rules = make_rules(text, &request, syscalls, &arena, &diags);

        n += rules != NULL;
        ck_assert_msg(!exact || diags.n == 0, "%s of %s", diags_render(&diags, &arena, "f"), text);
    }
    syscalls_free(syscalls);
    ck_assert_uint_gt(n, RANDOM_PROFILES / 2);
}
END_TEST

/* Two texts that are compared: a profile, and what is said to be its rules. */
static const struct {
    const char *profile; /* with ' for each " */
    const char *rules;
    const char *lines;
} pairs[] = {
    {"{'defaultAction': 'SCMP_ACT_KILL', 'syscalls': [{'names': ['read'], 'action':"
     " 'SCMP_ACT_ALLOW', 'includes': {'minKernel': '4.8'}}]}",
     "{'defaultAction': 'SCMP_ACT_KILL', 'syscalls': [{'names': ['read'], 'action':"
     " 'SCMP_ACT_ALLOW'}]}",
     ""},
    /* a condition that was lost */
    {"{'defaultAction': 'SCMP_ACT_KILL', 'syscalls': [{'names': ['mount'], 'action':"
     " 'SCMP_ACT_ALLOW', 'includes': {'caps': ['CAP_SYS_ADMIN']}}]}",
     "{'defaultAction': 'SCMP_ACT_KILL', 'syscalls': [{'names': ['mount'], 'action':"
     " 'SCMP_ACT_ALLOW'}]}",
     "f: error: not written, since plain rules would allow more: x86_64 number 165 (mount): the "
     "profile says KILL_THREAD, plain rules ALLOW\n"},
    /* a test that was lost, in a deny rule */
    {"{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['socket'], 'action':"
     " 'SCMP_ACT_ERRNO', 'args': [{'index': 0, 'op': 'SCMP_CMP_EQ', 'value': 38}]}]}",
     "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['socket'], 'action':"
     " 'SCMP_ACT_ERRNO'}]}",
     "f: warning: plain rules cannot say this: x86_64 number 41 (socket): the profile says ALLOW, "
     "plain rules ERRNO(EPERM)\n"},
    /* an errno that was changed */
    {"{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 38}",
     "{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 1}",
     "f: warning: plain rules cannot say this: x86_64 numbers 0 to 1073741823: the profile says "
     "ERRNO(ENOSYS), plain rules ERRNO(EPERM)\n"
     "f: warning: plain rules cannot say this: x32 number 4294967295 (no name): the profile says "
     "ERRNO(ENOSYS), plain rules ERRNO(EPERM)\n"},
    /* an ABI that was added */
    {"{'defaultAction': 'SCMP_ACT_LOG'}",
     "{'defaultAction': 'SCMP_ACT_LOG', 'architectures': ['SCMP_ARCH_X86']}",
     "f: error: not written, since plain rules would allow more: x86 numbers 0 to 4294967295: the "
     "profile says KILL_THREAD, plain rules LOG\n"},
    /* a flag that was added, and one that was lost */
    {"{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': []}",
     "{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': ['SECCOMP_FILTER_FLAG_SPEC_ALLOW']}",
     "f: error: not written, since plain rules would add the flag "
     "SECCOMP_FILTER_FLAG_SPEC_ALLOW\n"},
    {"{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': ['SECCOMP_FILTER_FLAG_LOG']}",
     "{'defaultAction': 'SCMP_ACT_ALLOW', 'flags': []}",
     "f: warning: the flag SECCOMP_FILTER_FLAG_LOG is left out: no rule of this variant asks a "
     "listener, and without one the kernel refuses it\n"},
};

START_TEST(differences_are_found)
{
    const struct variant_request request = {.target = target_by_name("x86_64"), .kernel = 6U << 16};
    cleanup_arena struct arena arena = ARENA_INIT;
    struct syscalls *syscalls = syscalls_new();
    const char *rules = profile_json(&arena, pairs[_i].rules);
    struct profile profile;
    struct diags diags;
    int r;

    diags_init(&diags, &arena);
    ck_assert_str_eq(profile_diags(&arena, &profile, profile_json(&arena, pairs[_i].profile)), "");
    r = plain_rules_compare(rules, strlen(rules), &profile, &request, syscalls, &arena, &diags);
    ck_assert_str_eq(diags_render(&diags, &arena, "f"), pairs[_i].lines);
    ck_assert_int_eq(r, strstr(pairs[_i].lines, "error") ? -EINVAL : 0);
    syscalls_free(syscalls);
}
END_TEST

/* What plain rules cannot say is named, and makes nothing milder. */
START_TEST(newer_calls)
{
    const struct variant_request request = {.target = target_by_name("aarch64")};
    cleanup_arena struct arena arena = ARENA_INIT;
    struct syscalls *syscalls = syscalls_new();
    struct diags diags;
    cleanup_free char *rules = make_rules(
        profile_json(&arena, "{'defaultAction': 'SCMP_ACT_ERRNO', 'flags': [], 'syscalls': [{"
                             "'names': ['mount_setattr'], 'action': 'SCMP_ACT_ALLOW', 'args': ["
                             "{'index': 0, 'op': 'SCMP_CMP_EQ', 'value': 3},"
                             "{'index': 0, 'op': 'SCMP_CMP_EQ', 'value': 4}]}],"
                             "'x-unknownSyscalls': 'default'}"),
        &request, syscalls, &arena, &diags);

    ck_assert_str_eq(diags_render(&diags, &arena, "f"),
                     "f: warning: plain rules cannot say this: aarch64 numbers 443 to 4294967295: "
                     "the profile says ERRNO(EPERM), plain rules ERRNO(ENOSYS)\n");
    ck_assert_str_eq(
        rules,
        profile_json(&arena, "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1,"
                             "'architectures':['SCMP_ARCH_AARCH64'],'flags':[],\n'syscalls':[\n"
                             "{'names':['mount_setattr'],'action':'SCMP_ACT_ALLOW','args':[{"
                             "'index':0,'value':3,'valueTwo':0,'op':'SCMP_CMP_EQ'}]},\n"
                             "{'names':['mount_setattr'],'action':'SCMP_ACT_ALLOW','args':[{"
                             "'index':0,'value':4,'valueTwo':0,'op':'SCMP_CMP_EQ'}]}\n]}\n"));
    syscalls_free(syscalls);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("questions/plain-rules");
    TCase *tcase = tcase_create("plain rules");

    tcase_add_loop_test(tcase, random_profiles, 0, ARRAY_SIZE(targets));
    tcase_add_loop_test(tcase, differences_are_found, 0, ARRAY_SIZE(pairs));
    tcase_add_test(tcase, newer_calls);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
