/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel adds calls that do what older ones do, and new architectures have the newer ones
 * alone: there is no mkdir on aarch64, only mkdirat. A list of what to deny ages by that.
 */
#include "compiler/lint/families.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/errno.h"
#include "compiler/facts/successor.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/lint/findings.h"
#include "compiler/lint/lint.h"
#include "compiler/lint/state.h"
#include "compiler/lint/verdicts.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"

/* ENOSYS as a rule with an errno's name gets it on the target. */
static uint32_t enosys(const struct lint *lint)
{
    return verdict_with_errno(SECCOMP_RET_ERRNO, "ENOSYS", lint->target->abis[0]);
}

/* True where VERDICT says that the kernel has no such call, by the target's number or the usual. */
static bool says_no_such_call(const struct lint *lint, uint32_t verdict)
{
    return verdict == enosys(lint) ||
           verdict == (SECCOMP_RET_ERRNO | (uint32_t)errno_by_name("ENOSYS"));
}

/*
 * The first rule without tests on CALL that is in force for REQUEST and stops it for good; NULL
 * where there is none, or a rule before it lets the call pass. "No such call" is no denial: it
 * makes programs use another call of the family, as it should.
 */
static struct lint_site *denial(const struct lint *lint, const struct lint_call *call,
                                const struct variant_request *request)
{
    for (size_t i = 0; call && i < call->n_sites; i++) {
        const struct rule *rule = call->sites[i].rule;

        if (rule->n_tests || rule_resolve(rule, request) != RULE_ACTIVE)
            continue;
        return verdict_compare(rule->verdict, SECCOMP_RET_USER_NOTIF) < 0 &&
                       !says_no_such_call(lint, rule->verdict)
                   ? &call->sites[i]
                   : NULL;
    }
    return NULL;
}

/* True where a rule that is in force for REQUEST names CALL, which may be NULL. */
static bool is_named(const struct lint_call *call, const struct variant_request *request)
{
    for (size_t i = 0; call && i < call->n_sites; i++)
        if (rule_resolve(call->sites[i].rule, request) == RULE_ACTIVE)
            return true;
    return false;
}

/* Looks for calls of FAMILY that do the work of its call NAME, which SITE denies. */
static int find_open_siblings(struct lint *lint, const struct policy *policy, size_t family,
                              const char *name, struct lint_site *site,
                              const struct variant_request *request)
{
    const struct decision *decision;
    const char *sibling;
    int r = lint_decision_of(policy, lint->syscalls, lint->abi, name, &decision);
    struct finding finding = {
        .kind = r == -ENOENT ? FINDING_ABSENT : FINDING_SIBLING,
        .site = site,
    };

    if (r == -ENOMEM)
        return r;
    if (r == 0)
        site->seen |= (abi_set)1 << lint->abi->id;
    for (size_t i = 0; (sibling = successor_family(family, i)); i++) {
        if (!strcmp(sibling, name))
            continue;
        r = lint_decision_of(policy, lint->syscalls, lint->abi, sibling, &decision);
        if (r == -ENOENT)
            continue;
        if (r < 0)
            return r;
        /* What a rule allows was allowed on purpose. */
        if (is_named(lint_call_of(lint, sibling), request))
            continue;
        finding.name = sibling;
        if (lint_find(lint, &finding) < 0)
            return -ENOMEM;
    }
    return 0;
}

/*
 * C libraries start threads by clone3 and go on to clone only where that gets ENOSYS: a profile
 * that is older than clone3 keeps every thread from starting (moby/moby 42680).
 */
static int find_clone3(struct lint *lint, const struct policy *policy,
                       const struct variant_request *request)
{
    const struct decision *clone;
    const struct decision *clone3;
    const struct lint_call *named = lint_call_of(lint, "clone3");
    const struct lint_call *older = lint_call_of(lint, "clone");
    struct finding finding = {.kind = FINDING_CLONE3};
    int r = lint_decision_of(policy, lint->syscalls, lint->abi, "clone", &clone);

    if (r == 0)
        r = lint_decision_of(policy, lint->syscalls, lint->abi, "clone3", &clone3);
    if (r != 0)
        return r == -ENOENT ? 0 : r;
    finding.verdict = lint_mildest(clone3);
    if (!lint_is_open(lint_mildest(clone)) ||
        (finding.verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO ||
        says_no_such_call(lint, finding.verdict))
        return 0;
    finding.site = denial(lint, named, request);
    if (!finding.site && older)
        finding.site = &older->sites[0];
    return finding.site ? lint_find(lint, &finding) : 0;
}

int lint_families(struct lint *lint, const struct policy *policy,
                  const struct variant_request *request)
{
    int r = find_clone3(lint, policy, request);

    /* Where the default denies nothing is left open by not being named. */
    if (r < 0 || !lint_is_open(lint->default_verdict))
        return r;
    for (size_t family = 0; successor_family(family, 0); family++) {
        const char *name;

        for (size_t i = 0; (name = successor_family(family, i)); i++) {
            struct lint_site *site;

            /* Its flags are out of sight: who denies it alone wants clone to be used. */
            if (!strcmp(name, "clone3"))
                continue;
            site = denial(lint, lint_call_of(lint, name), request);
            r = site ? find_open_siblings(lint, policy, family, name, site, request) : 0;
            if (r < 0)
                return r;
        }
    }
    return 0;
}
