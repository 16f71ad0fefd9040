/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lowering looks each name of the profile up once, and then works one ABI at a time: it hangs a
 * site for each (call, rule) pair on the call's place in the ABI's table, and makes one decision of
 * the sites of each call. The rules that it follows, with their sources, are written where they are
 * applied.
 */
#include "compiler/policy/lower.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/profile.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    MADE_BUCKETS = 256,
};

/* One rule that has a say in one call of the ABI that is being lowered. */
struct site {
    uint32_t order;                    /* of the rule in the file */
    uint32_t next;                     /* 1 + the next site of the same call; 0: the last one */
    const struct multiplexed *through; /* NULL: the rule names the call itself */
    const struct rule *rule;
};

/* The sites of one call: 1 + their place. */
struct site_list {
    uint32_t first; /* 0: none */
    uint32_t last;
    bool named; /* some rule in force names the call, also one that says what the default says */
};

/* A decision and the sites that it was made of. */
struct made {
    struct made *next; /* in its bucket */
    const struct decision *decision;
    const struct site *sites;
    size_t n_sites;
    uint32_t hash;
};

/* The part of one ABI's policy that is being made. */
struct abi_sites {
    const struct abi *abi;
    const struct syscall_name *multiplexers[2]; /* socketcall and ipc; NULL: it has no such call */
    const struct syscall_entry *table;
    struct site_list *calls;      /* by their places in the table, from 1 on */
    size_t n_calls;               /* up to the last that the rules name */
    bool any;                     /* the rules name an ordinary call: see abi_is_private_number() */
    uint32_t highest;             /* the highest number of these */
    const struct decision *none;  /* for calls up to that without a rule */
    const struct decision *newer; /* for calls above it */
};

struct lowering {
    const struct variant *variant;
    struct syscalls *syscalls;
    struct arena *arena;
    const struct syscall_name **names; /* of all rules of the profile, in their order */
    struct site *sites;                /* of the present ABI */
    size_t n_sites;
    size_t sites_room;
    struct site *same; /* the sites of one call, brought together */
    size_t same_room;
    struct made *made[MADE_BUCKETS]; /* for all ABIs */
    struct policy_range *ranges;
    size_t n_ranges;
    size_t ranges_room;
};

/* From number FIRST of ABI on the decision is DECISION. */
static int add_range(struct lowering *low, uint32_t first, const struct abi *abi,
                     const struct decision *decision)
{
    const struct policy_range *last = low->n_ranges ? &low->ranges[low->n_ranges - 1] : NULL;

    if (last && last->decision == decision && last->abi == abi)
        return 0;

    int r = arena_grow(low->arena, &low->ranges, low->n_ranges, &low->ranges_room,
                       sizeof(*low->ranges));

    if (r == 0)
        low->ranges[low->n_ranges++] = (struct policy_range){first, abi, decision};
    return r;
}

/* Finds the names of the whole profile in the tables of the variant's ABIs. */
static int find_names(struct lowering *low)
{
    const struct profile *profile = low->variant->profile;
    size_t n = 0;
    int r = 0;

    for (size_t i = 0; i < profile->n_rules; i++)
        n += profile->rules[i].n_names;
    low->names = arena_calloc(low->arena, n, sizeof(*low->names));
    if (!low->names)
        return -ENOMEM;
    n = 0;
    for (size_t i = 0; i < profile->n_rules; i++)
        for (size_t k = 0; k < profile->rules[i].n_names && r == 0; k++)
            r = syscalls_find(low->syscalls, low->variant->abis, profile->rules[i].names[k].name,
                              &low->names[n++]);
    return r;
}

/*
 * Notes that a rule in force names CALL, and adds a site for RULE (NULL: the rule says nothing
 * here) where the ABI has that call. THROUGH: it is the multiplexer of another call. Returns 0 or
 * -ENOMEM.
 */
static int add_site(struct lowering *low, struct abi_sites *to, const struct syscall_name *call,
                    const struct rule *rule, uint32_t order, const struct multiplexed *through)
{
    size_t at = call ? call->at[to->abi->id] : 0;
    struct site_list *list = &to->calls[at];

    if (at == 0)
        return 0;
    list->named = true;
    if (at > to->n_calls)
        to->n_calls = at;

    uint32_t nr = to->table[at - 1].nr;

    if (!abi_is_private_number(to->abi, nr)) {
        to->highest = to->any && to->highest > nr ? to->highest : nr;
        to->any = true;
    }
    if (!rule)
        return 0;
    if (arena_grow(low->arena, &low->sites, low->n_sites, &low->sites_room, sizeof(*low->sites)) <
        0)
        return -ENOMEM;
    low->sites[low->n_sites++] = (struct site){order, 0, through, rule};
    if (list->first)
        low->sites[list->last - 1].next = (uint32_t)low->n_sites;
    else
        list->first = (uint32_t)low->n_sites;
    list->last = (uint32_t)low->n_sites;
    return 0;
}

