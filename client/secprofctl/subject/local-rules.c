/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The profile in a file as plain OCI rules. */
#include "config.h"

#include "client/secprofctl/subject/local-rules.h"

#include <errno.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/subject/local.h"
#include "compiler/compile.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/questions/plain-rules.h"
#include "util/arena.h"

static int make_rules(char **rules, size_t *len, struct syscalls *syscalls,
                      const struct local_file *file, const struct variant_request *request,
                      struct arena *arena, struct diags *diags)
{
    const struct variant_request bare = {.target = request->target};
    struct lowered lowered;
    struct profile profile;
    struct filter filter;
    struct diags again; /* what there is to say about the rules was said about the profile */
    int r = profile_parse(&profile, file->text, file->len, arena, diags);

    diags_init(&again, arena);
    if (r == 0)
        r = compile_policy(&lowered, syscalls, &profile, request, arena, diags);
    if (r == 0)
        r = compile_filter(&filter, syscalls, &lowered, arena, diags);
    if (r == 0)
        r = plain_rules(rules, len, &profile, request, &lowered.variant, syscalls, arena, diags);
    if (r == 0)
        r = compile_profile(&filter, syscalls, *rules, *len, &bare, arena, &again);
    for (size_t i = 0; r == -EINVAL && i < again.n; i++)
        if (again.items[i].severity == DIAG_ERROR)
            diags_add(diags, DIAG_ERROR, again.items[i].at, "not written, for its rules: %s",
                      again.items[i].text);
    return r;
}

int local_rules(const struct local_file *file, const struct variant_request *request,
                struct syscalls *syscalls, char **rules, size_t *len)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct diags diags;
    int r;

    *rules = NULL;
    diags_init(&diags, &arena);
    r = make_rules(rules, len, syscalls, file, request, &arena, &diags);
    local_print_diags(file, &diags, &arena);
    if (diags.n_errors > 0)
        return CTL_NO;
    return r < 0 ? ctl_fail(CTL_SYSTEM, "%s: %s", file->name, strerror(-r)) : CTL_OK;
}
