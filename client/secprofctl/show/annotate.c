/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notes on a listing. One walk over the instructions, which only jump forward: what
 * is known after each one holds where it goes, and what comes from several places is joined.
 */
#include "client/secprofctl/show/annotate.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>

#include "compiler/facts/syscalls.h"
#include "compiler/facts/verdict.h"
#include "util/arena.h"

enum {
    NAMES_MAX = 3, /* ABIs whose names a note has, where they differ */
};

/* What A holds. */
enum holds {
    HOLDS_OTHER,
    HOLDS_ARCH,
    HOLDS_NR,
    HOLDS_NR_MASKED, /* a number without its x32 bit */
};

/* What is known before an instruction. */
struct known {
    bool reached;
    enum holds a;
    abi_set abis; /* those whose calls can come here */
};

struct annotator {
    const struct target *target;
    struct syscalls *syscalls;
    struct arena *arena;
    struct known *known;
};

/* True where A is a number without an x32 bit, masked off or never there. */
static bool is_masked(const struct known *known)
{
    return known->a == HOLDS_NR_MASKED || (known->a == HOLDS_NR && !(known->abis >> ABI_X32 & 1));
}

static void join(struct known *into, const struct known *from)
{
    if (!into->reached) {
        *into = *from;
        return;
    }
    if (into->a != from->a)
        into->a = is_masked(into) && is_masked(from) ? HOLDS_NR_MASKED : HOLDS_OTHER;
    into->abis |= from->abis;
}

static bool compare(uint16_t op, uint32_t a, uint32_t k)
{
    switch (op) {
    case BPF_JEQ:
        return a == k;
    case BPF_JGE:
        return a >= k;
    case BPF_JGT:
        return a > k;
    default:
        return (a & k) != 0;
    }
}

/* True where some number of ABI makes the comparison with K come out as OUTCOME. */
static bool number_can(const struct abi *abi, uint16_t op, uint32_t k, bool outcome)
{
    uint32_t first = abi_first_number(abi);
    uint32_t last = abi_last_number(abi);

    if (op == BPF_JSET)
        return outcome ? (k & last) != 0 : (k & first) == 0;
    if (op == BPF_JEQ)
        return !outcome || (k >= first && k <= last);
    return outcome ? compare(op, last, k) : !compare(op, first, k);
}

/* The ABIs of KNOWN that remain where the jump INSN, compared with a constant, has this OUTCOME. */
static abi_set remaining(const struct known *known, const struct sock_filter *insn, bool outcome)
{
    uint16_t op = BPF_OP(insn->code);
    abi_set set = known->abis;

    for (int id = 0; id < ABI_COUNT; id++) {
        const struct abi *abi = abi_get((enum abi_id)id);
        bool possible = true;

        if (known->a == HOLDS_ARCH)
            possible = compare(op, abi->audit_arch, insn->k) == outcome;
        else if (known->a == HOLDS_NR)
            possible = number_can(abi, op, insn->k, outcome);
        if (!possible)
            set &= ~((abi_set)1 << id);
    }
    return set;
}

static bool clears_x32_bit(const struct sock_filter *insn)
{
    return insn->code == (BPF_ALU | BPF_AND | BPF_K) &&
           (insn->k == X32_SYSCALL_BIT - 1 || insn->k == ~X32_SYSCALL_BIT);
}

static enum holds loaded(const struct sock_filter *insn)
{
    if (insn->code != (BPF_LD | BPF_W | BPF_ABS))
        return HOLDS_OTHER;
    return insn->k == offsetof(struct seccomp_data, nr)     ? HOLDS_NR
           : insn->k == offsetof(struct seccomp_data, arch) ? HOLDS_ARCH
                                                            : HOLDS_OTHER;
}

/* Passes on what is known after instruction I. */
static void step(struct annotator *notes, const struct sock_filter *insn, size_t i)
{
    struct known next = notes->known[i];
    struct known *after = &notes->known[i + 1];

    switch (BPF_CLASS(insn->code)) {
    case BPF_RET:
        return;
    case BPF_JMP:
        if (BPF_OP(insn->code) == BPF_JA) {
            join(after + insn->k, &next);
            return;
        }
        for (int outcome = 0; outcome < 2; outcome++) {
            if (BPF_SRC(insn->code) == BPF_K)
                next.abis = remaining(&notes->known[i], insn, outcome);
            join(after + (outcome ? insn->jt : insn->jf), &next);
        }
        return;
    case BPF_LD:
        next.a = loaded(insn);
        break;
    case BPF_ALU:
        next.a = next.a == HOLDS_NR && clears_x32_bit(insn) ? HOLDS_NR_MASKED : HOLDS_OTHER;
        break;
    case BPF_MISC:
        if (BPF_MISCOP(insn->code) == BPF_TXA)
            next.a = HOLDS_OTHER;
        break;
    }
    join(after, &next);
}

