/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pipeline and its stop halfway: one parsed profile serves any number of requests, with the
 * same filters as from its text, and each stage says what is wrong once.
 */
#include "compiler/compile.h"

#include <check.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "tests/compiler/profile-text.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

/* Profiles, with ' for ". */
static const char conditional[] =
    "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrno':'ENOSYS',"
    "'architectures':['SCMP_ARCH_X86','SCMP_ARCH_X32','SCMP_ARCH_ARM'],'syscalls':["
    "{'names':['read','write'],'action':'SCMP_ACT_ALLOW'},"
    "{'names':['bpf'],'action':'SCMP_ACT_ALLOW','includes':{'caps':['CAP_BPF']}},"
    "{'names':['ptrace'],'action':'SCMP_ACT_ALLOW','includes':{'minKernel':'4.8'}},"
    "{'names':['ioctl'],'action':'SCMP_ACT_ERRNO','errno':'EDEADLK','args':["
    "{'index':1,'value':21522,'op':'SCMP_CMP_EQ'}]},"
    "{'names':['arm_fadvise64_64'],'action':'SCMP_ACT_ALLOW','includes':{'arches':['arm64']}}]}";
static const char warned[] = "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
                             "{'names':['read'],'action':'SCMP_ACT_ALLOW','args':["
                             "{'index':0,'value':0,'op':'SCMP_CMP_LT'}]}]}";
static const char broken[] = "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':["
                             "{'names':['read'],'action':'SCMP_ACT_PERHAPS'}]}";

/* What every test needs. */
struct fixture {
    struct syscalls *syscalls;
    struct arena arena;
    struct diags parsing;
    struct profile profile;
    const char *text;
};

static void setup(struct fixture *f, const char *text)
{
    *f = (struct fixture){.syscalls = syscalls_new(), .arena = ARENA_INIT};
    ck_assert_ptr_nonnull(f->syscalls);
    f->text = profile_json(&f->arena, text);
    diags_init(&f->parsing, &f->arena);
    ck_assert_msg(profile_parse(&f->profile, f->text, strlen(f->text), &f->arena, &f->parsing) == 0,
                  "%s", diags_render(&f->parsing, &f->arena, "f"));
}

static void teardown(struct fixture *f)
{
    syscalls_free(f->syscalls);
    arena_free(&f->arena);
}

static void assert_same(const struct filter *a, const struct filter *b, const char *what)
{
    ck_assert_msg(a->program.n_insns == b->program.n_insns &&
                      !memcmp(a->program.insns, b->program.insns,
                              a->program.n_insns * sizeof(*a->program.insns)),
                  "%s: other instructions", what);
    ck_assert_uint_eq(a->flags, b->flags);
    ck_assert_uint_eq(a->proof.version, b->proof.version);
    ck_assert_uint_eq(a->proof.ranges, b->proof.ranges);
    ck_assert_uint_gt(a->proof.ranges, 0);
}

/* True where FILTER for REQUEST allows the target's own call NAME. */
static bool allows(struct fixture *f, const struct filter *filter,
                   const struct variant_request *request, const char *name)
{
    const struct abi *abi = target_native_abi(request->target);
    struct seccomp_data data = {.arch = abi->audit_arch};
    uint32_t nr;

    ck_assert_int_eq(syscalls_number(f->syscalls, abi->id, name, &nr), 0);
    data.nr = (int)nr;
    return bpf_simulate(filter->program.insns, filter->program.n_insns, &data, abi->big_endian)
               .verdict == SECCOMP_RET_ALLOW;
}

/* Lowers the profile for REQUEST, and compares its filter with that of the whole pipeline. */
static void check_request(struct fixture *f, const struct variant_request *request,
                          struct filter *filter)
{
    struct lowered lowered;
    struct filter whole;
    struct diags diags;

