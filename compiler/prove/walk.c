/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * At each place of the program stands a claim: for all inputs of which the facts hold, the program
 * goes on to answer what is asked. A test on an argument divides a claim in two, each with one fact
 * more, and what is asked is cut down to the inputs that are left. A claim that was met before is
 * not followed again, and any that fails ends the walk: so all that were met hold in the end.
 *
 * What is asked is the function of all rules of a call at once, where its diagram is small enough.
 * Else it is the first rule that may still hold, as a diagram, and the list of those after it. Once
 * the first one is refuted, the facts are forgotten: the claim for the rest of the list is then
 * stronger than it must be, and the same from wherever it is reached. A program that tests rule by
 * rule is proven so in as many steps as it has instructions.
 */
#include "compiler/prove/walk.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "compiler/facts/bpf.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/cases.h"
#include "compiler/prove/symbolic-step.h"
#include "compiler/prove/symbolic-value.h"
#include "compiler/prove/symbolic.h"
#include "compiler/prove/witness.h"
#include "util/arena.h"

enum {
    MAX_INSNS = 4 << 20,     /* instructions walked, for all calls */
    MAX_STATES = 64 * 1024,  /* claims, for all calls */
    MAX_NODES = 1024 * 1024, /* in all */
    CLAIM_BUCKETS = 16 * 1024,
    HALVES = WITNESS_HALVES,
    MAX_MISSES = 12,         /* places where arguments are looked for in vain */
    MAX_LOOKED_AT = 6 << 20, /* cases, to find such arguments: less than half a second */
};

/* A positive outcome beside SPLIT: a claim was met before. */
enum {
    MET = 2,
};

/* What is asked where the first rule does not hold: a verdict that no profile can ask for. */
#define NEXT_CASE UINT32_C(0x0badcafe)

/* For each half of an argument, a condition that it is known to meet. */
struct facts {
    bdd_ref of[HALVES];
};

/* What the program has to do from some place on. */
struct asked {
    bdd_ref first;      /* NEXT_CASE: what LIST says */
    uint32_t list;      /* CASES_NONE where FIRST is never NEXT_CASE */
    struct facts facts; /* what LIST may rely on was found since FIRST came first */
};

/* Where the walk is. */
struct place {
    size_t pc;
    struct value a, x;
    uint32_t a_of, x_of; /* the halves that A and X were computed from: a bit for each */
    struct range inputs[INPUT_COUNT];
    struct asked asked;
    struct facts path; /* all that was found on the way here */
};

/* A claim that was met. */
struct claim {
    struct claim *same; /* the next in its bucket */
    size_t pc;
    const struct bits *a; /* NULL: it does not matter */
    struct asked asked;
};

struct walk {
    struct symbolic sym; /* inputs: those of the place where the walk is */
    struct cases *cases;
    struct walked *walked;
    const uint32_t *reads; /* halves of arguments that are loaded at or after each instruction */
    struct claim *claims[CLAIM_BUCKETS];
    struct place *waiting;
    size_t n_waiting;
    size_t waiting_room;
    struct witness_search search; /* for the call that is being walked */
    bool noting_path;             /* costs as much again, so only where it is wanted */
    bool path_wanted;
    size_t n_misses;
    uint64_t list_left; /* steps of diagrams */
    uint64_t whole_left;
};

static unsigned int half_of(const struct walk *walk, uint32_t offset)
{
    unsigned int word = offset < offsetof(struct seccomp_data, args)
                            ? BDD_POINTER
                            : (unsigned int)(offset - offsetof(struct seccomp_data, args)) / 8;

    return 2 * word + ((offset % 8 != 0) != walk->sym.big_endian);
}

static bool loads_argument(const struct sock_filter *insn)
{
    return insn->code == (BPF_LD | BPF_W | BPF_ABS) &&
           insn->k >= offsetof(struct seccomp_data, instruction_pointer);
}

