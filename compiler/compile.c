/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pipeline: parse, resolve, lower, emit, prove. */
#include "compiler/compile.h"

#include <errno.h>

#include "compiler/emit/emit.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/policy/lower.h"

int compile_profile(struct filter *filter, struct syscalls *syscalls, const char *text, size_t len,
                    const struct variant_request *request, struct arena *arena, struct diags *diags)
{
    struct profile profile;
    int r = profile_parse(&profile, text, len, arena, diags);

    if (r < 0)
        return r;
    return compile_variant(filter, syscalls, &profile, request, arena, diags);
}

int compile_variant(struct filter *filter, struct syscalls *syscalls, const struct profile *profile,
                    const struct variant_request *request, struct arena *arena, struct diags *diags)
{
    struct lowered lowered;
    int r = compile_policy(&lowered, syscalls, profile, request, arena, diags);

    return r < 0 ? r : compile_filter(filter, syscalls, &lowered, arena, diags);
}

int compile_policy(struct lowered *lowered, struct syscalls *syscalls,
                   const struct profile *profile, const struct variant_request *request,
                   struct arena *arena, struct diags *diags)
{
    int r;

    *lowered = (struct lowered){.profile = profile, .request = *request};
    r = variant_resolve(&lowered->variant, profile, request, arena, diags);
    diags_set_rule(diags, 0, DIAG_RULE_UNSUPPORTED_ABI);
    return r < 0 ? r : policy_lower(&lowered->policy, &lowered->variant, syscalls, arena);
}

int compile_filter(struct filter *filter, struct syscalls *syscalls, const struct lowered *lowered,
                   struct arena *arena, struct diags *diags)
{
    const struct location whole = {0, 0};
    int r = policy_emit(&filter->program, &lowered->policy, syscalls, arena);

    if (r == -E2BIG) {
        diags_add(
            diags, DIAG_ERROR, whole,
            "the filter for %s needs more than the %d instructions that the kernel takes; test "
            "fewer argument values, or split the profile",
            lowered->request.target->name, BPF_MAX_INSNS);
        diags_set_rule(diags, 0, DIAG_RULE_TOO_LARGE);
        return -EINVAL;
    }
    if (r < 0)
        return r;
    filter->flags = lowered->policy.flags;
    r = prove_filter(&filter->proof, &filter->program, filter->flags, lowered->profile,
                     &lowered->request, syscalls, arena, diags);
    diags_set_rule(diags, 0, DIAG_RULE_NOT_PROVEN);
    return r;
}
