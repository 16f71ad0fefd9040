/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lint: what it says of which profile, word for word; and, for random profiles, that the rules
 * it calls useless or ambiguous are those that lowering and trying out show to be so.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/lint/lint.h"
#include "compiler/lint/use.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/lower.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"
#include "tests/compiler/lint/cases.h"
#include "tests/compiler/profile-text.h"
#include "tests/compiler/random.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

static void lint_on_kernel(struct arena *arena, const char *text,
                           const struct target *const *targets, size_t n_targets, uint32_t kernel,
                           struct profile *profile, struct diags *diags)
{
    struct syscalls *syscalls = syscalls_new();
    struct diags parsed;

    ck_assert_ptr_nonnull(syscalls);
    diags_init(&parsed, arena);
    diags_init(diags, arena);
    ck_assert_msg(profile_parse(profile, text, strlen(text), arena, &parsed) == 0, "%s: %s", text,
                  diags_render(&parsed, arena, "f"));
    ck_assert_int_eq(profile_lint(profile, targets, n_targets, kernel, syscalls, arena, diags), 0);
    /* Names in the findings are the database's no more. */
    syscalls_free(syscalls);
}

#define ALLOW_ALL "{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': ["

static void lint(struct arena *arena, const char *text, const struct target *const *targets,
                 size_t n_targets, struct profile *profile, struct diags *diags)
{
    lint_on_kernel(arena, text, targets, n_targets, 0, profile, diags);
}

START_TEST(says_what_it_should)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct target *target = target_by_name(lint_cases[_i].target);
    char *text = profile_json(&arena, lint_cases[_i].text);
    struct profile profile;
    struct diags diags;

    lint(&arena, text, &target, 1, &profile, &diags);
    ck_assert_str_eq(diags_render(&diags, &arena, "f"), lint_cases[_i].lines);
}
END_TEST

/* Where older kernels do not matter, nothing is said about them. */
START_TEST(leaves_older_kernels_out)
{
    static const struct {
        uint32_t kernel;
        size_t n_warnings;
    } kernels[] = {
        {0, 1},
        {KERNEL_VERSION(4, 7), 1},
        {KERNEL_VERSION(4, 8), 0},
        {KERNEL_VERSION(6, 1), 0},
    };
    const struct target *target = target_by_name("x86_64");

    for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        char *text =
            profile_json(&arena, "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [{'names': "
                                 "['ptrace'], 'action': 'SCMP_ACT_ALLOW'}]}");
        struct profile profile;
        struct diags diags;

        lint_on_kernel(&arena, text, &target, 1, kernels[i].kernel, &profile, &diags);
        ck_assert_uint_eq(diags.n_warnings, kernels[i].n_warnings);
    }
}
END_TEST

/* What holds on several targets is one line, with the ABIs for which it is so. */
START_TEST(says_it_once)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct target *const targets[] = {target_by_name("x86_64"), target_by_name("s390x"),
                                            target_by_name("arm"), target_by_name("mips")};
    char *text =
        profile_json(&arena, "{'defaultAction': 'SCMP_ACT_ERRNO',\n"
                             "'architectures': ['SCMP_ARCH_X86'],\n"
                             "'syscalls': [\n"
                             "{'names': ['socket'], 'action': 'SCMP_ACT_ALLOW', 'args': [{'index': "
                             "0, 'op': 'SCMP_CMP_LT', 'value': 38}]},\n"
                             "{'names': ['socketcall'], 'action': 'SCMP_ACT_ALLOW'},\n"
                             "{'names': ['frob'], 'action': 'SCMP_ACT_ALLOW'},\n"
                             "{'names': ['read'], 'action': 'SCMP_ACT_KILL', 'args': [{'index': 2, "
                             "'op': 'SCMP_CMP_EQ', 'value': 4294967296}]}]}\n");
    struct profile profile;
    struct diags diags;

    lint(&arena, text, targets, ARRAY_SIZE(targets), &profile, &diags);
    ck_assert_str_eq(
        diags_render(&diags, &arena, "f"),
        "f:5:12: warning: on x86, mips, s390x: this rule says ALLOW for \"socketcall\", and so "
        "bypasses the rules on \"socket\" (line 4)\n"
        "f:6:12: warning: no architecture has a call \"frob\", so the rule does nothing for it\n"
        "f:7:57: warning: where arguments have 32 bits: this test never holds, and so the rule "
        "never does\n");
}
END_TEST

