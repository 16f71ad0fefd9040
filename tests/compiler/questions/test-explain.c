/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of explain.c: for each way of making a call, the verdict (which must be the policy's), what
 * decided, and what each rule has to do with it.
 */
#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/questions/explain.h"

#include <check.h>
#include <string.h>

#include "compiler/policy/lower.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

static const char profile_text[] =
    "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": [\"SCMP_ARCH_X86\"],\n"
    " \"syscalls\": [\n"
    "  {\"names\": [\"read\", \"clone3\"], \"action\": \"SCMP_ACT_ALLOW\"},\n"
    "  {\"names\": [\"read\"], \"action\": \"SCMP_ACT_LOG\"},\n"
    "  {\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0,"
    "   \"value\": 38, \"op\": \"SCMP_CMP_LT\"}]},\n"
    "  {\"names\": [\"socket\"], \"action\": \"SCMP_ACT_LOG\", \"args\": [{\"index\": 0,"
    "   \"value\": 7, \"op\": \"SCMP_CMP_EQ\"}]},\n"
    "  {\"names\": [\"bind\", \"accept\"], \"action\": \"SCMP_ACT_ALLOW\"},\n"
    "  {\"names\": [\"ptrace\"], \"action\": \"SCMP_ACT_ERRNO\", \"comment\": \"no tracing\"},\n"
    "  {\"names\": [\"ptrace\"], \"action\": \"SCMP_ACT_ALLOW\","
    "   \"includes\": {\"caps\": [\"CAP_SYS_PTRACE\"]}},\n"
    "  {\"names\": [\"ptrace\"], \"action\": \"SCMP_ACT_LOG\","
    "   \"includes\": {\"minKernel\": \"99.5\"}, \"excludes\": {\"arches\": [\"arm64\"]}},\n"
    "  {\"names\": [\"mount\"], \"action\": \"SCMP_ACT_TRAP\", \"args\": ["
    "   {\"index\": 1, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"},"
    "   {\"index\": 1, \"value\": 2, \"op\": \"SCMP_CMP_EQ\"}]}]}";

struct fixture {
    struct arena arena;
    struct diags diags;
    struct syscalls *syscalls;
    struct variant_request request;
    struct profile profile;
    struct variant variant;
    struct policy policy;
    struct explanation *list;
    size_t n;
    size_t room;
};

static struct fixture f;

static void set_up(void)
{
    f = (struct fixture){
        .syscalls = syscalls_new(),
        .request = {.target = target_by_name("x86_64"), .kernel = KERNEL_VERSION(6, 1)},
    };
    diags_init(&f.diags, &f.arena);
    ck_assert_int_eq(
        profile_parse(&f.profile, profile_text, strlen(profile_text), &f.arena, &f.diags), 0);
    ck_assert_int_eq(variant_resolve(&f.variant, &f.profile, &f.request, &f.arena, &f.diags), 0);
    ck_assert_int_eq(policy_lower(&f.policy, &f.variant, f.syscalls, &f.arena), 0);
}

static void tear_down(void)
{
    syscalls_free(f.syscalls);
    arena_free(&f.arena);
}

/* Asks about NAME (NULL: NUMBER) with the arguments A0 and A1 where HAS_ARGS. */
static void ask(const char *name, uint32_t number, bool has_args, uint64_t a0, uint64_t a1)
{
    const uint64_t args[SYSCALL_ARGS] = {a0, a1};
    const struct question question = {
        .request = &f.request,
        .profile = &f.profile,
        .variant = &f.variant,
        .policy = &f.policy,
        .syscalls = f.syscalls,
        .name = name,
        .number = number,
        .args = has_args ? args : NULL,
        .known = has_args ? (1 << SYSCALL_ARGS) - 1 : 0,
    };

    f.n = 0;
    for (size_t i = 0; i < f.request.target->n_abis; i++)
        ck_assert_int_eq(explain(&f.list, &f.n, &f.room, &question,
                                 abi_get(f.request.target->abis[i]), &f.arena),
                         0);
    for (size_t i = 0; i < f.n; i++) {
        struct seccomp_data data = explanation_data(&f.list[i], has_args ? args : NULL);

        /* What is said must be what is so. */
        if (f.list[i].known)
            ck_assert_uint_eq(f.list[i].verdict, policy_evaluate(&f.policy, &data));
        else
            ck_assert(!has_args);
    }
}

static void expect_roles(const struct explanation *explanation, const enum rule_role *roles,
                         size_t n)
{
    ck_assert_uint_eq(explanation->n_rules, n);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(explanation->rules[i].role == roles[i], "rule %zu: role %d, not %d", i,
                      explanation->rules[i].role, roles[i]);
}

START_TEST(unconditional_rules_decide_alone)
{
    static const enum rule_role roles[] = {ROLE_DECIDES, ROLE_OVERRULED};

    ask("read", 0, false, 0, 0);
    ck_assert_uint_eq(f.n, 3);
    for (size_t i = 0; i < 2; i++) {
        ck_assert(f.list[i].known && f.list[i].covered && f.list[i].otherwise);
        ck_assert_uint_eq(f.list[i].verdict, SECCOMP_RET_ALLOW);
        ck_assert_int_eq(f.list[i].origin, DECIDED_BY_RULES);
        expect_roles(&f.list[i], roles, 2);
    }
    /* The profile does not list x32. */
    ck_assert_ptr_eq(f.list[2].abi, abi_get(ABI_X32));
    ck_assert(!f.list[2].covered);
    ck_assert_int_eq(f.list[2].origin, DECIDED_AS_FOREIGN);
    ck_assert_uint_eq(f.list[2].verdict, SECCOMP_RET_KILL_THREAD);
}
END_TEST

START_TEST(dropped_rules_are_cited)
{
    static const enum rule_role roles[] = {ROLE_SAYS_DEFAULT, ROLE_INACTIVE, ROLE_INACTIVE};
    const struct explained_rule *rules;

    ask("ptrace", 0, true, 0, 0);
    expect_roles(&f.list[0], roles, 3);
    ck_assert_int_eq(f.list[0].origin, DECIDED_BY_DEFAULT);
    ck_assert_uint_eq(f.list[0].verdict, SECCOMP_RET_ERRNO | 1);
    rules = f.list[0].rules;
    ck_assert_str_eq(rules[0].rule->comment, "no tracing");
    ck_assert_uint_eq(rules[0].rule->at.line, 8);
    ck_assert_str_eq(rule_state_text(&f.arena, rules[1].rule, &f.request, rules[1].state),
                     "it needs CAP_SYS_PTRACE");
    ck_assert_str_eq(rule_state_text(&f.arena, rules[2].rule, &f.request, rules[2].state),
                     "it is for kernels from 99.5 on");
}
END_TEST

START_TEST(multiplexed_calls_have_two_ways)
{
    static const enum rule_role direct[] = {ROLE_TESTS_FAIL, ROLE_TESTS_FAIL};
    static const enum rule_role seven[] = {ROLE_WEAKER, ROLE_DECIDES};
    static const enum rule_role untestable[] = {ROLE_UNTESTABLE, ROLE_UNTESTABLE};

    ask("socket", 0, true, 38, 0);
    ck_assert_uint_eq(f.n, 4);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(f.list[i].verdict, SECCOMP_RET_ERRNO | 1);
    expect_roles(&f.list[0], direct, 2);
    ck_assert(f.list[0].otherwise);
    expect_roles(&f.list[1], direct, 2);
    ck_assert_ptr_nonnull(f.list[2].through);
    ck_assert_uint_eq(f.list[2].nr, 102);
    ck_assert_str_eq(f.list[2].through->multiplexer, "socketcall");
    ck_assert_uint_eq(f.list[2].n_clauses, 1);
    ck_assert(!f.list[2].otherwise);
    expect_roles(&f.list[2], untestable, 2);

    ask("socket", 0, true, 7, 0);
    ck_assert_uint_eq(f.list[0].verdict, SECCOMP_RET_LOG);
    expect_roles(&f.list[0], seven, 2);
    /* What is allowed directly is still denied there. */
    ck_assert_uint_eq(f.list[2].verdict, SECCOMP_RET_ERRNO | 1);
    /* The registers of a 32-bit ABI have no upper half. */
    ask("socket", 0, true, UINT64_C(0x100000002), 0);
    ck_assert_uint_eq(f.list[0].verdict, SECCOMP_RET_ERRNO | 1);
    ck_assert_uint_eq(f.list[1].verdict, SECCOMP_RET_ALLOW);

    ask("bind", 0, false, 0, 0);
    ck_assert_uint_eq(f.list[2].verdict, SECCOMP_RET_ALLOW);
    ck_assert_int_eq(f.list[2].rules[0].role, ROLE_DECIDES);
}
END_TEST

START_TEST(without_arguments_all_choices)
{
    ask("socket", 0, false, 0, 0);
    ck_assert(!f.list[0].known && f.list[0].otherwise);
    ck_assert_uint_eq(f.list[0].n_clauses, 2);
    /* The most restrictive first. */
    ck_assert_uint_eq(f.list[0].clauses[0]->verdict, SECCOMP_RET_LOG);
    ck_assert(f.list[2].known);
    ask("socketcall", 0, false, 0, 0);
    ck_assert_uint_eq(f.n, 1);
    ck_assert(!f.list[0].known);
    ck_assert_uint_eq(f.list[0].n_clauses, 3);
    ck_assert_str_eq(f.list[0].clauses[1]->through->name, "bind");
    ask("socketcall", 0, true, 5, 0);
    ck_assert_uint_eq(f.list[0].verdict, SECCOMP_RET_ALLOW);
    ck_assert_str_eq(f.list[0].clauses[0]->through->name, "accept");
}
END_TEST

START_TEST(alternatives_are_one_rule)
{
    static const enum rule_role decides[] = {ROLE_DECIDES};
    static const enum rule_role fails[] = {ROLE_TESTS_FAIL};

    for (uint64_t value = 0; value < 4; value++) {
        bool hit = value == 1 || value == 2;

        ask("mount", 0, true, 0, value);
        ck_assert_uint_eq(f.list[0].verdict, hit ? SECCOMP_RET_TRAP : SECCOMP_RET_ERRNO | 1);
        expect_roles(&f.list[0], hit ? decides : fails, 1);
    }
}
END_TEST

START_TEST(numbers_are_what_each_abi_makes_of_them)
{
    ask(NULL, 3, false, 0, 0); /* close on x86_64, read on x86 */
    ck_assert_uint_eq(f.n, 2);
    ck_assert_uint_eq(f.list[0].verdict, SECCOMP_RET_ERRNO | 1);
    ck_assert_uint_eq(f.list[1].verdict, SECCOMP_RET_ALLOW);
    ask(NULL, 0x40000003, false, 0, 0); /* of x32, and none of x86 */
    ck_assert_uint_eq(f.n, 2);
    ck_assert_ptr_eq(f.list[1].abi, abi_get(ABI_X32));
    ask(NULL, 462, false, 0, 0);
    ck_assert_int_eq(f.list[0].origin, DECIDED_AS_NEWER);
    ck_assert_uint_eq(f.list[0].verdict, SECCOMP_RET_ERRNO | 38);
    ask("nosuchcall", 0, false, 0, 0);
    ck_assert_uint_eq(f.n, 0);
    ask(NULL, UINT32_MAX, false, 0, 0);
    ck_assert_uint_eq(f.n, 2);
}
END_TEST

START_TEST(tests_as_text)
{
    static const struct {
        struct arg_test test;
        const char *text;
    } cases[] = {
        {{0, CMP_LT, 38, 0, {0, 0}}, "arg0 < 38"},
        {{1, CMP_LE, 9999, 0, {0, 0}}, "arg1 <= 9999"},
        {{2, CMP_EQ, 10000, 0, {0, 0}}, "arg2 == 0x2710"},
        {{3, CMP_NE, UINT64_MAX, 0, {0, 0}}, "arg3 != 0xffffffffffffffff"},
        {{4, CMP_GE, 0, 0, {0, 0}}, "arg4 >= 0"},
        {{5, CMP_GT, 1, 0, {0, 0}}, "arg5 > 1"},
        {{0, CMP_MASKED_EQ, 0x7e020000, 0, {0, 0}}, "(arg0 & 0x7e020000) == 0"},
    };
    static const struct {
        enum abi_id abi;
        const char *name;
        struct arg_test test;
        const char *text;
    } named[] = {
        {ABI_X86_64, "socket", {0, CMP_LT, 38, 0, {0, 0}}, "arg0 < AF_ALG"},
        {ABI_X86_64, "socket", {0, CMP_EQ, 99, 0, {0, 0}}, "arg0 == 99"},
        {ABI_MIPS, "socket", {1, CMP_EQ, 2, 0, {0, 0}}, "arg1 == SOCK_STREAM"},
        {ABI_X86_64,
         "clone",
         {0, CMP_MASKED_EQ, 0x7e020000, 0, {0, 0}},
         "(arg0 & CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWUSER|CLONE_NEWPID|"
         "CLONE_NEWNET) == 0"},
        {ABI_X86_64,
         "clone",
         {0, CMP_MASKED_EQ, 0x10000000, 0x10000000, {0, 0}},
         "(arg0 & CLONE_NEWUSER) == CLONE_NEWUSER"},
        {ABI_S390X, "clone", {1, CMP_EQ, 0x8000, 0, {0, 0}}, "arg1 == CLONE_PARENT"},
        {ABI_X86_64,
         "socket",
         {0, CMP_MASKED_EQ, 0xffffffff, 1, {0, 0}},
         "(arg0 & 0xffffffff) == AF_UNIX"},
        {ABI_X86_64, "openat", {2, CMP_MASKED_EQ, 3, 0, {0, 0}}, "(arg2 & 0x3) == 0"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        ck_assert_str_eq(arg_test_text(&f.arena, &cases[i].test, abi_get(ABI_X86_64), NULL),
                         cases[i].text);
    for (size_t i = 0; i < ARRAY_SIZE(named); i++)
        ck_assert_str_eq(
            arg_test_text(&f.arena, &named[i].test, abi_get(named[i].abi), named[i].name),
            named[i].text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain");
    TCase *tcase = tcase_create("explain");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, unconditional_rules_decide_alone);
    tcase_add_test(tcase, dropped_rules_are_cited);
    tcase_add_test(tcase, multiplexed_calls_have_two_ways);
    tcase_add_test(tcase, without_arguments_all_choices);
    tcase_add_test(tcase, alternatives_are_one_rule);
    tcase_add_test(tcase, numbers_are_what_each_abi_makes_of_them);
    tcase_add_test(tcase, tests_as_text);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
