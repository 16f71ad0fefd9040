/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of the shipped profiles share: reading a profile, compiling it in this process,
 * and asking the filter about one call as a kernel of the target's byte order would.
 */
#ifndef TESTS_PROFILES_FIXTURE_H
#define TESTS_PROFILES_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/compile.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/request.h"
#include "util/arena.h"

#define PODMAN_PROFILE "tests/data/peers/containers-common-0.50.1.json"
#define DOCKER_PROFILE "tests/data/peers/docker-20.10.24.json"

struct text {
    char *bytes; /* NUL-terminated, owned */
    size_t len;
};

/* Reads PATH, from the top of the sources. Returns 0 or -errno. */
int text_read(struct text *text, const char *path);
void text_free(struct text *text);

#define cleanup_text __attribute__((cleanup(text_free)))

/*
 * Compiles TEXT for REQUEST. The filter lives in ARENA. Returns NULL where the compiler refuses
 * the profile or the kernel would refuse the filter; *WHY says which.
 */
const struct filter *fixture_compile(const struct text *text, const struct variant_request *request,
                                     struct syscalls *syscalls, struct arena *arena,
                                     const char **why);

/* What FILTER, made for TARGET, answers to call NR of ABI. */
uint32_t fixture_verdict(const struct filter *filter, const struct target *target,
                         const struct abi *abi, uint32_t nr, const uint64_t args[6]);

/*
 * VERDICT for people, its errno named as kernels that run ABI number it: "ERRNO(ENOSYS)" is 89 on
 * MIPS. In ARENA; NULL where there is no memory.
 */
const char *fixture_verdict_text(struct arena *arena, uint32_t verdict, enum abi_id abi);

#endif
