/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The definition, in the order of secprof-profile(5). The answer to each number starts as the
 * default; then the rules that count are gone through from the weakest to the one that has the last
 * word, and each overrides what was answered before wherever it holds.
 */
#include "compiler/prove/meaning.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/errno.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/prove/argument.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/cases.h"
#include "util/arena.h"
#include "util/cleanup.h"

/* What calls of ABIs get that the filter does not serve. */
#define FOREIGN SECCOMP_RET_KILL_THREAD

/* A rule of the profile as it is for this request. */
struct ruling {
    const struct rule *rule;
    const struct syscall_name **names; /* NULL: a name that no ABI of the filter has */
    uint32_t verdict;
    bool in_force; /* its conditions hold */
    bool known[2]; /* HOLDS was made for narrow and wide arguments */
    bdd_ref holds[2];
};

/* socketcall or ipc, and the answers to the calls that are made through it. */
struct multiplexer {
    const struct syscall_name *name; /* NULL: no ABI of the filter has it */
    const struct multiplexed
        *inner[MULTIPLEXED_CALLS_MAX]; /* by their numbers; NULL: no rule names it */
    uint32_t verdicts[MULTIPLEXED_CALLS_MAX];
};

struct meaning {
    struct bdd *bdd;
    struct cases *cases; /* NULL: answers are made as diagrams */
    const struct profile *profile;
    const struct variant_request *request;
    struct syscalls *syscalls;
    struct arena *arena;
    abi_set abis;               /* that the filter serves */
    uint32_t otherwise;         /* the default action */
    struct ruling *rulings;     /* all, in the order of the file */
    struct ruling **overriding; /* those that count, each overriding all before it */
    size_t n_overriding;
    struct multiplexer multiplexers[2];
};

/* The native ABI is always served; "architectures" and the native ABI's "archMap" entry add the
 * others that the target can run. */
static abi_set served_abis(const struct profile *profile, const struct target *target)
{
    abi_set abis = (abi_set)1 << target->abis[0] | profile->architectures;

    for (size_t i = 0; i < profile->n_arch_map; i++)
        if (profile->arch_map[i].architecture == target->abis[0])
            abis |= profile->arch_map[i].sub_architectures;
    return abis & target_abis(target);
}

static bool is_served(const struct meaning *m, const struct abi *abi)
{
    return m->abis >> abi->id & 1;
}

/* "excludes": one match is enough. */
static bool matches_any(const struct conditions *conditions, const struct variant_request *request)
{
    return conditions->arches >> request->target->abis[0] & 1 ||
           (conditions->caps & request->caps) != 0 ||
           (conditions->min_kernel != 0 && request->kernel >= conditions->min_kernel);
}

/* "includes": all that is given must match, one of the architectures and each capability. */
static bool matches_all(const struct conditions *conditions, const struct variant_request *request)
{
    return (conditions->arches == 0 || conditions->arches >> request->target->abis[0] & 1) &&
           (conditions->caps & request->caps) == conditions->caps &&
           request->kernel >= conditions->min_kernel;
}

/* An errno's name stands for the target's number, as an errno or as a tracer's message; a number is
 * used as it is. */
static uint32_t verdict_for(const struct variant_request *request, uint32_t verdict,
                            const char *errno_name)
{
    if (!errno_name)
        return verdict;
    verdict &= ~(uint32_t)SECCOMP_RET_DATA;
    return verdict | (uint32_t)errno_by_name_on_abi(errno_name, request->target->abis[0]);
}

/* Whether the conditions of RULE hold. */
static bool is_in_force(const struct meaning *m, const struct rule *rule)
{
    return !matches_any(&rule->excludes, m->request) && matches_all(&rule->includes, m->request);
}

/* A rule that is in force counts, unless it says what the default says. */
static bool rule_counts(const struct meaning *m, const struct ruling *ruling)
{
    return ruling->in_force && ruling->verdict != m->otherwise;
}

/*
 * The filter's answer where the profile's is VERDICT. In the mode "audit" the calls that the
 * profile does not let through are let through and logged, whatever it does with them.
 */
