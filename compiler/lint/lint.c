/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The lint's main part: sorts the rules by call, and looks at each call on each ABI.
 */
#include "compiler/lint/lint.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/syscalls.h"
#include "compiler/lint/families.h"
#include "compiler/lint/findings.h"
#include "compiler/lint/multiplexer.h"
#include "compiler/lint/notify.h"
#include "compiler/lint/overlap.h"
#include "compiler/lint/risks.h"
#include "compiler/lint/rules.h"
#include "compiler/lint/state.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/lower.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"
#include "compiler/prove/bdd.h"

static int compare_sites(const void *pa, const void *pb)
{
    const struct lint_site *a = pa;
    const struct lint_site *b = pb;
    int order = strcmp(a->name->name, b->name->name);

    if (order != 0)
        return order;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return a->name < b->name ? -1 : a->name > b->name;
}

/* All names of all rules, by name; a name that a rule has twice is there once. */
static int collect_sites(struct lint *lint, struct lint_site **sites, size_t *n)
{
    const struct profile *profile = lint->profile;
    size_t n_names = 0;
    size_t kept = 0;

    for (size_t i = 0; i < profile->n_rules; i++)
        n_names += profile->rules[i].n_names;
    *sites = arena_calloc(lint->arena, n_names, sizeof(**sites));
    if (!*sites)
        return -ENOMEM;
    for (size_t i = 0; i < profile->n_rules; i++)
        for (size_t k = 0; k < profile->rules[i].n_names; k++)
            (*sites)[kept++] = (struct lint_site){.rule = &profile->rules[i],
                                                  .name = &profile->rules[i].names[k],
                                                  .order = (uint32_t)i};
    qsort(*sites, n_names, sizeof(**sites), compare_sites);
    kept = 0;
    for (size_t i = 0; i < n_names; i++) {
        const struct lint_site *site = &(*sites)[i];
        const struct lint_site *last = kept ? &(*sites)[kept - 1] : NULL;

        if (!last || last->rule != site->rule || strcmp(last->name->name, site->name->name) != 0)
            (*sites)[kept++] = *site;
    }
    *n = kept;
    return 0;
}

static int compare_call(const void *key, const void *element)
{
    return strcmp(key, ((const struct lint_call *)element)->name);
}

const struct lint_call *lint_call_of(const struct lint *lint, const char *name)
{
    return lint->n_calls
               ? bsearch(name, lint->calls, lint->n_calls, sizeof(*lint->calls), compare_call)
               : NULL;
}

static int collect_calls(struct lint *lint)
{
    struct lint_site *sites;
    size_t n;
    int r = collect_sites(lint, &sites, &n);

    if (r < 0)
        return r;
    lint->calls = arena_calloc(lint->arena, n, sizeof(*lint->calls));
    if (!lint->calls)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct lint_call *call = lint->n_calls ? &lint->calls[lint->n_calls - 1] : NULL;
        const char *name = sites[i].name->name;

        if (call && !strcmp(call->name, name)) {
            call->n_sites++;
            continue;
        }
        lint->calls[lint->n_calls++] = (struct lint_call){
            .name = name,
            .sites = &sites[i],
            .n_sites = 1,
            .through = syscalls_multiplexed(name),
            .risk = lint_risk_of(name),
        };
    }
    for (size_t i = 0; i < lint->n_calls; i++) {
        struct lint_call *call = &lint->calls[i];

        if (call->through)
            call->multiplexer = lint_call_of(lint, call->through->multiplexer);
    }
    return 0;
}

static int find_unknown_names(struct lint *lint)
{
    for (size_t i = 0; i < lint->n_calls; i++) {
        const struct lint_call *call = &lint->calls[i];

        if (syscalls_is_known(call->name))
            continue;
        for (size_t k = 0; k < call->n_sites; k++) {
            const struct finding finding = {
                .kind = FINDING_UNKNOWN, .site = &call->sites[k], .call = call};

            if (lint_find(lint, &finding) < 0)
                return -ENOMEM;
        }
    }
    return 0;
}

/*
 * True where there is nothing to find out about CALL: one rule without tests, and nothing special.
 */
static bool is_plain(const struct lint_call *call)
{
    return call->n_sites == 1 && call->sites[0].rule->n_tests == 0 && !call->risk && !call->through;
}

