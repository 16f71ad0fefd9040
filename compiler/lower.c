/*
 * Lowering works one ABI at a time: it collects a site for each (number, rule) pair, sorts them,
 * and makes one decision of the sites of each number. The rules that it follows, with their
 * sources, are written where they are applied.
 */
#include "compiler/lower.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    X32_BIT = 0x40000000, /* __X32_SYSCALL_BIT: asm/unistd.h on x86 */
    DIGIT_BITS = 8,
    DIGITS = 1 << DIGIT_BITS,
};

/* One rule that has a say in one number. */
struct site {
    uint32_t nr;
    uint32_t order;                    /* of the rule in the file */
    const struct multiplexed *through; /* NULL: the rule names the number itself */
    const struct rule *rule;
};

/* A decision and the sites that it was made of. */
struct made {
    const struct decision *decision;
    const struct site *sites;
    size_t n_sites;
    uint32_t hash;
};

struct lowering {
    const struct variant *variant;
    struct syscalls *syscalls;
    struct arena *arena;
    struct site *sites;
    size_t n_sites;
    size_t sites_room;
    struct made *made; /* for all ABIs */
    size_t n_made;
    size_t made_room;
    struct policy_range *ranges;
    size_t n_ranges;
    size_t ranges_room;
};

static int add_site(struct lowering *low, struct site site)
{
    int r = arena_grow(low->arena, &low->sites, low->n_sites, &low->sites_room, sizeof(site));

    if (r == 0)
        low->sites[low->n_sites++] = site;
    return r;
}

static int add_range(struct lowering *low, uint32_t first, const struct abi *abi,
                     const struct decision *decision)
{
    int r = arena_grow(low->arena, &low->ranges, low->n_ranges, &low->ranges_room,
                       sizeof(*low->ranges));

    if (r == 0)
        low->ranges[low->n_ranges++] = (struct policy_range){first, abi, decision};
    return r;
}

/* The ABI that is being lowered, and what its table has to do with names. */
struct names {
    const struct abi *abi;
    bool multiplexes; /* it has socketcall or ipc */
    bool any;         /* some name of the profile has a number */
    uint32_t highest; /* of these numbers */
};

/*
 * Notes that the profile calls NAME, and adds a site for RULE (NULL: the rule says nothing here)
 * where the ABI has that call. THROUGH: it is the multiplexer of another call. Returns 0 or
 * -ENOMEM.
 */
static int add_name(struct lowering *low, struct names *names, const char *name,
                    const struct rule *rule, uint32_t order, const struct multiplexed *through)
{
    uint32_t nr;
    int r = syscalls_number(low->syscalls, names->abi->id, name, &nr);

    if (r < 0)
        return r == -ENOENT ? 0 : r;
    if (!names->any || nr > names->highest)
        names->highest = nr;
    names->any = true;
    return rule ? add_site(low, (struct site){nr, order, through, rule}) : 0;
}

/*
 * Goes through all names of the profile: those of rules that are not in the variant, or that say
 * what the default says (they add nothing; runc skips them), count for the highest number only.
 */