static int find_reads(struct walk *walk)
{
    size_t n = walk->sym.n;
    uint32_t *reads = arena_calloc(walk->sym.arena, n, sizeof(*reads));

    if (!reads)
        return -ENOMEM;
    for (size_t pc = n; pc-- > 0;) {
        const struct sock_filter *insn = &walk->sym.program[pc];
        bool jump = BPF_CLASS(insn->code) == BPF_JMP;
        bool always = jump && BPF_OP(insn->code) == BPF_JA;

        if (loads_argument(insn))
            reads[pc] |= UINT32_C(1) << half_of(walk, insn->k);
        if (BPF_CLASS(insn->code) == BPF_RET)
            continue;
        reads[pc] |= reads[pc + 1 + (always ? insn->k : jump ? insn->jt : 0)];
        if (jump && !always)
            reads[pc] |= reads[pc + 1 + insn->jf];
    }
    walk->reads = reads;
    return 0;
}

static void forget(struct facts *facts)
{
    for (size_t i = 0; i < HALVES; i++)
        facts->of[i] = BDD_TRUE;
}

/* Goes on to the next case while the first one is known not to hold. */
static void settle_asked(struct walk *walk, struct asked *asked)
{
    struct bdd *bdd = walk->sym.bdd;
    uint32_t value;

    while (asked->list != CASES_NONE && bdd_is_constant(bdd, asked->first, &value) &&
           value == NEXT_CASE) {
        const struct one_case *item = &walk->cases->items[asked->list];

        asked->first = bdd_if(bdd, item->holds, item->result, bdd_constant(bdd, NEXT_CASE));
        asked->list = item->next;
        forget(&asked->facts);
    }
}

/* Puts a place aside for later. Returns 0 or -ENOMEM. */
static int put_aside(struct walk *walk, const struct place *place)
{
    int r = arena_grow(walk->sym.arena, &walk->waiting, walk->n_waiting, &walk->waiting_room,
                       sizeof(*walk->waiting));

    if (r == 0)
        walk->waiting[walk->n_waiting++] = *place;
    return r;
}

/* The halves of which facts matter at PLACE: others would only tell equal claims apart. */
static uint32_t halves_kept(const struct walk *walk, const struct place *place)
{
    uint32_t live = walk->sym.live[place->pc];

    return walk->reads[place->pc] | (live & LIVE_A ? place->a_of : 0) |
           (live & LIVE_X ? place->x_of : 0);
}

static bool claims_equal(const struct claim *a, const struct claim *b)
{
    return a->pc == b->pc && !memcmp(&a->asked, &b->asked, sizeof(a->asked)) &&
           (a->a == b->a || (a->a && b->a && !memcmp(a->a, b->a, sizeof(*a->a))));
}

static uint32_t hash_claim(const struct claim *claim)
{
    uint32_t hash = (uint32_t)claim->pc * 31 + claim->asked.first;

    hash = hash * 0x9e3779b1u + claim->asked.list;
    for (size_t i = 0; i < HALVES; i++)
        hash = hash * 0x85ebca6bu + claim->asked.facts.of[i];
    for (size_t i = 0; claim->a && i < 32; i++)
        hash = hash * 31 + claim->a->bit[i];
    return (hash ^ hash >> 15) % CLAIM_BUCKETS;
}

/*
 * Notes the claim at PLACE. Returns MET where it was met before, 0 where it is new or depends on
 * more than is noted, -E2BIG, -ENOMEM.
 */
static int meet(struct walk *walk, const struct place *place)
{
    uint32_t live = walk->sym.live[place->pc];
    struct claim claim = {.pc = place->pc, .asked = place->asked};
    struct claim **bucket;

    if (walk->sym.loads_input[place->pc] || live & LIVE_X ||
        (live & LIVE_A && place->a.kind != VALUE_BITS))
        return 0;
    if (live & LIVE_A)
        claim.a = place->a.bits;
    bucket = &walk->claims[hash_claim(&claim)];
    for (const struct claim *met = *bucket; met; met = met->same)
        if (claims_equal(met, &claim))
            return MET;
    if (walk->walked->states++ == MAX_STATES)
        return -E2BIG;

    struct claim *met = arena_alloc(walk->sym.arena, sizeof(*met));

    if (!met)
        return -ENOMEM;
    *met = claim;
    met->same = *bucket;
    *bucket = met;
    return 0;
}

