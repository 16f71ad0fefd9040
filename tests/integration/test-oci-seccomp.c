/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of a configuration, with a source of filters that does as it is told: every way to a
 * filter, to the container's own rules, and to a refusal.
 */
#include "integration/oci-seccomp.h"

#include <check.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/parse/request.h"
#include "integration/oci-config.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define SYS_ADMIN 21

static const struct sock_filter program[] = {
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

/* Of PROGRAM, as bytes in base64. */
#define PROGRAM_BASE64 "BgAAAAAA/38="

static const char web[] =
    "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"mount\"], \"action\":"
    " \"SCMP_ACT_ERRNO\", \"excludes\": {\"caps\": [\"CAP_SYS_ADMIN\"]}}]}";

/* What the source is asked, and what it answers. */
struct fake {
    int rc;
    const char *profile; /* of get_named() */
    bool stale;
    unsigned int asked_named;
    unsigned int asked_content;
    uint64_t caps;
    enum variant_mode mode;
    char text[256]; /* the name or the content that was asked for */
};

static int answer(struct fake *fake, const struct variant_request *request,
                  struct oci_filter *filter, const char **why)
{
    ck_assert_ptr_eq(request->target, target_by_name("x86_64"));
    ck_assert_uint_eq(request->kernel, KERNEL_VERSION(6, 1));
    fake->caps = request->caps;
    fake->mode = request->mode;
    if (fake->rc < 0) {
        *why = "told to fail";
        return fake->rc;
    }
    filter->bytes = program;
    filter->len = sizeof(program);
    memset(filter->digest, 0xab, sizeof(filter->digest));
    filter->stale = fake->stale;
    return 0;
}

static int get_named(void *user, const char *name, const struct variant_request *request,
                     struct arena *arena, struct oci_filter *filter, const char **why)
{
    struct fake *fake = user;

    (void)arena;
    fake->asked_named++;
    snprintf(fake->text, sizeof(fake->text), "%s", name);
    filter->profile = fake->profile ? fake->profile : web;
    filter->profile_len = strlen(filter->profile);
    return answer(fake, request, filter, why);
}

static int get_content(void *user, const char *profile, size_t len,
                       const struct variant_request *request, struct arena *arena,
                       struct oci_filter *filter, const char **why)
{
    struct fake *fake = user;

    (void)arena;
    fake->asked_content++;
    snprintf(fake->text, sizeof(fake->text), "%.*s", (int)len, profile);
    return answer(fake, request, filter, why);
}

/* One case: TEXT with ' for each " goes in. */
struct fixture {
    struct arena arena;
    struct fake fake;
    struct oci_policy policy;
    struct oci_result result;
};

static struct fixture f;

static void set_up(void)
{
    f = (struct fixture){
        .policy = {.target = target_by_name("x86_64"),
                   .kernel = KERNEL_VERSION(6, 1),
                   .allow = "*"},
    };
}

static void tear_down(void)
{
    arena_free(&f.arena);
}

static void apply(const char *text)
{
    const struct oci_source source = {get_named, get_content, &f.fake};
    char *json = arena_strndup(&f.arena, text, strlen(text));

    for (char *at = json; *at; at++)
        if (*at == '\'')
            *at = '"';
    f.policy.source = &source;
    oci_seccomp_apply(&f.result, &f.policy, json, strlen(json), &f.arena);
    ck_assert(f.result.outcome != OCI_REFUSED || f.result.message);
    ck_assert(f.result.outcome != OCI_CHANGED || f.result.text);
}

static void assert_text(const char *wanted)
{
    char *json = arena_strndup(&f.arena, wanted, strlen(wanted));

    for (char *at = json; *at; at++)
        if (*at == '\'')
            *at = '"';
    ck_assert_int_eq(f.result.outcome, OCI_CHANGED);
    ck_assert_str_eq(f.result.text, json);
    ck_assert_uint_eq(f.result.len, strlen(json));
}

#define DIGEST "sha256:abababababababababababababababababababababababababababababababab"
#define ANNOTATIONS \
    "'run.oci.seccomp_bpf_data':'" PROGRAM_BASE64 "','io.secprof.filter':'" DIGEST "'"
#define MOUNT_RULES                                                                        \
    "{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86_64'],'syscalls':[{" \
    "'names':['mount'],'action':'SCMP_ACT_ERRNO','errnoRet':1}]}"

START_TEST(named_replaces_the_rules)
{
    apply("{'root': {'path': '/r'}, 'annotations': {'io.secprof.profile': 'web'}, 'linux':"
          " {'seccomp': {'defaultAction': 'SCMP_ACT_LOG'}}}");
    assert_text("{'root': {'path': '/r'}, 'annotations': {'io.secprof.profile': 'web'," ANNOTATIONS
                "}, 'linux': {'seccomp': " MOUNT_RULES "}}");
    ck_assert_str_eq(f.fake.text, "web");
    ck_assert_uint_eq(f.fake.asked_content, 0);
    ck_assert_str_eq(f.result.where, "/r");
    ck_assert(f.result.must_change);
    ck_assert_str_eq(f.result.message, "filter of profile \"web\": 1 instructions, " DIGEST);
}
END_TEST

/* The rules are for runtimes that take no filter: they deny nothing either. */
START_TEST(named_in_a_mode)
{
    f.policy.allow = "web@audit,web@log";
    apply("{'annotations': {'io.secprof.profile': 'web@audit'}, 'linux': {}}");
    ck_assert_str_eq(f.fake.text, "web@audit");
    ck_assert_int_eq(f.fake.mode, VARIANT_AUDIT);
    assert_text("{'annotations': {'io.secprof.profile': 'web@audit'," ANNOTATIONS
                "}, 'linux': {'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','architectures':["
                "'SCMP_ARCH_X86_64','SCMP_ARCH_X86','SCMP_ARCH_X32'],'syscalls':[{"
                "'names':['mount'],'action':'SCMP_ACT_LOG'}]}}}");
    apply("{'annotations': {'io.secprof.profile': 'web@log'}, 'linux': {}}");
    ck_assert_int_eq(f.fake.mode, VARIANT_LOG);
    ck_assert_ptr_nonnull(strstr(f.result.text, "SECCOMP_FILTER_FLAG_LOG"));
    ck_assert_ptr_nonnull(strstr(f.result.text, "SCMP_ACT_ERRNO"));
    f.fake.profile = "{\"defaultAction\": \"SCMP_ACT_NOTIFY\", \"listenerPath\": \"/l\", \"flags\":"
                     " [\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]}";
    apply("{'annotations': {'io.secprof.profile': 'web@audit'}, 'linux': {}}");
    ck_assert_ptr_null(strstr(f.result.text, "listenerPath"));
    ck_assert_ptr_null(strstr(f.result.text, "WAIT_KILLABLE"));
    ck_assert_ptr_null(strstr(f.result.text, "NOTIFY"));
    f.policy.allow = "web";
    apply("{'annotations': {'io.secprof.profile': 'web@audit'}, 'linux': {}}");
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
    f.policy.allow = NULL;
    f.policy.profile = "web@audit";
    apply("{'linux': {}}");
    ck_assert_int_eq(f.fake.mode, VARIANT_AUDIT);
    apply("{'annotations': {'io.secprof.profile': 'web'}, 'linux': {}}");
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
}
END_TEST

START_TEST(named_works_without_rules)
{
    f.fake.stale = true;
    apply("{'annotations': {'io.secprof.profile': 'web'}, 'linux': {}}");
    assert_text("{'annotations': {'io.secprof.profile': 'web'," ANNOTATIONS
                "}, 'linux': {'seccomp':" MOUNT_RULES "}}");
    ck_assert_ptr_nonnull(strstr(f.result.message, "last good version"));
}
END_TEST

/* The filter and the rules beside it are for the same capabilities. */
START_TEST(named_follows_capabilities)
{
    apply("{'process': {'capabilities': {'bounding': ['CAP_SYS_ADMIN']}}, 'annotations':"
          " {'io.secprof.profile': 'web'}, 'linux': {}}");
    ck_assert_uint_eq(f.fake.caps, UINT64_C(1) << SYS_ADMIN);
    assert_text("{'process': {'capabilities': {'bounding': ['CAP_SYS_ADMIN']}}, 'annotations':"
                " {'io.secprof.profile': 'web'," ANNOTATIONS
                "}, 'linux': {'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','architectures':["
                "'SCMP_ARCH_X86_64'],'syscalls':[]}}}");
}
END_TEST

START_TEST(named_by_the_administrator)
{
    f.policy.profile = "web";
    f.policy.allow = NULL;
    apply("{'linux': {}}");
    assert_text("{'linux': {'seccomp':" MOUNT_RULES "},'annotations':{" ANNOTATIONS "}}");
    apply("{'annotations': {'io.secprof.profile': 'web'}, 'linux': {}}");
    ck_assert_int_eq(f.result.outcome, OCI_CHANGED);
    apply("{'annotations': {'io.secprof.profile': 'other'}, 'linux': {}}");
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
    ck_assert_str_eq(f.result.message, "the container asks for profile \"other\", but all get "
                                       "profile \"web\" here");
    ck_assert_uint_eq(f.fake.asked_named, 2);
}
END_TEST

START_TEST(named_only_where_allowed)
{
    f.policy.allow = "a, web";
    apply("{'annotations': {'io.secprof.profile': 'web'}, 'linux': {}}");
    ck_assert_int_eq(f.result.outcome, OCI_CHANGED);
    f.policy.allow = "a website";
    apply("{'annotations': {'io.secprof.profile': 'web'}, 'linux': {}}");
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
    f.policy.allow = NULL;
    apply("{'annotations': {'io.secprof.profile': 'web'}, 'linux': {}}");
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
    ck_assert_uint_eq(f.fake.asked_named, 1);
}
END_TEST

static const struct {
    const char *list;
    const char *name;
    bool has;
} lists[] = {
    {NULL, "a", false},
    {"", "a", false},
    {"a", "a", true},
    {"*", "a", true},
    {"b,a", "a", true},
    {" b\ta ", "a", true},
    {"ab", "a", false},
    {"a", "ab", false},
    {",,a,,", "a", true},
    {"b *", "a", true},
    {"**", "a", false},
    {"a", "", false},
    {"", "", false},
    {", ", "", false},
    {"a*", "a", false},
    {"web", "wex", false},
    {"b", "a", false},
    {"b,ab", "ba", false},
    /* Whoever may choose a profile may not choose to be let through by it. */
    {"a", "a@audit", false},
    {"*", "a@audit", false},
    {"*", "a@log", false},
    {"a@log", "a@audit", false},
    {"a@audit", "a", false},
    {"a@audit", "a@audit", true},
    {"* a@log", "a@log", true},
    {"*@audit", "a@audit", false},
    {"*", "a@enforce", true},
    {"*", "@audit", false},
};

START_TEST(lists_of_names)
{
    ck_assert(oci_names_include(lists[_i].list, lists[_i].name) == lists[_i].has);
}
END_TEST

/* Whatever is wrong, a container that asks for a profile by name does not start without it. */
START_TEST(named_is_refused_without_a_filter)
{
    static const char config[] = "{'annotations': {'io.secprof.profile': 'web'}, 'linux':"
                                 " {'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW'}}}";

    f.fake.rc = -ECONNREFUSED;
    apply(config);
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
    ck_assert_str_eq(f.result.message, "no filter for profile \"web\": told to fail");
    f.fake.rc = 0;
    f.fake.profile = "{\"defaultAction\": \"SCMP_ACT_NONE\"}";
    apply(config);
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
    ck_assert_ptr_nonnull(strstr(f.result.message, "web:1:19: error: unknown action"));
    f.fake.profile = NULL;
    apply("{'annotations': {'io.secprof.profile': 'web'}}");
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
    f.fake.rc = -EINVAL;
    apply("{'annotations': {'io.secprof.profile': ''}, 'linux': {}}");
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
}
END_TEST

#define RULES "{ 'defaultAction' : 'SCMP_ACT_ALLOW' }"

START_TEST(content_keeps_the_rules)
{
    apply("{'process': {'capabilities': {'bounding': ['CAP_SYS_ADMIN', 'CAP_NEXT']}},"
          " 'linux': {'seccomp': " RULES "}}");
    assert_text("{'process': {'capabilities': {'bounding': ['CAP_SYS_ADMIN', 'CAP_NEXT']}},"
                " 'linux': {'seccomp': " RULES "},'annotations':{" ANNOTATIONS "}}");
    ck_assert_str_eq(f.fake.text, "{ \"defaultAction\" : \"SCMP_ACT_ALLOW\" }");
    ck_assert_uint_eq(f.fake.caps, UINT64_C(1) << SYS_ADMIN);
    ck_assert_uint_eq(f.fake.asked_named, 0);
    ck_assert(!f.result.must_change);
}
END_TEST

START_TEST(content_falls_back)
{
    f.fake.rc = -ECONNREFUSED;
    apply("{'linux': {'seccomp': " RULES "}}");
    ck_assert_int_eq(f.result.outcome, OCI_UNCHANGED);
    ck_assert(f.result.fallback);
    ck_assert_str_eq(f.result.message, "left to the runtime's own compiler: told to fail");
    ck_assert_uint_eq(f.fake.asked_content, 1);
}
END_TEST

/* What means something to us only would make a filter of other rules than the runtime reads. */
static const char *const foreign_rules[] = {
    "{'defaultAction': 'SCMP_ACT_ALLOW', 'archMap': []}",
    "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['read'], 'action': "
    "'SCMP_ACT_LOG'},"
    " {'names': ['mount'], 'action': 'SCMP_ACT_ERRNO', 'excludes': {'caps': ['CAP_SYS_ADMIN']}}]}",
    "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'name': 'read', 'action': 'SCMP_ACT_LOG'}]}",
};

START_TEST(content_has_oci_keys_only)
{
    apply(arena_printf(&f.arena, "{'linux': {'seccomp': %s}}", foreign_rules[_i]));
    ck_assert_int_eq(f.result.outcome, OCI_UNCHANGED);
    ck_assert(f.result.fallback);
    ck_assert_ptr_nonnull(strstr(f.result.message, "which is not OCI's"));
    ck_assert_uint_eq(f.fake.asked_content, 0);
}
END_TEST

/* The same configuration comes by again: what secprof put in is put in anew, or taken out. */
START_TEST(content_renews_its_own_filter)
{
    apply("{'linux': {'seccomp': " RULES "}, 'annotations': {'run.oci.seccomp_bpf_data': 'OLD',"
          " 'io.secprof.filter': 'old'}}");
    assert_text("{'linux': {'seccomp': " RULES "}, 'annotations': {" ANNOTATIONS "}}");
    ck_assert(f.result.must_change);
    f.fake.rc = -ECONNREFUSED;
    apply("{'linux': {'seccomp': " RULES "}, 'annotations': {'run.oci.seccomp_bpf_data': 'OLD',"
          " 'io.secprof.filter': 'old', 'a': 'b'}}");
    assert_text("{'linux': {'seccomp': " RULES "}, 'annotations': {'a': 'b'}}");
    ck_assert(f.result.fallback);
    ck_assert(f.result.must_change);
}
END_TEST

START_TEST(content_refuses_a_strange_filter)
{
    apply("{'linux': {'seccomp': " RULES "}, 'annotations': {'run.oci.seccomp_bpf_data': 'AA'}}");
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
    ck_assert_uint_eq(f.fake.asked_content, 0);
    /* A name says what is to be in its place. */
    apply("{'linux': {'seccomp': " RULES "}, 'annotations': {'run.oci.seccomp_bpf_data': 'AA',"
          " 'io.secprof.profile': 'web'}}");
    ck_assert_int_eq(f.result.outcome, OCI_CHANGED);
    ck_assert_ptr_null(strstr(f.result.text, "\"AA\""));
}
END_TEST

static const char *const left_alone[] = {
    "{}",
    "{'linux': {}}",
    "{'linux': {'seccomp': null}, 'annotations': null}",
    /* Without rules it only adds. */
    "{'linux': {}, 'annotations': {'run.oci.seccomp_bpf_data': 'AA'}}",
};

START_TEST(asks_nothing_where_nothing_is_asked_for)
{
    apply(left_alone[_i]);
    ck_assert_int_eq(f.result.outcome, OCI_UNCHANGED);
    ck_assert_ptr_null(f.result.message);
    ck_assert_uint_eq(f.fake.asked_named + f.fake.asked_content, 0);
}
END_TEST

START_TEST(a_root_that_is_no_path_has_no_name)
{
    apply("{'root': {'path': '/r'}}");
    ck_assert_str_eq(f.result.where, "/r");
    apply("{'root': {'path': 5}}");
    ck_assert_ptr_null(f.result.where);
    apply("{'root': {}}");
    ck_assert_ptr_null(f.result.where);
    apply("{'root': 'r'}");
    ck_assert_ptr_null(f.result.where);
}
END_TEST

START_TEST(named_only_leaves_others_alone)
{
    f.policy.named_only = true;
    apply("{'linux': {'seccomp': " RULES "}}");
    ck_assert_int_eq(f.result.outcome, OCI_UNCHANGED);
    ck_assert_uint_eq(f.fake.asked_content, 0);
    apply("{'linux': {}, 'annotations': {'io.secprof.profile': 'web'}}");
    ck_assert_int_eq(f.result.outcome, OCI_CHANGED);
    /* Without rules a filter only adds. */
    apply("{'linux': {}, 'annotations': {'run.oci.seccomp_bpf_data': 'AA'}}");
    ck_assert_int_eq(f.result.outcome, OCI_UNCHANGED);
}
END_TEST

/* An image can write both annotations. */
static const char *const strange_beside_rules[] = {
    "{'linux': {'seccomp': " RULES "}, 'annotations': {'run.oci.seccomp_bpf_data': 'AA'}}",
    "{'linux': {'seccomp': " RULES "}, 'annotations': {'run.oci.seccomp_bpf_data': 'AA',"
    " 'io.secprof.filter': 'sha256:00'}}",
};

START_TEST(named_only_refuses_a_strange_filter)
{
    f.policy.named_only = true;
    apply(strange_beside_rules[_i]);
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
    ck_assert_uint_eq(f.fake.asked_named + f.fake.asked_content, 0);
    ck_assert_ptr_nonnull(strstr(f.result.message, "would win over the rules"));
}
END_TEST

START_TEST(refuses_what_is_no_configuration)
{
    apply("{'linux': {'seccomp': " RULES "}");
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
    ck_assert_ptr_nonnull(strstr(f.result.message, "config.json:1:"));
    apply("{'linux': {'seccomp': []}}");
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
    ck_assert_uint_eq(f.fake.asked_named + f.fake.asked_content, 0);
}
END_TEST

/* Where the new text cannot be written, only rules that stand there anyway are good enough. */
START_TEST(not_written)
{
    apply("{'linux': {'seccomp': " RULES "}}");
    oci_seccomp_not_written(&f.result, "disk full", &f.arena);
    ck_assert_int_eq(f.result.outcome, OCI_UNCHANGED);
    ck_assert(f.result.fallback);
    apply("{'linux': {}, 'annotations': {'io.secprof.profile': 'web'}}");
    oci_seccomp_not_written(&f.result, "disk full", &f.arena);
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
    apply("{'linux': {'seccomp': " RULES "}, 'annotations': {'run.oci.seccomp_bpf_data': 'OLD',"
          " 'io.secprof.filter': 'old'}}");
    oci_seccomp_not_written(&f.result, "disk full", &f.arena);
    ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
    ck_assert_str_eq(f.result.message, "cannot write the configuration: disk full");
}
END_TEST

/* However little memory there is, nothing that was asked for by name starts without its filter. */
START_TEST(no_memory_refuses)
{
    for (size_t limit = 1;; limit += 64) {
        arena_free(&f.arena);
        f.arena = (struct arena)ARENA_INIT;
        f.arena.limit = 4096 + limit;

        const struct oci_source source = {get_named, get_content, &f.fake};
        static const char text[] =
            "{\"annotations\": {\"io.secprof.profile\": \"web\"}, \"linux\": {}}";

        f.policy.source = &source;
        oci_seccomp_apply(&f.result, &f.policy, text, strlen(text), &f.arena);
        if (f.result.outcome == OCI_CHANGED)
            break;
        ck_assert_int_eq(f.result.outcome, OCI_REFUSED);
        ck_assert_ptr_nonnull(f.result.message);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("oci-seccomp");
    TCase *tc = tcase_create("oci-seccomp");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, named_replaces_the_rules);
    tcase_add_test(tc, named_works_without_rules);
    tcase_add_test(tc, named_follows_capabilities);
    tcase_add_test(tc, named_by_the_administrator);
    tcase_add_test(tc, named_in_a_mode);
    tcase_add_test(tc, named_only_where_allowed);
    tcase_add_loop_test(tc, lists_of_names, 0, ARRAY_SIZE(lists));
    tcase_add_test(tc, named_is_refused_without_a_filter);
    tcase_add_test(tc, content_keeps_the_rules);
    tcase_add_test(tc, content_falls_back);
    tcase_add_loop_test(tc, content_has_oci_keys_only, 0, ARRAY_SIZE(foreign_rules));
    tcase_add_test(tc, content_renews_its_own_filter);
    tcase_add_test(tc, content_refuses_a_strange_filter);
    tcase_add_loop_test(tc, asks_nothing_where_nothing_is_asked_for, 0, ARRAY_SIZE(left_alone));
    tcase_add_test(tc, a_root_that_is_no_path_has_no_name);
    tcase_add_test(tc, named_only_leaves_others_alone);
    tcase_add_loop_test(tc, named_only_refuses_a_strange_filter, 0,
                        ARRAY_SIZE(strange_beside_rules));
    tcase_add_test(tc, refuses_what_is_no_configuration);
    tcase_add_test(tc, not_written);
    tcase_add_test(tc, no_memory_refuses);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
