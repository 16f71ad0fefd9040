/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every profile that ships, Podman's, Docker's, and generated ones of the same size: for every
 * target that the installed libseccomp knows, and every set of capabilities and kernel that their
 * conditions tell apart one by one, the filter must be proven. The number of generated profiles is
 * 100, or SECPROF_RANDOM_PROFILES where that is less.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/facts/capability.h"
#include "compiler/parse/request.h"
#include "compiler/prove/prove.h"
#include "tests/compiler/random-profile.h"
#include "tests/profiles/fixture.h"
#include "tests/suite.h"
#include "util/cleanup.h"

enum {
    GENERATED = 100,
};

struct totals {
    size_t profiles, targets, variants, filters, insns, most_insns;
};

/* Compiles one variant for every target. */
static void prove_variant(const char *name, const struct text *text, uint64_t caps, uint32_t kernel,
                          struct syscalls *syscalls, struct totals *totals)
{
    size_t n_targets = 0;

    for (size_t t = 0; target_at(t); t++) {
        const struct variant_request request = {
            .target = target_at(t), .caps = caps, .kernel = kernel};
        cleanup_arena struct arena arena = ARENA_INIT;
        const struct filter *filter;
        const char *why = "";

        if (!abi_is_installed(target_native_abi(request.target)))
            continue;
        filter = fixture_compile(text, &request, syscalls, &arena, &why);
        ck_assert_msg(filter != NULL, "%s for %s with capabilities %#llx and kernel %u.%u: %s\n%s",
                      name, request.target->name, (unsigned long long)caps, kernel >> 16,
                      kernel & 0xffff, why, text->bytes);
        ck_assert_uint_eq(filter->proof.version, PROOF_VERSION);
        ck_assert_uint_gt(filter->proof.ranges, 0);
        n_targets++;
        totals->filters++;
        totals->insns += filter->program.n_insns;
        if (filter->program.n_insns > totals->most_insns)
            totals->most_insns = filter->program.n_insns;
    }
    ck_assert_uint_gt(n_targets, 0);
    totals->targets = n_targets;
    totals->variants++;
}

/*
 * Without capabilities, with each one that the profile names, with all of these; on a kernel before
 * all that it names, and on each of these.
 */
static void prove_profile(const char *name, const struct text *text, struct syscalls *syscalls,
                          struct totals *totals)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct variant_axes axes;
    struct profile profile;
    struct diags diags;

    diags_init(&diags, &arena);
    ck_assert_msg(profile_parse(&profile, text->bytes, text->len, &arena, &diags) == 0, "%s: %s",
                  name, diags_render(&diags, &arena, name));
    variant_axes_of(&axes, &profile);
    for (uint32_t k = 0; k <= axes.n_kernels; k++) {
        uint32_t kernel = k ? axes.kernels[k - 1] : 0;

        prove_variant(name, text, 0, kernel, syscalls, totals);
        for (int cap = 0; capability_name(cap); cap++)
            if (axes.caps >> cap & 1)
                prove_variant(name, text, (uint64_t)1 << cap, kernel, syscalls, totals);
        if (axes.caps)
            prove_variant(name, text, axes.caps, kernel, syscalls, totals);
    }
    totals->profiles++;
}

static void prove_file(const char *path, struct syscalls *syscalls, struct totals *totals)
{
    cleanup_text struct text text = {0};
    int r = text_read(&text, path);

    ck_assert_msg(r == 0, "%s: %s", path, strerror(-r));
    prove_profile(path, &text, syscalls, totals);
}

static void print_totals(const char *what, const struct totals *totals)
{
    printf("counts: %s: %zu profiles, %zu variants, for %zu targets: %zu filters proven, of %zu "
           "instructions on average, %zu at most\n",
           what, totals->profiles, totals->variants, totals->targets, totals->filters,
           totals->insns / totals->filters, totals->most_insns);
}

static int is_profile(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 5 && !strcmp(entry->d_name + len - 5, ".json");
}

START_TEST(shipped_profiles)
{
    struct syscalls *syscalls = syscalls_new();
    struct totals totals = {0};
    struct dirent **files;
    int n = scandir(TOP_SRCDIR "/profiles", &files, is_profile, alphasort);

    ck_assert_int_gt(n, 0);
    for (int i = 0; i < n; i++) {
        char path[300];

        snprintf(path, sizeof(path), "profiles/%s", files[i]->d_name);
        prove_file(path, syscalls, &totals);
        free(files[i]);
    }
    free(files);
    print_totals("shipped", &totals);
    syscalls_free(syscalls);
}
END_TEST

static void prove_peer(const char *whose, const char *path)
{
    struct syscalls *syscalls = syscalls_new();
    struct totals totals = {0};

    prove_file(path, syscalls, &totals);
    print_totals(whose, &totals);
    syscalls_free(syscalls);
}

START_TEST(podmans_profile)
{
    prove_peer("Podman's", PODMAN_PROFILE);
}
END_TEST

START_TEST(dockers_profile)
{
    prove_peer("Docker's", DOCKER_PROFILE);
}
END_TEST

START_TEST(generated_profiles)
{
    const char *number = getenv("SECPROF_RANDOM_PROFILES");
    uint64_t wanted = number ? strtoull(number, NULL, 10) : GENERATED;
    struct syscalls *syscalls = syscalls_new();
    struct totals totals = {0};

    wanted = wanted < GENERATED ? wanted : GENERATED;
    for (uint64_t seed = 1; seed <= wanted; seed++) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct random_source random = random_begin(seed);
        char *json = random_large_profile(&random, syscalls, &arena);
        const struct text text = {json, strlen(json)};
        char name[32];

        snprintf(name, sizeof(name), "seed %llu", (unsigned long long)seed);
        prove_profile(name, &text, syscalls, &totals);
    }
    print_totals("generated", &totals);
    syscalls_free(syscalls);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("proven");
    TCase *tcase = tcase_create("proven");

    tcase_add_test(tcase, shipped_profiles);
    tcase_add_test(tcase, podmans_profile);
    tcase_add_test(tcase, dockers_profile);
    tcase_add_test(tcase, generated_profiles);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