    diags_init(&diags, &f->arena);
    ck_assert_int_eq(compile_policy(&lowered, f->syscalls, &f->profile, request, &f->arena, &diags),
                     0);
    ck_assert_ptr_eq(lowered.profile, &f->profile);
    ck_assert(variant_request_equal(&lowered.request, request));
    ck_assert_ptr_eq(lowered.policy.target, request->target);
    ck_assert_int_eq(compile_filter(filter, f->syscalls, &lowered, &f->arena, &diags), 0);
    ck_assert_int_eq(
        compile_profile(&whole, f->syscalls, f->text, strlen(f->text), request, &f->arena, &diags),
        0);
    assert_same(filter, &whole, request->target->name);
    ck_assert_int_eq(compile_filter(&whole, f->syscalls, &lowered, &f->arena, &diags), 0);
    assert_same(filter, &whole, "a second filter from the same policy");
    ck_assert(allows(f, filter, request, "write"));
    ck_assert_int_eq(allows(f, filter, request, "bpf"), request->caps != 0);
    ck_assert_int_eq(allows(f, filter, request, "ptrace"), request->kernel >= KERNEL_VERSION(4, 8));
    ck_assert_uint_eq(diags.n, 0);
}

/*
 * Each target, without and with the capability, before and after the kernel; then all of that again
 * in the opposite order: what came before must leave no trace in the profile.
 */
START_TEST(one_profile_serves_many_requests)
{
    struct variant_request requests[4 * ABI_COUNT];
    struct filter filters[ARRAY_SIZE(requests)];
    const struct target *target;
    struct fixture f;
    size_t n = 0;

    setup(&f, conditional);
    for (size_t i = 0; (target = target_at(i)) != NULL; i++)
        for (unsigned int k = 0; k < 4 && abi_is_installed(target_native_abi(target)); k++)
            requests[n++] = (struct variant_request){
                .target = target,
                .caps = k & 1 ? UINT64_C(1) << CAP_BPF : 0,
                .kernel = k & 2 ? KERNEL_VERSION(4, 8) : KERNEL_VERSION(4, 7),
            };
    ck_assert_uint_gt(n, 4);
    for (size_t i = 0; i < n; i++)
        check_request(&f, &requests[i], &filters[i]);
    for (size_t i = n; i-- > 0;) {
        struct filter again;

        check_request(&f, &requests[i], &again);
        assert_same(&again, &filters[i], requests[i].target->name);
    }
    teardown(&f);
}
END_TEST

START_TEST(warnings_come_from_parsing_alone)
{
    const struct variant_request request = {.target = target_host()};
    struct lowered lowered;
    struct filter filter;
    struct diags diags;
    struct fixture f;

    setup(&f, warned);
    ck_assert_uint_eq(f.parsing.n, 1);
    diags_init(&diags, &f.arena);
    ck_assert_int_eq(compile_policy(&lowered, f.syscalls, &f.profile, &request, &f.arena, &diags),
                     0);
    ck_assert_int_eq(compile_filter(&filter, f.syscalls, &lowered, &f.arena, &diags), 0);
    ck_assert_int_eq(compile_variant(&filter, f.syscalls, &f.profile, &request, &f.arena, &diags),
                     0);
    ck_assert_uint_eq(diags.n, 0);
    ck_assert_int_eq(
        compile_profile(&filter, f.syscalls, f.text, strlen(f.text), &request, &f.arena, &diags),
        0);
    ck_assert_uint_eq(diags.n, 1);
    ck_assert_str_eq(diags.items[0].text, f.parsing.items[0].text);
    teardown(&f);
}
END_TEST

START_TEST(a_broken_text_is_refused_once)
{
    const struct variant_request request = {.target = target_host()};
    cleanup_syscalls struct syscalls *syscalls = syscalls_new();
    cleanup_arena struct arena arena = ARENA_INIT;
    const char *text = profile_json(&arena, broken);
    struct filter filter;
    struct diags diags;

    diags_init(&diags, &arena);
    ck_assert_int_eq(
        compile_profile(&filter, syscalls, text, strlen(text), &request, &arena, &diags), -EINVAL);
    ck_assert_uint_eq(diags.n, 1);
    ck_assert_uint_eq(diags.n_errors, 1);
    ck_assert_ptr_nonnull(strstr(diags.items[0].text, "SCMP_ACT_PERHAPS"));
}
END_TEST

