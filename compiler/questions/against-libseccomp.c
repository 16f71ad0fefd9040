/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The exact difference between a policy and libseccomp's filter, sorted by reason. A reason is only
 * given where reading the profile in that way gives libseccomp's very answer.
 */
#include "compiler/questions/against-libseccomp.h"

#include <errno.h>
#include <inttypes.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "compiler/facts/libseccomp.h"
#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"
#include "compiler/prove/bdd-outcomes.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/meaning.h"
#include "compiler/prove/prove.h"
#include "compiler/prove/symbolic.h"
#include "compiler/questions/compare.h"
#include "compiler/questions/libseccomp-filter.h"
#include "util/arena.h"
#include "util/cleanup.h"

/* Why libseccomp answers otherwise. */
enum reason {
    REASON_UNKNOWN,     /* none of these */
    REASON_MULTIPLEXED, /* it drops a rule's tests for the multiplexed call */
    REASON_CUT,         /* it cuts the rule's value where it takes the ABI for a 32-bit one */
    REASON_NOT_LOADED,  /* its filter does not load the number */
    REASON_NEWER,       /* secprof's ENOSYS for numbers above all that the profile names */
    REASON_FOREIGN,     /* numbers of an ABI that is not listed, and -1 */
    REASON_NO_NAME,     /* the installed libseccomp does not know the call */
    REASON_AMBIGUOUS,   /* several rules hold, with different actions */
    REASON_LOW_HALF,    /* of x32 and n32 it compares the low half of the register */
    REASON_BYTE_ORDER,  /* a returned value in the order of this machine, not of the target */
    REASON_VERSION,     /* of ipc(2), above bit 15 */
    REASON_COUNT,
};

static const struct {
    enum diag_severity severity;
    const char *text;
} reasons[REASON_COUNT] = {
    [REASON_UNKNOWN] = {DIAG_WARNING, "libseccomp's generator does not do what the rules say"},
    [REASON_MULTIPLEXED] = {DIAG_WARNING,
                            "it applies the rule to the multiplexed call without its tests"},
    [REASON_CUT] = {DIAG_WARNING, "it cuts the rule's value to 32 bits"},
    [REASON_NOT_LOADED] = {DIAG_WARNING, "its filter compares without loading the number first"},
    [REASON_NEWER] = {DIAG_NOTE, NULL}, /* text_for_all() */
    [REASON_FOREIGN] = {DIAG_NOTE, "the number is of an ABI that the profile does not list"},
    [REASON_NO_NAME] = {DIAG_NOTE, "the installed libseccomp does not know the name"},
    [REASON_AMBIGUOUS] = {DIAG_NOTE, "several rules hold here; secprof takes the most restrictive"},
    [REASON_LOW_HALF] = {DIAG_NOTE, "it compares the low 32 bits of this ABI's registers only"},
    [REASON_BYTE_ORDER] = {DIAG_NOTE, NULL},
    [REASON_VERSION] = {DIAG_NOTE, "the kernel ignores the upper half of ipc's first argument"},
};

enum {
    NAMES_SHOWN = 6,
};

struct against {
    const struct profile *profile;
    const struct variant_request *request;
    const struct variant *variant;
    const struct policy *policy;
    struct syscalls *syscalls;
    struct arena *arena;
    struct diags *diags;
    const struct sock_filter *insns; /* libseccomp's */
    size_t n_insns;
    char version[32]; /* of libseccomp */
};

/* Calls of one ABI that differ in the same way for the same reason. */
struct kind {
    enum reason reason;
    uint32_t ours;
    uint32_t theirs;
    struct seccomp_data data; /* the first one */
    const char *name;
    const char *others; /* more names, each behind ", " */
    size_t n_others;
};

static const struct policy_range *range_of(const struct policy *policy, uint32_t arch, uint32_t nr)
{
    for (size_t i = 0; i < policy->n_archs; i++)
        if (policy->archs[i].audit_arch == arch)
            return policy_range_of(&policy->archs[i], nr);
    return NULL;
}