static bdd_ref answer_to(const struct meaning *m, uint32_t verdict)
{
    uint32_t action = verdict & SECCOMP_RET_ACTION_FULL;

    if (m->request->mode == VARIANT_AUDIT && action != SECCOMP_RET_ALLOW)
        verdict = SECCOMP_RET_LOG;
    return bdd_constant(m->bdd, verdict);
}

/* Where a rule holds: where all its tests do, or one of them where they are alternatives. */
static bdd_ref rule_holds(struct bdd *bdd, const struct rule *rule, bool wide)
{
    bdd_ref holds = rule->alternatives ? BDD_FALSE : BDD_TRUE;

    for (size_t i = 0; i < rule->n_tests; i++) {
        bdd_ref test = argument_test(bdd, &rule->tests[i], wide);

        holds = rule->alternatives ? bdd_if(bdd, test, BDD_TRUE, holds) : bdd_and(bdd, test, holds);
    }
    return holds;
}

/*
 * Which of two rules overrides the other where both hold, as qsort() wants it: the greater one. A
 * rule without tests overrides all with tests. Among these the most restrictive action wins, and
 * otherwise the rule that comes first in the file.
 */
static int compare_force(const void *pa, const void *pb)
{
    const struct ruling *a = *(struct ruling *const *)pa;
    const struct ruling *b = *(struct ruling *const *)pb;
    bool always_a = a->rule->n_tests == 0;
    bool always_b = b->rule->n_tests == 0;

    if (always_a != always_b)
        return always_a ? 1 : -1;
    if (!always_a && verdict_compare(a->verdict, b->verdict) != 0)
        return verdict_compare(b->verdict, a->verdict);
    return a->rule < b->rule ? 1 : -1;
}

/* The answer DECISION. */
static bdd_ref plain_answer(const struct meaning *m, bdd_ref decision)
{
    return m->cases ? cases_always(m->cases, decision) : decision;
}

/* The answer VERDICT where HOLDS, else ANSWER. */
static bdd_ref overridden(const struct meaning *m, bdd_ref holds, bdd_ref verdict, bdd_ref answer)
{
    return m->cases ? cases_first(m->cases, holds, verdict, answer)
                    : bdd_if(m->bdd, holds, verdict, answer);
}

/* The multiplexer through which the call NAME can be made, or NULL. */
static struct multiplexer *multiplexer_of(struct meaning *m, const struct syscall_name *name)
{
    if (!name || !name->through)
        return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(m->multiplexers); i++)
        if (m->multiplexers[i].name &&
            !strcmp(m->multiplexers[i].name->name, name->through->multiplexer))
            return &m->multiplexers[i];
    return NULL;
}

/*
 * Multiplexed calls: the arguments of the inner call are out of a filter's reach. Unless a rule
 * without tests decides, the answer is the most restrictive one that the rules and the default
 * could give.
 */
static void decide_inner(struct meaning *m, const struct ruling *ruling, struct multiplexer *outer,
                         const struct multiplexed *inner)
{
    uint32_t *verdict = &outer->verdicts[inner->call];

    if (!outer->inner[inner->call])
        *verdict = m->otherwise;
    outer->inner[inner->call] = inner;
    if (ruling->rule->n_tests == 0 || verdict_compare(ruling->verdict, m->otherwise) < 0)
        *verdict = ruling->verdict;
}

static void decide_inner_calls(struct meaning *m)
{
    for (size_t i = 0; i < m->n_overriding; i++) {
        const struct ruling *ruling = m->overriding[i];

        for (size_t k = 0; k < ruling->rule->n_names; k++) {
            struct multiplexer *outer = multiplexer_of(m, ruling->names[k]);

            if (outer)
                decide_inner(m, ruling, outer, ruling->names[k]->through);
        }
    }
}

/* A multiplexer that ABI has answers as the calls that are made through it. Rules that name the
 * multiplexer itself come later and so override this. */