/* The arguments, if any can be named, for which the program answers GIVEN at PLACE and is asked
 * for something else. */
static bool find_arguments(struct walk *walk, const struct place *place, uint32_t given)
{
    struct difference *at = &walk->walked->at;
    struct bdd *bdd = walk->sym.bdd;
    bdd_ref here = BDD_TRUE;
    bdd_ref answer = bdd_constant(bdd, given);

    /* The claim may have been too strong, so only what the program really does counts. */
    if (witness_on_path(&walk->search, place->path.of, at) ||
        (walk->n_misses == 0 && witness_at_edges(&walk->search, at)))
        return true;
    for (size_t i = HALVES; i-- > 0;)
        here = bdd_and(bdd, here, place->path.of[i]);
    here = bdd_if(bdd, here, place->asked.first, answer);
    return !bdd_failed(bdd) && bdd_find(bdd, here, answer, verdicts_differ, at->words) > 0 &&
           witness_shows(&walk->search, at);
}

/*
 * The program answers GIVEN at PLACE. Returns WALK_EQUAL, WALK_DIFFERS or WALK_SPENT. Where nothing
 * shows that the answer is wrong, another place may: the walk goes on, but has failed.
 */
static int compare(struct walk *walk, const struct place *place, uint32_t given)
{
    struct difference *at = &walk->walked->at;
    uint32_t value;

    if (bdd_is_constant(walk->sym.bdd, place->asked.first, &value) && value == given)
        return WALK_EQUAL;
    walk->path_wanted = !walk->noting_path;
    at->arch = place->inputs[INPUT_ARCH].first;
    at->nr = place->inputs[INPUT_NR].first;
    if (walk->path_wanted)
        return WALK_SPENT;
    if (find_arguments(walk, place, given))
        return WALK_DIFFERS;
    return ++walk->n_misses < MAX_MISSES ? WALK_EQUAL : WALK_SPENT;
}

/* FACT, and that TEST is HOLDS. */
static bdd_ref with_fact(struct bdd *bdd, bdd_ref fact, bdd_ref test, bool holds)
{
    return holds ? bdd_and(bdd, test, fact) : bdd_if(bdd, test, BDD_FALSE, fact);
}

/* A test on arguments. */
struct arg_test_met {
    bdd_ref test;
    bdd_ref given; /* as far as the facts do not decide it */
    size_t half;   /* HALVES where it depends on several */
};

/* PLACE as it is at TO, where TEST is HOLDS. */
static struct place follow(struct walk *walk, const struct place *place, size_t to,
                           const struct arg_test_met *test, bool holds)
{
    struct bdd *bdd = walk->sym.bdd;
    struct place next = *place;
    uint32_t kept;

    next.pc = to;
    next.asked.first = bdd_given(bdd, next.asked.first, test->given, holds);
    kept = halves_kept(walk, &next);
    for (size_t i = 0; i < HALVES; i++) {
        bdd_ref *fact = &next.asked.facts.of[i];

        if (!(kept >> i & 1))
            *fact = BDD_TRUE;
        else if (i == test->half)
            *fact = with_fact(bdd, *fact, test->given, holds);
    }
    if (walk->noting_path && test->half < HALVES) {
        bdd_ref *fact = &next.path.of[test->half];

        *fact = with_fact(bdd, *fact, test->test, holds);
    }
    settle_asked(walk, &next.asked);
    return next;
}

/*
 * Goes on from a jump that tests arguments: where the facts do not decide it, one way, and the
 * other later. Returns 0, MET, or an error.
 */
