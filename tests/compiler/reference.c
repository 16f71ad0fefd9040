/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A naive evaluator of profiles: each question is answered by walking over all rules and names. */
#include "tests/compiler/reference.h"

#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/errno.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"

enum {
    X32_FIRST = 0x40000000,
};

/* How far an action is from "the process is killed"; kernel/seccomp.c has the order. */
static int leniency(uint32_t verdict)
{
    switch (verdict & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_KILL_PROCESS:
        return 0;
    case SECCOMP_RET_KILL_THREAD:
        return 1;
    case SECCOMP_RET_TRAP:
        return 2;
    case SECCOMP_RET_ERRNO:
        return 3;
    case SECCOMP_RET_USER_NOTIF:
        return 4;
    case SECCOMP_RET_TRACE:
        return 5;
    case SECCOMP_RET_LOG:
        return 6;
    default:
        return 7;
    }
}

static bool has_abi(abi_set set, enum abi_id id)
{
    return set >> id & 1;
}

bool reference_is_active(const struct rule *rule, const struct variant_request *request)
{
    const struct conditions *excludes = &rule->excludes, *includes = &rule->includes;
    enum abi_id native = request->target->abis[0];

    /* Any match excludes. */
    if (has_abi(excludes->arches, native))
        return false;
    if ((excludes->caps & request->caps) != 0)
        return false;
    if (excludes->min_kernel != 0 && request->kernel >= excludes->min_kernel)
        return false;
    /* All must match to include. */
    if (includes->arches != 0 && !has_abi(includes->arches, native))
        return false;
    if ((includes->caps & request->caps) != includes->caps)
        return false;
    return includes->min_kernel == 0 || request->kernel >= includes->min_kernel;
}

abi_set reference_abis(const struct profile *profile, const struct target *target)
{
    abi_set set = 0;

    for (int i = 0; i < target->n_abis; i++) {
        enum abi_id abi = target->abis[i];
        bool listed = i == 0 || has_abi(profile->architectures, abi);

        for (size_t k = 0; k < profile->n_arch_map; k++)
            if (profile->arch_map[k].architecture == target->abis[0] &&
                has_abi(profile->arch_map[k].sub_architectures, abi))
                listed = true;
        if (listed)
            set |= (abi_set)1 << abi;
    }
    return set;
}

/* Whose call DATA is; NULL: that of no ABI in SET. */
static const struct abi *abi_of_call(const struct target *target, abi_set set,
                                     const struct seccomp_data *data)
{
    uint32_t nr = (uint32_t)data->nr;

    for (int i = 0; i < target->n_abis; i++) {
        const struct abi *abi = abi_get(target->abis[i]);

        if (!has_abi(set, abi->id) || abi->audit_arch != data->arch)
            continue;
        if (abi->id == ABI_X32 && nr < X32_FIRST)
            continue;
        if (abi->id == ABI_X86_64 && nr >= X32_FIRST) {
            /* The number -1 is x86_64's own, unless all of that range is x32's. */
            if (nr != UINT32_MAX || has_abi(set, ABI_X32))
                continue;
        }
        return abi;
    }
    return NULL;
}

bool reference_test_holds(const struct arg_test *test, const struct abi *abi, uint64_t value)
{
    if (!abi->wide)
        value &= UINT32_MAX;
    switch (test->op) {
    case CMP_NE:
        return value != test->value;
    case CMP_LT:
        return value < test->value;
    case CMP_LE:
        return value <= test->value;
    case CMP_EQ:
        return value == test->value;
    case CMP_GE:
        return value >= test->value;
    case CMP_GT:
        return value > test->value;
    case CMP_MASKED_EQ:
        for (int bit = 0; bit < 64; bit++)
            if (test->value >> bit & 1 && (value >> bit & 1) != (test->value_two >> bit & 1))
                return false;
        return true;
    case CMP_COUNT:
        break;
    }
    return false;
}

bool reference_rule_holds(const struct rule *rule, const struct abi *abi,
                          const struct seccomp_data *data)
{
    size_t n_hold = 0;

    for (size_t i = 0; i < rule->n_tests; i++)
        n_hold += reference_test_holds(&rule->tests[i], abi, data->args[rule->tests[i].index]);
    if (rule->alternatives)
        return n_hold > 0;
    return n_hold == rule->n_tests;
}

/* One question to a profile. */
struct question {
    const struct profile *profile;
    const struct variant_request *request;
    struct syscalls *syscalls;
    const struct seccomp_data *data;
    const struct abi *abi;
    uint32_t default_verdict;
};

/* VERDICT, whose errno the profile has by NAME, or as a number. */
static uint32_t action_on(uint32_t verdict, const char *name, enum abi_id native)
{
    if (name == NULL)
        return verdict;
    return (verdict & 0xffff0000) + (uint32_t)errno_by_name_on_abi(name, native);
}

static uint32_t rule_verdict(const struct question *q, const struct rule *rule)
{
    return action_on(rule->verdict, rule->errno_name, q->request->target->abis[0]);
}

/* True where RULE counts: it is active, and says something else than the default. */
static bool counts(const struct question *q, const struct rule *rule)
{
    return reference_is_active(rule, q->request) && rule_verdict(q, rule) != q->default_verdict;
}

static bool is_number_of(const struct question *q, const char *name)
{
    uint32_t nr;

    return syscalls_number(q->syscalls, q->abi->id, name, &nr) == 0 && nr == (uint32_t)q->data->nr;
}

