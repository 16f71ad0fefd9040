/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The proof against faults of resolve and lower: each case breaks the variant or the policy as such
 * a fault would, emits a filter of it, and the proof must refuse that filter and name an input for
 * which it is wrong.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/emit/emit.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/policy/lower.h"
#include "compiler/policy/resolve.h"
#include "compiler/prove/prove.h"
#include "tests/compiler/profile-text.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

/* With ' for ". CAP_KILL is not held; the kernel is 6.1. */
static const char profile_text[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrno':'ELOOP',"
    "'architectures':['SCMP_ARCH_X86','SCMP_ARCH_S390','SCMP_ARCH_MIPS'],'syscalls':["
    "{'names':['read','ioctl'],'action':'SCMP_ACT_ALLOW'},"
    "{'names':['write'],'action':'SCMP_ACT_ALLOW','includes':{'caps':['CAP_KILL']}},"
    "{'names':['close'],'action':'SCMP_ACT_TRAP','excludes':{'minKernel':'5.10'}},"
    "{'names':['dup'],'action':'SCMP_ACT_ERRNO','errno':'ENOSYS'},"
    "{'names':['getpid'],'action':'SCMP_ACT_KILL_PROCESS','args':["
    "{'index':0,'value':9,'op':'SCMP_CMP_EQ'}]},"
    "{'names':['getpid'],'action':'SCMP_ACT_LOG','args':["
    "{'index':0,'value':5,'op':'SCMP_CMP_GE'},{'index':1,'value':6,'op':'SCMP_CMP_EQ'}]},"
    "{'names':['getpid'],'action':'SCMP_ACT_ALLOW','args':["
    "{'index':0,'value':5,'op':'SCMP_CMP_GE'}]},"
    "{'names':['pause'],'action':'SCMP_ACT_ALLOW','args':["
    "{'index':0,'value':4294967296,'op':'SCMP_CMP_LT'}]},"
    "{'names':['socket'],'action':'SCMP_ACT_ALLOW','args':["
    "{'index':0,'value':38,'op':'SCMP_CMP_NE'}]},"
    "{'names':['bind'],'action':'SCMP_ACT_ALLOW'},"
    "{'names':['chmod'],'action':'SCMP_ACT_ALLOW'},{'names':['chmod'],'action':'SCMP_ACT_TRAP'}]}";

struct pipeline {
    struct arena arena;
    struct syscalls *syscalls;
    struct profile profile;
    struct variant_request request;
    struct variant variant;
    struct policy policy;
};

/* The range of the token of ABI that decides the call NAME, to be changed. */
static struct policy_range *range_of(struct pipeline *p, enum abi_id abi, const char *name)
{
    uint32_t nr;

    ck_assert_int_eq(syscalls_number(p->syscalls, abi, name, &nr), 0);
    for (size_t i = 0; i < p->policy.n_archs; i++)
        if (p->policy.archs[i].audit_arch == abi_get(abi)->audit_arch)
            return (struct policy_range *)policy_range_of(&p->policy.archs[i], nr);
    ck_abort_msg("%s is not served", abi_get(abi)->name);
    return NULL;
}

/* The decision on the call NAME of ABI, copied with its clauses so that it can be changed. */
static struct decision *decision_of(struct pipeline *p, enum abi_id abi, const char *name)
{
    struct policy_range *range = range_of(p, abi, name);
    struct decision *decision = arena_alloc(&p->arena, sizeof(*decision));
    size_t n = range->decision->n_clauses;
    struct clause *clauses = arena_calloc(&p->arena, n, sizeof(*clauses));

    *decision = *range->decision;
    if (n > 0)
        memcpy(clauses, decision->clauses, n * sizeof(*clauses));
    decision->clauses = clauses;
    range->decision = decision;
    return decision;
}

static struct clause *clauses_of(struct pipeline *p, enum abi_id abi, const char *name)
{
    return (struct clause *)decision_of(p, abi, name)->clauses;
}

static enum abi_id native(const struct pipeline *p)
{
    return p->request.target->abis[0];
}

/* Faults of resolve. */

static void lose_rule(struct pipeline *p)
{
    p->variant.n_rules--;
    memmove(&p->variant.rules[0], &p->variant.rules[1], p->variant.n_rules * sizeof(struct rule *));
}

static void ignore_conditions(struct pipeline *p)
{
    for (size_t i = 0; i < p->profile.n_rules; i++)
        p->variant.rules[i] = &p->profile.rules[i];
    p->variant.n_rules = p->profile.n_rules;
}

static void keep_excluded(struct pipeline *p)
{
    const struct rule **rules = p->variant.rules;
    size_t n = 0;

    /* All but the rule whose "includes" do not hold, which is the second. */
    for (size_t i = 0; i < p->profile.n_rules; i++)
        if (i != 1)
            rules[n++] = &p->profile.rules[i];
    p->variant.n_rules = n;
}

static void lose_abi(struct pipeline *p)
{
    p->variant.abis = (abi_set)1 << native(p);
}

static void add_abi(struct pipeline *p)
{
    p->variant.abis |= target_abis(p->request.target);
}

static void keep_generic_default(struct pipeline *p)
{
    p->variant.profile = &p->profile;
}

static void keep_generic_errno(struct pipeline *p)
{
    for (size_t i = 0; i < p->variant.n_rules; i++)
        for (size_t k = 0; k < p->profile.n_rules; k++)
            if (p->variant.rules[i]->names == p->profile.rules[k].names)
                p->variant.rules[i] = &p->profile.rules[k];
}

/* Faults of lower. */

static void mildest_first(struct pipeline *p)
{
    struct decision *decision = decision_of(p, native(p), "getpid");
    struct clause *clauses = (struct clause *)decision->clauses;
    struct clause first = clauses[0];

    ck_assert_uint_eq(decision->n_clauses, 3);
    clauses[0] = clauses[2];
    clauses[2] = first;
}

static void lose_test(struct pipeline *p)
{
    struct clause *clauses = clauses_of(p, native(p), "getpid");

    ck_assert_uint_eq(clauses[1].n_tests, 2);
    clauses[1].n_tests = 1;
}

static void lose_clause(struct pipeline *p)
{
    decision_of(p, native(p), "getpid")->n_clauses--;
}

static void last_unconditional(struct pipeline *p)
{
    decision_of(p, native(p), "chmod")->otherwise = SECCOMP_RET_TRAP;
}

static void read_wide(struct pipeline *p)
{
    range_of(p, ABI_X86, "pause")->abi = abi_get(ABI_X86_64);
}

static void read_narrow(struct pipeline *p)
{
    range_of(p, ABI_X86_64, "pause")->abi = abi_get(ABI_X86);
}

static void mild_multiplexer(struct pipeline *p)
{
    clauses_of(p, ABI_X86, "socketcall")[0].verdict = SECCOMP_RET_ALLOW;
}

static void wrong_multiplexer_call(struct pipeline *p)
{
    struct clause *clauses = clauses_of(p, ABI_X86, "socketcall");
    struct arg_test *test = arena_alloc(&p->arena, sizeof(*test));

    *test = clauses[1].tests[0];
    ck_assert_uint_eq(test->value_two, 2); /* bind */
    test->value_two = 4;
    clauses[1].tests = test;
}

static void lose_multiplexer(struct pipeline *p)
{
    decision_of(p, ABI_S390X, "socketcall")->n_clauses = 0;
}

/* The first number that counts as newer, on the native ABI. */
static struct policy_range *newer_range(struct pipeline *p)
{
    const struct policy_arch *arch = &p->policy.archs[0];

    for (size_t i = 0; i < arch->n_ranges; i++)
        if (arch->ranges[i].decision->origin == DECIDED_AS_NEWER)
            return (struct policy_range *)&arch->ranges[i];
    ck_abort_msg("no newer calls");
    return NULL;
}

static void higher_highest(struct pipeline *p)
{
    newer_range(p)->first++;
}

static void default_for_zero(struct pipeline *p)
{
    struct policy_range *range = newer_range(p);

    ck_assert_uint_eq(range[0].first, 0);
    range[0].decision = range[1].decision;
}

static void generic_enosys(struct pipeline *p)
{
    struct policy_range *range = newer_range(p);
    struct decision *decision = arena_alloc(&p->arena, sizeof(*decision));

    *decision = *range->decision;
    decision->otherwise = SECCOMP_RET_ERRNO | 38;
    range->decision = decision;
}

static void lose_minus_one(struct pipeline *p)
{
    struct policy_arch *arch = &p->policy.archs[0];

    ck_assert_uint_eq(arch->ranges[arch->n_ranges - 1].first, UINT32_MAX);
    arch->n_ranges--;
}

static void mild_foreign(struct pipeline *p)
{
    p->policy.foreign = SECCOMP_RET_ALLOW;
}

static void lose_flags(struct pipeline *p)
{
    p->policy.flags ^= SECCOMP_FILTER_FLAG_LOG;
}

/* The input that the proof must name, and both verdicts. */
static const struct {
    const char *name;
    const char *target;
    void (*resolve)(struct pipeline *); /* what goes wrong after resolve; or NULL */
    void (*lower)(struct pipeline *);   /* after lower */
    const char *input;
    const char *verdicts;
} faults[] = {
    {"lose_rule", "x86_64", lose_rule, NULL, "x86 (0x40000003) number 3 (read)",
     "the profile says ALLOW, the filter ERRNO(ELOOP)"},
    {"ignore_conditions", "riscv64", ignore_conditions, NULL, "number 57 (close)",
     "the profile says ERRNO(ELOOP), the filter TRAP"},
    {"ignore_conditions", "x86_64", ignore_conditions, NULL, "number 4 (write)",
     "the profile says ERRNO(ELOOP), the filter ALLOW"},
    {"keep_excluded", "s390x", keep_excluded, NULL, "number 6 (close)",
     "the profile says ERRNO(ELOOP), the filter TRAP"},
    {"lose_abi", "x86_64", lose_abi, NULL, "x86 (0x40000003) number 0 ",
     "the profile says ERRNO(ELOOP), the filter KILL_THREAD"},
    {"add_abi", "x86_64", add_abi, NULL, "x32 (0xc000003e) number 1073741824 (read)",
     "the profile says KILL_THREAD, the filter ALLOW"},
    {"keep_generic_default", "mips", keep_generic_default, NULL, "mips (0x8) number 0 ",
     "the profile says ERRNO(ELOOP), the filter ERRNO("},
    {"keep_generic_errno", "mips64", keep_generic_errno, NULL, "number 4041 (dup)",
     "the profile says ERRNO(ENOSYS), the filter ERRNO("},
    {"mildest_first", "x86_64", NULL, mildest_first, "number 39 (getpid) with arguments 0x5, 0x6,",
     "the profile says LOG, the filter ALLOW"},
    {"lose_test", "riscv64", NULL, lose_test, "number 172 (getpid) with arguments 0x",
     "the profile says ALLOW, the filter LOG"},
    {"lose_clause", "aarch64", NULL, lose_clause, "number 172 (getpid) with arguments 0x",
     "the profile says ALLOW, the filter ERRNO(ELOOP)"},
    {"last_unconditional", "x86_64", NULL, last_unconditional, "number 90 (chmod)",
     "the profile says ALLOW, the filter TRAP"},
    {"read_wide", "x86_64", NULL, read_wide, "x86 (0x40000003) number 29 (pause) with arguments 0x",
     "the profile says ALLOW, the filter ERRNO(ELOOP)"},
    {"read_narrow", "x86_64", NULL, read_narrow, "number 34 (pause) with arguments 0x",
     "the profile says ERRNO(ELOOP), the filter ALLOW"},
    {"mild_multiplexer", "x86_64", NULL, mild_multiplexer,
     "number 102 (socketcall) with arguments 0x1,",
     "the profile says ERRNO(ELOOP), the filter ALLOW"},
    {"wrong_multiplexer_call", "x86_64", NULL, wrong_multiplexer_call,
     "number 102 (socketcall) with arguments 0x", "the profile says "},
    {"lose_multiplexer", "s390x", NULL, lose_multiplexer,
     "number 102 (socketcall) with arguments 0x2,",
     "the profile says ALLOW, the filter ERRNO(ELOOP)"},
    {"higher_highest", "riscv64", NULL, higher_highest, "number 201 (listen)",
     "the profile says ERRNO(ENOSYS), the filter ALLOW"},
    {"default_for_zero", "s390x", NULL, default_for_zero, "s390x (0x80000016) number 0 (no name)",
     "the profile says ERRNO(ENOSYS), the filter ERRNO(ELOOP)"},
    {"generic_enosys", "mips", NULL, generic_enosys, "mips (0x8) number 4",
     "the profile says ERRNO(ENOSYS), the filter ERRNO("},
    {"lose_minus_one", "x86_64", NULL, lose_minus_one, "number 4294967295 ",
     "the profile says ERRNO(ENOSYS), the filter KILL_THREAD"},
    {"mild_foreign", "aarch64", NULL, mild_foreign, "another architecture (0",
     "the profile says KILL_THREAD, the filter ALLOW"},
    {"lose_flags", "aarch64", NULL, lose_flags, "the flags 0x4", "the filter has 0x6"},
};

START_TEST(faults_are_refused)
{
    struct pipeline p = {.syscalls = syscalls_new()};
    char *text = profile_json(&p.arena, profile_text);
    struct bpf_program program;
    struct proof_record record;
    struct diags diags;
    const char *said;

    p.request = (struct variant_request){.target = target_by_name(faults[_i].target),
                                         .kernel = KERNEL_VERSION(6, 1)};
    diags_init(&diags, &p.arena);
    ck_assert_msg(profile_parse(&p.profile, text, strlen(text), &p.arena, &diags) == 0, "%s",
                  diags_render(&diags, &p.arena, text));
    diags_init(&diags, &p.arena); /* it warns of the two rules on chmod */
    ck_assert_int_eq(variant_resolve(&p.variant, &p.profile, &p.request, &p.arena, &diags), 0);
    if (faults[_i].resolve)
        faults[_i].resolve(&p);
    ck_assert_int_eq(policy_lower(&p.policy, &p.variant, p.syscalls, &p.arena), 0);
    if (faults[_i].lower)
        faults[_i].lower(&p);
    ck_assert_int_eq(policy_emit(&program, &p.policy, p.syscalls, &p.arena), 0);
    ck_assert_msg(prove_filter(&record, &program, p.policy.flags, &p.profile, &p.request,
                               p.syscalls, &p.arena, &diags) == -EINVAL,
                  "%s: proven", faults[_i].name);
    ck_assert_uint_eq(record.version, 0);
    ck_assert_uint_eq(diags.n_errors, 1);
    said = diags.items[diags.n - 1].text;
    ck_assert_msg(strstr(said, faults[_i].input) && strstr(said, faults[_i].verdicts),
                  "%s on %s: %s", faults[_i].name, faults[_i].target, said);
    syscalls_free(p.syscalls);
    arena_free(&p.arena);
}
END_TEST

/* A mode that was lost on the way, or that nobody asked for. */
static const struct {
    enum variant_mode asked;
    enum variant_mode made;
    const char *said;
} lost_modes[] = {
    {VARIANT_AUDIT, VARIANT_ENFORCE, "the profile says LOG, the filter "},
    {VARIANT_AUDIT, VARIANT_LOG, "the profile asks for the flags 0x4, the filter has 0x6"},
    {VARIANT_LOG, VARIANT_ENFORCE, "the profile asks for the flags 0x6, the filter has 0x4"},
    {VARIANT_LOG, VARIANT_AUDIT, "the profile asks for the flags 0x6, the filter has 0x4"},
    {VARIANT_ENFORCE, VARIANT_AUDIT, ", the filter LOG"},
    {VARIANT_ENFORCE, VARIANT_LOG, "the profile asks for the flags 0x4, the filter has 0x6"},
};

START_TEST(lost_modes_are_refused)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    char *text = profile_json(&arena, profile_text);
    struct syscalls *syscalls = syscalls_new();
    struct variant_request request = {.target = target_by_name("x86_64"),
                                      .kernel = KERNEL_VERSION(6, 1),
                                      .mode = lost_modes[_i].made};
    struct profile profile;
    struct filter filter;
    struct diags diags;

    diags_init(&diags, &arena);
    ck_assert_int_eq(profile_parse(&profile, text, strlen(text), &arena, &diags), 0);
    ck_assert_int_eq(compile_variant(&filter, syscalls, &profile, &request, &arena, &diags), 0);
    diags_init(&diags, &arena);
    request.mode = lost_modes[_i].asked;
    ck_assert_int_eq(prove_filter(&filter.proof, &filter.program, filter.flags, &profile, &request,
                                  syscalls, &arena, &diags),
                     -EINVAL);
    ck_assert_uint_eq(diags.n_errors, 1);
    ck_assert_msg(strstr(diags.items[0].text, lost_modes[_i].said), "%s", diags.items[0].text);
    syscalls_free(syscalls);
}
END_TEST

