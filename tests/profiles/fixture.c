/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the tests of the shipped profiles; see fixture.h. */
#include "tests/profiles/fixture.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#include "compiler/facts/bpf.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "util/cleanup.h"

int text_read(struct text *text, const char *path)
{
    char full[4096];
    cleanup_fclose FILE *file = NULL;
    cleanup_free char *bytes = malloc(PROFILE_MAX_BYTES + 1);

    snprintf(full, sizeof(full), TOP_SRCDIR "/%s", path);
    file = fopen(full, "re");
    if (!file || !bytes)
        return -errno;
    text->len = fread(bytes, 1, PROFILE_MAX_BYTES, file);
    if (ferror(file))
        return -EIO;
    bytes[text->len] = '\0';
    text->bytes = steal_ptr(&bytes);
    return 0;
}

void text_free(struct text *text)
{
    free(text->bytes);
    text->bytes = NULL;
}

const struct filter *fixture_compile(const struct text *text, const struct variant_request *request,
                                     struct syscalls *syscalls, struct arena *arena,
                                     const char **why)
{
    struct filter *filter = arena_alloc(arena, sizeof(*filter));
    struct diags diags;
    const char *fault = "";
    size_t bad = 0;

    *why = "no memory";
    if (!filter)
        return NULL;
    diags_init(&diags, arena);
    if (compile_profile(filter, syscalls, text->bytes, text->len, request, arena, &diags) < 0) {
        *why = diags_render(&diags, arena, "profile");
        return NULL;
    }
    if (bpf_check(filter->program.insns, filter->program.n_insns, &bad, &fault) < 0) {
        *why = arena_printf(arena, "the kernel would refuse instruction %zu: %s", bad, fault);
        return NULL;
    }
    if (!bpf_is_emulable(filter->program.insns, filter->program.n_insns)) {
        *why = "the kernel could not emulate the filter for its allow bitmap";
        return NULL;
    }
    return filter;
}

uint32_t fixture_verdict(const struct filter *filter, const struct target *target,
                         const struct abi *abi, uint32_t nr, const uint64_t args[6])
{
    struct seccomp_data data = {.nr = (int)nr, .arch = abi->audit_arch};

    for (size_t i = 0; i < 6; i++)
        data.args[i] = args[i];
    return bpf_simulate(filter->program.insns, filter->program.n_insns, &data,
                        target_native_abi(target)->big_endian)
        .verdict;
}

const char *fixture_verdict_text(struct arena *arena, uint32_t verdict, enum abi_id abi)
{
    return verdict_text_on_abi(arena, verdict, abi);
}