static void answer_multiplexed(const struct meaning *m, const struct abi *abi,
                               const struct multiplexer *outer, bdd_ref *answers)
{
    size_t at = outer->name ? outer->name->at[abi->id] : 0;
    struct argument_case cases[MULTIPLEXED_CALLS_MAX];
    uint64_t mask = 0;
    size_t n = 0;

    for (uint32_t call = 0; at > 0 && call < MULTIPLEXED_CALLS_MAX; call++) {
        if (!outer->inner[call])
            continue;
        mask = outer->inner[call]->mask;
        cases[n++] = (struct argument_case){call, answer_to(m, outer->verdicts[call])};
    }
    if (n > 0)
        answers[at - 1] = plain_answer(
            m, argument_select(m->bdd, 0, mask, cases, n, answer_to(m, m->otherwise), abi->wide));
}

/* RULING overrides the answers to the calls that it names, wherever it holds. */
static void answer_named(const struct meaning *m, const struct abi *abi, struct ruling *ruling,
                         bdd_ref *answers)
{
    bdd_ref verdict = answer_to(m, ruling->verdict);

    if (!ruling->known[abi->wide]) {
        ruling->holds[abi->wide] = rule_holds(m->bdd, ruling->rule, abi->wide);
        ruling->known[abi->wide] = true;
    }
    for (size_t k = 0; k < ruling->rule->n_names; k++) {
        size_t at = ruling->names[k] ? ruling->names[k]->at[abi->id] : 0;

        if (at)
            answers[at - 1] = overridden(m, ruling->holds[abi->wide], verdict, answers[at - 1]);
    }
}

/* Marks in NAMED the calls of ABI that the rules in force name, whatever the action, and the
 * multiplexers that these go through. */
static void mark_named(struct meaning *m, const struct abi *abi, bool *named)
{
    for (size_t i = 0; i < m->profile->n_rules; i++) {
        const struct ruling *ruling = &m->rulings[i];

        for (size_t k = 0; ruling->in_force && k < ruling->rule->n_names; k++) {
            const struct syscall_name *name = ruling->names[k];
            const struct multiplexer *outer = multiplexer_of(m, name);

            if (name && name->at[abi->id])
                named[name->at[abi->id] - 1] = true;
            if (outer && outer->name->at[abi->id])
                named[outer->name->at[abi->id] - 1] = true;
        }
    }
}

/* How many of the N calls of ABI, in the order of their numbers, reach up to the highest that is
 * named. arm's private calls do not count. */
static size_t calls_up_to_highest(const struct abi *abi, const struct syscall_entry *calls,
                                  const bool *named, size_t n)
{
    while (n > 0 && (!named[n - 1] || abi_is_private_number(abi, calls[n - 1].nr)))
        n--;
    return n;
}

