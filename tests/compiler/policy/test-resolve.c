/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conditions of rules, the ABIs of a variant, and which requests share one. */
#include "compiler/facts/abi.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/libseccomp.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/resolve.h"

#include <check.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "tests/compiler/random.h"
#include "tests/suite.h"
#include "util/arena.h"
#include "util/cleanup.h"

#define ABI(id) ((abi_set)1 << ABI_##id)
#define CAP(n)  (UINT64_C(1) << (n))

static struct variant_request request_for(const char *target, uint64_t caps, uint32_t kernel)
{
    const struct variant_request request = {
        .target = target_by_name(target), .caps = caps, .kernel = kernel};

    ck_assert_ptr_nonnull(request.target);
    return request;
}

/* One rule on one machine: x86_64 with the capabilities 1 and 5 and kernel 5.10, unless it says. */
static const struct {
    const char *target;
    struct conditions includes, excludes;
    enum rule_state state;
} decisions[] = {
    {"x86_64", {0}, {0}, RULE_ACTIVE},
    {"x86_64", {.arches = ABI(X86_64)}, {0}, RULE_ACTIVE},
    {"x86_64", {.arches = ABI(ARM) | ABI(X86_64)}, {0}, RULE_ACTIVE},
    /* The names mean the native ABI: x86 and x32 are none on this target. */
    {"x86_64", {.arches = ABI(X86) | ABI(X32)}, {0}, RULE_OTHER_ARCH},
    {"x86", {.arches = ABI(X86) | ABI(X32)}, {0}, RULE_ACTIVE},
    {"aarch64", {.arches = ABI(ARM)}, {0}, RULE_OTHER_ARCH},
    {"x86_64", {0}, {.arches = ABI(X86_64)}, RULE_EXCLUDED_ARCH},
    {"x86_64", {0}, {.arches = ABI(X86) | ABI(S390X)}, RULE_ACTIVE},
    /* All of the included capabilities, any of the excluded ones. */
    {"x86_64", {.caps = CAP(1)}, {0}, RULE_ACTIVE},
    {"x86_64", {.caps = CAP(1) | CAP(5)}, {0}, RULE_ACTIVE},
    {"x86_64", {.caps = CAP(1) | CAP(2)}, {0}, RULE_MISSING_CAP},
    {"x86_64", {.caps = CAP(40)}, {0}, RULE_MISSING_CAP},
    {"x86_64", {0}, {.caps = CAP(2)}, RULE_ACTIVE},
    {"x86_64", {0}, {.caps = CAP(2) | CAP(5)}, RULE_EXCLUDED_CAP},
    /* From the named version on. */
    {"x86_64", {.min_kernel = KERNEL_VERSION(5, 10)}, {0}, RULE_ACTIVE},
    {"x86_64", {.min_kernel = KERNEL_VERSION(4, 99)}, {0}, RULE_ACTIVE},
    {"x86_64", {.min_kernel = KERNEL_VERSION(5, 11)}, {0}, RULE_OLD_KERNEL},
    {"x86_64", {.min_kernel = KERNEL_VERSION(6, 0)}, {0}, RULE_OLD_KERNEL},
    {"x86_64", {0}, {.min_kernel = KERNEL_VERSION(5, 10)}, RULE_EXCLUDED_KERNEL},
    {"x86_64", {0}, {.min_kernel = KERNEL_VERSION(5, 9)}, RULE_EXCLUDED_KERNEL},
    {"x86_64", {0}, {.min_kernel = KERNEL_VERSION(5, 11)}, RULE_ACTIVE},
    /* "excludes" comes first. */
    {"x86_64", {.arches = ABI(X86_64)}, {.arches = ABI(X86_64)}, RULE_EXCLUDED_ARCH},
    {"x86_64", {.caps = CAP(1)}, {.caps = CAP(1)}, RULE_EXCLUDED_CAP},
    {"x86_64", {.arches = ABI(ARM)}, {.caps = CAP(1)}, RULE_EXCLUDED_CAP},
    {"x86_64",
     {.min_kernel = KERNEL_VERSION(4, 8)},
     {.min_kernel = KERNEL_VERSION(5, 0)},
     RULE_EXCLUDED_KERNEL},
    /* All parts of "includes" must hold. */
    {"x86_64", {.arches = ABI(X86_64), .caps = CAP(2)}, {0}, RULE_MISSING_CAP},
    {"x86_64",
     {.arches = ABI(X86_64), .caps = CAP(1), .min_kernel = KERNEL_VERSION(6, 1)},
     {0},
     RULE_OLD_KERNEL},
    {"x86_64",
     {.arches = ABI(X86_64), .caps = CAP(1), .min_kernel = KERNEL_VERSION(5, 1)},
     {.arches = ABI(X86), .caps = CAP(2), .min_kernel = KERNEL_VERSION(6, 1)},
     RULE_ACTIVE},
};