static int look_at_call(struct lint *lint, const struct lint_call *call)
{
    struct lint_rules rules;
    uint32_t nr;
    int direct = syscalls_number(lint->syscalls, lint->abi->id, call->name, &nr);
    int r = 0;

    if (direct == -ENOENT && call->through)
        r = syscalls_number(lint->syscalls, lint->abi->id, call->through->multiplexer, &nr);
    else
        r = direct;
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    r = lint_rules_of(lint, call, &rules);
    if (r == 0 && direct == 0)
        r = lint_tests(lint, &rules);
    if (r == 0 && direct == 0)
        r = lint_shadows(lint, &rules);
    if (r == 0 && direct == 0)
        r = lint_overlaps(lint, &rules);
    if (r == 0 && direct == 0)
        r = lint_risks(lint, &rules);
    if (r == 0)
        r = lint_multiplexer(lint, &rules);
    return r;
}

static int look_at_abi(struct lint *lint)
{
    lint->steps = 0;
    for (size_t i = 0; i < lint->n_calls; i++) {
        if (bdd_failed(lint->bdd) || lint->steps > LINT_MAX_STEPS) {
            lint->incomplete = true;
            return 0;
        }
        if (is_plain(&lint->calls[i]))
            continue;

        int r = look_at_call(lint, &lint->calls[i]);

        arena_free(&lint->scratch);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Looks at calls that belong together, on all ABIs of VARIANT, which is for REQUEST. */
static int look_at_families(struct lint *lint, const struct variant *variant,
                            const struct variant_request *request)
{
    struct policy policy;
    int r = policy_lower(&policy, variant, lint->syscalls, &lint->scratch);

    for (size_t i = 0; r == 0 && i < request->target->n_abis; i++) {
        lint->abi = abi_get(request->target->abis[i]);
        if (variant->abis & (abi_set)1 << lint->abi->id)
            r = lint_families(lint, &policy, request);
    }
    lint->abi = NULL;
    arena_free(&lint->scratch);
    return r;
}

/* The same for the newest kernel that the profile knows of, without capabilities and with all. */
static int look_at_variants(struct lint *lint, const struct target *target)
{
    struct variant_request request = {.target = target};
    struct variant_axes axes;
    struct variant variant;
    struct diags ignored;
    int r = 0;

    variant_axes_of(&axes, lint->profile);
    request.kernel = axes.all_kernels ? UINT32_MAX
                     : axes.n_kernels ? axes.kernels[axes.n_kernels - 1]
                                      : 0;
    for (size_t i = 0; r == 0 && i < (axes.caps ? 2 : 1); i++) {
        request.caps = i ? axes.caps : 0;
        diags_init(&ignored, lint->arena);
        r = variant_resolve(&variant, lint->profile, &request, lint->arena, &ignored);
        if (r == 0)
            r = look_at_families(lint, &variant, &request);
    }
    return r;
}

static int look_at_target(struct lint *lint, const struct target *target)
{
    const struct profile *profile = lint->profile;
    const struct variant_request request = {.target = target};
    struct variant variant;
    struct diags ignored; /* an ABI that is not installed, which the compiler reports */
    int r;

    diags_init(&ignored, lint->arena);
    r = variant_resolve(&variant, profile, &request, lint->arena, &ignored);
    if (r < 0)
        return r == -EINVAL ? 0 : r;
    lint->target = target;
    lint->default_verdict = variant.profile->default_verdict;
    for (size_t i = 0; r == 0 && i < target->n_abis; i++) {
        lint->abi = abi_get(target->abis[i]);
        if (!(variant.abis & (abi_set)1 << lint->abi->id))
            continue;
        lint->abis |= (abi_set)1 << lint->abi->id;
        r = look_at_abi(lint);
    }
    lint->abi = NULL;
    return r < 0 ? r : look_at_variants(lint, target);
}

int profile_lint(const struct profile *profile, const struct target *const *targets,
                 size_t n_targets, uint32_t kernel, struct syscalls *syscalls, struct arena *arena,
                 struct diags *diags)
{
    struct lint lint = {
        .profile = profile,
        .kernel = kernel,
        .syscalls = syscalls,
        .arena = arena,
        .scratch = ARENA_INIT,
        .diags = diags,
        .bdd = bdd_new(LINT_MAX_NODES),
        .rule_abis = arena_calloc(arena, profile->n_rules, sizeof(*lint.rule_abis)),
    };
    int r = lint.bdd && lint.rule_abis ? collect_calls(&lint) : -ENOMEM;

    if (r == 0)
        r = find_unknown_names(&lint);
    if (r == 0)
        r = lint_notify(&lint);
    for (size_t i = 0; r == 0 && i < n_targets; i++)
        r = look_at_target(&lint, targets[i]);
    lint.incomplete |= lint.bdd && bdd_failed(lint.bdd);
    if (r == 0)
        r = lint_report(&lint);
    arena_free(&lint.scratch);
    bdd_free(lint.bdd);
    return r;
}
