/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random profiles for every target: the filter must be proven, must answer sampled calls as the
 * reference evaluator does, and may differ from what runc makes of it with libseccomp only for a
 * reason that is listed here. The number of profiles is 500, or SECPROF_RANDOM_PROFILES;
 * SECPROF_RANDOM_SEED starts another series.
 */
#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/action.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/errno.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/resolve.h"
#include "compiler/prove/prove.h"
#include "compiler/questions/libseccomp-filter.h"
#include "tests/compiler/random-profile.h"
#include "tests/compiler/reference.h"
#include "tests/compiler/runc-stub.h"
#include "tests/suite.h"
#include "util/cleanup.h"

enum {
    PROFILES = 500,
    CALLS_NAMED = 24,  /* argument vectors for a number that the profile names */
    CALLS_OTHER = 2,   /* and for another */
    NUMBERS_MAX = 512, /* that are looked at, of one ABI */
    RULES_MAX = 128,   /* that name one number */
    X32_FIRST = 0x40000000,
    LIBSECCOMP_SECONDS = 1,
};

/* Why runc with libseccomp (2.5.4, 2.6.1) and secprof answer one call differently. */
enum reason {
    UNNAMED,
    SWITCHED_OFF,  /* "x-unknownSyscalls", which runc does not know */
    NOT_LISTED,    /* runc: ENOSYS for newer calls on listed ABIs only */
    NO_ERRNO,      /* runc: ENOSYS for newer calls also where the default kills, traps or asks */
    X32_BIT,       /* runc: bit 30 alone says whose a number is; here -1 is x86_64's, 2^31 x32's */
    PRIVATE,       /* runc: arm's private calls are the highest */
    UNCOUNTED,     /* runc: calls behind a multiplexer, and unknown names, are not counted */
    NOT_LOADED,    /* the filter never loads the number: see loads_number() */
    UNKNOWN_NAME,  /* the installed libseccomp does not know the call's name */
    MULTIPLEXER,   /* it drops the argument tests of multiplexed calls, arg 0 first */
    VALUE_CUT,     /* it compares with the low 32 bits of the value, on 32-bit ABIs, x32 and n32 */
    LOW_HALF,      /* it looks at the low 32 bits of an argument only, also on x32 and n32 */
    AMBIGUOUS,     /* several rules hold: it takes another one than the most restrictive */
    ORDERED_MERGE, /* it merges rules with NE, LT, LE, GE, GT wrongly (GHSA-4q85-33p6-j5g6 and
                      others) */
    REASONS,
};

static const char *const reason_names[REASONS] = {
    [UNNAMED] = "no reason",
    [SWITCHED_OFF] = "newer calls: x-unknownSyscalls",
    [NOT_LISTED] = "newer calls: an ABI that is not listed",
    [NO_ERRNO] = "newer calls: the default is no errno",
    [X32_BIT] = "newer calls: numbers on the other side of bit 30",
    [PRIVATE] = "newer calls: arm's private ones count in runc",
    [UNCOUNTED] = "newer calls: some do not count in runc",
    [NOT_LOADED] = "number not loaded",
    [UNKNOWN_NAME] = "name unknown to libseccomp",
    [MULTIPLEXER] = "multiplexed call",
    [VALUE_CUT] = "value cut to 32 bits",
    [LOW_HALF] = "low half of x32 or n32 arguments",
    [AMBIGUOUS] = "contradicting rules",
    [ORDERED_MERGE] = "wrong merge of comparisons",
};

struct totals {
    unsigned long filters, calls;
    unsigned long refused, too_slow, compared, disagree[REASONS];
};

/* One profile on one target. */
struct trial {
    uint64_t seed;
    const char *text;
    struct profile profile;
    struct variant_request request;
    struct syscalls *syscalls;
    struct filter filter;
    struct sock_filter *other; /* libseccomp's; NULL: it refuses the profile */
    size_t n_other;
    struct runc_stub stub;
    uint32_t uncounted[ABI_COUNT]; /* highest numbers that runc does not find */
    struct arena *arena;
    struct totals *totals;
};