/* Newer calls, above the highest named number: ENOSYS where the default is an errno. */
static uint32_t verdict_of_newer(const struct meaning *m)
{
    if ((m->otherwise & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO ||
        m->profile->unknown_is_default)
        return m->otherwise;
    return verdict_for(m->request, SECCOMP_RET_ERRNO, "ENOSYS");
}

/* Ranges of numbers that are being made, with room for all of them. */
struct numbers {
    struct nr_range *ranges;
    size_t n;
};

/* From number FIRST on the answer is DECISION. */
static void set_from(struct numbers *numbers, uint32_t first, bdd_ref decision)
{
    if (numbers->n > 0 && numbers->ranges[numbers->n - 1].first == first)
        numbers->n--;
    if (numbers->n == 0 || numbers->ranges[numbers->n - 1].decision != decision)
        numbers->ranges[numbers->n++] = (struct nr_range){first, decision};
}

/*
 * Adds the answers to the numbers of ABI, from FIRST to the highest of all. s390 shows the calls
 * that its kernel does not know as number 0: they are newer too.
 */
static int add_numbers(struct meaning *m, const struct abi *abi, uint32_t first,
                       struct numbers *numbers)
{
    bdd_ref otherwise = plain_answer(m, answer_to(m, m->otherwise));
    bdd_ref newer = otherwise;
    size_t n;
    const struct syscall_entry *calls = syscalls_all(m->syscalls, abi->id, &n);
    bdd_ref *answers = arena_calloc(m->arena, n + 1, sizeof(*answers));
    bool *named = arena_calloc(m->arena, n + 1, sizeof(*named));

    if (!calls || !answers || !named)
        return -ENOMEM;
    mark_named(m, abi, named);

    size_t n_up = calls_up_to_highest(abi, calls, named, n);

    if (n_up > 0)
        newer = plain_answer(m, answer_to(m, verdict_of_newer(m)));
    for (size_t i = 0; i < n; i++)
        answers[i] = i < n_up || named[i] ? otherwise : newer;
    for (size_t i = 0; i < ARRAY_SIZE(m->multiplexers); i++)
        answer_multiplexed(m, abi, &m->multiplexers[i], answers);
    for (size_t i = 0; i < m->n_overriding; i++)
        answer_named(m, abi, m->overriding[i], answers);

    set_from(numbers, first, abi_shows_unknown_as_zero(abi) ? newer : otherwise);
    if (abi_shows_unknown_as_zero(abi))
        set_from(numbers, first + 1, otherwise);
    for (size_t i = 0; i < n; i++) {
        set_from(numbers, calls[i].nr, answers[i]);
        set_from(numbers, calls[i].nr + 1, i + 1 < n_up ? otherwise : newer);
    }
    return 0;
}

/*
 * x32 has the numbers from X32_SYSCALL_BIT on under x86_64's token. Where it is not served they are
 * foreign, but for -1, which a tracer sets to skip a call: that belongs to x86_64.
 */
static int add_x32(struct meaning *m, struct numbers *numbers)
{
    const struct abi *x32 = abi_get(ABI_X32);
    bdd_ref skipped = numbers->ranges[numbers->n - 1].decision;

    if (is_served(m, x32))
        return add_numbers(m, x32, x32->nr_base, numbers);
    set_from(numbers, x32->nr_base, plain_answer(m, answer_to(m, FOREIGN)));
    set_from(numbers, UINT32_MAX, skipped);
    return 0;
}

/* Makes the answers to all numbers under the token of ABI. */
static int answer_token(struct meaning *m, const struct abi *abi, struct arch_range *range)
{
    bool with_x32 = abi->id == ABI_X86_64 && is_served(m, abi_get(ABI_X32));
    struct numbers numbers = {NULL, 0};
    size_t n_x32 = 0;
    size_t n;

    if (!syscalls_all(m->syscalls, abi->id, &n) ||
        (with_x32 && !syscalls_all(m->syscalls, ABI_X32, &n_x32)))
        return -ENOMEM;
    numbers.ranges = arena_calloc(m->arena, 2 * (n + n_x32) + 4, sizeof(*numbers.ranges));
    if (!numbers.ranges)
        return -ENOMEM;

    int r = add_numbers(m, abi, 0, &numbers);

    if (r == 0 && abi->id == ABI_X86_64)
        r = add_x32(m, &numbers);
    *range = (struct arch_range){abi->audit_arch, numbers.ranges, numbers.n};
    return r;
}

static int compare_tokens(const void *a, const void *b)
{
    const struct arch_range *x = a;
    const struct arch_range *y = b;

    return x->first < y->first ? -1 : x->first > y->first;
}

/* Makes the answers to all tokens. Those that belong to no ABI of the filter are foreign. */
static int answer_all(struct meaning *m, struct behaviour *meaning)
{
    const struct target *target = m->request->target;
    struct arch_range *archs = arena_calloc(m->arena, 2 * TARGET_ABIS_MAX + 1, sizeof(*archs));
    struct nr_range *foreign = arena_alloc(m->arena, sizeof(*foreign));
    struct arch_range served[TARGET_ABIS_MAX] = {{0}};
    size_t n_served = 0;
    size_t n = 0;
    uint64_t next = 0;

    if (!archs || !foreign)
        return -ENOMEM;
    *foreign = (struct nr_range){0, plain_answer(m, answer_to(m, FOREIGN))};
    for (size_t i = 0; i < target->n_abis; i++) {
        const struct abi *abi = abi_get(target->abis[i]);

        if (is_served(m, abi) && abi->id != ABI_X32 &&
            answer_token(m, abi, &served[n_served++]) < 0)
            return -ENOMEM;
    }
    qsort(served, n_served, sizeof(*served), compare_tokens);
    for (size_t i = 0; i < n_served; i++) {
        if (served[i].first > next)
            archs[n++] = (struct arch_range){(uint32_t)next, foreign, 1};
        archs[n++] = served[i];
        next = (uint64_t)served[i].first + 1;
    }
    if (next <= UINT32_MAX)
        archs[n++] = (struct arch_range){(uint32_t)next, foreign, 1};
    *meaning = (struct behaviour){archs, n};
    return 0;
}

/* Reads the rules: their verdicts and names, and which of them count. */
static int read_rules(struct meaning *m)
{
    size_t n = m->profile->n_rules;

    m->rulings = arena_calloc(m->arena, n, sizeof(*m->rulings));
    m->overriding = arena_calloc(m->arena, n, sizeof(struct ruling *));
    if (!m->rulings || !m->overriding)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct rule *rule = &m->profile->rules[i];
        struct ruling *ruling = &m->rulings[i];

        ruling->rule = rule;
        ruling->in_force = is_in_force(m, rule);
        ruling->verdict = verdict_for(m->request, rule->verdict, rule->errno_name);
        ruling->names = arena_calloc(m->arena, rule->n_names, sizeof(struct syscall_name *));
        if (!ruling->names)
            return -ENOMEM;
        for (size_t k = 0; k < rule->n_names; k++)
            if (syscalls_find(m->syscalls, m->abis, rule->names[k].name, &ruling->names[k]) < 0)
                return -ENOMEM;
        if (rule_counts(m, ruling))
            m->overriding[m->n_overriding++] = ruling;
    }
    qsort(m->overriding, m->n_overriding, sizeof(struct ruling *), compare_force);
    return 0;
}