/* Which runtimes can use a profile: all notes, at the default action and at the first condition. */
static const struct {
    const char *text;
    const char *lines;
} uses[] = {
    {ALLOW_ALL "]}", ""},
    {ALLOW_ALL "\n{'names': ['mkdir'], 'action': 'SCMP_ACT_ERRNO'},"
               "\n{'names': ['getcwd', 'capset'], 'action': 'SCMP_ACT_KILL'}]}",
     "f:1:19: note: crun 1.8.1 starts a container under this profile only with noNewPrivileges: "
     "without, the filter goes in earlier, before \"capset\", which the profile denies\n"
     "f:1:19: note: runc 1.1.5 starts a container under this profile only with noNewPrivileges: "
     "without, the filter goes in earlier, before \"capset\", \"getcwd\", which the profile "
     "denies\n"},
    {ALLOW_ALL "\n{'names': ['execve'], 'action': 'SCMP_ACT_ERRNO'}]}",
     "f:1:19: note: crun 1.8.1 starts no container under this profile, which denies \"execve\": "
     "the "
     "runtime makes these calls when the filter is in already\n"
     "f:1:19: note: runc 1.1.5 starts no container under this profile, which denies \"execve\": "
     "the "
     "runtime makes these calls when the filter is in already\n"},
    /* with a condition or tests some container can start */
    {ALLOW_ALL "\n{'names': ['write'], 'action': 'SCMP_ACT_ERRNO', 'args': [{'index': 0, 'op':"
               " 'SCMP_CMP_EQ', 'value': 9}]},"
               "\n{'names': ['execve'], 'action': 'SCMP_ACT_ERRNO', 'excludes': {'caps':"
               " ['CAP_CHOWN']}}]}",
     "f:3:1: note: 1 rule with \"includes\" or \"excludes\", from here on: Docker and Podman know "
     "them; Kubernetes' localhostProfile, runc and crun pass them over and would always apply the "
     "rule ('secprofctl compile --format oci' decides them)\n"},
};

START_TEST(says_who_can_use_it)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct target *const targets[] = {target_by_name("aarch64"), target_by_name("x86_64")};
    struct syscalls *syscalls = syscalls_new();
    struct profile profile;
    struct diags diags;

    diags_init(&diags, &arena);
    ck_assert_str_eq(profile_diags(&arena, &profile, profile_json(&arena, uses[_i].text)), "");
    ck_assert_int_eq(
        profile_lint_use(&profile, targets, ARRAY_SIZE(targets), syscalls, &arena, &diags), 0);
    ck_assert_str_eq(diags_render(&diags, &arena, "f"), uses[_i].lines);
    syscalls_free(syscalls);
}
END_TEST

/* A call with very many rules is passed over, and that is said. */
START_TEST(has_limits)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct target *target = target_by_name("x86_64");
    const char *text = "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [";
    struct profile profile;
    struct diags diags;

    for (int i = 0; i < 600; i++)
        text = arena_printf(&arena,
                            "%s%s{\"names\": [\"%s\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
                            "[{\"index\": 0, \"value\": %d, \"op\": \"SCMP_CMP_EQ\"}]}",
                            text, i ? "," : "", i < 598 ? "read" : "write", i / 599);
    text = arena_printf(&arena, "%s]}", text);
    lint(&arena, text, &target, 1, &profile, &diags);
    ck_assert_str_eq(diags_render(&diags, &arena, "f"),
                     "f: note: the profile is too large: not all that deserves a warning was "
                     "looked for\n");
}
END_TEST

enum {
    ROUNDS = 3000,
    RANDOM_RULES = 5,
    GRID = 12, /* values of an argument that are tried: 0 to 7, and some with high bits */
};

static const char *const random_actions[] = {"ALLOW", "LOG", "TRAP", "ERRNO"};

static char *random_rules(struct arena *arena, uint64_t *seed, size_t n)
{
    char *text = arena_printf(arena, "%s", "{'defaultAction': 'SCMP_ACT_KILL', 'syscalls': [");

    for (size_t i = 0; i < n; i++) {
        uint32_t n_tests = random_below(seed, 16) ? 1 + random_below(seed, 2) : 0;

        text = arena_printf(arena, "%s%s\n{'names': ['read'], 'action': 'SCMP_ACT_%s', 'args': [",
                            text, i ? "," : "", random_actions[random_below(seed, 4)]);
        for (uint32_t k = 0; k < n_tests; k++)
            text = arena_printf(arena, "%s%s{'index': %u, 'op': '%s', 'value': %u, 'valueTwo': %u}",
                                text, k ? "," : "", random_below(seed, 8) ? k : 0,
                                cmp_op_name((enum cmp_op)random_below(seed, CMP_COUNT)),
                                random_below(seed, 4), random_below(seed, 4));
        text = arena_printf(arena, "%s]}", text);
    }
    return profile_json(arena, arena_printf(arena, "%s]}", text));
}

/* What trying out all small arguments shows of each rule. */
struct tried {
    bool holds[RANDOM_RULES];
    bool decides[RANDOM_RULES];
    bool loses[RANDOM_RULES]; /* another decides, with another verdict */
};

