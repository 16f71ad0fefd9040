/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of the modes in compiler/policy/: what each verdict of a policy becomes, wherever it comes
 * from, and the flags.
 */
#include <check.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>

#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/lower.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"
#include "tests/compiler/profile-text.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define ALL_X86 "'architectures':['SCMP_ARCH_X86_64','SCMP_ARCH_X86','SCMP_ARCH_X32'],"

static const struct {
    const char *target;
    const char *text;
} profiles[] = {
    {"x86_64", "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
               "{'names':['read','socket'],'action':'SCMP_ACT_ALLOW'}]}"},
    {"x86_64", "{'defaultAction':'SCMP_ACT_KILL_PROCESS'}"},
    {"x86_64", "{'defaultAction':'SCMP_ACT_LOG','syscalls':["
               "{'names':['read'],'action':'SCMP_ACT_TRAP'}]}"},
    {"x86_64",
     "{'defaultAction':'SCMP_ACT_ALLOW'," ALL_X86 "'syscalls':["
     "{'names':['read'],'action':'SCMP_ACT_LOG','args':[{'index':0,'op':'SCMP_CMP_GE','value':1}]},"
     "{'names':['read'],'action':'SCMP_ACT_TRACE','args':[{'index':0,'op':'SCMP_CMP_GE','value':2}"
     "]},{'names':['read'],'action':'SCMP_ACT_NOTIFY','args':[{'index':0,'op':'SCMP_CMP_GE',"
     "'value':3}]},{'names':['write'],'action':'SCMP_ACT_KILL'},"
     "{'names':['socket'],'action':'SCMP_ACT_ERRNO','errnoRet':97,'args':["
     "{'index':0,'op':'SCMP_CMP_EQ','value':3}]}]}"},
    {"s390x", "{'defaultAction':'SCMP_ACT_ERRNO','architectures':['SCMP_ARCH_S390'],'syscalls':["
              "{'names':['connect','shmat'],'action':'SCMP_ACT_ALLOW'},"
              "{'names':['write'],'action':'SCMP_ACT_NOTIFY'}]}"},
    {"aarch64", "{'defaultAction':'SCMP_ACT_TRACE','architectures':['SCMP_ARCH_ARM'],'syscalls':["
                "{'names':['get_tls','read'],'action':'SCMP_ACT_ALLOW'}]}"},
};

static void lower(struct policy *policy, enum variant_mode mode, const char *target,
                  const char *quoted, struct syscalls *syscalls, struct arena *arena)
{
    const struct variant_request request = {
        .target = target_by_name(target), .kernel = KERNEL_VERSION(6, 1), .mode = mode};
    const char *text = profile_json(arena, quoted);
    struct profile *profile = arena_alloc(arena, sizeof(*profile));
    struct variant *variant = arena_alloc(arena, sizeof(*variant));
    struct diags diags;

    diags_init(&diags, arena);
    ck_assert_int_eq(profile_parse(profile, text, strlen(text), arena, &diags), 0);
    ck_assert_int_eq(variant_resolve(variant, profile, &request, arena, &diags), 0);
    ck_assert_int_eq(policy_lower(policy, variant, syscalls, arena), 0);
}

/* In the order of kernel/seccomp.c, written a second time. */
static uint32_t audited(uint32_t verdict)
{
    switch (verdict & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_KILL_PROCESS:
    case SECCOMP_RET_KILL_THREAD:
    case SECCOMP_RET_TRAP:
    case SECCOMP_RET_ERRNO:
    case SECCOMP_RET_USER_NOTIF:
    case SECCOMP_RET_TRACE:
        return SECCOMP_RET_LOG;
    default:
        return verdict;
    }
}

struct policies {
    struct policy enforce;
    struct policy audit;
    struct policy log;
};

