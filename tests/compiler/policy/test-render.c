/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A rendered profile must mean what the variant means that it was made from: both are turned into
 * decision diagrams over all inputs, which are compared.
 */
#include "compiler/facts/abi.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/render.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/policy/lower.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/meaning.h"
#include "compiler/prove/prove.h"
#include "tests/compiler/profile-text.h"
#include "tests/compiler/random-profile.h"
#include "tests/suite.h"
#include "tests/where.h"
#include "util/cleanup.h"

enum {
    RANDOM_PROFILES = 60,
};

/* A profile, and what became of it on the way to a policy. */
struct side {
    struct profile profile;
    struct variant variant;
    struct policy policy;
};

static void lower(struct side *side, const char *text, const struct variant_request *request,
                  struct syscalls *syscalls, struct arena *arena)
{
    struct diags diags;

    diags_init(&diags, arena);
    ck_assert_msg(profile_parse(&side->profile, text, strlen(text), arena, &diags) == 0,
                  "%s in %.2000s", diags_render(&diags, arena, "f"), text);
    ck_assert_int_eq(variant_resolve(&side->variant, &side->profile, request, arena, &diags), 0);
    ck_assert_int_eq(policy_lower(&side->policy, &side->variant, syscalls, arena), 0);
}

static int first_difference(void *user, const struct difference *difference)
{
    *(struct difference *)user = *difference;
    return 1;
}

/* Renders TEXT for REQUEST, without capabilities and kernel in mind when it is read again. */
static char *check_same(const char *text, const struct variant_request *request)
{
    const struct variant_request bare = {.target = request->target};
    cleanup_arena struct arena arena = ARENA_INIT;
    struct syscalls *syscalls = syscalls_new();
    struct bdd *bdd = bdd_new(PROOF_MAX_NODES);
    struct side asked, rendered;
    struct behaviour wanted, got;
    struct difference difference;
    size_t len = 0;

    lower(&asked, text, request, syscalls, &arena);

    char *json = render_linux_seccomp(&asked.variant, RENDER_FOR_SECPROF, &len);

    ck_assert_ptr_nonnull(json);
    ck_assert_uint_eq(len, strlen(json));
    lower(&rendered, json, &bare, syscalls, &arena);
    ck_assert_int_eq(meaning_of_profile(&wanted, bdd, &asked.profile, request, syscalls, &arena),
                     0);
    ck_assert_int_eq(meaning_of_profile(&got, bdd, &rendered.profile, &bare, syscalls, &arena), 0);
    ck_assert_msg(
        behaviour_compare(bdd, &wanted, &got, verdicts_differ, first_difference, &difference) == 0,
        "%s: arch %#x, number %u: %#x became %#x in %.2000s", request->target->name,
        difference.arch, difference.nr, difference.verdict_a, difference.verdict_b, json);
    bdd_free(bdd);
    syscalls_free(syscalls);
    return json;
}

static const char *const targets[] = {"x86_64", "aarch64", "s390x", "mips64"};

static const uint64_t cap_sets[] = {0, UINT64_C(1) << 21, UINT64_MAX};

static void check_file(const char *path)
{
    cleanup_fclose FILE *file = fopen(path, "re");
    cleanup_arena struct arena arena = ARENA_INIT;
    char *text = arena_alloc(&arena, PROFILE_MAX_BYTES + 1);

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(fread(text, 1, PROFILE_MAX_BYTES, file), 0);
    for (size_t t = 0; t < ARRAY_SIZE(targets); t++) {
        for (size_t c = 0; c < ARRAY_SIZE(cap_sets); c++) {
            const struct variant_request request = {.target = target_by_name(targets[t]),
                                                    .caps = cap_sets[c],
                                                    .kernel = KERNEL_VERSION(6, 1)};

            free(check_same(text, &request));
        }
    }
}

static const char *const files[] = {
    TOP_SRCDIR "/profiles/default.json",     TEST_DATA "/parse/docker.json",
    TEST_DATA "/parse/everything.json",      TEST_DATA "/parse/oci.json",
    TEST_DATA "/verdicts/seed-example.json", TEST_DATA "/parse/old-names.json",
    TEST_DATA "/peers/docker-20.10.24.json", TEST_DATA "/peers/containers-common-0.50.1.json",
};

START_TEST(files_mean_the_same)
{
    check_file(files[_i]);
}
END_TEST

START_TEST(random_profiles_mean_the_same)
{
    for (uint64_t seed = 0; seed < RANDOM_PROFILES; seed++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct random_source random =
            random_begin(seed * (uint64_t)ARRAY_SIZE(targets) + (uint64_t)_i);
        const char *text = random_profile(&random, &arena);
        struct variant_request request = {.target = target_by_name(targets[_i])};

        random_request(&random, &request);
        request.target = target_by_name(targets[_i]);
        free(check_same(text, &request));
    }
}
END_TEST