/* Whatever the filter denies in audit mode is found, in each place that decides by itself. */
static void deny_foreign(struct pipeline *p)
{
    p->policy.foreign = SECCOMP_RET_KILL_THREAD;
}

static void deny_x32(struct pipeline *p)
{
    decision_of(p, ABI_X32, "read")->otherwise = SECCOMP_RET_KILL_THREAD;
}

static void deny_clause(struct pipeline *p)
{
    clauses_of(p, ABI_X86_64, "socket")[0].verdict = SECCOMP_RET_ERRNO | 1;
}

static void deny_multiplexed(struct pipeline *p)
{
    clauses_of(p, ABI_X86, "socketcall")[0].verdict = SECCOMP_RET_ERRNO | 1;
}

static void deny_newer(struct pipeline *p)
{
    struct policy_arch *arch = &p->policy.archs[0];
    struct policy_range *last = (struct policy_range *)&arch->ranges[arch->n_ranges - 1];
    struct decision *decision = arena_alloc(&p->arena, sizeof(*decision));

    *decision = *last->decision;
    decision->otherwise = SECCOMP_RET_ERRNO | 38;
    last->decision = decision;
}

static void keep_waiting(struct pipeline *p)
{
    p->policy.flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
}

static const struct {
    void (*spoil)(struct pipeline *p);
    const char *said;
} denials[] = {
    {deny_foreign, "the profile says LOG, the filter KILL_THREAD"},
    {deny_x32, "the profile says LOG, the filter KILL_THREAD"},
    {deny_clause, "number 41 (socket)"},
    {deny_multiplexed, "number 102 (socketcall)"},
    {deny_newer, "the profile says LOG, the filter ERRNO(ENOSYS)"},
    {keep_waiting, "the profile asks for the flags 0x4, the filter has 0x24"},
};