/*
 * Goes through the names of the variant's rules, which LOW has in the order of the whole profile.
 * Those of rules that say what the default says add nothing (runc skips them): they count for the
 * highest number only.
 */
static int add_sites(struct lowering *low, struct abi_sites *to)
{
    const struct variant *variant = low->variant;
    const struct syscall_name *const *name = low->names;
    size_t active = 0;
    int r = 0;

    for (size_t i = 0; i < variant->profile->n_rules; i++) {
        const struct rule *from = &variant->profile->rules[i];
        /* The variant has a rule in the same order, perhaps as a copy with another errno. */
        bool in_force = active < variant->n_rules && variant->rules[active]->names == from->names;
        const struct rule *rule;

        if (!in_force) {
            name += from->n_names;
            continue;
        }
        rule = variant->rules[active++];
        if (rule->verdict == variant->profile->default_verdict)
            rule = NULL;
        for (size_t k = 0; k < from->n_names && r == 0; k++, name++) {
            const struct multiplexed *through = *name ? (*name)->through : NULL;

            r = add_site(low, to, *name, rule, (uint32_t)i, NULL);
            for (size_t m = 0; through && m < ARRAY_SIZE(to->multiplexers) && r == 0; m++)
                if (to->multiplexers[m] && !strcmp(to->multiplexers[m]->name, through->multiplexer))
                    r = add_site(low, to, to->multiplexers[m], rule, (uint32_t)i, through);
        }
    }
    return r;
}

/* Brings the sites of LIST together, in the order of the file. Returns their number; 0: no memory.
 */
static size_t gather(struct lowering *low, const struct site_list *list)
{
    size_t n = 0;

    for (uint32_t at = list->first; at; at = low->sites[at - 1].next) {
        if (arena_grow(low->arena, &low->same, n, &low->same_room, sizeof(*low->same)) < 0)
            return 0;
        low->same[n++] = low->sites[at - 1];
    }
    return n;
}

/*
 * First the rules that name the number, then those of its multiplexed calls; each in the order of
 * the file.
 */
static int compare_sites(const void *pa, const void *pb)
{
    const struct site *a = pa;
    const struct site *b = pb;
    uint32_t call_a = a->through ? a->through->call : 0;
    uint32_t call_b = b->through ? b->through->call : 0;

    if (call_a != call_b)
        return call_a < call_b ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* The first rule of N sites that holds for every call, or NULL. It decides alone (libseccomp). */
static const struct rule *unconditional(const struct site *sites, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sites[i].rule->n_tests == 0)
            return sites[i].rule;
    return NULL;
}

static void sort_by_restriction(struct clause *clauses, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct clause clause = clauses[i];
        size_t at = i;

        for (; at > 0 && verdict_compare(clause.verdict, clauses[at - 1].verdict) < 0; at--)
            clauses[at] = clauses[at - 1];
        clauses[at] = clause;
    }
}

/* Appends the clauses of RULE: one, or one for each test where the tests are alternatives. */
static size_t add_clauses(struct clause *clauses, size_t n, const struct rule *rule)
{
    if (!rule->alternatives) {
        clauses[n++] = (struct clause){rule->verdict, rule->tests, rule->n_tests, rule, NULL};
        return n;
    }
    for (size_t i = 0; i < rule->n_tests; i++)
        clauses[n++] = (struct clause){rule->verdict, &rule->tests[i], 1, rule, NULL};
    return n;
}

/*
 * Appends the clause for one call of a multiplexer, to which N sites belong. The call's own
 * arguments are in memory, out of a filter's reach: so its verdict is the most restrictive one that
 * the rules of the call could yield, which is never weaker than what the direct call would get.
 */
static int add_multiplexed(struct lowering *low, struct clause *clause, const struct site *sites,
                           size_t n)
{
    const struct multiplexed *through = sites[0].through;
    const struct rule *alone = unconditional(sites, n);
    const struct rule *rule = alone ? alone : sites[0].rule;
    uint32_t verdict = alone ? alone->verdict : low->variant->profile->default_verdict;
    struct arg_test *test = arena_alloc(low->arena, sizeof(*test));

    if (!test)
        return -ENOMEM;
    for (size_t i = 0; !alone && i < n; i++) {
        if (verdict_compare(sites[i].rule->verdict, verdict) < 0) {
            rule = sites[i].rule;
            verdict = rule->verdict;
        }
    }
    *test = (struct arg_test){0, CMP_MASKED_EQ, through->mask, through->call, rule->at};
    *clause = (struct clause){verdict, test, 1, rule, through};
    return 0;
}