static int make_meaning(struct behaviour *meaning, struct bdd *bdd, struct cases *cases,
                        const struct profile *profile, const struct variant_request *request,
                        struct syscalls *syscalls, struct arena *arena)
{
    struct meaning m = {
        .bdd = bdd,
        .cases = cases,
        .profile = profile,
        .request = request,
        .syscalls = syscalls,
        .arena = arena,
        .abis = served_abis(profile, request->target),
        .otherwise = verdict_for(request, profile->default_verdict, profile->default_errno_name),
    };

    if (syscalls_find(syscalls, m.abis, "socketcall", &m.multiplexers[0].name) < 0 ||
        syscalls_find(syscalls, m.abis, "ipc", &m.multiplexers[1].name) < 0 || read_rules(&m) < 0)
        return -ENOMEM;
    decide_inner_calls(&m);
    if (answer_all(&m, meaning) < 0 || bdd_out_of_memory(bdd))
        return -ENOMEM;
    return bdd_failed(bdd) ? -E2BIG : 0;
}

int meaning_of_profile(struct behaviour *meaning, struct bdd *bdd, const struct profile *profile,
                       const struct variant_request *request, struct syscalls *syscalls,
                       struct arena *arena)
{
    return make_meaning(meaning, bdd, NULL, profile, request, syscalls, arena);
}

int meaning_in_cases(struct behaviour *meaning, struct cases *cases, const struct profile *profile,
                     const struct variant_request *request, struct syscalls *syscalls,
                     struct arena *arena)
{
    int r = make_meaning(meaning, cases->bdd, cases, profile, request, syscalls, arena);

    return r == 0 && cases->out_of_memory ? -ENOMEM : r;
}

uint32_t meaning_of_flags(const struct profile *profile, const struct variant_request *request)
{
    uint32_t flags = profile->flags;

    /* Without a list of flags a runtime asks for this one where it can. */
    if (!profile->flags_given && request->kernel >= KERNEL_SPEC_ALLOW)
        flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    switch (request->mode) {
    case VARIANT_ENFORCE:
        break;
    case VARIANT_AUDIT: /* no listener decides anything, and the kernel takes this with one only */
        flags &= ~(uint32_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
        break;
    case VARIANT_LOG:
        flags |= SECCOMP_FILTER_FLAG_LOG;
        break;
    }
    return flags;
}