START_TEST(decides_conditions)
{
    struct variant_request request =
        request_for(decisions[_i].target, CAP(1) | CAP(5), KERNEL_VERSION(5, 10));
    struct rule rule = {.includes = decisions[_i].includes, .excludes = decisions[_i].excludes};

    ck_assert_int_eq(rule_resolve(&rule, &request), decisions[_i].state);
}
END_TEST

/* Resolves PROFILE for TARGET with no capability. */
static int resolve(struct variant *variant, const struct profile *profile, const char *target,
                   struct arena *arena)
{
    struct variant_request request = request_for(target, 0, KERNEL_VERSION(6, 1));
    struct diags diags;

    diags_init(&diags, arena);

    int r = variant_resolve(variant, profile, &request, arena, &diags);

    ck_assert_uint_eq(diags.n_errors, r == -EINVAL ? 1 : 0);
    return r;
}

START_TEST(picks_abis)
{
    static const struct arch_map_entry map[] = {
        {.architecture = ABI_X86_64, .sub_architectures = ABI(X86) | ABI(X32)},
        {.architecture = ABI_AARCH64, .sub_architectures = ABI(ARM)},
        {.architecture = ABI_S390X, .sub_architectures = ABI(S390) | ABI(X86)},
        {.architecture = ABI_PPC64, .sub_architectures = 0},
    };
    static const struct {
        const char *target;
        struct profile profile;
        abi_set abis;
    } cases[] = {
        {"x86_64", {0}, ABI(X86_64)},
        {"x86_64", {.architectures = ABI(X86)}, ABI(X86_64) | ABI(X86)},
        {"x86_64", {.architectures = ABI(X86_64) | ABI(ARM)}, ABI(X86_64)},
        {"aarch64", {.architectures = ABI(X86_64) | ABI(ARM)}, ABI(AARCH64) | ABI(ARM)},
        {"arm", {.architectures = ABI(AARCH64) | ABI(ARM)}, ABI(ARM)},
        {"x86_64", {.arch_map = map, .n_arch_map = 4}, ABI(X86_64) | ABI(X86) | ABI(X32)},
        {"x86", {.arch_map = map, .n_arch_map = 4}, ABI(X86)},
        {"s390x", {.arch_map = map, .n_arch_map = 4}, ABI(S390X) | ABI(S390)},
        {"ppc64", {.arch_map = map, .n_arch_map = 4}, ABI(PPC64)},
        {"riscv64", {.arch_map = map, .n_arch_map = 4}, ABI(RISCV64)},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct variant variant;

        ck_assert_int_eq(resolve(&variant, &cases[i].profile, cases[i].target, &arena), 0);
        ck_assert_uint_eq(variant.abis, cases[i].abis);
        ck_assert_uint_eq(variant.n_rules, 0);
        ck_assert_str_eq(variant.target->name, cases[i].target);
    }
}
END_TEST