/* What DECISION would be if the values of its tests were cut to 32 bits, as libseccomp does. */
static uint32_t evaluate_cut(const struct decision *decision, const struct seccomp_data *data,
                             const struct abi *abi)
{
    for (size_t i = 0; i < decision->n_clauses; i++) {
        const struct clause *clause = &decision->clauses[i];
        bool holds = true;

        for (size_t k = 0; k < clause->n_tests; k++) {
            struct arg_test test = clause->tests[k];

            test.value &= UINT32_MAX;
            test.value_two &= UINT32_MAX;
            holds = holds && arg_test_holds(&test, abi, data->args[test.index]);
        }
        if (holds)
            return clause->verdict;
    }
    return decision->otherwise;
}

/* True where several rules hold and one of them says THEIRS. */
static bool is_ambiguous(const struct decision *decision, const struct abi *abi,
                         const struct seccomp_data *data, uint32_t theirs)
{
    for (size_t i = 0; i < decision->n_clauses; i++)
        if (!decision->clauses[i].through && decision->clauses[i].verdict == theirs &&
            clause_holds(&decision->clauses[i], abi, data))
            return true;
    return false;
}

/* True where the data is of a multiplexed call for which some rule with tests says THEIRS. */
static bool is_dropped_test(const struct against *with, const struct decision *decision,
                            const struct abi *abi, const struct seccomp_data *data, uint32_t theirs)
{
    const struct multiplexed *through = NULL;

    for (size_t i = 0; i < decision->n_clauses && !through; i++)
        if (decision->clauses[i].through && clause_holds(&decision->clauses[i], abi, data))
            through = decision->clauses[i].through;
    for (size_t i = 0; through && i < with->variant->n_rules; i++) {
        const struct rule *rule = with->variant->rules[i];

        for (size_t k = 0; k < rule->n_names; k++)
            if (rule->verdict == theirs && rule->n_tests &&
                !strcmp(rule->names[k].name, through->name))
                return true;
    }
    return false;
}

/* libseccomp takes x32 and n32 for 32-bit ABIs. */
static bool is_narrow_for_libseccomp(const struct abi *abi)
{
    return !abi->wide || abi->id == ABI_X32 || abi->id == ABI_MIPS64N32 ||
           abi->id == ABI_MIPSEL64N32;
}

/* DATA with the low 32 bits of its arguments only. */
static struct seccomp_data low_halves(const struct seccomp_data *data)
{
    struct seccomp_data low = *data;

    for (size_t i = 0; i < SYSCALL_ARGS; i++)
        low.args[i] &= UINT32_MAX;
    return low;
}

/* What libseccomp's filter would answer to DATA if it returned MARK where it loads the number. */
static uint32_t simulate_marked(const struct against *with, const struct seccomp_data *data,
                                uint32_t mark)
{
    bool big_endian = target_native_abi(with->variant->target)->big_endian;
    struct sock_filter *marked = calloc(with->n_insns, sizeof(*marked));
    uint32_t verdict = mark;

    if (!marked)
        return mark;
    for (size_t i = 0; i < with->n_insns; i++) {
        const struct sock_filter *insn = &with->insns[i];
        bool loads = insn->code == (BPF_LD | BPF_W | BPF_ABS) &&
                     insn->k == offsetof(struct seccomp_data, nr);

        marked[i] = loads ? (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, mark) : with->insns[i];
    }
    verdict = bpf_simulate(marked, with->n_insns, data, big_endian).verdict;
    free(marked);
    return verdict;
}

/*
 * True where libseccomp's filter loads the syscall number on the way of DATA. It does not on ABIs
 * other than x86_64 where the call that is first in its order is none of the ABI: it leaves that
 * call out, and with it the load that all others rely on.
 */
static bool loads_number(const struct against *with, const struct seccomp_data *data)
{
    return simulate_marked(with, data, 1) != simulate_marked(with, data, 2);
}

