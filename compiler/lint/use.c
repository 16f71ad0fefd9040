/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which calls a runtime makes under its own filter depends on NO_NEW_PRIVS: with it the filter goes
 * in last, without it before the capabilities that installing needs are dropped.
 */
#include "compiler/lint/use.h"

#include <errno.h>
#include <linux/seccomp.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/verdict.h"
#include "compiler/lint/verdicts.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/lower.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    CALLS_MAX = 24,
};

/*
 * The calls without which no container starts, on x86_64. Measured by tests/e2e/runtime-calls.sh,
 * which denies one call after the other, and fails where these lists are wrong.
 */
static const struct {
    const char *runtime;
    const char *with_nnp[CALLS_MAX];
    const char *without[CALLS_MAX]; /* WITH_NNP is part of it */
} starts[] = {
    {"crun 1.8.1",
     {"execve"},
     {"capset", "execve", "prctl", "rt_sigaction", "rt_sigprocmask", "setresgid", "setresuid",
      "write"}},
    {"runc 1.1.5",
     {"close", "execve", "fstatfs", "getdents64", "openat", "write"},
     {"capget", "capset", "chdir", "close", "execve", "fstat", "fstatfs", "getcwd", "getdents64",
      "getppid", "newfstatat", "openat", "prctl", "read", "setgid", "setgroups", "setuid",
      "write"}},
};

/* A profile for x86_64, without capabilities and with all that it names. */
struct variants {
    struct policy policies[2];
    size_t n;
    struct syscalls *syscalls;
    struct arena *arena;
};

static int make_variants(struct variants *variants, const struct profile *profile,
                         const struct target *target)
{
    struct variant_request request = {.target = target};
    struct variant_axes axes;
    int r = 0;

    variant_axes_of(&axes, profile);
    request.kernel =
        axes.all_kernels || !axes.n_kernels ? UINT32_MAX : axes.kernels[axes.n_kernels - 1];
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(variants->policies); i++) {
        struct variant variant;
        struct diags ignored;

        request.caps = i ? axes.caps : 0;
        diags_init(&ignored, variants->arena);
        r = variant_resolve(&variant, profile, &request, variants->arena, &ignored);
        if (r == 0)
            r = policy_lower(&variants->policies[variants->n++], &variant, variants->syscalls,
                             variants->arena);
    }
    return r;
}

/* Appends to *LIST those of CALLS that no variant allows for any arguments. */
static int add_denied(const struct variants *variants, const char *const calls[CALLS_MAX],
                      const char **list)
{
    *list = NULL;
    for (size_t i = 0; i < CALLS_MAX && calls[i]; i++) {
        bool denied = true;

        for (size_t k = 0; k < variants->n; k++) {
            const struct decision *decision;
            int r = lint_decision_of(&variants->policies[k], variants->syscalls,
                                     abi_get(ABI_X86_64), calls[i], &decision);

            if (r < 0)
                return r;
            /* What a listener or a tracer would answer is not known here. */
            denied &= verdict_compare(lint_mildest(decision), SECCOMP_RET_ERRNO) <= 0;
        }
        if (!denied)
            continue;
        *list = arena_printf(variants->arena, "%s%s\"%s\"", *list ? *list : "", *list ? ", " : "",
                             calls[i]);
        if (!*list)
            return -ENOMEM;
    }
    return 0;
}

/* Says under which conditions which runtime starts no container. */
static int tell_starts(const struct variants *variants, const struct profile *profile,
                       struct diags *diags)
{
    for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
        const char *with_nnp = NULL;
        const char *without = NULL;
        int r = add_denied(variants, starts[i].with_nnp, &with_nnp);

        if (r == 0)
            r = add_denied(variants, starts[i].without, &without);
        if (r < 0)
            return r;
        if (with_nnp)
            diags_add(diags, DIAG_NOTE, profile->default_at,
                      "%s starts no container under this profile, which denies %s: the runtime "
                      "makes these calls when the filter is in already",
                      starts[i].runtime, with_nnp);
        else if (without)
            diags_add(diags, DIAG_NOTE, profile->default_at,
                      "%s starts a container under this profile only with noNewPrivileges: "
                      "without, the filter goes in earlier, before %s, which the profile denies",
                      starts[i].runtime, without);
    }
    return 0;
}

static bool has_conditions(const struct conditions *conditions)
{
    return conditions->arches || conditions->caps || conditions->min_kernel;
}

/* What Kubernetes and runtimes by hand pass over in a profile. */
static void tell_conditions(const struct profile *profile, struct diags *diags)
{
    const struct rule *first = NULL;
    size_t n = 0;

    for (size_t i = 0; i < profile->n_rules; i++) {
        const struct rule *rule = &profile->rules[i];

        if (!has_conditions(&rule->includes) && !has_conditions(&rule->excludes))
            continue;
        first = first ? first : rule;
        n++;
    }
    if (first)
        diags_add(diags, DIAG_NOTE, first->at,
                  "%zu rule%s with \"includes\" or \"excludes\", from here on: Docker and Podman "
                  "know them; Kubernetes' localhostProfile, runc and crun pass them over and would "
                  "always apply the rule%s ('secprofctl compile --format oci' decides them)",
                  n, n == 1 ? "" : "s", n == 1 ? "" : "s");
}

int profile_lint_use(const struct profile *profile, const struct target *const *targets,
                     size_t n_targets, struct syscalls *syscalls, struct arena *arena,
                     struct diags *diags)
{
    struct variants variants = {.syscalls = syscalls, .arena = arena};
    size_t before = diags->n;
    int r = 0;

    tell_conditions(profile, diags);
    diags_set_rule(diags, before, DIAG_RULE_RUNTIME_CONDITIONS);
    for (size_t i = 0; r == 0 && i < n_targets; i++) {
        if (targets[i]->abis[0] != ABI_X86_64)
            continue;
        r = make_variants(&variants, profile, targets[i]);
        if (r == 0)
            r = tell_starts(&variants, profile, diags);
    }
    diags_set_rule(diags, before, DIAG_RULE_RUNTIME_START);
    /* An ABI that is not installed, which the compiler reports. */
    return r == -EINVAL ? 0 : r;
}
