/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libseccomp takes for a whole set of profiles, one after the other in one process. The
 * parsing of the profiles is given to it for free. Prints microseconds.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/resolve.h"
#include "tests/bench/measure.h"
#include "tests/bench/peer.h"
#include "tests/bench/program.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/io.h"

/* Adds to *NS what libseccomp takes for the profile at PATH. */
static int compile_one(const char *path, int64_t *ns)
{
    static struct program program;
    static struct profile profile;
    const struct variant_request request = {.target = target_host(),
                                            .kernel = kernel_version_host()};
    cleanup_arena struct arena arena = ARENA_INIT;
    cleanup_fclose FILE *file = fopen(path, "re");
    char *text = arena_alloc(&arena, PROFILE_MAX_BYTES + 1);
    struct variant variant;
    struct diags diags;
    int64_t begin;
    int r;

    if (!file || !text)
        return file ? -ENOMEM : -errno;
    diags_init(&diags, &arena);
    r = profile_parse(&profile, text, fread(text, 1, PROFILE_MAX_BYTES + 1, file), &arena, &diags);
    if (r == 0)
        r = variant_resolve(&variant, &profile, &request, &arena, &diags);
    if (r < 0)
        return r;
    begin = measure_now();
    r = peer_compile(&variant, PEER_LINEAR, program.insns, ARRAY_SIZE(program.insns));
    *ns += measure_now() - begin;
    return r < 0 ? r : 0;
}

int main(int argc, char **argv)
{
    int64_t ns = 0;

    for (int i = 1; i < argc; i++) {
        int r = compile_one(argv[i], &ns);

        if (r < 0) {
            fprintf(stderr, "%s: %s\n", argv[i], strerror(-r));
            return EXIT_FAILURE;
        }
    }
    printf("%" PRId64 "\n", ns / 1000);
    return EXIT_SUCCESS;
}
