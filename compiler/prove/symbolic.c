/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The behaviour of a program, by running it on ranges of inputs at once. Architecture and number
 * are ranges: a test that a range does not decide asks for the range to be split, and the run goes
 * on from there with each part. Arguments are vectors of diagrams, one for each bit: a test on them
 * runs both ways, and the results are joined.
 */
#include "compiler/prove/symbolic.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/symbolic-step.h"
#include "compiler/prove/symbolic-value.h"
#include "util/arena.h"

enum {
    MAX_STEPS = 64 * 1024 * 1024, /* instructions run in one analysis */
    MAX_RANGES = 64 * 1024,       /* of numbers, in all */
};

/* Where a run is: the next instruction, and what it finds. */
struct place {
    size_t pc;
    struct machine machine;
};

/* The result of running on from an instruction in some state. */
struct memo {
    struct memo *next; /* in its bucket */
    size_t pc;
    bool done;              /* result is known */
    struct machine machine; /* what does not matter is the constant 0 */
    bdd_ref result;
};

static bool values_equal(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == VALUE_BITS)
        return a->bits == b->bits || !memcmp(a->bits, b->bits, sizeof(*a->bits));
    return a->payload == b->payload && (a->kind == VALUE_CONSTANT || a->input == b->input);
}

static bool machines_equal(const struct machine *a, const struct machine *b)
{
    for (size_t i = 0; i < BPF_MEMWORDS; i++)
        if (!values_equal(&a->memory[i], &b->memory[i]))
            return false;
    return values_equal(&a->a, &b->a) && values_equal(&a->x, &b->x);
}

static bool holds_input(const struct machine *machine)
{
    for (size_t i = 0; i < BPF_MEMWORDS; i++)
        if (machine->memory[i].kind == VALUE_INPUT)
            return true;
    return machine->a.kind == VALUE_INPUT || machine->x.kind == VALUE_INPUT;
}

static uint32_t hash_value(uint32_t hash, const struct value *value)
{
    uint32_t payload = value->payload;

    if (value->kind == VALUE_BITS)
        for (size_t i = 0; i < 32; i++)
            payload = payload * 31 + value->bits->bit[i];
    return (hash ^ payload) * 16777619u;
}

/* Puts the memos of other ranges of inputs aside for use again: no range comes twice. */
static void forget_ranges(struct symbolic *sym)
{
    for (size_t i = 0; i < RANGE_MEMO_BUCKETS; i++) {
        while (sym->range_memos[i]) {
            struct memo *memo = sym->range_memos[i];

            sym->range_memos[i] = memo->next;
            memo->next = sym->spare_memos;
            sym->spare_memos = memo;
        }
    }
    memcpy(sym->memo_inputs, sym->inputs, sizeof(sym->inputs));
}

/* The list for HASH: of memos for the present ranges only (BY_RANGE), or of those for all. */
static struct memo **find_bucket(struct symbolic *sym, uint32_t hash, bool by_range)
{
    hash ^= hash >> 15;
    if (!by_range)
        return &sym->memos[hash % MEMO_BUCKETS];
    if (memcmp(sym->memo_inputs, sym->inputs, sizeof(sym->inputs)) != 0)
        forget_ranges(sym);
    return &sym->range_memos[hash % RANGE_MEMO_BUCKETS];
}

static struct memo *new_memo(struct symbolic *sym)
{
    struct memo *memo = sym->spare_memos;

    if (!memo)
        return arena_alloc(sym->arena, sizeof(*memo));
    sym->spare_memos = memo->next;
    return memo;
}

/* The memo for running on from PC with MACHINE, made where there is none yet. NULL: no memory. */
static struct memo *find_memo(struct symbolic *sym, size_t pc, const struct machine *machine)
{
    struct memo key = {.pc = pc};
    uint32_t hash = (uint32_t)pc * 31;

    if (sym->live[pc] & LIVE_A)
        key.machine.a = machine->a;
    if (sym->live[pc] & LIVE_X)
        key.machine.x = machine->x;
    for (size_t i = 0; i < BPF_MEMWORDS; i++)
        if (sym->live[pc] >> i & 1)
            key.machine.memory[i] = machine->memory[i];
    hash = hash_value(hash_value(hash, &key.machine.a), &key.machine.x);

    struct memo **bucket =
        find_bucket(sym, hash, sym->loads_input[pc] || holds_input(&key.machine));

    for (struct memo *memo = *bucket; memo; memo = memo->next)
        if (memo->pc == pc && machines_equal(&memo->machine, &key.machine))
            return memo;

    struct memo *memo = new_memo(sym);