/* True where RULE names the number of the call itself. */
static bool names_number(const struct question *q, const struct rule *rule)
{
    for (size_t i = 0; i < rule->n_names; i++)
        if (is_number_of(q, rule->names[i].name))
            return true;
    return false;
}

/* True where RULE names the call that the multiplexer is asked to make. */
static bool names_multiplexed(const struct question *q, const struct rule *rule)
{
    for (size_t i = 0; i < rule->n_names; i++) {
        const struct multiplexed *m = syscalls_multiplexed(rule->names[i].name);

        if (m && is_number_of(q, m->multiplexer) && (q->data->args[0] & m->mask) == m->call)
            return true;
    }
    return false;
}

/* What rules that name the number say. False: nothing. */
static bool decide_directly(const struct question *q, uint32_t *verdict)
{
    bool found = false;

    for (size_t i = 0; i < q->profile->n_rules; i++) {
        const struct rule *rule = &q->profile->rules[i];

        if (rule->n_tests == 0 && counts(q, rule) && names_number(q, rule)) {
            *verdict = rule_verdict(q, rule);
            return true;
        }
    }
    for (size_t i = 0; i < q->profile->n_rules; i++) {
        const struct rule *rule = &q->profile->rules[i];

        if (!counts(q, rule) || !names_number(q, rule) ||
            !reference_rule_holds(rule, q->abi, q->data))
            continue;
        if (!found || leniency(rule_verdict(q, rule)) < leniency(*verdict))
            *verdict = rule_verdict(q, rule);
        found = true;
    }
    return found;
}

/* What rules that name a multiplexed call say, without its arguments. False: nothing. */
static bool decide_multiplexed(const struct question *q, uint32_t *verdict)
{
    const char *name = syscalls_name(q->syscalls, q->abi->id, (uint32_t)q->data->nr);
    bool found = false;

    if (!name || !syscalls_is_multiplexer(name))
        return false;

    for (size_t i = 0; i < q->profile->n_rules; i++) {
        const struct rule *rule = &q->profile->rules[i];

        if (rule->n_tests == 0 && counts(q, rule) && names_multiplexed(q, rule)) {
            *verdict = rule_verdict(q, rule);
            return true;
        }
    }
    for (size_t i = 0; i < q->profile->n_rules; i++) {
        const struct rule *rule = &q->profile->rules[i];

        if (!counts(q, rule) || !names_multiplexed(q, rule))
            continue;
        if (!found)
            *verdict = q->default_verdict;
        found = true;
        if (leniency(rule_verdict(q, rule)) < leniency(*verdict))
            *verdict = rule_verdict(q, rule);
    }
    return found;
}

/* True where an active rule has NR, a number of ABI, also as the multiplexer of what it names. */
static bool is_named(const struct profile *profile, const struct variant_request *request,
                     enum abi_id abi, struct syscalls *syscalls, uint32_t nr)
{
    const char *call = syscalls_name(syscalls, abi, nr);

    for (size_t i = 0; call && i < profile->n_rules; i++) {
        const struct rule *rule = &profile->rules[i];

        for (size_t k = 0; k < rule->n_names && reference_is_active(rule, request); k++) {
            const struct multiplexed *m = syscalls_multiplexed(rule->names[k].name);

            if (!strcmp(rule->names[k].name, call) || (m && !strcmp(m->multiplexer, call)))
                return true;
        }
    }
    return false;
}

bool reference_is_newer(const struct profile *profile, const struct variant_request *request,
                        enum abi_id abi, struct syscalls *syscalls, uint32_t nr)
{
    const char *name;
    uint32_t other;
    bool any = false;

    if (is_named(profile, request, abi, syscalls, nr))
        return false;
    for (size_t i = 0; syscalls_at(syscalls, abi, i, &other, &name); i++) {
        bool arms_own = abi == ABI_ARM && other >= 0xf0000;

        if (arms_own || !is_named(profile, request, abi, syscalls, other))
            continue;
        if (other > nr && !(nr == 0 && (abi == ABI_S390 || abi == ABI_S390X)))
            return false;
        any = true;
    }
    return any;
}

/* The verdict of PROFILE in the mode in which nothing is changed about it. */
static uint32_t enforced_verdict(const struct profile *profile,
                                 const struct variant_request *request, struct syscalls *syscalls,
                                 const struct seccomp_data *data)
{
    enum abi_id native = request->target->abis[0];
    struct question q = {
        .profile = profile,
        .request = request,
        .syscalls = syscalls,
        .data = data,
        .abi = abi_of_call(request->target, reference_abis(profile, request->target), data),
        .default_verdict = action_on(profile->default_verdict, profile->default_errno_name, native),
    };
    uint32_t verdict = 0;

    if (!q.abi)
        return SECCOMP_RET_KILL_THREAD;
    if (decide_directly(&q, &verdict) || decide_multiplexed(&q, &verdict))
        return verdict;
    if ((q.default_verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
        !profile->unknown_is_default &&
        reference_is_newer(profile, request, q.abi->id, syscalls, (uint32_t)data->nr))
        return action_on(SECCOMP_RET_ERRNO, "ENOSYS", native);
    return q.default_verdict;
}

uint32_t reference_verdict(const struct profile *profile, const struct variant_request *request,
                           struct syscalls *syscalls, const struct seccomp_data *data)
{
    uint32_t verdict = enforced_verdict(profile, request, syscalls, data);

    if (request->mode == VARIANT_AUDIT && leniency(verdict) < leniency(SECCOMP_RET_LOG))
        return SECCOMP_RET_LOG;
    return verdict;
}