static const char *describe_call(const struct trial *t, const struct seccomp_data *data)
{
    const char *text =
        arena_printf(t->arena, "arch 0x%08x nr %u args", data->arch, (uint32_t)data->nr);

    for (int i = 0; i < SYSCALL_ARGS; i++)
        text = arena_printf(t->arena, "%s 0x%" PRIx64, text, (uint64_t)data->args[i]);
    return arena_printf(t->arena,
                        "seed %" PRIu64 ", target %s, caps 0x%" PRIx64 ", kernel %u.%u: %s",
                        t->seed, t->request.target->name, t->request.caps, t->request.kernel >> 16,
                        t->request.kernel & 0xffff, text);
}

/* The active rules that name number NR of ABI, also through a multiplexer. */
static size_t rules_of(const struct trial *t, const struct abi *abi, uint32_t nr,
                       const struct rule **rules)
{
    size_t n = 0;

    for (size_t i = 0; i < t->profile.n_rules; i++) {
        const struct rule *rule = &t->profile.rules[i];
        bool named = false;

        for (size_t k = 0; k < rule->n_names; k++) {
            const struct multiplexed *m = syscalls_multiplexed(rule->names[k].name);
            uint32_t number;

            named |= !syscalls_number(t->syscalls, abi->id, rule->names[k].name, &number) &&
                     number == nr;
            named |= m && !syscalls_number(t->syscalls, abi->id, m->multiplexer, &number) &&
                     number == nr;
        }
        if (named && reference_is_active(rule, &t->request) && n < RULES_MAX)
            rules[n++] = rule;
    }
    return n;
}

static bool is_multiplexed(const struct trial *t, const struct abi *abi, const char *name)
{
    const struct multiplexed *m = syscalls_multiplexed(name);
    uint32_t nr;

    if (syscalls_is_multiplexer(name))
        return true;
    return m && syscalls_number(t->syscalls, abi->id, m->multiplexer, &nr) == 0;
}

/* True where rules with different verdicts hold, and THEIRS is one of these. */
static bool is_ambiguous(const struct rule *const *rules, size_t n, const struct abi *abi,
                         const struct seccomp_data *data, uint32_t theirs)
{
    bool theirs_holds = false, other_holds = false;

    for (size_t i = 0; i < n; i++) {
        if (!reference_rule_holds(rules[i], abi, data))
            continue;
        theirs_holds |= rules[i]->verdict == theirs;
        other_holds |= rules[i]->verdict != theirs;
    }
    return theirs_holds && other_holds;
}

/* libseccomp takes x32 and n32 for 32-bit ABIs; the kernel shows it 64 bits of each register there.
 */
static bool is_narrow_for_libseccomp(const struct abi *abi)
{
    return !abi->wide || abi->id == ABI_X32 || abi->id == ABI_MIPS64N32 ||
           abi->id == ABI_MIPSEL64N32;
}

/*
 * True where libseccomp's filter loads the syscall number on the way of DATA. It does not on ABIs
 * other than x86_64 where the call that is first in its order is none of the ABI: it leaves that
 * call out, and with it the load that all others rely on, so that numbers are compared with the
 * audit token.
 */
static bool loads_number(const struct trial *t, const struct seccomp_data *data)
{
    bool big_endian = target_native_abi(t->request.target)->big_endian;
    uint32_t a = 0;

    for (size_t pc = 0; pc < t->n_other; pc++) {
        const struct sock_filter *insn = &t->other[pc];
        bool holds = false;

        switch (BPF_CLASS(insn->code)) {
        case BPF_LD:
            if (insn->k == offsetof(struct seccomp_data, nr))
                return true;
            a = bpf_data_word(data, insn->k, big_endian);
            break;
        case BPF_ALU:
            a &= insn->k;
            break;
        case BPF_JMP:
            holds = (BPF_OP(insn->code) == BPF_JEQ && a == insn->k) ||
                    (BPF_OP(insn->code) == BPF_JGE && a >= insn->k) ||
                    (BPF_OP(insn->code) == BPF_JGT && a > insn->k) ||
                    (BPF_OP(insn->code) == BPF_JSET && (a & insn->k));
            if (BPF_OP(insn->code) == BPF_JA)
                pc += insn->k;
            else
                pc += holds ? insn->jt : insn->jf;
            break;
        default:
            return false;
        }
    }
    return false;
}