static int add_names(struct lowering *low, struct names *names)
{
    const struct variant *variant = low->variant;
    size_t active = 0;

    for (size_t i = 0; i < variant->profile->n_rules; i++) {
        const struct rule *from = &variant->profile->rules[i];
        const struct rule *rule = NULL;

        /* The variant has a rule in the same order, perhaps as a copy with another errno. */
        if (active < variant->n_rules && variant->rules[active]->names == from->names)
            rule = variant->rules[active++];
        if (rule && rule->verdict == variant->profile->default_verdict)
            rule = NULL;
        for (size_t k = 0; k < from->n_names; k++) {
            const char *name = from->names[k].name;
            const struct multiplexed *through =
                names->multiplexes ? syscalls_multiplexed(name) : NULL;
            int r = add_name(low, names, name, rule, (uint32_t)i, NULL);

            if (r == 0 && through)
                r = add_name(low, names, through->multiplexer, rule, (uint32_t)i, through);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/*
 * Sorts the sites by number; those of one number stay in the order of the file. It goes by digits:
 * comparisons would cost about as much as all the rest of lowering. Returns 0 or -ENOMEM.
 */
static int sort_by_number(struct lowering *low)
{
    struct site *to = arena_calloc(low->arena, low->sites_room, sizeof(*to));

    if (!to)
        return -ENOMEM;
    for (unsigned int shift = 0; shift < 32; shift += DIGIT_BITS) {
        size_t starts[DIGITS + 1] = {0}; /* of each digit's sites; before: their number, one up */
        struct site *from = low->sites;

        for (size_t i = 0; i < low->n_sites; i++)
            starts[(from[i].nr >> shift) % DIGITS + 1]++;
        if (low->n_sites && starts[(from[0].nr >> shift) % DIGITS + 1] == low->n_sites)
            continue;
        for (size_t digit = 1; digit < DIGITS; digit++)
            starts[digit] += starts[digit - 1];
        for (size_t i = 0; i < low->n_sites; i++)
            to[starts[(from[i].nr >> shift) % DIGITS]++] = from[i];
        low->sites = to;
        to = from;
    }
    return 0;
}

/* The rules that name a number before those of its multiplexed calls; then by file. */
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
    if (decision->rule) {
        decision->otherwise = decision->rule->verdict;
        return decision;
    }

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
    decision->clauses = clauses;
    decision->n_clauses = n_clauses;
    return decision;
}

/* True where the same rules, in the same roles, make up A and B: the numbers do not matter. */
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
    for (size_t i = 0; i < low->n_made; i++) {
        const struct made *made = &low->made[i];

        if (made->hash == hash && made->n_sites == n && sites_equal(made->sites, sites, n))
            return made->decision;
    }

    const struct decision *decision = make_decision(low, sites, n);
    struct site *copy = arena_calloc(low->arena, n, sizeof(*copy));

    if (!decision || !copy ||
        arena_grow(low->arena, &low->made, low->n_made, &low->made_room, sizeof(*low->made)) < 0)
        return NULL;
    memcpy(copy, sites, n * sizeof(*copy));
    low->made[low->n_made++] = (struct made){decision, copy, n, hash};
    return decision;
}

static const struct decision *plain_decision(struct lowering *low, enum decision_origin origin,
                                             uint32_t verdict)
{
    struct decision *decision = arena_alloc(low->arena, sizeof(*decision));

    if (decision)
        *decision = (struct decision){.origin = origin, .otherwise = verdict};
    return decision;
}

/* Finds out whether the ABI of NAMES has a multiplexer. Returns 0 or -ENOMEM. */
static int find_multiplexer(struct lowering *low, struct names *names)
{
    uint32_t nr;
    int r = syscalls_number(low->syscalls, names->abi->id, "socketcall", &nr);

    if (r == -ENOENT)
        r = syscalls_number(low->syscalls, names->abi->id, "ipc", &nr);
    names->multiplexes = r == 0;
    return r == -ENOENT ? 0 : r;
}

/* Adds the ranges from number NEXT to the end: newer calls than the profile names, or default. */
static int add_last_ranges(struct lowering *low, const struct names *names, uint32_t next,
                           const struct decision *none)
{
    const struct profile *profile = low->variant->profile;
    /* The target's ENOSYS, not the host's. */
    uint32_t enosys = verdict_on_abi(SECCOMP_RET_ERRNO | (uint32_t)errno_by_name("ENOSYS"),
                                     low->variant->target->abis[0]);
    const struct decision *newer;
    int r = 0;

    /*
     * Where the default is an errno, numbers above the highest that the profile names, in whatever
     * rule, get ENOSYS, so that libc falls back to older calls (runc).
     */
    if ((profile->default_verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO ||
        profile->unknown_is_default || !names->any)
        return add_range(low, next, names->abi, none);
    if (names->highest >= next)
        r = add_range(low, next, names->abi, none);
    newer = plain_decision(low, DECIDED_AS_NEWER, enosys);
    if (r == 0)
        r = newer ? add_range(low, names->highest >= next ? names->highest + 1 : next, names->abi,
                              newer)
                  : -ENOMEM;
    return r;
}

/* Adds the ranges of ABI from its number FIRST on, up to the highest of all. */
static int lower_abi(struct lowering *low, const struct abi *abi, uint32_t first)
{
    struct names names = {.abi = abi};
    const struct decision *none =
        plain_decision(low, DECIDED_BY_DEFAULT, low->variant->profile->default_verdict);
    uint32_t next = first;
    int r;

    low->n_sites = 0;
    r = none ? find_multiplexer(low, &names) : -ENOMEM;
    if (r == 0)
        r = add_names(low, &names);
    if (r == 0)
        r = sort_by_number(low);
    for (size_t i = 0; r == 0 && i < low->n_sites;) {
        uint32_t nr = low->sites[i].nr;
        size_t same = 1;

        while (i + same < low->n_sites && low->sites[i + same].nr == nr)
            same++;
        if (same > 1)
            qsort(&low->sites[i], same, sizeof(*low->sites), compare_sites);

        const struct decision *decision = decide(low, &low->sites[i], same);

        if (nr > next)
            r = add_range(low, next, abi, none);
        if (r == 0)
            r = decision ? add_range(low, nr, abi, decision) : -ENOMEM;
        next = nr + 1;
        i += same;
    }
    return r < 0 ? r : add_last_ranges(low, &names, next, none);
}

/*
 * x86_64 and x32 share an AUDIT_ARCH_*; bit 30 of the number tells them apart. Without x32 its
 * numbers are foreign, but for -1: a tracer sets it to skip a call (libseccomp does the same).
 */
static int lower_x32(struct lowering *low, const struct abi *x86_64, bool with_x32)
{
    const struct decision *last = low->ranges[low->n_ranges - 1].decision;

    if (with_x32)
        return lower_abi(low, abi_get(ABI_X32), X32_BIT);

    const struct decision *foreign =
        plain_decision(low, DECIDED_AS_FOREIGN, SECCOMP_RET_KILL_THREAD);
    int r = foreign ? add_range(low, X32_BIT, abi_get(ABI_X32), foreign) : -ENOMEM;

    return r < 0 ? r : add_range(low, UINT32_MAX, x86_64, last);
}

int policy_lower(struct policy *policy, const struct variant *variant, struct syscalls *syscalls,
                 struct arena *arena)
{
    struct lowering low = {.variant = variant, .syscalls = syscalls, .arena = arena};

    *policy = (struct policy){
        .target = variant->target,
        .foreign = SECCOMP_RET_KILL_THREAD, /* libseccomp's SCMP_FLTATR_ACT_BADARCH */
        .flags = variant->profile->flags,
    };
    for (size_t i = 0; i < variant->target->n_abis; i++) {
        const struct abi *abi = abi_get(variant->target->abis[i]);
        bool with_x32 = (variant->abis & ((abi_set)1 << ABI_X32)) != 0;

        if (!(variant->abis & ((abi_set)1 << abi->id)) || abi->id == ABI_X32)
            continue;
        low.ranges = NULL;
        low.n_ranges = 0;
        low.ranges_room = 0;

        int r = lower_abi(&low, abi, 0);

        if (r == 0 && abi->id == ABI_X86_64)
            r = lower_x32(&low, abi, with_x32);
        if (r < 0)
            return r;
        policy->archs[policy->n_archs++] =
            (struct policy_arch){abi->audit_arch, low.ranges, low.n_ranges};
    }
    return 0;
}