static size_t check_call(const struct policies *policies, uint32_t arch, uint32_t nr)
{
    static const uint64_t args[] = {0, 1, 2, 3, 4, UINT64_MAX};

    for (size_t i = 0; i < ARRAY_SIZE(args); i++) {
        const struct seccomp_data data = {.arch = arch, .nr = (int)nr, .args = {args[i], args[i]}};
        uint32_t verdict = policy_evaluate(&policies->enforce, &data);

        ck_assert_uint_eq(policy_evaluate(&policies->audit, &data), audited(verdict));
        ck_assert_uint_eq(policy_evaluate(&policies->log, &data), verdict);
    }
    return ARRAY_SIZE(args);
}

/* Loop: each profile, asked at the edges of all that it decides. */
START_TEST(verdicts_follow_the_mode)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    const char *target = profiles[_i].target;
    const char *text = profiles[_i].text;
    struct policies policies;
    size_t n = 0;

    lower(&policies.enforce, VARIANT_ENFORCE, target, text, syscalls, &arena);
    lower(&policies.audit, VARIANT_AUDIT, target, text, syscalls, &arena);
    lower(&policies.log, VARIANT_LOG, target, text, syscalls, &arena);
    for (size_t a = 0; a < policies.enforce.n_archs; a++) {
        const struct policy_arch *arch = &policies.enforce.archs[a];

        for (size_t i = 0; i < arch->n_ranges; i++) {
            n += check_call(&policies, arch->audit_arch, arch->ranges[i].first);
            n += check_call(&policies, arch->audit_arch, arch->ranges[i].first - 1);
        }
    }
    n += check_call(&policies, AUDIT_ARCH_ALPHA, 1);
    ck_assert_uint_gt(n, 20);
}
END_TEST

static uint32_t flags_of(enum variant_mode mode, const char *text)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    struct policy policy;

    lower(&policy, mode, "x86_64", text, syscalls, &arena);
    return policy.flags;
}

/* In audit mode nobody is asked, and the kernel takes a flag about waiting only with a listener. */
START_TEST(flags_follow_the_mode)
{
    static const char asking[] = "{'defaultAction':'SCMP_ACT_NOTIFY','flags':["
                                 "'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV',"
                                 "'SECCOMP_FILTER_FLAG_TSYNC']}";
    static const char plain[] = "{'defaultAction':'SCMP_ACT_ERRNO'}";
    static const char logging[] = "{'defaultAction':'SCMP_ACT_ERRNO','flags':["
                                  "'SECCOMP_FILTER_FLAG_LOG']}";
    const uint32_t both = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV | SECCOMP_FILTER_FLAG_TSYNC;
    const uint32_t spec = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    const uint32_t log = SECCOMP_FILTER_FLAG_LOG;

    ck_assert_uint_eq(flags_of(VARIANT_ENFORCE, asking), both);
    ck_assert_uint_eq(flags_of(VARIANT_AUDIT, asking), SECCOMP_FILTER_FLAG_TSYNC);
    ck_assert_uint_eq(flags_of(VARIANT_LOG, asking), both | log);
    ck_assert_uint_eq(flags_of(VARIANT_AUDIT, plain), spec);
    ck_assert_uint_eq(flags_of(VARIANT_LOG, plain), spec | log);
    ck_assert_uint_eq(flags_of(VARIANT_AUDIT, logging), log);
    ck_assert_uint_eq(flags_of(VARIANT_LOG, logging), log);
}
END_TEST

START_TEST(modes_have_names)
{
    for (enum variant_mode mode = VARIANT_ENFORCE; mode <= VARIANT_LOG; mode++)
        ck_assert_int_eq(variant_mode_by_name(variant_mode_name(mode)), (int)mode);
    ck_assert_int_lt(variant_mode_by_name("complain"), 0);
    ck_assert_int_lt(variant_mode_by_name(""), 0);
    ck_assert_str_eq(variant_mode_names(), "enforce, audit, log");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mode");
    TCase *tests = tcase_create("mode");

    tcase_add_loop_test(tests, verdicts_follow_the_mode, 0, ARRAY_SIZE(profiles));
    tcase_add_test(tests, flags_follow_the_mode);
    tcase_add_test(tests, modes_have_names);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