static const char *arch_note(uint32_t audit_arch)
{
    for (int id = 0; id < ABI_COUNT; id++)
        if (abi_get((enum abi_id)id)->audit_arch == audit_arch)
            return abi_get((enum abi_id)id)->name;
    return NULL;
}

/* What number K is called on the ABIs that can come here. */
static const char *number_note(struct annotator *notes, const struct known *known, uint32_t k)
{
    abi_set ours = known->abis & target_abis(notes->target);
    abi_set abis = ours ? ours : known->abis;
    const char *first = NULL;
    const char *all = NULL;
    size_t n = 0;
    bool same = true;

    for (int id = 0; id < ABI_COUNT; id++) {
        const struct abi *abi = abi_get((enum abi_id)id);
        uint32_t nr = known->a == HOLDS_NR_MASKED && id == ABI_X32 ? k | X32_SYSCALL_BIT : k;
        const char *name =
            abis >> id & 1 ? syscalls_name(notes->syscalls, (enum abi_id)id, nr) : NULL;

        if (!name)
            continue;
        same = same && (!first || !strcmp(first, name));
        all = n++ ? arena_printf(notes->arena, "%s, %s %s", all, abi->name, name)
                  : arena_printf(notes->arena, "%s %s", abi->name, name);
        if (!first)
            first = name;
    }
    if (n == 0 || same)
        return first;
    return n <= NAMES_MAX ? all : NULL;
}

/* The name of the errno that VERDICT returns, or NULL. */
static const char *errno_note(struct annotator *notes, uint32_t verdict)
{
    static const char prefix[] = "ERRNO(";
    const char *text = verdict_text_on_abi(notes->arena, verdict, notes->target->abis[0]);
    size_t start = sizeof(prefix) - 1;

    if (!text || strncmp(text, prefix, start) != 0 || text[start] != 'E')
        return NULL;
    return arena_strndup(notes->arena, text + start, strlen(text) - start - 1);
}

/* The note on an instruction, or NULL. */
static const char *note(struct annotator *notes, const struct sock_filter *insn,
                        const struct known *known)
{
    const char *text = NULL;

    if (insn->code == (BPF_RET | BPF_K))
        return errno_note(notes, insn->k);
    if (BPF_CLASS(insn->code) != BPF_JMP || BPF_OP(insn->code) == BPF_JA ||
        BPF_OP(insn->code) == BPF_JSET || BPF_SRC(insn->code) != BPF_K)
        return NULL;
    if (known->a == HOLDS_ARCH)
        text = arch_note(insn->k);
    else if (known->a == HOLDS_NR && insn->code == (BPF_JMP | BPF_JGE | BPF_K) &&
             insn->k == X32_SYSCALL_BIT && known->abis >> ABI_X32 & 1)
        return abi_get(ABI_X32)->name;
    else if (known->a == HOLDS_NR || known->a == HOLDS_NR_MASKED)
        text = number_note(notes, known, insn->k);
    if (!text || BPF_OP(insn->code) == BPF_JEQ)
        return text;
    return arena_printf(notes->arena, BPF_OP(insn->code) == BPF_JGE ? "from %s on" : "above %s",
                        text);
}

const char **annotate(const struct sock_filter *program, size_t n, const struct target *target,
                      struct syscalls *syscalls, struct arena *arena)
{
    struct annotator notes = {
        .target = target,
        .syscalls = syscalls,
        .arena = arena,
        .known = arena_calloc(arena, n, sizeof(*notes.known)),
    };
    const char **texts = arena_calloc(arena, n, sizeof(*texts));

    if (!notes.known || !texts)
        return NULL;
    notes.known[0] = (struct known){.reached = true, .abis = ((abi_set)1 << ABI_COUNT) - 1};
    for (size_t i = 0; i < n; i++) {
        if (!notes.known[i].reached)
            continue;
        texts[i] = note(&notes, &program[i], &notes.known[i]);
        step(&notes, &program[i], i);
    }
    return texts;
}