static int branch(struct walk *walk, struct place *place, bdd_ref test)
{
    const struct sock_filter *insn = &walk->sym.program[place->pc];
    struct bdd *bdd = walk->sym.bdd;
    uint32_t of = place->a_of | (BPF_SRC(insn->code) == BPF_X ? place->x_of : 0);
    size_t half = of && (of & (of - 1)) == 0 ? (size_t)__builtin_ctz(of) : HALVES;
    struct arg_test_met met = {test, test, half};
    size_t if_true = place->pc + 1 + insn->jt;
    size_t if_false = place->pc + 1 + insn->jf;
    int r = meet(walk, place);

    if (r != 0)
        return r;
    if (half < HALVES)
        met.given = bdd_given(bdd, test, place->asked.facts.of[half], true);
    if (met.given == BDD_TRUE || met.given == BDD_FALSE) {
        place->pc = met.given == BDD_TRUE ? if_true : if_false;
    } else {
        struct place later = follow(walk, place, if_true, &met, true);

        *place = follow(walk, place, if_false, &met, false);
        r = put_aside(walk, &later);
    }
    return r < 0 ? r : bdd_failed(bdd) ? -E2BIG : 0;
}

/* Cuts the inputs of PLACE in two where its instruction asks for it. The upper part waits. */
static int split(struct walk *walk, struct place *place)
{
    struct place upper = *place;
    enum input input = walk->sym.split;

    upper.inputs[input].first = walk->sym.split_at;
    place->inputs[input].last = walk->sym.split_at - 1;
    memcpy(walk->sym.inputs, upper.inputs, sizeof(upper.inputs));
    value_settle(&walk->sym, &upper.a);
    value_settle(&walk->sym, &upper.x);
    memcpy(walk->sym.inputs, place->inputs, sizeof(place->inputs));
    value_settle(&walk->sym, &place->a);
    value_settle(&walk->sym, &place->x);
    return put_aside(walk, &upper);
}

/* Runs an instruction that neither jumps nor returns. */
static int run_plain(struct walk *walk, struct place *place)
{
    const struct sock_filter *insn = &walk->sym.program[place->pc];
    struct machine machine = {.a = place->a, .x = place->x};
    uint16_t class = BPF_CLASS(insn->code);
    int r;

    if (class == BPF_ST || class == BPF_STX ||
        ((class == BPF_LD || class == BPF_LDX) && BPF_MODE(insn->code) == BPF_MEM))
        return symbolic_stop(&walk->sym, place->pc, -ENOTSUP,
                             "memory, beside tests of arguments in very many ways");
    r = symbolic_run_plain(&walk->sym, place->pc, &machine);
    if (r != 0)
        return r;
    place->a = machine.a;
    place->x = machine.x;
    if (class == BPF_LD)
        place->a_of = loads_argument(insn) ? UINT32_C(1) << half_of(walk, insn->k) : 0;
    else if (class == BPF_LDX)
        place->x_of = 0;
    else if (class == BPF_ALU && BPF_OP(insn->code) != BPF_NEG && BPF_SRC(insn->code) == BPF_X)
        place->a_of |= place->x_of;
    else if (insn->code == (BPF_MISC | BPF_TAX))
        place->x_of = place->a_of;
    else if (insn->code == (BPF_MISC | BPF_TXA))
        place->a_of = place->x_of;
    place->pc++;
    return 0;
}

/* Goes on from a conditional jump. Returns 0, MET, SPLIT, or an error. */
static int run_jump(struct walk *walk, struct place *place)
{
    const struct sock_filter *insn = &walk->sym.program[place->pc];
    const struct value operand = BPF_SRC(insn->code) == BPF_X ? place->x : value_constant(insn->k);
    bdd_ref test = BDD_FALSE;
    int r = value_test(&walk->sym, BPF_OP(insn->code), &place->a, &operand, &test);

    if (r != 0)
        return r;
    if (test != BDD_TRUE && test != BDD_FALSE)
        return branch(walk, place, test);
    place->pc += 1u + (test == BDD_TRUE ? insn->jt : insn->jf);
    return 0;
}