/* Where libseccomp has no table for an ABI that is asked for, nothing is guessed. */
START_TEST(abi_that_libseccomp_lacks)
{
    const struct profile profile = {0};

    for (size_t i = 0; target_at(i); i++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        const struct abi *abi = target_native_abi(target_at(i));
        struct variant_request request = {.target = target_at(i)};
        struct variant variant;
        struct diags diags;
        char installed[32];

        diags_init(&diags, &arena);

        int r = variant_resolve(&variant, &profile, &request, &arena, &diags);

        ck_assert_int_eq(r, abi_is_installed(abi) ? 0 : -EINVAL);
        if (r == 0)
            continue;
        ck_assert_uint_eq(diags.n, 1);
        ck_assert_ptr_nonnull(strstr(diags.items[0].text, abi->scmp_name));
        ck_assert_ptr_nonnull(strstr(diags.items[0].text, abi->since));
        libseccomp_version(installed, sizeof(installed));
        ck_assert_ptr_nonnull(strstr(diags.items[0].text, installed));
    }
}
END_TEST

START_TEST(keeps_active_rules_in_order)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const struct rule rules[] = {
        {.verdict = 1},
        {.verdict = 2, .includes = {.caps = CAP(3)}},
        {.verdict = 3, .excludes = {.caps = CAP(3)}},
        {.verdict = 4, .includes = {.arches = ABI(ARM)}},
        {.verdict = 5, .includes = {.min_kernel = KERNEL_VERSION(6, 1)}},
    };
    const struct profile profile = {.rules = rules, .n_rules = ARRAY_SIZE(rules)};
    struct variant variant;

    ck_assert_int_eq(resolve(&variant, &profile, "x86_64", &arena), 0);
    ck_assert_uint_eq(variant.n_rules, 3);
    ck_assert_ptr_eq(variant.rules[0], &rules[0]);
    ck_assert_ptr_eq(variant.rules[1], &rules[2]);
    ck_assert_ptr_eq(variant.rules[2], &rules[4]);
    ck_assert_ptr_eq(variant.profile, &profile);
}
END_TEST

/* Errnos that have a name get the target's number; those that the profile numbers stay. */
START_TEST(numbers_named_errnos)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const uint32_t enosys = SECCOMP_RET_ERRNO | 38;
    const struct rule rules[] = {
        {.verdict = enosys},
        {.verdict = enosys, .errno_name = "ENOSYS"},
        {.verdict = SECCOMP_RET_ERRNO | 1, .errno_name = "EPERM"},
        {.verdict = SECCOMP_RET_TRACE | 95, .errno_name = "ENOTSUP"},
    };
    const struct profile profile = {
        .default_verdict = SECCOMP_RET_ERRNO | 95,
        .default_errno_name = "EOPNOTSUPP",
        .rules = rules,
        .n_rules = ARRAY_SIZE(rules),
    };
    static const struct {
        const char *target;
        uint32_t enosys, eopnotsupp, enotsup;
    } numbers[] = {{"x86_64", 38, 95, 95}, {"mipsel64", 89, 122, 122}, {"parisc", 251, 223, 252}};

    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        struct variant variant;

        ck_assert_int_eq(resolve(&variant, &profile, numbers[i].target, &arena), 0);
        ck_assert_uint_eq(variant.profile->default_verdict,
                          SECCOMP_RET_ERRNO | numbers[i].eopnotsupp);
        ck_assert_uint_eq(variant.rules[0]->verdict, enosys);
        ck_assert_uint_eq(variant.rules[1]->verdict, SECCOMP_RET_ERRNO | numbers[i].enosys);
        ck_assert_uint_eq(variant.rules[2]->verdict, SECCOMP_RET_ERRNO | 1);
        ck_assert_uint_eq(variant.rules[3]->verdict, SECCOMP_RET_TRACE | numbers[i].enotsup);
    }
    /* The profile itself serves other targets too. */
    ck_assert_uint_eq(profile.default_verdict, SECCOMP_RET_ERRNO | 95);
    ck_assert_uint_eq(rules[1].verdict, enosys);
}
END_TEST