/* True where the data is ipc(2) with a version, which libseccomp takes for another call. */
static bool is_versioned(const struct against *with, const struct decision *decision,
                         const struct seccomp_data *data, uint32_t theirs)
{
    bool versioned = false;

    for (size_t i = 0; i < decision->n_clauses; i++) {
        const struct multiplexed *through = decision->clauses[i].through;

        versioned |= through && (data->args[0] & UINT32_MAX & ~(uint64_t)through->mask);
    }
    return versioned && theirs == with->variant->profile->default_verdict;
}

/* True where the installed libseccomp has a name for number NR of ABI. */
static bool knows_number(const struct abi *abi, uint32_t nr)
{
    cleanup_free char *name =
        seccomp_syscall_resolve_num_arch(seccomp_arch_resolve_name(abi->name), (int)nr);

    return name != NULL;
}

/* True where the target has another byte order than this machine. */
static bool is_other_order(const struct against *with)
{
    return target_native_abi(with->variant->target)->big_endian !=
           (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

static enum reason find_plain_reason(const struct against *with, const struct abi *abi,
                                     const char *name, const struct seccomp_data *data,
                                     uint32_t theirs)
{
    const struct policy_range *range = range_of(with->policy, data->arch, (uint32_t)data->nr);
    const struct decision *decision = range ? range->decision : NULL;
    uint32_t otherwise = with->variant->profile->default_verdict;
    const struct seccomp_data low = low_halves(data);

    if (!decision || decision->origin == DECIDED_AS_FOREIGN || (uint32_t)data->nr == UINT32_MAX)
        return REASON_FOREIGN;
    if (decision->origin == DECIDED_AS_NEWER && theirs == otherwise)
        return REASON_NEWER;
    if (name && theirs == otherwise && !knows_number(abi, (uint32_t)data->nr))
        return REASON_NO_NAME;
    if (is_ambiguous(decision, abi, data, theirs))
        return REASON_AMBIGUOUS;
    if (is_dropped_test(with, decision, abi, data, theirs))
        return REASON_MULTIPLEXED;
    if (is_versioned(with, decision, data, theirs))
        return REASON_VERSION;
    if (is_narrow_for_libseccomp(abi) && policy_evaluate(with->policy, &low) == theirs)
        return REASON_LOW_HALF;
    if (is_narrow_for_libseccomp(abi) && evaluate_cut(decision, &low, abi) == theirs)
        return REASON_CUT;
    if (!loads_number(with, data))
        return REASON_NOT_LOADED;
    return REASON_UNKNOWN;
}

static enum reason find_reason(const struct against *with, const struct abi *abi, const char *name,
                               const struct seccomp_data *data, uint32_t theirs)
{
    enum reason reason = find_plain_reason(with, abi, name, data, theirs);
    uint32_t swapped = __builtin_bswap32(theirs);

    if (reason != REASON_UNKNOWN || !is_other_order(with))
        return reason;
    if (swapped == policy_evaluate(with->policy, data))
        return REASON_BYTE_ORDER;
    return find_plain_reason(with, abi, name, data, swapped);
}

/* The kinds of one part. */
struct kinds {
    struct kind *items;
    size_t n;
    size_t room;
};

/*
 * Adds one call, NAME (or NULL), with the outcome. Returns 0; -ENOMEM; -EIO where its
 * example does not come out so.
 */
static int add_call(const struct against *with, struct kinds *kinds, const struct abi *abi,
                    uint32_t arch, uint32_t nr, const char *name, const struct bdd_outcome *outcome)
{
    bool big_endian = target_native_abi(with->variant->target)->big_endian;
    struct kind kind = {.ours = outcome->a, .theirs = outcome->b, .name = name};

    kind.data = (struct seccomp_data){.arch = arch, .nr = (int)nr};
    memcpy(kind.data.args, outcome->words, sizeof(kind.data.args));
    if (policy_evaluate(with->policy, &kind.data) != kind.ours ||
        bpf_simulate(with->insns, with->n_insns, &kind.data, big_endian).verdict != kind.theirs)
        return -EIO;
    kind.reason = find_reason(with, abi, name, &kind.data, kind.theirs);
    for (size_t i = 0; i < kinds->n; i++) {
        struct kind *same = &kinds->items[i];

        if (same->reason != kind.reason || same->ours != kind.ours || same->theirs != kind.theirs)
            continue;
        if (name && same->n_others++ < NAMES_SHOWN)
            same->others =
                arena_printf(with->arena, "%s, %s", same->others ? same->others : "", name);
        return 0;
    }

    int r = arena_grow(with->arena, &kinds->items, kinds->n, &kinds->room, sizeof(kind));

    if (r == 0)
        kinds->items[kinds->n++] = kind;
    return r;
}

static int add_change(const struct against *with, struct kinds *kinds,
                      const struct change_part *part, const struct change *change)
{
    const struct abi *abi = part->abi ? part->abi : target_native_abi(with->variant->target);

    for (size_t i = 0; i < change->outcomes.n; i++) {
        const struct bdd_outcome *outcome = &change->outcomes.items[i];

        for (size_t k = 0; k < change->n_calls; k++) {
            int r = add_call(with, kinds, abi, part->arch, change->calls[k].nr,
                             change->calls[k].name, outcome);

            if (r < 0)
                return r;
        }
        for (size_t k = 0; k < change->n_unnamed; k++) {
            int r = add_call(with, kinds, abi, part->arch, change->unnamed[k].first, NULL, outcome);

            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* DATA as "socket(0x26)", or "number 5000 (0)". */
static const char *call_text(const struct against *with, const struct kind *kind)
{
    const struct seccomp_data *data = &kind->data;
    const char *text = kind->name
                           ? arena_printf(with->arena, "%s(", kind->name)
                           : arena_printf(with->arena, "number %" PRIu32 " (", (uint32_t)data->nr);
    int n = SYSCALL_ARGS;

    while (n > 1 && data->args[n - 1] == 0)
        n--;
    for (int i = 0; text && i < n; i++)
        text = arena_printf(with->arena, data->args[i] ? "%s%s%#" PRIx64 : "%s%s%" PRIx64, text,
                            i > 0 ? ", " : "", (uint64_t)data->args[i]);
    return text ? text : "?";
}

/*
 * Reasons that hold for every such call of a file, with nothing to learn from an example: one line
 * for all, where the others would be repeated for each ABI.
 */
static const char *text_for_all(enum reason reason)
{
    if (reason == REASON_NEWER)
        return "gives calls newer than the profile its default; secprof, and runc by itself, "
               "answer them with ENOSYS";
    if (reason == REASON_BYTE_ORDER)
        return "returns values in the byte order of the machine that makes the filter; made on "
               "the target itself they are right";
    return NULL;
}

static void report_kind(const struct against *with, const struct change_part *part,
                        const struct kind *kind)
{
    const struct location whole = {0, 0};
    const char *for_all = text_for_all(kind->reason);

    if (for_all) {
        diags_add(with->diags, reasons[kind->reason].severity, whole, "libseccomp %s %s",
                  with->version, for_all);
        return;
    }

    enum abi_id native = with->variant->target->abis[0];
    const char *ours = verdict_text_on_abi(with->arena, kind->ours, native);
    const char *theirs = verdict_text_on_abi(with->arena, kind->theirs, native);

    diags_add(with->diags, reasons[kind->reason].severity, whole,
              "libseccomp %s differs on %s: %s) gets %s from it, which is %s; the profile says "
              "%s: %s%s%s%s",
              with->version, part->abi ? part->abi->name : "another architecture",
              call_text(with, kind), theirs ? theirs : "?",
              verdict_is_weaker(kind->theirs, kind->ours)   ? "weaker"
              : verdict_is_weaker(kind->ours, kind->theirs) ? "stricter"
                                                            : "another value",
              ours ? ours : "?", reasons[kind->reason].text,
              kind->others ? "; the same goes for " : "", kind->others ? kind->others + 2 : "",
              kind->n_others > NAMES_SHOWN ? " and more" : "");
}

static int report_changes(const struct against *with, const struct changes *changes)
{
    for (size_t i = 0; i < changes->n_parts; i++) {
        const struct change_part *part = &changes->parts[i];
        struct kinds kinds = {NULL, 0, 0};
        int r = 0;

        for (size_t k = 0; r == 0 && k < part->n_changes; k++)
            r = add_change(with, &kinds, part, &part->changes[k]);
        if (r < 0)
            return r;
        for (size_t k = 0; k < kinds.n; k++)
            report_kind(with, part, &kinds.items[k]);
    }
    return 0;
}

static int compare(const struct against *with, struct bdd *bdd)
{
    const struct location whole = {0, 0};
    bool big_endian = target_native_abi(with->variant->target)->big_endian;
    struct behaviour ours;
    struct behaviour theirs;
    struct obstacle obstacle = {0};
    struct changes changes = {0};
    int r =
        meaning_of_profile(&ours, bdd, with->profile, with->request, with->syscalls, with->arena);

    if (r == -E2BIG) {
        diags_add(with->diags, DIAG_WARNING, whole,
                  "libseccomp %s: its filter is not compared: the diagrams of the profile's rules "
                  "grow too large",
                  with->version);
        return 0;
    }
    if (r == 0)
        r = behaviour_of_program(&theirs, bdd, with->insns, with->n_insns, big_endian, with->arena,
                                 &obstacle);
    if (r == -ENOTSUP || r == -E2BIG) {
        diags_add(with->diags, DIAG_WARNING, whole,
                  "libseccomp %s: its filter cannot be analysed: instruction %zu: %s",
                  with->version, obstacle.pc, obstacle.why);
        return 0;
    }
    if (r == 0)
        r = changes_find(&changes, bdd, &ours, &theirs, with->variant->target, with->syscalls,
                         verdicts_differ, with->arena);
    return r < 0 ? r : report_changes(with, &changes);
}

/* Says that libseccomp made no filter, or none that the kernel takes. */
static void report_failure(const struct against *with, int outcome, unsigned int seconds)
{
    const struct location whole = {0, 0};

    if (outcome == LIBSECCOMP_TOO_SLOW)
        diags_add(with->diags, DIAG_WARNING, whole,
                  "libseccomp %s makes no filter within %u s; the profile has too many argument "
                  "tests for it",
                  with->version, seconds);
    else if (outcome == LIBSECCOMP_CRASHES)
        diags_add(with->diags, DIAG_WARNING, whole, "libseccomp %s crashes on this profile",
                  with->version);
    else
        diags_add(with->diags, DIAG_WARNING, whole,
                  "libseccomp %s refuses a rule of this profile: the same condition stands there "
                  "with two actions",
                  with->version);
}

int against_libseccomp(const struct profile *profile, const struct variant_request *request,
                       const struct variant *variant, const struct policy *policy,
                       struct syscalls *syscalls, unsigned int seconds, struct arena *arena,
                       struct diags *diags)
{
    const struct location whole = {0, 0};
    struct against with = {profile, request, variant, policy, syscalls, arena, diags, NULL, 0, ""};
    struct sock_filter *insns;
    struct bdd *bdd;
    const char *why;
    size_t bad;
    int r;

    libseccomp_version(with.version, sizeof(with.version));
    r = libseccomp_filter(variant, seconds, arena, &insns, &with.n_insns);
    if (r > 0)
        report_failure(&with, r, seconds);
    if (r != 0)
        return r < 0 ? r : 0;
    if (with.n_insns > BPF_MAX_INSNS) {
        diags_add(diags, DIAG_WARNING, whole,
                  "libseccomp %s: its filter has %zu instructions, and the kernel takes at most %d",
                  with.version, with.n_insns, BPF_MAX_INSNS);
        return 0;
    }
    if (bpf_check(insns, with.n_insns, &bad, &why) < 0) {
        diags_add(diags, DIAG_WARNING, whole,
                  "libseccomp %s: the kernel refuses its filter of %zu instructions: number %zu "
                  "is %s",
                  with.version, with.n_insns, bad, why);
        return 0;
    }
    with.insns = insns;
    bdd = bdd_new(PROOF_MAX_NODES);
    if (!bdd)
        return -ENOMEM;
    r = compare(&with, bdd);
    bdd_free(bdd);
    return r;
}