    if (memo) {
        *memo = key;
        memo->next = *bucket;
        *bucket = memo;
    }
    return memo;
}

static int run(struct symbolic *sym, struct place *at, bdd_ref *result);

/* Runs on from TO, leaving MACHINE as it is. */
static int run_from(struct symbolic *sym, size_t to, const struct machine *machine, bdd_ref *result)
{
    struct place at = {to, *machine};

    return run(sym, &at, result);
}

/* Runs on from a jump that tests an argument: where that decides nothing yet, both ways. */
static int run_both(struct symbolic *sym, const struct place *at, const struct value *operand,
                    bdd_ref *result)
{
    const struct sock_filter *insn = &sym->program[at->pc];
    struct memo *memo = find_memo(sym, at->pc, &at->machine);
    bdd_ref condition;
    bdd_ref then = BDD_FALSE;
    bdd_ref otherwise = BDD_FALSE;

    if (!memo)
        return -ENOMEM;
    if (!memo->done) {
        int r = value_test(sym, BPF_OP(insn->code), &at->machine.a, operand, &condition);

        if (r == 0 && condition != BDD_FALSE)
            r = run_from(sym, at->pc + 1 + insn->jt, &at->machine, &then);
        if (r == 0 && condition != BDD_TRUE)
            r = run_from(sym, at->pc + 1 + insn->jf, &at->machine, &otherwise);
        if (r != 0)
            return r;
        memo->result = bdd_if(sym->bdd, condition, then, otherwise);
        memo->done = true;
        if (bdd_failed(sym->bdd))
            return symbolic_stop(sym, at->pc, -E2BIG, "its diagrams grow too large");
    }
    *result = memo->result;
    return 0;
}

/* Answers *RESULT, the function that the program returns at the instruction of AT. */
static int run_return(struct symbolic *sym, const struct place *at, bdd_ref *result)
{
    const struct sock_filter *insn = &sym->program[at->pc];
    const struct value *a = &at->machine.a;

    if (BPF_RVAL(insn->code) != BPF_A) {
        *result = bdd_constant(sym->bdd, insn->k);
        return 0;
    }
    if (a->kind == VALUE_INPUT)
        return value_split(sym, a);
    if (a->kind == VALUE_BITS)
        return symbolic_stop(sym, at->pc, -ENOTSUP, "a returned value that depends on an argument");
    *result = bdd_constant(sym->bdd, a->payload);
    return 0;
}

/*
 * Runs on from AT to the function that the program computes. Returns 0; SPLIT, with AT where the
 * undecided test is; or an error.
 */
static int run(struct symbolic *sym, struct place *at, bdd_ref *result)
{
    struct machine *machine = &at->machine;

    for (;; at->pc++) {
        const struct sock_filter *insn = &sym->program[at->pc];
        int r = 0;

        if (sym->steps++ == MAX_STEPS)
            return symbolic_stop(sym, at->pc, -E2BIG, "the analysis takes too many steps");
        if (BPF_CLASS(insn->code) == BPF_RET)
            return run_return(sym, at, result);
        if (BPF_CLASS(insn->code) == BPF_JMP && BPF_OP(insn->code) == BPF_JA) {
            at->pc += insn->k;
        } else if (BPF_CLASS(insn->code) == BPF_JMP) {
            const struct value operand =
                BPF_SRC(insn->code) == BPF_X ? machine->x : value_constant(insn->k);
            bdd_ref condition = BDD_FALSE;

            if (machine->a.kind == VALUE_BITS || operand.kind == VALUE_BITS)
                return run_both(sym, at, &operand, result);
            r = value_test(sym, BPF_OP(insn->code), &machine->a, &operand, &condition);
            if (r == 0)
                at->pc += condition == BDD_TRUE ? insn->jt : insn->jf;
        } else if (symbolic_divides_by_zero(insn, machine)) {
            *result = bdd_constant(sym->bdd, 0); /* the kernel's program ends with 0 then */
            return 0;
        } else {
            r = symbolic_run_plain(sym, at->pc, machine);
        }
        if (r != 0)
            return r;
    }
}

/* A range of an input, and where the run stands that goes on with it. */
struct part {
    struct range range;
    struct place at;
};

/* A growing list of parts that wait for their turn, the next one last. */
struct waiting {
    struct part *items;
    size_t n;
    size_t room;
};

/*
 * Splits *NOW where the run AT asks for it: *NOW becomes the lower part, and the upper one waits.
 */