static size_t count_clauses(const struct site *sites, size_t n)
{
    size_t clauses = 0;

    for (size_t i = 0; i < n; i++)
        clauses += sites[i].rule->alternatives ? sites[i].rule->n_tests : 1;
    return clauses;
}

/* Makes a decision of N sites. NULL: no memory. */
static const struct decision *make_decision(struct lowering *low, const struct site *sites,
                                            size_t n)
{
    struct decision *decision = arena_alloc(low->arena, sizeof(*decision));
    size_t n_direct = 0;

    while (n_direct < n && !sites[n_direct].through)
        n_direct++;
    if (!decision)
        return NULL;
    *decision = (struct decision){
        .otherwise = low->variant->profile->default_verdict,
        .rule = unconditional(sites, n_direct),
    };
    if (decision->rule)
        decision->otherwise = decision->rule->verdict;
    decision->otherwise = variant_answer(low->variant, decision->otherwise);
    if (decision->rule)
        return decision;

    struct clause *clauses =
        arena_calloc(low->arena, count_clauses(sites, n), sizeof(*decision->clauses));
    size_t n_clauses = 0;

    if (!clauses)
        return NULL;
    for (size_t i = 0; i < n_direct; i++)
        n_clauses = add_clauses(clauses, n_clauses, sites[i].rule);
    /* Where several hold, the most restrictive wins, in the kernel's own order of actions. */
    sort_by_restriction(clauses, n_clauses);
    for (size_t i = n_direct; i < n;) {
        size_t same = 1;

        while (i + same < n && sites[i + same].through == sites[i].through)
            same++;
        if (add_multiplexed(low, &clauses[n_clauses++], &sites[i], same) < 0)
            return NULL;
        i += same;
    }
    for (size_t i = 0; i < n_clauses; i++)
        clauses[i].verdict = variant_answer(low->variant, clauses[i].verdict);
    decision->clauses = clauses;
    decision->n_clauses = n_clauses;
    return decision;
}

/* True where A and B consist of the same rules in the same roles, whatever their numbers. */
static bool sites_equal(const struct site *a, const struct site *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].rule != b[i].rule || a[i].through != b[i].through)
            return false;
    return true;
}

/*
 * The decision of one number, to which N sites belong. Numbers to which the same rules apply share
 * one, whatever their ABI: most profiles have many numbers and few decisions. NULL: no memory.
 */
static const struct decision *decide(struct lowering *low, const struct site *sites, size_t n)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ sites[i].order ^ (sites[i].through ? 1u << 31 : 0)) * 16777619u;

    struct made **bucket = &low->made[(hash ^ hash >> 16) % MADE_BUCKETS];

    for (const struct made *made = *bucket; made; made = made->next)
        if (made->hash == hash && made->n_sites == n && sites_equal(made->sites, sites, n))
            return made->decision;

    const struct decision *decision = make_decision(low, sites, n);
    struct site *copy = arena_calloc(low->arena, n, sizeof(*copy));
    struct made *made = arena_alloc(low->arena, sizeof(*made));

    if (!decision || !copy || !made)
        return NULL;
    memcpy(copy, sites, n * sizeof(*copy));
    *made = (struct made){*bucket, decision, copy, n, hash};
    *bucket = made;
    return decision;
}

static const struct decision *plain_decision(struct lowering *low, enum decision_origin origin,
                                             uint32_t verdict)
{
    struct decision *decision = arena_alloc(low->arena, sizeof(*decision));

    if (decision)
        *decision =
            (struct decision){.origin = origin, .otherwise = variant_answer(low->variant, verdict)};
    return decision;
}

/*
 * What calls above the highest number get: where the default is an errno, ENOSYS, so that libc
 * falls back to older calls (runc). NULL: no memory.
 */
static const struct decision *decide_newer(struct lowering *low, const struct abi_sites *sites)
{
    const struct profile *profile = low->variant->profile;
    /* The target's ENOSYS, not the host's. */
    uint32_t enosys =
        verdict_with_errno(SECCOMP_RET_ERRNO, "ENOSYS", low->variant->target->abis[0]);

    if ((profile->default_verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO ||
        profile->unknown_is_default || !sites->any)
        return sites->none;
    return plain_decision(low, DECIDED_AS_NEWER, enosys);
}

/* Adds the ranges from number NEXT up to END, which is not part of them: no rule names these. */
static int add_gap(struct lowering *low, const struct abi_sites *sites, uint64_t next, uint64_t end)
{
    uint64_t newer = sites->any ? (uint64_t)sites->highest + 1 : end;
    int r = 0;

    if (next < end && next < newer)
        r = add_range(low, (uint32_t)next, sites->abi, sites->none);
    if (next < newer)
        next = newer;
    if (r == 0 && next < end)
        r = add_range(low, (uint32_t)next, sites->abi, sites->newer);
    return r;
}

/* Prepares for the names of ABI. Returns 0 or -ENOMEM. */
static int begin_abi(struct lowering *low, struct abi_sites *to, const struct abi *abi)
{
    static const char *const multiplexers[] = {"socketcall", "ipc"};
    const abi_set set = (abi_set)1 << abi->id;
    size_t n;

    *to = (struct abi_sites){
        .abi = abi,
        .none = plain_decision(low, DECIDED_BY_DEFAULT, low->variant->profile->default_verdict),
    };
    if (!to->none)
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_SIZE(multiplexers); i++) {
        if (syscalls_find(low->syscalls, set, multiplexers[i], &to->multiplexers[i]) < 0)
            return -ENOMEM;
        if (to->multiplexers[i] && !to->multiplexers[i]->at[abi->id])
            to->multiplexers[i] = NULL;
    }
    to->table = syscalls_all(low->syscalls, abi->id, &n);
    to->calls = arena_calloc(low->arena, n + 1, sizeof(*to->calls));
    low->n_sites = 0;
    return to->table && to->calls ? 0 : -ENOMEM;
}