/* The verdict for calls that are newer than the profile. */
static uint32_t enosys(const struct trial *t)
{
    enum abi_id native = t->request.target->abis[0];

    return SECCOMP_RET_ERRNO | (uint32_t)errno_by_name_on_abi("ENOSYS", native);
}

/* The highest number of the call NAME and of its multiplexer; 0 where ABI has neither. */
static uint32_t number_of(const struct trial *t, const struct abi *abi, const char *name)
{
    const struct multiplexed *m = syscalls_multiplexed(name);
    uint32_t own = 0, outer = 0;

    if (syscalls_number(t->syscalls, abi->id, name, &own) < 0)
        own = 0;
    if (!m || syscalls_number(t->syscalls, abi->id, m->multiplexer, &outer) < 0)
        outer = 0;
    return own > outer ? own : outer;
}

/* The highest number that the rules name and that is not positive in libseccomp; 0: none. */
static uint32_t highest_uncounted(const struct trial *t, const struct abi *abi)
{
    uint32_t token = seccomp_arch_resolve_name(abi->name);
    uint32_t highest = 0;

    for (size_t i = 0; i < t->profile.n_rules; i++) {
        const struct rule *rule = &t->profile.rules[i];

        for (size_t k = 0; k < rule->n_names && reference_is_active(rule, &t->request); k++) {
            uint32_t nr = number_of(t, abi, rule->names[k].name);

            if (nr > highest && seccomp_syscall_resolve_name_arch(token, rule->names[k].name) < 0)
                highest = nr;
        }
    }
    return highest;
}

/* Why only one of both says ENOSYS for the call NR of ABI, as one that is newer than the profile.
 */
static enum reason find_newer_reason(const struct trial *t, const struct abi *abi, uint32_t nr)
{
    uint32_t highest = t->stub.highest[abi->id];
    bool theirs = t->stub.any && highest != 0 && nr > highest;
    bool newer = reference_is_newer(&t->profile, &t->request, abi->id, t->syscalls, nr);
    uint32_t action = t->profile.default_verdict & SECCOMP_RET_ACTION_FULL;

    if (t->profile.unknown_is_default)
        return SWITCHED_OFF;
    if (action != SECCOMP_RET_ERRNO)
        return NO_ERRNO;
    if (abi->audit_arch == AUDIT_ARCH_X86_64 &&
        ((nr & X32_SYSCALL_BIT) != 0) != (abi->id == ABI_X32))
        return X32_BIT;
    if (newer && !(t->stub.listed >> abi->id & 1))
        return NOT_LISTED;
    if (newer && !theirs && abi_is_private_number(abi, highest))
        return PRIVATE;
    /* Where runc finds no number at all, it has no stub for the ABI. */
    if (newer ? highest == 0 && t->uncounted[abi->id] > 0 : theirs && t->uncounted[abi->id] >= nr)
        return UNCOUNTED;
    return UNNAMED;
}

/* Why libseccomp answers DATA, a call of ABI, with THEIRS. */
static enum reason find_reason(const struct trial *t, const struct abi *abi,
                               const struct seccomp_data *data, uint32_t theirs)
{
    const struct rule *rules[RULES_MAX];
    uint32_t nr = (uint32_t)data->nr;
    size_t n = rules_of(t, abi, nr, rules), n_clauses = 0;
    const char *name = syscalls_name(t->syscalls, abi->id, nr);
    bool cut = false, high_argument = false, ordered = false;

    if (!loads_number(t, data))
        return NOT_LOADED;
    if (!name)
        return UNNAMED;
    if (seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR)
        return UNKNOWN_NAME;
    if (is_multiplexed(t, abi, name))
        return MULTIPLEXER;
    for (size_t i = 0; i < n; i++) {
        n_clauses += rules[i]->alternatives ? rules[i]->n_tests : 1;
        for (size_t k = 0; k < rules[i]->n_tests; k++) {
            const struct arg_test *test = &rules[i]->tests[k];

            cut |= (test->value | test->value_two) >> 32 != 0;
            high_argument |= data->args[test->index] >> 32 != 0;
            ordered |= test->op != CMP_EQ && test->op != CMP_MASKED_EQ;
        }
    }
    if (cut && is_narrow_for_libseccomp(abi))
        return VALUE_CUT;
    if (high_argument && abi->wide && is_narrow_for_libseccomp(abi))
        return LOW_HALF;
    if (is_ambiguous(rules, n, abi, data, theirs))
        return AMBIGUOUS;
    if (ordered && n_clauses > 1)
        return ORDERED_MERGE;
    return UNNAMED;
}