START_TEST(denials_in_audit_mode_are_refused)
{
    struct pipeline p = {.syscalls = syscalls_new(),
                         .request = {.target = target_by_name("x86_64"),
                                     .kernel = KERNEL_VERSION(6, 1),
                                     .mode = VARIANT_AUDIT}};
    char *text = profile_json(&p.arena, profile_text);
    struct bpf_program program;
    struct proof_record record;
    struct diags diags;

    diags_init(&diags, &p.arena);
    ck_assert_int_eq(profile_parse(&p.profile, text, strlen(text), &p.arena, &diags), 0);
    ck_assert_int_eq(variant_resolve(&p.variant, &p.profile, &p.request, &p.arena, &diags), 0);
    ck_assert_int_eq(policy_lower(&p.policy, &p.variant, p.syscalls, &p.arena), 0);
    denials[_i].spoil(&p);
    ck_assert_int_eq(policy_emit(&program, &p.policy, p.syscalls, &p.arena), 0);
    diags_init(&diags, &p.arena);
    ck_assert_int_eq(prove_filter(&record, &program, p.policy.flags, &p.profile, &p.request,
                                  p.syscalls, &p.arena, &diags),
                     -EINVAL);
    ck_assert_msg(strstr(diags.items[0].text, denials[_i].said), "%s", diags.items[0].text);
    syscalls_free(p.syscalls);
    arena_free(&p.arena);
}
END_TEST

/* Without a fault all of it is proven, so that the cases above show the faults and nothing else. */
START_TEST(faultless_is_proven)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    char *text = profile_json(&arena, profile_text);
    struct syscalls *syscalls = syscalls_new();
    const struct variant_request request = {.target = target_by_name(faults[_i].target),
                                            .kernel = KERNEL_VERSION(6, 1)};
    struct filter filter;
    struct diags diags;

    diags_init(&diags, &arena);
    ck_assert_msg(
        compile_profile(&filter, syscalls, text, strlen(text), &request, &arena, &diags) == 0, "%s",
        diags_render(&diags, &arena, text));
    ck_assert_uint_eq(filter.proof.version, PROOF_VERSION);
    syscalls_free(syscalls);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wrong-policy");
    TCase *tcase = tcase_create("wrong-policy");

    tcase_add_loop_test(tcase, faults_are_refused, 0, ARRAY_SIZE(faults));
    tcase_add_loop_test(tcase, lost_modes_are_refused, 0, ARRAY_SIZE(lost_modes));
    tcase_add_loop_test(tcase, denials_in_audit_mode_are_refused, 0, ARRAY_SIZE(denials));
    tcase_add_loop_test(tcase, faultless_is_proven, 0, ARRAY_SIZE(faults));
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