static bool rule_holds(const struct rule *rule, const uint64_t args[SYSCALL_ARGS])
{
    size_t n = 0;

    for (size_t i = 0; i < rule->n_tests; i++)
        n += arg_test_holds(&rule->tests[i], abi_get(ABI_X86_64), args[rule->tests[i].index]);
    return n == rule->n_tests || (rule->alternatives && n > 0);
}

/* The rule that decides read(2) with ARGS, or NULL. */
static const struct rule *find_winner(const struct decision *decision,
                                      const uint64_t args[SYSCALL_ARGS])
{
    for (size_t i = 0; i < decision->n_clauses; i++) {
        const struct clause *clause = &decision->clauses[i];
        bool holds = true;

        for (size_t t = 0; t < clause->n_tests; t++)
            holds &= arg_test_holds(&clause->tests[t], abi_get(ABI_X86_64),
                                    args[clause->tests[t].index]);
        if (holds)
            return clause->rule;
    }
    return decision->rule;
}

static void try_out(struct tried *tried, const struct profile *profile,
                    const struct decision *decision)
{
    for (size_t v = 0; v < GRID * GRID; v++) {
        const uint64_t args[SYSCALL_ARGS] = {v % GRID < 8 ? v % GRID : (v % GRID - 7) << 32,
                                             v / GRID < 8 ? v / GRID : (v / GRID - 7) << 32};
        const struct rule *winner = find_winner(decision, args);

        for (size_t i = 0; i < profile->n_rules; i++) {
            const struct rule *rule = &profile->rules[i];

            if (!rule_holds(rule, args))
                continue;
            tried->holds[i] = true;
            tried->decides[i] |= winner == rule;
            tried->loses[i] |= winner->verdict != rule->verdict;
        }
    }
}

/* The decision of read(2), with the rules of PROFILE. */
static const struct decision *lowered(struct arena *arena, const struct profile *profile,
                                      struct syscalls *syscalls)
{
    const struct variant_request request = {.target = target_by_name("x86_64")};
    struct policy policy;
    struct variant variant;
    struct diags diags;

    diags_init(&diags, arena);
    ck_assert_int_eq(variant_resolve(&variant, profile, &request, arena, &diags), 0);
    ck_assert_int_eq(policy_lower(&policy, &variant, syscalls, arena), 0);
    return policy_range_of(&policy.archs[0], 0)->decision;
}

static bool says(const struct diags *diags, size_t rule, const char *words)
{
    for (size_t i = 0; i < diags->n; i++)
        if (diags->items[i].at.line == rule + 2 && strstr(diags->items[i].text, words))
            return true;
    return false;
}

/* Of each rule the lint says that it is useless, or ambiguous, where the lowered policy shows it.
 */
START_TEST(agrees_with_the_policy)
{
    const struct target *target = target_by_name("x86_64");
    struct syscalls *syscalls = syscalls_new();
    size_t n_useless = 0;
    size_t n_ambiguous = 0;
    uint64_t seed = 20231;

    for (int round = 0; round < ROUNDS; round++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        size_t n = 2 + random_below(&seed, RANDOM_RULES - 1);
        char *text = random_rules(&arena, &seed, n);
        struct tried tried = {0};
        struct profile profile;
        struct diags diags;

        lint(&arena, text, &target, 1, &profile, &diags);

        const struct decision *decision = lowered(&arena, &profile, syscalls);

        try_out(&tried, &profile, decision);
        for (size_t i = 0; i < n; i++) {
            bool useless = says(&diags, i, "never decides") || says(&diags, i, "adds nothing");
            bool ambiguous = says(&diags, i, "the latter wins");

            /* Of a rule that never holds its test is reported, of a useless one no more is. */
            ck_assert_msg(useless == (tried.holds[i] && !tried.decides[i]), "rule %zu of %s:\n%s",
                          i, text, diags_render(&diags, &arena, "f"));
            ck_assert_msg(ambiguous == (!decision->rule && tried.decides[i] && tried.loses[i]),
                          "rule %zu of %s:\n%s", i, text, diags_render(&diags, &arena, "f"));
            ck_assert(says(&diags, i, "adds nothing") == (useless && !tried.loses[i]));
            n_useless += useless;
            n_ambiguous += ambiguous;
        }
    }
    syscalls_free(syscalls);
    ck_assert_uint_gt(n_useless, ROUNDS / 4);
    ck_assert_uint_gt(n_ambiguous, ROUNDS / 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compiler/lint");
    TCase *tcase = tcase_create("lint");

    tcase_add_loop_test(tcase, says_what_it_should, 0, (int)lint_n_cases);
    tcase_add_test(tcase, leaves_older_kernels_out);
    tcase_add_test(tcase, says_it_once);
    tcase_add_loop_test(tcase, says_who_can_use_it, 0, ARRAY_SIZE(uses));
    tcase_add_test(tcase, has_limits);
    tcase_add_test(tcase, agrees_with_the_policy);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