static void compare_with_libseccomp(const struct trial *t, const struct abi *abi,
                                    const struct seccomp_data *data, uint32_t ours)
{
    bool big_endian = target_native_abi(t->request.target)->big_endian;
    uint32_t theirs = bpf_simulate(t->other, t->n_other, data, big_endian).verdict;
    uint32_t nr = (uint32_t)data->nr;
    bool stub = runc_stub_says_enosys(&t->stub, data);
    bool newer =
        reference_is_newer(&t->profile, &t->request, abi->id, t->syscalls, nr) && ours == enosys(t);

    if (stub)
        theirs = enosys(t);
    t->totals->compared++;
    if (theirs == ours)
        return;

    enum reason reason =
        stub || newer ? find_newer_reason(t, abi, nr) : find_reason(t, abi, data, theirs);

    t->totals->disagree[reason]++;
    if (reason == UNNAMED)
        ck_abort_msg("%s: runc and libseccomp %s, secprof %s, without a reason\n%s",
                     describe_call(t, data), verdict_text(t->arena, theirs),
                     verdict_text(t->arena, ours), t->text);
}

static void check_call(const struct trial *t, const struct abi *abi,
                       const struct seccomp_data *data)
{
    bool big_endian = target_native_abi(t->request.target)->big_endian;
    uint32_t expected = reference_verdict(&t->profile, &t->request, t->syscalls, data);
    uint32_t verdict =
        bpf_simulate(t->filter.program.insns, t->filter.program.n_insns, data, big_endian).verdict;

    t->totals->calls++;
    if (verdict != expected)
        ck_abort_msg("%s: the filter says %s, the profile %s\n%s", describe_call(t, data),
                     verdict_text(t->arena, verdict), verdict_text(t->arena, expected), t->text);
    if (t->other)
        compare_with_libseccomp(t, abi, data, verdict);
}

/* Calls number NR under the audit token of ABI, with arguments at the edges of the rules on it. */
static void check_number(const struct trial *t, struct random_source *random, const struct abi *abi,
                         uint32_t nr)
{
    const char *name = syscalls_name(t->syscalls, abi->id, nr);
    const char *names[64] = {name};
    size_t n_names = name != NULL;
    struct edges edges;
    uint32_t calls[64];
    size_t n_calls = 0;

    for (uint32_t call = 0; name && syscalls_is_multiplexer(name) && call < 32; call++) {
        const struct multiplexed *m = syscalls_multiplexed_call(name, call);

        if (m) {
            names[n_names++] = m->name;
            calls[n_calls++] = call;
        }
    }
    edges_of(&edges, &t->profile, names, n_names);
    for (size_t i = 0; i < n_calls; i++)
        edges_add(&edges, 0, calls[i] | (random_below(random, 4) ? 0 : 0x30000));

    bool named = false;

    for (int i = 0; i < SYSCALL_ARGS; i++)
        named |= edges.n[i] > 2;
    for (int i = 0; i < (named ? CALLS_NAMED : CALLS_OTHER); i++) {
        struct seccomp_data data = {.nr = (int)nr, .arch = abi->audit_arch};

        data.instruction_pointer = random_next(random);
        edges_pick(&edges, random, &data);
        check_call(t, abi, &data);
    }
}