/* Runs on from PLACE to one end of the program. Returns an enum walk_end or an error. */
static int run(struct walk *walk, struct place *place)
{
    memcpy(walk->sym.inputs, place->inputs, sizeof(place->inputs));
    for (;;) {
        const struct sock_filter *insn = &walk->sym.program[place->pc];
        const struct machine machine = {.a = place->a, .x = place->x};
        int r = 0;

        if (walk->walked->steps++ == MAX_INSNS)
            return -E2BIG;
        if (BPF_CLASS(insn->code) == BPF_RET && BPF_RVAL(insn->code) != BPF_A)
            return compare(walk, place, insn->k);
        if (BPF_CLASS(insn->code) == BPF_RET && place->a.kind == VALUE_CONSTANT)
            return compare(walk, place, place->a.payload);
        if (symbolic_divides_by_zero(insn, &machine))
            return compare(walk, place, 0);
        if (BPF_CLASS(insn->code) == BPF_RET && place->a.kind == VALUE_BITS)
            return symbolic_stop(&walk->sym, place->pc, -ENOTSUP,
                                 "a returned value that depends on an argument");
        if (BPF_CLASS(insn->code) == BPF_RET)
            r = value_split(&walk->sym, &place->a);
        else if (BPF_CLASS(insn->code) != BPF_JMP)
            r = run_plain(walk, place);
        else if (BPF_OP(insn->code) == BPF_JA)
            place->pc += 1u + insn->k;
        else
            r = run_jump(walk, place);
        if (r == MET)
            return WALK_EQUAL;
        if (r == SPLIT)
            r = split(walk, place);
        if (r < 0)
            return r;
    }
}

/* Forgets the claims of a walk that was not gone to its end: some of them were never looked at. */
static void give_up(struct walk *walk)
{
    memset(walk->claims, 0, sizeof(walk->claims));
    walk->n_waiting = 0;
}

/* Walks from START to all ends. Returns an enum walk_end or an error. */
static int run_all(struct walk *walk, const struct place *start)
{
    int r = put_aside(walk, start);

    while (r == 0 && walk->n_waiting > 0) {
        struct place place = walk->waiting[--walk->n_waiting];

        r = run(walk, &place);
    }
    if (r == WALK_EQUAL && walk->n_misses > 0)
        r = WALK_SPENT;
    if (r != WALK_EQUAL)
        give_up(walk);
    return r == -E2BIG && !bdd_out_of_memory(walk->sym.bdd) ? WALK_SPENT
           : r == -E2BIG                                    ? -ENOMEM
                                                            : r;
}

/*
 * Walks from START, where the diagrams may take *LEFT steps in all, and takes from it those that
 * they took. With SEARCHING, looks for arguments where the program answers otherwise than asked.
 */
static int run_within(struct walk *walk, const struct place *start, bool searching, uint64_t *left)
{
    struct bdd *bdd = walk->sym.bdd;
    uint64_t before = bdd_steps(bdd);
    int r;

    bdd_limit(bdd, MAX_NODES, *left);
    walk->noting_path = searching;
    walk->path_wanted = false;
    walk->n_misses = 0;
    r = run_all(walk, start);
    *left -= bdd_steps(bdd) - before < *left ? bdd_steps(bdd) - before : *left;
    return r;
}

/* The function of all rules at once: START is then asked for that. False: see cases_whole(). */
static bool ask_for_all(struct walk *walk, struct place *start)
{
    bdd_limit(walk->sym.bdd, MAX_NODES, walk->whole_left);
    start->asked.list = CASES_NONE;
    forget(&start->asked.facts);
    return cases_whole(walk->cases, walk->search.list, &walk->whole_left, &start->asked.first);
}