/* The decision of the call with the sites of LIST. NULL: no memory. */
static const struct decision *decide_call(struct lowering *low, const struct abi_sites *to,
                                          const struct site_list *list)
{
    if (!list->first)
        return to->none;

    size_t n = gather(low, list);

    if (n > 1)
        qsort(low->same, n, sizeof(*low->same), compare_sites);
    return n ? decide(low, low->same, n) : NULL;
}

/* Adds the ranges of ABI from its number FIRST on, up to the highest of all. */
static int lower_abi(struct lowering *low, const struct abi *abi, uint32_t first)
{
    struct abi_sites sites;
    uint64_t next = first;
    int r = begin_abi(low, &sites, abi);

    if (r == 0)
        r = add_sites(low, &sites);
    if (r < 0)
        return r;
    sites.newer = decide_newer(low, &sites);
    if (!sites.newer)
        return -ENOMEM;
    if (abi_shows_unknown_as_zero(abi)) {
        r = add_range(low, first, abi, sites.newer);
        next++;
    }
    for (size_t i = 0; r == 0 && i < sites.n_calls; i++) {
        const struct site_list *list = &sites.calls[i + 1];
        uint32_t nr = sites.table[i].nr;

        if (!list->named)
            continue;

        const struct decision *decision = decide_call(low, &sites, list);

        r = decision ? add_gap(low, &sites, next, nr) : -ENOMEM;
        if (r == 0)
            r = add_range(low, nr, abi, decision);
        next = (uint64_t)nr + 1;
    }
    return r < 0 ? r : add_gap(low, &sites, next, (uint64_t)UINT32_MAX + 1);
}

/*
 * x86_64 and x32 share an AUDIT_ARCH_*; bit 30 of the number tells them apart. Without x32 its
 * numbers are foreign, but for -1: a tracer sets it to skip a call (libseccomp does the same).
 */
static int lower_x32(struct lowering *low, const struct abi *x86_64, bool with_x32)
{
    const struct decision *last = low->ranges[low->n_ranges - 1].decision;

    if (with_x32)
        return lower_abi(low, abi_get(ABI_X32), X32_SYSCALL_BIT);

    const struct decision *foreign =
        plain_decision(low, DECIDED_AS_FOREIGN, SECCOMP_RET_KILL_THREAD);
    int r = foreign ? add_range(low, X32_SYSCALL_BIT, abi_get(ABI_X32), foreign) : -ENOMEM;

    return r < 0 ? r : add_range(low, UINT32_MAX, x86_64, last);
}

int policy_lower(struct policy *policy, const struct variant *variant, struct syscalls *syscalls,
                 struct arena *arena)
{
    struct lowering low = {.variant = variant, .syscalls = syscalls, .arena = arena};
    int r = find_names(&low);

    *policy = (struct policy){
        .target = variant->target,
        /* libseccomp's SCMP_FLTATR_ACT_BADARCH */
        .foreign = variant_answer(variant, SECCOMP_RET_KILL_THREAD),
        .flags = variant->flags,
    };
    for (size_t i = 0; r == 0 && i < variant->target->n_abis; i++) {
        const struct abi *abi = abi_get(variant->target->abis[i]);
        bool with_x32 = (variant->abis & ((abi_set)1 << ABI_X32)) != 0;

        if (!(variant->abis & ((abi_set)1 << abi->id)) || abi->id == ABI_X32)
            continue;
        low.ranges = NULL;
        low.n_ranges = 0;
        low.ranges_room = 0;

        r = lower_abi(&low, abi, 0);
        if (r == 0 && abi->id == ABI_X86_64)
            r = lower_x32(&low, abi, with_x32);
        policy->archs[policy->n_archs++] =
            (struct policy_arch){abi->audit_arch, low.ranges, low.n_ranges};
    }
    return r;
}