static int split_part(struct symbolic *sym, struct waiting *waiting, struct range *now,
                      const struct place *at)
{
    int r = arena_grow(sym->arena, &waiting->items, waiting->n, &waiting->room,
                       sizeof(*waiting->items));

    if (r < 0)
        return r;
    waiting->items[waiting->n++] = (struct part){{sym->split_at, now->last}, *at};
    now->last = sym->split_at - 1;
    return 0;
}

/* Once the range of numbers is a single number, what was computed from it is a constant. */
static void settle_numbers(const struct symbolic *sym, struct machine *machine)
{
    if (sym->inputs[INPUT_NR].first != sym->inputs[INPUT_NR].last)
        return;
    for (size_t i = 0; i < BPF_MEMWORDS; i++)
        value_settle(sym, &machine->memory[i]);
    value_settle(sym, &machine->a);
    value_settle(sym, &machine->x);
}

/*
 * Finds the function of each range of numbers for the present range of architectures. Returns 0;
 * SPLIT where it is the architectures that must be split; or an error.
 */
static int find_numbers(struct symbolic *sym, struct arch_range *found, size_t *n_ranges)
{
    struct place at = {0};
    struct range *now = &sym->inputs[INPUT_NR];
    struct waiting waiting = {NULL, 0, 0};
    struct nr_range *numbers = NULL;
    size_t room = 0;
    size_t n = 0;

    *now = (struct range){0, UINT32_MAX};
    for (;;) {
        bdd_ref decision;
        int r;

        settle_numbers(sym, &at.machine);
        r = run(sym, &at, &decision);
        if (r == SPLIT && sym->split == INPUT_NR) {
            if (split_part(sym, &waiting, now, &at) < 0)
                return -ENOMEM;
            if (waiting.n + ++*n_ranges > MAX_RANGES)
                return symbolic_stop(sym, 0, -E2BIG, "it tells apart too many ranges of numbers");
            continue;
        }
        if (r != 0)
            return r;
        if (n == 0 || numbers[n - 1].decision != decision) {
            if (arena_grow(sym->arena, &numbers, n, &room, sizeof(*numbers)) < 0)
                return -ENOMEM;
            numbers[n++] = (struct nr_range){now->first, decision};
        }
        if (waiting.n == 0)
            break;
        *now = waiting.items[--waiting.n].range;
        at = waiting.items[waiting.n].at;
    }
    found->numbers = numbers;
    found->n_numbers = n;
    return 0;
}

static bool same_numbers(const struct arch_range *a, const struct arch_range *b)
{
    if (a->n_numbers != b->n_numbers)
        return false;
    for (size_t i = 0; i < a->n_numbers; i++)
        if (a->numbers[i].first != b->numbers[i].first ||
            a->numbers[i].decision != b->numbers[i].decision)
            return false;
    return true;
}

int behaviour_of_program(struct behaviour *behaviour, struct bdd *bdd,
                         const struct sock_filter *program, size_t n, bool big_endian,
                         struct arena *arena, struct obstacle *obstacle)
{
    const struct place start = {0};
    struct symbolic *sym = arena_alloc(arena, sizeof(*sym));
    struct waiting waiting = {NULL, 0, 0};
    struct arch_range *archs = NULL;
    size_t n_archs = 0;
    size_t room = 0;
    size_t n_ranges = 0;

    if (!sym)
        return -ENOMEM;
    *sym = (struct symbolic){
        .bdd = bdd,
        .program = program,
        .n = n,
        .big_endian = big_endian,
        .arena = arena,
        .obstacle = obstacle,
        .inputs = {[INPUT_ARCH] = {0, UINT32_MAX}},
    };
    if (symbolic_find_liveness(sym) < 0)
        return -ENOMEM;
    for (;;) {
        struct range *now = &sym->inputs[INPUT_ARCH];
        struct arch_range found = {.first = now->first};
        int r = find_numbers(sym, &found, &n_ranges);

        if (r == SPLIT) {
            if (split_part(sym, &waiting, now, &start) < 0)
                return -ENOMEM;
            if (++n_ranges > MAX_RANGES)
                return symbolic_stop(sym, 0, -E2BIG, "it tells apart too many architectures");
            continue;
        }
        if (r < 0)
            return r;
        if (n_archs == 0 || !same_numbers(&archs[n_archs - 1], &found)) {
            if (arena_grow(arena, &archs, n_archs, &room, sizeof(*archs)) < 0)
                return -ENOMEM;
            archs[n_archs++] = found;
        }
        if (waiting.n == 0)
            break;
        *now = waiting.items[--waiting.n].range;
    }
    if (bdd_failed(bdd))
        return symbolic_stop(sym, 0, -E2BIG, "its diagrams grow too large");
    *behaviour = (struct behaviour){archs, n_archs};
    return 0;
}
