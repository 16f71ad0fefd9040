/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a profile to a variant: every condition decided for one target, capability set and kernel.
 */
#ifndef COMPILER_POLICY_RESOLVE_H
#define COMPILER_POLICY_RESOLVE_H

#include <stddef.h>

#include "compiler/facts/abi.h"
#include "compiler/parse/request.h"

struct arena;
struct diags;
struct profile;
struct rule;

/* A profile without conditions. It borrows everything from the profile that it was made from. */
struct variant {
    const struct profile *profile; /* with the target's errno numbers, as have the rules */
    const struct target *target;
    abi_set abis; /* those of the target that the filter covers, the native one always */
    const struct rule **rules; /* the active ones, in the order of the file */
    size_t n_rules;
    uint32_t flags;         /* SECCOMP_FILTER_FLAG_* */
    enum variant_mode mode; /* in which the rules' verdicts are to be taken */
};

/* Why a rule of the profile is not in a variant. */
enum rule_state {
    RULE_ACTIVE,
    RULE_EXCLUDED_ARCH,   /* "excludes" names the native ABI */
    RULE_EXCLUDED_CAP,    /* "excludes" names a capability that is held */
    RULE_EXCLUDED_KERNEL, /* "excludes" names a kernel that is reached */
    RULE_OTHER_ARCH,      /* "includes" names other ABIs only */
    RULE_MISSING_CAP,     /* "includes" names a capability that is not held */
    RULE_OLD_KERNEL,      /* "includes" names a newer kernel */
};

/*
 * Decides the conditions of RULE as Docker does (profiles/seccomp, setupSeccomp): excludes first,
 * where any match drops the rule; then includes, where all must match.
 */
enum rule_state rule_resolve(const struct rule *rule, const struct variant_request *request);

/*
 * Resolves PROFILE for REQUEST; the variant's list lives in ARENA. Returns 0; -EINVAL where DIAGS
 * has an error (an ABI that the installed libseccomp lacks); -ENOMEM.
 */
int variant_resolve(struct variant *variant, const struct profile *profile,
                    const struct variant_request *request, struct arena *arena,
                    struct diags *diags);

/*
 * What a filter of VARIANT answers where its rules have decided VERDICT. All that is decided
 * before, which rule has the last word above all, is the same in each mode.
 */
uint32_t variant_answer(const struct variant *variant, uint32_t verdict);

#endif