/* A profile that tells more values apart than a filter has instructions. */
static char *too_large(struct arena *arena)
{
    static const char head[] = "{'defaultAction':'SCMP_ACT_ERRNO','syscalls':[";
    enum {
        RULES = 5000,
        RULE_LEN = 160
    };
    size_t size = sizeof(head) + RULES * RULE_LEN;
    char *text = arena_alloc(arena, size);
    size_t len = sizeof(head) - 1;

    ck_assert_ptr_nonnull(text);
    memcpy(text, head, sizeof(head));
    for (unsigned int i = 0; i < RULES; i++)
        len += (size_t)snprintf(text + len, size - len,
                                "%s{'names':['read'],'action':'SCMP_ACT_ALLOW','args':["
                                "{'index':0,'value':%u,'op':'SCMP_CMP_EQ'}]}",
                                i ? "," : "", i * 7919 % 1000003);
    memcpy(text + len, "]}", 3);
    return text;
}

START_TEST(too_many_instructions_is_said_once_by_the_filter)
{
    const struct variant_request request = {.target = target_host()};
    cleanup_arena struct arena arena = ARENA_INIT;
    struct lowered lowered;
    struct filter filter;
    struct diags diags;
    struct fixture f;

    setup(&f, too_large(&arena));
    diags_init(&diags, &f.arena);
    ck_assert_int_eq(compile_policy(&lowered, f.syscalls, &f.profile, &request, &f.arena, &diags),
                     0);
    ck_assert_uint_eq(diags.n, 0);
    ck_assert_int_eq(compile_filter(&filter, f.syscalls, &lowered, &f.arena, &diags), -EINVAL);
    ck_assert_uint_eq(diags.n, 1);
    ck_assert_uint_eq(diags.n_errors, 1);
    ck_assert_ptr_nonnull(strstr(diags.items[0].text, "more than the 4096 instructions"));
    ck_assert_ptr_nonnull(strstr(diags.items[0].text, request.target->name));
    teardown(&f);
}
END_TEST

/* The stages before the proof did something wrong: here they worked on another profile. */
START_TEST(a_filter_that_is_not_the_profiles_is_refused)
{
    const struct variant_request request = {.target = target_by_name("x86_64"),
                                            .kernel = KERNEL_VERSION(6, 1)};
    struct lowered lowered;
    struct filter filter;
    struct diags diags;
    struct fixture f, other;

    setup(&f, conditional);
    setup(&other, warned);
    diags_init(&diags, &f.arena);
    ck_assert_int_eq(compile_policy(&lowered, f.syscalls, &f.profile, &request, &f.arena, &diags),
                     0);
    lowered.profile = &other.profile;
    ck_assert_int_eq(compile_filter(&filter, f.syscalls, &lowered, &f.arena, &diags), -EINVAL);
    ck_assert_uint_eq(filter.proof.version, 0);
    ck_assert_ptr_nonnull(strstr(diags.items[diags.n - 1].text, "not proven: "));
    lowered.profile = &f.profile;
    ck_assert_int_eq(compile_filter(&filter, f.syscalls, &lowered, &f.arena, &diags), 0);
    teardown(&other);
    teardown(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compile");
    TCase *tc = tcase_create("compile");

    tcase_add_test(tc, one_profile_serves_many_requests);
    tcase_add_test(tc, warnings_come_from_parsing_alone);
    tcase_add_test(tc, a_broken_text_is_refused_once);
    tcase_add_test(tc, too_many_instructions_is_said_once_by_the_filter);
    tcase_add_test(tc, a_filter_that_is_not_the_profiles_is_refused);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