static void add_number(uint32_t *numbers, size_t *n, uint32_t nr)
{
    for (size_t i = 0; i < *n; i++)
        if (numbers[i] == nr)
            return;
    if (*n < NUMBERS_MAX)
        numbers[(*n)++] = nr;
}

static void add_neighbours(uint32_t *numbers, size_t *n, uint32_t nr)
{
    add_number(numbers, n, nr - 1);
    add_number(numbers, n, nr);
    add_number(numbers, n, nr + 1);
}

/* The numbers of ABI that are worth a look. */
static size_t numbers_of(const struct trial *t, const struct abi *abi, uint32_t *numbers)
{
    size_t n = 0;
    uint32_t nr;

    for (size_t i = 0; i < t->profile.n_rules; i++) {
        for (size_t k = 0; k < t->profile.rules[i].n_names; k++) {
            const char *name = t->profile.rules[i].names[k].name;
            const struct multiplexed *m = syscalls_multiplexed(name);

            if (syscalls_number(t->syscalls, abi->id, name, &nr) == 0)
                add_neighbours(numbers, &n, nr);
            if (m && syscalls_number(t->syscalls, abi->id, m->multiplexer, &nr) == 0)
                add_neighbours(numbers, &n, nr);
        }
    }
    add_neighbours(numbers, &n, abi->nr_base);
    add_neighbours(numbers, &n, 0);
    add_neighbours(numbers, &n, X32_FIRST);
    add_neighbours(numbers, &n, UINT32_C(0x80000000));
    add_number(numbers, &n, UINT32_MAX - 1);
    add_number(numbers, &n, abi->nr_base + 1000);
    return n;
}

/* Whose number NR is: x86_64 and x32 share a token. */
static const struct abi *owner_of(const struct trial *t, const struct abi *abi, uint32_t nr)
{
    bool x32 = reference_abis(&t->profile, t->request.target) >> ABI_X32 & 1;

    if (abi->id != ABI_X86_64 && abi->id != ABI_X32)
        return abi;
    return abi_get(nr >= X32_FIRST && (x32 || nr != UINT32_MAX) ? ABI_X32 : ABI_X86_64);
}

static void check_foreign(const struct trial *t, struct random_source *random)
{
    const struct target *target = t->request.target;
    abi_set covered = reference_abis(&t->profile, target);
    uint32_t wanted = t->request.mode == VARIANT_AUDIT ? SECCOMP_RET_LOG : SECCOMP_RET_KILL_THREAD;
    uint32_t tokens[TARGET_ABIS_MAX + 1] = {target_native_abi(target)->audit_arch ^ 0x40};
    size_t n = 1;

    for (int i = 0; i < target->n_abis; i++)
        if (!(covered >> target->abis[i] & 1) && target->abis[i] != ABI_X32)
            tokens[n++] = abi_get(target->abis[i])->audit_arch;
    for (size_t i = 0; i < n; i++) {
        struct seccomp_data data = {.nr = (int)random_below(random, 400), .arch = tokens[i]};
        uint32_t verdict = bpf_simulate(t->filter.program.insns, t->filter.program.n_insns, &data,
                                        target_native_abi(target)->big_endian)
                               .verdict;

        ck_assert_msg(verdict == wanted, "%s: %s", describe_call(t, &data),
                      verdict_text(t->arena, verdict));
    }
}

static void check_filter(const struct trial *t, struct random_source *random)
{
    const struct target *target = t->request.target;
    const char *why = "";
    size_t bad = 0;

    ck_assert_msg(bpf_check(t->filter.program.insns, t->filter.program.n_insns, &bad, &why) == 0,
                  "seed %" PRIu64 ", %s: instruction %zu: %s", t->seed, target->name, bad, why);
    ck_assert(bpf_is_emulable(t->filter.program.insns, t->filter.program.n_insns));
    for (int i = 0; i < target->n_abis; i++) {
        const struct abi *abi = abi_get(target->abis[i]);
        uint32_t numbers[NUMBERS_MAX];

        if (!(reference_abis(&t->profile, target) >> abi->id & 1) && abi->id != ABI_X32)
            continue;
        for (size_t k = 0, n = numbers_of(t, abi, numbers); k < n; k++)
            check_number(t, random, owner_of(t, abi, numbers[k]), numbers[k]);
    }
    check_foreign(t, random);
}

