/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Both sides of the comparison are meanings by definition (prove/meaning.h), so that a slip of the
 * renderer or of the policy behind it does not agree with itself.
 */
#include "compiler/questions/plain-rules.h"

#include <errno.h>
#include <stdlib.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/policy/render.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/meaning.h"
#include "compiler/prove/prove.h"

struct plain_comparison {
    const struct target *target;
    struct syscalls *syscalls;
    struct arena *arena;
    struct diags *diags;
};

/* The calls of AT: "x86_64 number 5 (fstat)", "x86_64 numbers 463 to 1073741823". */
static const char *calls_of(const struct plain_comparison *to, const struct difference *at)
{
    const struct abi *abi = target_abi_of_call(to->target, at->arch, at->nr);
    const char *of = abi ? abi->name : "another architecture";
    const char *name = abi ? syscalls_name(to->syscalls, abi->id, at->nr) : NULL;

    if (at->nr != at->nr_last)
        return arena_printf(to->arena, "%s numbers %u to %u", of, at->nr, at->nr_last);
    return arena_printf(to->arena, "%s number %u (%s)", of, at->nr, name ? name : "no name");
}

/* Adds a line that ends with what the profile says at AT and what the rules say. */
static int add_line(const struct plain_comparison *to, const struct difference *at,
                    enum diag_severity severity, const char *what, uint32_t asked, uint32_t given)
{
    const struct location whole = {0, 0};
    enum abi_id native = to->target->abis[0];
    const char *calls = calls_of(to, at);
    const char *asked_text = verdict_text_on_abi(to->arena, asked, native);
    const char *given_text = verdict_text_on_abi(to->arena, given, native);

    if (!calls || !asked_text || !given_text)
        return -ENOMEM;
    diags_add(to->diags, severity, whole, "%s: %s: the profile says %s, plain rules %s", what,
              calls, asked_text, given_text);
    return 0;
}

/* A is the rules, B the profile: a call that the rules give more. */
static int report_milder(void *user, const struct difference *at)
{
    int r = add_line(user, at, DIAG_ERROR, "not written, since plain rules would allow more",
                     at->verdict_b, at->verdict_a);

    return r < 0 ? r : -EINVAL;
}

/* A is the profile, B the rules: something is lost that makes nothing milder. */
static int report_loss(void *user, const struct difference *at)
{
    return add_line(user, at, DIAG_WARNING, "plain rules cannot say this", at->verdict_a,
                    at->verdict_b);
}

/* The flags that the rules do without. */
static void report_flags(const struct plain_comparison *to, uint32_t asked, uint32_t given)
{
    const struct location whole = {0, 0};

    for (uint32_t flag = 1; flag; flag <<= 1)
        if ((asked ^ given) & flag)
            diags_add(to->diags, given & flag ? DIAG_ERROR : DIAG_WARNING, whole,
                      given & flag ? "not written, since plain rules would add the flag %s"
                                   : "the flag %s is left out: no rule of this variant asks a "
                                     "listener, and without one the kernel refuses it",
                      filter_flag_name(flag) ? filter_flag_name(flag) : "without a name");
}

static int compare(struct bdd *bdd, const struct profile *profile,
                   const struct variant_request *request, const struct profile *rules,
                   struct plain_comparison *to)
{
    const struct variant_request bare = {.target = request->target};
    struct behaviour asked;
    struct behaviour given;
    int r = meaning_of_profile(&asked, bdd, profile, request, to->syscalls, to->arena);

    if (r == 0)
        r = meaning_of_profile(&given, bdd, rules, &bare, to->syscalls, to->arena);
    if (r == -E2BIG) {
        diags_add(to->diags, DIAG_ERROR, (struct location){0, 0},
                  "not written: the argument tests of the rules overlap in too many ways to be "
                  "compared");
        return -EINVAL;
    }
    if (r == 0)
        r = behaviour_compare(bdd, &given, &asked, verdict_is_weaker, report_milder, to);
    if (r == 0)
        r = behaviour_compare(bdd, &asked, &given, verdicts_differ, report_loss, to);
    if (r == 0)
        report_flags(to, meaning_of_flags(profile, request), meaning_of_flags(rules, request));
    return r;
}

int plain_rules_compare(const char *text, size_t len, const struct profile *profile,
                        const struct variant_request *request, struct syscalls *syscalls,
                        struct arena *arena, struct diags *diags)
{
    struct plain_comparison to = {request->target, syscalls, arena, diags};
    struct bdd *bdd = bdd_new(PROOF_MAX_NODES);
    struct profile rules;
    struct diags ignored; /* warnings are about the profile, where they are said already */
    int r = bdd ? 0 : -ENOMEM;

    diags_init(&ignored, arena);
    if (r == 0)
        r = profile_parse(&rules, text, len, arena, &ignored);
    for (size_t i = 0; i < ignored.n; i++)
        if (ignored.items[i].severity == DIAG_ERROR)
            diags_add(diags, DIAG_ERROR, (struct location){0, 0},
                      "not written: plain rules of this profile cannot be read again: %s",
                      ignored.items[i].text);
    if (r == 0)
        r = compare(bdd, profile, request, &rules, &to);
    bdd_free(bdd);
    return r == 0 && diags->n_errors ? -EINVAL : r;
}

int plain_rules(char **text, size_t *len, const struct profile *profile,
                const struct variant_request *request, const struct variant *variant,
                struct syscalls *syscalls, struct arena *arena, struct diags *diags)
{
    int r;

    *text = render_linux_seccomp(variant, RENDER_PLAIN, len);
    if (!*text)
        return -ENOMEM;
    r = plain_rules_compare(*text, *len, profile, request, syscalls, arena, diags);
    if (r < 0) {
        free(*text);
        *text = NULL;
    }
    return r;
}
