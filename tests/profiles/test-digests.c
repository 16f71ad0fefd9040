/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bytes of the filters of every profile that ships, Podman's and Docker's, for every target, as
 * tests/data/digests.txt pins them: the same whatever the compiler, its options and the version of
 * libseccomp are, and not changed unnoticed. A change on purpose counts COMPILER_VERSION up, and
 * puts into the file what this test prints.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/facts/abi.h"
#include "tests/profiles/fixture.h"
#include "tests/suite.h"
#include "util/cleanup.h"
#include "util/hex.h"
#include "util/sha256.h"

enum {
    KERNEL = 6 << 16 | 1,
    LINE_MAX_LEN = 200,
};

static const char *const profiles[] = {
    "profiles/default.json",
    "profiles/secprofd.json",
    "profiles/secprofd-cache.json",
    "profiles/secprofd-spawner.json",
    "profiles/secprofd-worker.json",
    PODMAN_PROFILE,
    DOCKER_PROFILE,
};

/* Writes the line for the filter of PATH without capabilities to LINE. */
static void describe(const char *path, const struct target *target, struct syscalls *syscalls,
                     char line[LINE_MAX_LEN])
{
    const struct variant_request request = {.target = target, .kernel = KERNEL};
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_text struct text text = {0};
    char hex[HEX_SIZE(SHA256_SIZE)];
    uint8_t digest[SHA256_SIZE];
    const struct filter *filter;
    const char *why = "";

    ck_assert_int_eq(text_read(&text, path), 0);
    filter = fixture_compile(&text, &request, syscalls, &arena, &why);
    ck_assert_msg(filter != NULL, "%s for %s: %s", path, target->name, why);
    sha256_of(filter->program.insns, filter->program.n_insns * sizeof(filter->program.insns[0]),
              digest);
    snprintf(line, LINE_MAX_LEN, "%s %s %zu %u %s", path, target->name,
             (size_t)filter->program.n_insns, filter->flags,
             hex_encode(digest, sizeof(digest), hex));
}

START_TEST(filters_are_as_pinned)
{
    struct syscalls *syscalls = syscalls_new();
    size_t n_profiles = sizeof(profiles) / sizeof(profiles[0]), n = 0, n_wrong = 0;
    cleanup_text struct text pinned = {0};
    char line[LINE_MAX_LEN], version[40];

    ck_assert_ptr_nonnull(syscalls);
    ck_assert_int_eq(text_read(&pinned, "tests/data/digests.txt"), 0);
    snprintf(version, sizeof(version), "\nCOMPILER_VERSION %d\n", COMPILER_VERSION);
    if (!strstr(pinned.bytes, version)) {
        printf("not in tests/data/digests.txt: %s", version + 1);
        n_wrong++;
    }
    for (size_t i = 0; i < n_profiles; i++) {
        for (size_t t = 0; target_at(t); t++) {
            if (!abi_is_installed(target_native_abi(target_at(t))))
                continue;
            describe(profiles[i], target_at(t), syscalls, line);
            n++;
            if (!strstr(pinned.bytes, line)) {
                printf("not in tests/data/digests.txt: %s\n", line);
                n_wrong++;
            }
        }
    }
    fflush(stdout); /* a test that fails does not */
    ck_assert_msg(n_wrong == 0, "%zu of %zu filters are others than pinned", n_wrong, n);
    printf("counts: %zu filters have the pinned bytes\n", n);
    syscalls_free(syscalls);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("digests");
    TCase *tests = tcase_create("digests");

    tcase_add_test(tests, filters_are_as_pinned);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
