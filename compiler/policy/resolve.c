/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conditions: pure decisions over the model. */
#include "compiler/policy/resolve.h"

#include <errno.h>
#include <linux/seccomp.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/libseccomp.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "util/arena.h"

enum rule_state rule_resolve(const struct rule *rule, const struct variant_request *request)
{
    const struct conditions *out = &rule->excludes;
    const struct conditions *in = &rule->includes;
    abi_set native = (abi_set)1 << request->target->abis[0];

    if (out->arches & native)
        return RULE_EXCLUDED_ARCH;
    if (out->caps & request->caps)
        return RULE_EXCLUDED_CAP;
    if (out->min_kernel && request->kernel >= out->min_kernel)
        return RULE_EXCLUDED_KERNEL;
    if (in->arches && !(in->arches & native))
        return RULE_OTHER_ARCH;
    if (in->caps & ~request->caps)
        return RULE_MISSING_CAP;
    if (in->min_kernel > request->kernel)
        return RULE_OLD_KERNEL;
    return RULE_ACTIVE;
}

/* The ABIs that PROFILE asks for on a kernel whose native ABI is NATIVE. */
static abi_set requested_abis(const struct profile *profile, enum abi_id native)
{
    abi_set abis = ((abi_set)1 << native) | profile->architectures;

    for (size_t i = 0; i < profile->n_arch_map; i++)
        if (profile->arch_map[i].architecture == native)
            abis |= profile->arch_map[i].sub_architectures;
    return abis;
}

/*
 * Gives the errnos that the profile has by name the numbers that the target's kernel knows them by.
 * Only what changes is copied.
 */
static int name_errnos(struct variant *variant, enum abi_id native, struct arena *arena)
{
    const struct profile *profile = variant->profile;
    uint32_t verdict =
        verdict_with_errno(profile->default_verdict, profile->default_errno_name, native);

    if (verdict != profile->default_verdict) {
        struct profile *copy = arena_alloc(arena, sizeof(*copy));

        if (!copy)
            return -ENOMEM;
        *copy = *profile;
        copy->default_verdict = verdict;
        variant->profile = copy;
    }
    for (size_t i = 0; i < variant->n_rules; i++) {
        const struct rule *rule = variant->rules[i];

        verdict = verdict_with_errno(rule->verdict, rule->errno_name, native);
        if (verdict == rule->verdict)
            continue;

        struct rule *copy = arena_alloc(arena, sizeof(*copy));

        if (!copy)
            return -ENOMEM;
        *copy = *rule;
        copy->verdict = verdict;
        variant->rules[i] = copy;
    }
    return 0;
}

/*
 * runc and crun take SPEC_ALLOW where the profile has no list of flags, and the kernel has it.
 * Where nothing is denied nobody is asked either, and the kernel takes no flag about waiting for an
 * answer.
 */
static uint32_t resolve_flags(const struct profile *profile, const struct variant_request *request)
{
    uint32_t flags = profile->flags;

    if (!profile->flags_given && request->kernel >= KERNEL_SPEC_ALLOW)
        flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    if (request->mode == VARIANT_AUDIT)
        flags &= ~(uint32_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    if (request->mode == VARIANT_LOG)
        flags |= SECCOMP_FILTER_FLAG_LOG;
    return flags;
}

int variant_resolve(struct variant *variant, const struct profile *profile,
                    const struct variant_request *request, struct arena *arena, struct diags *diags)
{
    const struct target *target = request->target;

    *variant = (struct variant){
        .profile = profile,
        .target = target,
        .abis = requested_abis(profile, target->abis[0]) & target_abis(target),
        .rules = arena_calloc(arena, profile->n_rules, sizeof(*variant->rules)),
        .flags = resolve_flags(profile, request),
        .mode = request->mode,
    };
    if (!variant->rules)
        return -ENOMEM;
    for (size_t i = 0; i < target->n_abis; i++) {
        const struct abi *abi = abi_get(target->abis[i]);

        if (!(variant->abis & ((abi_set)1 << abi->id)) || abi_is_installed(abi))
            continue;
        char installed[32];

        diags_add(diags, DIAG_ERROR, (struct location){0, 0},
                  "%s needs libseccomp %s or newer; installed is %s", abi->scmp_name, abi->since,
                  libseccomp_version(installed, sizeof(installed)));
        return -EINVAL;
    }
    for (size_t i = 0; i < profile->n_rules; i++)
        if (rule_resolve(&profile->rules[i], request) == RULE_ACTIVE)
            variant->rules[variant->n_rules++] = &profile->rules[i];
    return name_errnos(variant, target->abis[0], arena);
}

uint32_t variant_answer(const struct variant *variant, uint32_t verdict)
{
    bool denies = verdict_compare(verdict, SECCOMP_RET_LOG) < 0;

    return variant->mode == VARIANT_AUDIT && denies ? SECCOMP_RET_LOG : verdict;
}