/* What is rendered to the letter, and on a target where more than the text decides. */
static const struct {
    const char *target;
    uint64_t caps;
    const char *profile; /* with ' for each " */
    const char *rendered;
} cases[] = {
    {"x86_64", 0, "{'defaultAction': 'SCMP_ACT_ALLOW'}",
     "{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86_64'],'syscalls':[]}"},
    /* Architectures come from the map, those of other targets go. */
    {"x86_64", 0,
     "{'defaultAction': 'SCMP_ACT_KILL', 'archMap': [{'architecture': 'SCMP_ARCH_X86_64',"
     " 'subArchitectures': ['SCMP_ARCH_X32', 'SCMP_ARCH_X86']}, {'architecture':"
     " 'SCMP_ARCH_AARCH64', 'subArchitectures': ['SCMP_ARCH_ARM']}]}",
     "{'defaultAction':'SCMP_ACT_KILL_THREAD','architectures':['SCMP_ARCH_X86_64','SCMP_ARCH_X86',"
     "'SCMP_ARCH_X32'],'syscalls':[]}"},
    /* Errno names are the target's numbers: ENOSYS is 89 on MIPS. */
    {"mips64", 0,
     "{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrno': 'ENOSYS', 'defaultErrnoRet': 38,"
     " 'syscalls': [{'names': ['read'], 'action': 'SCMP_ACT_ERRNO', 'errno': 'ENOSYS'}]}",
     "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':89,'architectures':['SCMP_ARCH_MIPS64'],"
     "'syscalls':[{'names':['read'],'action':'SCMP_ACT_"
     "ERRNO','errnoRet':89}]}"},
    /* All of an argument's bits, and texts that need escapes. */
    {"x86_64", 0,
     "{'defaultAction': 'SCMP_ACT_TRACE', 'defaultErrnoRet': 65535, 'flags':"
     " ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_TSYNC',"
     "  'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],"
     " 'listenerPath': '/run/\\u0022\\\\\\u001f\\u00e9', 'listenerMetadata': 'a\\nb', 'syscalls':"
     " [{'names': ['read', 'write'], 'action': 'SCMP_ACT_NOTIFY', 'args': [{'index': 5, 'op':"
     " 'SCMP_CMP_MASKED_EQ', 'value': 18446744073709551615, 'valueTwo': 9223372036854775808},"
     " {'index': 0, 'op': 'SCMP_CMP_GT', 'value': 1}]}]}",
     "{'defaultAction':'SCMP_ACT_TRACE','defaultErrnoRet':65535,'architectures':"
     "['SCMP_ARCH_X86_64'],'flags':['SECCOMP_FILTER_FLAG_TSYNC','SECCOMP_FILTER_FLAG_LOG',"
     "'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],'listenerPath':'/run/\\\"\\\\\\u001f\u00e9',"
     "'listenerMetadata':'a\\u000ab','syscalls':[{'names':['read','write'],'action':"
     "'SCMP_ACT_NOTIFY','args':[{'index':5,'value':18446744073709551615,"
     "'valueTwo':9223372036854775808,'op':'SCMP_CMP_MASKED_EQ'},{'index':0,'value':1,'valueTwo':0,"
     "'op':'SCMP_CMP_GT'}]}]}"},
    /* Nobody asks the listener in this variant, so nothing speaks of one. */
    {"x86_64", 0,
     "{'defaultAction': 'SCMP_ACT_ALLOW', 'listenerPath': '/run/l', 'flags':"
     " ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'], 'syscalls': [{'names': ['mount'], 'action':"
     " 'SCMP_ACT_NOTIFY', 'includes': {'caps': ['CAP_SYS_ADMIN']}}]}",
     "{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86_64'],'flags':[],'syscalls':"
     "[]}"},
    /* A rule that is left out does not count for the highest number. */
    {"x86_64", 0,
     "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['read'], 'action':"
     " 'SCMP_ACT_ALLOW'}, {'names': ['openat2', 'mseal'], 'action': 'SCMP_ACT_ALLOW',"
     " 'includes': {'caps': ['CAP_SYS_ADMIN']}}], 'x-unknownSyscalls': 'enosys'}",
     "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1,'architectures':['SCMP_ARCH_X86_64'],"
     "'syscalls':[{'names':['read'],'action':'SCMP_ACT_"
     "ALLOW'}]}"},
    {"x86_64", UINT64_C(1) << 21,
     "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': ['mount'], 'action':"
     " 'SCMP_ACT_ALLOW', 'includes': {'caps': ['CAP_SYS_ADMIN']}}], 'x-unknownSyscalls':"
     " 'default'}",
     "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':1,'architectures':['SCMP_ARCH_X86_64'],"
     "'x-unknownSyscalls':'default','syscalls':[{'names'"
     ":['mount'],'action':'SCMP_ACT_"
     "ALLOW'}]}"},
};

/* WANTED, with ' for each ", as JSON: \" stands for itself. */
static void assert_rendered(const char *got, const char *wanted)
{
    cleanup_free char *text = strdup(wanted);

    for (char *at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    ck_assert_str_eq(got, text);
}

START_TEST(renders_exactly)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct variant_request request = {.target = target_by_name(cases[_i].target),
                                            .caps = cases[_i].caps,
                                            .kernel = KERNEL_VERSION(6, 1)};
    cleanup_free char *json = check_same(profile_json(&arena, cases[_i].profile), &request);

    assert_rendered(json, cases[_i].rendered);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("render");
    TCase *tc = tcase_create("render");

    tcase_add_loop_test(tc, renders_exactly, 0, ARRAY_SIZE(cases));
    tcase_add_loop_test(tc, files_mean_the_same, 0, ARRAY_SIZE(files));
    tcase_add_loop_test(tc, random_profiles_mean_the_same, 0, ARRAY_SIZE(targets));
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