/* Without a list of flags the kernel decides about one of them, and so it tells variants apart. */
START_TEST(flags_that_are_not_listed)
{
    static const struct {
        bool given;
        uint32_t listed, kernel, flags, normal;
    } cases[] = {
        {false, 0, KERNEL_VERSION(4, 16), 0, 0},
        {false, 0, KERNEL_VERSION(4, 17), SECCOMP_FILTER_FLAG_SPEC_ALLOW, KERNEL_VERSION(4, 17)},
        {false, 0, KERNEL_VERSION(6, 18), SECCOMP_FILTER_FLAG_SPEC_ALLOW, KERNEL_VERSION(4, 17)},
        {true, 0, KERNEL_VERSION(6, 18), 0, 0},
        {true, SECCOMP_FILTER_FLAG_LOG, KERNEL_VERSION(6, 18), SECCOMP_FILTER_FLAG_LOG, 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        const struct profile profile = {.flags_given = cases[i].given, .flags = cases[i].listed};
        struct variant_request request = {.target = target_by_name("s390x"),
                                          .kernel = cases[i].kernel};
        struct variant_axes axes;
        struct variant variant;
        struct diags diags;

        diags_init(&diags, &arena);
        ck_assert_int_eq(variant_resolve(&variant, &profile, &request, &arena, &diags), 0);
        ck_assert_uint_eq(variant.flags, cases[i].flags);
        variant_axes_of(&axes, &profile);
        variant_normalise(&axes, &request);
        ck_assert_uint_eq(request.kernel, cases[i].normal);
        ck_assert_int_eq(variant_resolve(&variant, &profile, &request, &arena, &diags), 0);
        ck_assert_uint_eq(variant.flags, cases[i].flags);
    }
}
END_TEST

START_TEST(collects_axes)
{
    const struct rule rules[] = {
        {.includes = {.caps = CAP(3), .min_kernel = KERNEL_VERSION(5, 6)}},
        {.excludes = {.caps = CAP(40), .min_kernel = KERNEL_VERSION(4, 8)}},
        {.includes = {.min_kernel = KERNEL_VERSION(5, 6)}},
        {.excludes = {.min_kernel = KERNEL_VERSION(6, 0)}},
        {.includes = {.caps = CAP(3)}},
    };
    const struct profile profile = {
        .rules = rules, .n_rules = ARRAY_SIZE(rules), .flags_given = true};
    struct variant_axes axes;

    variant_axes_of(&axes, &profile);
    ck_assert_uint_eq(axes.caps, CAP(3) | CAP(40));
    ck_assert_uint_eq(axes.n_kernels, 3);
    ck_assert_uint_eq(axes.kernels[0], KERNEL_VERSION(4, 8));
    ck_assert_uint_eq(axes.kernels[1], KERNEL_VERSION(5, 6));
    ck_assert_uint_eq(axes.kernels[2], KERNEL_VERSION(6, 0));
    ck_assert(!axes.all_kernels);

    static const struct {
        uint32_t kernel, normal;
    } kernels[] = {
        {0, 0},
        {KERNEL_VERSION(4, 7), 0},
        {KERNEL_VERSION(4, 8), KERNEL_VERSION(4, 8)},
        {KERNEL_VERSION(5, 5), KERNEL_VERSION(4, 8)},
        {KERNEL_VERSION(5, 6), KERNEL_VERSION(5, 6)},
        {KERNEL_VERSION(5, 19), KERNEL_VERSION(5, 6)},
        {KERNEL_VERSION(65535, 65535), KERNEL_VERSION(6, 0)},
    };

    for (size_t i = 0; i < ARRAY_SIZE(kernels); i++) {
        struct variant_request request = request_for("x86_64", CAP(3) | CAP(4), kernels[i].kernel);

        request.mode = VARIANT_AUDIT;
        variant_normalise(&axes, &request);
        ck_assert_uint_eq(request.caps, CAP(3));
        ck_assert_uint_eq(request.kernel, kernels[i].normal);
        ck_assert_int_eq(request.mode, VARIANT_AUDIT);
    }
}
END_TEST

/* More versions than the axes hold: then every kernel stands for itself. */
START_TEST(too_many_kernels)
{
    struct rule rules[VARIANT_KERNELS_MAX + 1] = {0};
    struct profile profile = {.rules = rules, .n_rules = VARIANT_KERNELS_MAX, .flags_given = true};
    struct variant_axes axes;
    struct variant_request request = request_for("x86_64", 0, KERNEL_VERSION(9, 9));

    for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
        rules[i].includes.min_kernel = KERNEL_VERSION(6, 20 - i);
    variant_axes_of(&axes, &profile);
    ck_assert(!axes.all_kernels);
    ck_assert_uint_eq(axes.n_kernels, VARIANT_KERNELS_MAX);
    profile.n_rules++;
    variant_axes_of(&axes, &profile);
    ck_assert(axes.all_kernels);
    variant_normalise(&axes, &request);
    ck_assert_uint_eq(request.kernel, KERNEL_VERSION(9, 9));
}
END_TEST

static void random_conditions(struct conditions *conditions, uint64_t *seed, uint32_t versions)
{
    if (random_below(seed, 3) == 0)
        conditions->caps = next_random(seed) & next_random(seed) & next_random(seed);
    if (random_below(seed, 3) == 0)
        conditions->min_kernel = KERNEL_VERSION(4, 1 + random_below(seed, versions));
    if (random_below(seed, 3) == 0)
        conditions->arches = (abi_set)next_random(seed);
}

/* What a request is cut down to decides every rule as the request does. */
START_TEST(normalised_requests_decide_alike)
{
    uint64_t seed = UINT64_C(0xa1e5);

    for (int round = 0; round < 300; round++) {
        struct rule rules[24] = {0};
        const struct profile profile = {.rules = rules, .n_rules = ARRAY_SIZE(rules)};
        uint32_t versions = round % 2 ? 12 : 60;
        struct variant_axes axes;

        for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
            random_conditions(&rules[i].includes, &seed, versions);
            random_conditions(&rules[i].excludes, &seed, versions);
        }
        variant_axes_of(&axes, &profile);
        for (int k = 0; k < 40; k++) {
            const struct variant_request request = {
                .target = target_at(random_below(&seed, 15)),
                .caps = next_random(&seed) | next_random(&seed),
                .kernel = KERNEL_VERSION(4, random_below(&seed, versions + 3)),
            };
            struct variant_request normal = request;
            struct variant_request again;

            variant_normalise(&axes, &normal);
            again = normal;
            variant_normalise(&axes, &again);
            if (again.caps != normal.caps || again.kernel != normal.kernel)
                ck_abort_msg("normalising twice is not normalising once");
            for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
                if ((rule_resolve(&rules[i], &request) == RULE_ACTIVE) !=
                    (rule_resolve(&rules[i], &normal) == RULE_ACTIVE))
                    ck_abort_msg("round %d, request %d, rule %zu", round, k, i);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resolve");
    TCase *tcase = tcase_create("resolve");

    tcase_add_loop_test(tcase, decides_conditions, 0, ARRAY_SIZE(decisions));
    tcase_add_test(tcase, picks_abis);
    tcase_add_test(tcase, abi_that_libseccomp_lacks);
    tcase_add_test(tcase, keeps_active_rules_in_order);
    tcase_add_test(tcase, numbers_named_errnos);
    tcase_add_test(tcase, flags_that_are_not_listed);
    tcase_add_test(tcase, collects_axes);
    tcase_add_test(tcase, too_many_kernels);
    tcase_add_test(tcase, normalised_requests_decide_alike);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