static void run_trial(struct trial *t, struct random_source *random)
{
    const char *target = t->request.target->name;
    struct variant variant;
    struct diags diags;

    diags_init(&diags, t->arena);

    int r = compile_profile(&t->filter, t->syscalls, t->text, strlen(t->text), &t->request,
                            t->arena, &diags);

    ck_assert_msg(r == 0, "seed %" PRIu64 ", %s: %s\n%s", t->seed, target,
                  diags_render(&diags, t->arena, "profile"), t->text);
    ck_assert_uint_eq(t->filter.proof.version, PROOF_VERSION);
    ck_assert_uint_gt(t->filter.proof.ranges, 0);
    t->totals->filters++;
    t->other = NULL;
    r = variant_resolve(&variant, &t->profile, &t->request, t->arena, &diags);
    ck_assert_int_eq(r, 0);
    runc_stub_make(&t->stub, &t->profile, &t->request);
    for (int i = 0; i < t->request.target->n_abis; i++) {
        const struct abi *abi = abi_get(t->request.target->abis[i]);

        t->uncounted[abi->id] = highest_uncounted(t, abi);
    }
    /* It knows no modes. */
    if (t->request.mode == VARIANT_ENFORCE)
        r = libseccomp_filter(&variant, LIBSECCOMP_SECONDS, t->arena, &t->other, &t->n_other);
    ck_assert_int_ge(r, 0);
    t->totals->refused += r == LIBSECCOMP_REFUSES;
    t->totals->too_slow += r == LIBSECCOMP_TOO_SLOW;
    ck_assert_int_ne(r, LIBSECCOMP_CRASHES);
    check_filter(t, random);
}

/* One random profile for all targets, each with another capability set and kernel. */
static void run_profile(uint64_t seed, struct syscalls *syscalls, struct totals *totals)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct random_source random = random_begin(seed);
    struct trial t = {.seed = seed, .syscalls = syscalls, .arena = &arena, .totals = totals};
    const struct target *target;
    struct diags diags;

    diags_init(&diags, &arena);
    t.text = random_profile(&random, &arena);
    ck_assert_msg(profile_parse(&t.profile, t.text, strlen(t.text), &arena, &diags) == 0,
                  "seed %" PRIu64 ": %s\n%s", seed, diags_render(&diags, &arena, "profile"),
                  t.text);
    for (size_t i = 0; (target = target_at(i)); i++) {
        t.request.target = target;
        random_request(&random, &t.request);
        t.request.mode = (seed + i) % 4 == 0 ? VARIANT_AUDIT : VARIANT_ENFORCE;
        if (abi_is_installed(target_native_abi(target)))
            run_trial(&t, &random);
    }
}

static uint64_t environment_number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void print_totals(const struct totals *totals, uint64_t profiles)
{
    const struct scmp_version *version = seccomp_version();

    printf("counts: %" PRIu64
           " random profiles: %lu filters proven, %lu calls as the profiles say\n",
           profiles, totals->filters, totals->calls);
    printf("libseccomp %u.%u.%u: %lu profiles refused, %lu too slow, %lu calls compared\n",
           version->major, version->minor, version->micro, totals->refused, totals->too_slow,
           totals->compared);
    for (int i = UNNAMED + 1; i < REASONS; i++)
        printf("  %lu differ: %s\n", totals->disagree[i], reason_names[i]);
}

START_TEST(random_profiles)
{
    uint64_t n = environment_number("SECPROF_RANDOM_PROFILES", PROFILES);
    uint64_t seed = environment_number("SECPROF_RANDOM_SEED", 1);
    struct syscalls *syscalls = syscalls_new();
    struct totals totals = {0};

    for (uint64_t i = 0; i < n; i++)
        run_profile(seed + i, syscalls, &totals);
    print_totals(&totals, n);
    syscalls_free(syscalls);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *tc = tcase_create("random");

    tcase_set_timeout(tc, 0);
    tcase_add_test(tc, random_profiles);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