/*
 * Walks for the calls of INPUTS, which all have the same list: rule by rule, which fails soon where
 * the program goes another way; then with the function of all. Where neither proves the program,
 * goes the way again, to name arguments.
 */
static int walk_calls(struct walk *walk, const struct range inputs[INPUT_COUNT], uint32_t list)
{
    struct place start = {.inputs = {inputs[INPUT_ARCH], inputs[INPUT_NR]}};
    struct bdd *bdd = walk->sym.bdd;
    struct place whole;
    bool differs;
    int r;

    walk->search.list = list;
    walk->search.n_cases = cases_length(walk->cases, list);
    forget(&start.path);
    forget(&start.asked.facts);
    bdd_limit(bdd, MAX_NODES, walk->list_left);
    start.asked.first = bdd_constant(bdd, NEXT_CASE);
    start.asked.list = list;
    settle_asked(walk, &start.asked);
    r = run_within(walk, &start, false, &walk->list_left);
    if (r != WALK_SPENT)
        return r;
    differs = walk->path_wanted;
    whole = start;
    if (ask_for_all(walk, &whole)) {
        r = run_within(walk, &whole, false, &walk->whole_left);
        if (r == WALK_SPENT && walk->path_wanted)
            r = run_within(walk, &whole, true, &walk->whole_left);
    } else if (bdd_out_of_memory(bdd)) {
        return -ENOMEM;
    }
    if (r == WALK_SPENT && differs)
        r = run_within(walk, &start, true, &walk->list_left);
    return r;
}

/* The last value of the range that begins before NEXT, the first of the following one. */
static uint32_t last_before(bool any, uint32_t next)
{
    return any ? next - 1 : UINT32_MAX;
}

static int walk_all(struct walk *walk, const struct behaviour *asked)
{
    int r = WALK_EQUAL;

    for (size_t i = 0; i < asked->n_archs && r == WALK_EQUAL; i++) {
        const struct arch_range *arch = &asked->archs[i];
        bool more = i + 1 < asked->n_archs;
        struct range inputs[INPUT_COUNT] = {
            [INPUT_ARCH] = {arch->first, last_before(more, more ? arch[1].first : 0)}};

        for (size_t k = 0; k < arch->n_numbers && r == WALK_EQUAL; k++) {
            const struct nr_range *number = &arch->numbers[k];
            bool further = k + 1 < arch->n_numbers;

            inputs[INPUT_NR] =
                (struct range){number->first, last_before(further, further ? number[1].first : 0)};
            walk->walked->at = (struct difference){
                .arch = inputs[INPUT_ARCH].first,
                .arch_last = inputs[INPUT_ARCH].last,
                .nr = inputs[INPUT_NR].first,
                .nr_last = inputs[INPUT_NR].last,
            };
            r = walk_calls(walk, inputs, number->decision);
        }
    }
    return r;
}

int walk_program(struct walked *walked, const struct behaviour *asked, struct cases *cases,
                 const struct sock_filter *program, size_t n, bool big_endian, struct arena *arena,
                 struct obstacle *obstacle)
{
    struct walk *walk = arena_alloc(arena, sizeof(*walk));

    *walked = (struct walked){.steps = 0};
    if (!walk)
        return -ENOMEM;
    walk->sym = (struct symbolic){
        .bdd = cases->bdd,
        .program = program,
        .n = n,
        .big_endian = big_endian,
        .arena = arena,
        .obstacle = obstacle,
    };
    walk->cases = cases;
    walk->walked = walked;
    walk->search = (struct witness_search){
        .cases = cases,
        .program = program,
        .n = n,
        .big_endian = big_endian,
        .left = MAX_LOOKED_AT,
    };
    walk->list_left = WALK_MAX_STEPS / 2;
    walk->whole_left = WALK_MAX_STEPS / 2;
    if (symbolic_find_liveness(&walk->sym) < 0 || find_reads(walk) < 0)
        return -ENOMEM;
    return walk_all(walk, asked);
}
