/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two shapes for a decision on arguments. The ordered one splits word after word into the ranges
 * that some test can tell apart, and remembers what is known of each test; equal knowledge is one
 * node, so nothing is tested twice on a path. It can grow with the product of the arguments'
 * ranges. The chain tests clause after clause, and never grows beyond the text of the rules.
 * Both are built where it matters, and the one with fewer instructions is taken.
 */
#include "compiler/emit/choice.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/emit/bits.h"
#include "compiler/emit/by-value.h"
#include "compiler/emit/diagram.h"
#include "compiler/emit/shape.h"
#include "compiler/parse/profile.h"
#include "compiler/policy/policy.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    MAX_STATES = 8192,     /* of one ordered diagram; past it the chain is taken */
    MAX_LOOKS = 32u << 20, /* at single tests, for all diagrams of a filter; 0.2 s */
    STATE_BUCKETS = 256,
    MAX_STEPS = 2 * SYSCALL_ARGS,
};

/* What is known of a test; a state has one such byte for each. */
enum knowledge {
    OPEN, /* nothing yet; once the high word is decided: it depends on the low word alone */
    LOW,  /* the low word alone decides */
    HOLDS,
    FAILS,
};

/* One test of one clause, cut into words. */
struct literal {
    uint8_t index;
    bool masked;
    enum cmp_op op; /* where not masked */
    uint32_t high, low;
    uint32_t high_mask, low_mask;
};

struct state {
    struct state *next; /* in its bucket */
    const struct node *node;
    uint8_t known[];
};

/* One word to split on. */
struct step {
    uint8_t index;
    bool high;
};

/* What was built already. */
struct built {
    const struct decision *decision;
    bool wide;
    const struct node *node;
};

struct choices {
    struct diagram *diagram;
    bool big_endian;
    size_t looks; /* taken at tests so far */
    struct built *built;
    size_t n_built;
    size_t built_room;

    /* of the decision that is being built */
    const struct decision *decision;
    bool wide;
    struct literal *literals; /* clause after clause */
    size_t *first;            /* of each clause in literals, and the end */
    size_t n_literals;
    uint32_t *cuts; /* find_cuts()'s result; the next call needs the room */
    struct step steps[MAX_STEPS];
    size_t n_steps;
    struct state *states[STATE_BUCKETS];
    size_t n_states;
    bool too_large; /* the ordered diagram was given up */
};

static uint32_t word_of(const struct choices *choices, const struct step *step)
{
    return step->high ? arg_word_high(step->index, choices->big_endian)
                      : arg_word_low(step->index, choices->big_endian);
}

struct choices *choices_new(struct diagram *diagram, bool big_endian)
{
    struct choices *choices = arena_alloc(diagram->arena, sizeof(*choices));

    if (choices) {
        choices->diagram = diagram;
        choices->big_endian = big_endian;
    }
    return choices;
}

/* What a comparison of words says where the word is below (-1) or above (1) the value. */
static enum knowledge off_value(enum cmp_op op, int side)
{
    switch (op) {
    case CMP_NE:
        return HOLDS;
    case CMP_LT:
    case CMP_LE:
        return side < 0 ? HOLDS : FAILS;
    case CMP_GE:
    case CMP_GT:
        return side > 0 ? HOLDS : FAILS;
    default:
        return FAILS;
    }
}

static enum knowledge on_value(enum cmp_op op)
{
    return op == CMP_LE || op == CMP_EQ || op == CMP_GE ? HOLDS : FAILS;
}

/* What is known of LITERAL once the high word is; VALUE stands for its whole range. */
static enum knowledge learn_high(const struct literal *literal, uint32_t value)
{
    if (literal->masked)
        return (value & literal->high_mask) == literal->high ? LOW : FAILS;
    if (value == literal->high)
        return LOW;
    return off_value(literal->op, value < literal->high ? -1 : 1);
}

static enum knowledge learn_low(const struct literal *literal, uint32_t value)
{
    if (literal->masked)
        return (value & literal->low_mask) == literal->low ? HOLDS : FAILS;
    if (value == literal->low)
        return on_value(literal->op);
    return off_value(literal->op, value < literal->low ? -1 : 1);
}

/* True where LITERAL, of which KNOWN is known, still asks for the word of STEP. */
static bool asks(const struct literal *literal, uint8_t known, const struct step *step)
{
    return literal->index == step->index && known == (step->high ? OPEN : LOW);
}

static uint32_t mask_at(const struct literal *literal, const struct step *step)
{
    return step->high ? literal->high_mask : literal->low_mask;
}

/* A test of so many bits that a few ranges are left is treated as a test of these. */
static bool is_masked_at(const struct literal *literal, const struct step *step)
{
    return literal->masked && !bits_are_ranges(mask_at(literal, step));
}

/* What every low word says of a comparison, at an end of its range; LOW where they differ. */
static enum knowledge settle_low(const struct literal *literal)
{
    bool below = literal->low > 0;
    bool above = literal->low < UINT32_MAX;

    if ((below && off_value(literal->op, -1) != on_value(literal->op)) ||
        (above && off_value(literal->op, 1) != on_value(literal->op)))
        return LOW;
    return on_value(literal->op);
}

/* A test that asks nothing of a word is decided by it. */
static enum knowledge settle(const struct literal *literal, uint8_t known)
{
    if (known == OPEN && literal->masked && literal->high_mask == 0)
        known = literal->high == 0 ? LOW : FAILS;
    if (known == LOW && literal->masked && literal->low_mask == 0)
        known = literal->low == 0 ? HOLDS : FAILS;
    if (known == LOW && !literal->masked)
        known = settle_low(literal);
    return known;
}

static void set_clause(const struct choices *choices, uint8_t *known, size_t clause,
                       enum knowledge all)
{
    for (size_t i = choices->first[clause]; i < choices->first[clause + 1]; i++)
        known[i] = all;
}

/* What is known of a whole CLAUSE: HOLDS, FAILS or OPEN. */
static enum knowledge settle_clause(const struct choices *choices, uint8_t *known, size_t clause)
{
    enum knowledge all = HOLDS;

    for (size_t i = choices->first[clause]; i < choices->first[clause + 1]; i++) {
        known[i] = settle(&choices->literals[i], known[i]);
        if (known[i] == FAILS)
            return FAILS;
        if (known[i] != HOLDS)
            all = OPEN;
    }
    return all;
}

/*
 * Brings KNOWN to its one form: what can no longer matter is marked as failed. Returns true where a
 * clause is still open; *VERDICT is what follows where none of the open ones holds.
 */
static bool simplify(const struct choices *choices, uint8_t *known, uint32_t *verdict)
{
    const struct decision *decision = choices->decision;
    size_t end = decision->n_clauses;

    *verdict = decision->otherwise;
    for (size_t c = 0; c < end; c++) {
        enum knowledge clause = settle_clause(choices, known, c);

        if (clause == HOLDS) {
            *verdict = decision->clauses[c].verdict;
            end = c;
        } else if (clause == FAILS) {
            set_clause(choices, known, c, FAILS);
        }
    }
    /* A clause that holds matters only where the answer without it would be another. */
    for (size_t c = end; c < decision->n_clauses; c++)
        set_clause(choices, known, c, c == end && *verdict != decision->otherwise ? HOLDS : FAILS);
    /* The last open clauses may say the same as what comes after them. */
    for (size_t c = end; c-- > 0;) {
        if (known[choices->first[c]] == FAILS)
            continue;
        if (decision->clauses[c].verdict != *verdict)
            return true;
        set_clause(choices, known, c, FAILS);
    }
    return false;
}

static int compare_cuts(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/*
 * Fills the cuts, in rising order from 0, with the first values of the ranges that tests of this
 * word tell apart. Returns their number; 1 where no interval test needs the word.
 */
static size_t find_cuts(struct choices *choices, const uint8_t *known, const struct step *step)
{
    uint32_t *cuts = choices->cuts;
    size_t n = 1;
    size_t distinct = 1;

    cuts[0] = 0;
    for (size_t i = 0; i < choices->n_literals; i++) {
        const struct literal *literal = &choices->literals[i];
        uint32_t value = step->high ? literal->high : literal->low;

        if (!asks(literal, known[i], step) || is_masked_at(literal, step))
            continue;
        if (literal->masked) {
            n += bits_cuts(&cuts[n], value, mask_at(literal, step));
            continue;
        }
        if (step->high || on_value(literal->op) != off_value(literal->op, -1))
            cuts[n++] = value;
        if (value < UINT32_MAX &&
            (step->high || on_value(literal->op) != off_value(literal->op, 1)))
            cuts[n++] = value + 1;
    }
    qsort(cuts, n, sizeof(*cuts), compare_cuts);
    for (size_t i = 1; i < n; i++)
        if (cuts[i] != cuts[distinct - 1])
            cuts[distinct++] = cuts[i];
    return distinct;
}

static const struct node *build(struct choices *choices, uint8_t *known, size_t step);

/* Splits the word of a step at the first N cuts. */
static const struct node *build_switch(struct choices *choices, const uint8_t *known, size_t at,
                                       size_t n)
{
    const struct step *step = &choices->steps[at];
    cleanup_free struct segment *segments = calloc(n, sizeof(*segments));
    cleanup_free uint8_t *next = malloc(choices->n_literals);

    if (!segments || !next)
        return NULL;
    for (size_t s = 0; s < n; s++)
        segments[s].first = choices->cuts[s];
    for (size_t s = 0; s < n; s++) {
        uint32_t first = segments[s].first;
        bool single = first == (s + 1 < n ? segments[s + 1].first - 1 : UINT32_MAX);

        for (size_t i = 0; i < choices->n_literals; i++) {
            const struct literal *literal = &choices->literals[i];

            next[i] = known[i];
            /* Masks of part of a word stay open, but where the range is a single value. */
            if (!asks(literal, known[i], step) || (is_masked_at(literal, step) && !single))
                continue;
            next[i] = step->high ? learn_high(literal, first) : learn_low(literal, first);
        }
        segments[s].child = build(choices, next, at);
        if (!segments[s].child)
            return NULL;
    }
    return bits_switch(choices->diagram, word_of(choices, step), segments, n);
}

/* What is known of a masked test where (word & MASK) == VALUE is known to be so, or not. */
static uint8_t learn_mask(const struct literal *literal, const struct step *step, uint8_t known,
                          uint32_t mask, uint32_t value, bool set)
{
    uint32_t own_mask = mask_at(literal, step);
    uint32_t own_value = step->high ? literal->high : literal->low;

    if (!asks(literal, known, step) || !is_masked_at(literal, step))
        return known;
    if (own_mask == mask && own_value == value)
        return !set ? FAILS : step->high ? LOW : HOLDS;
    if (set && ((own_value ^ value) & own_mask & mask))
        return FAILS;
    if (set && (own_mask & ~mask) == 0)
        return step->high ? LOW : HOLDS;
    return known;
}

/* Splits the word of a step by the mask of literal FIRST. */
static const struct node *build_mask(struct choices *choices, const uint8_t *known, size_t at,
                                     size_t first)
{
    const struct step *step = &choices->steps[at];
    const struct literal *literal = &choices->literals[first];
    uint32_t mask = mask_at(literal, step);
    uint32_t value = step->high ? literal->high : literal->low;
    cleanup_free uint8_t *next = malloc(choices->n_literals);
    const struct node *child[2];

    if (!next)
        return NULL;
    for (int set = 0; set < 2; set++) {
        for (size_t i = 0; i < choices->n_literals; i++)
            next[i] = learn_mask(&choices->literals[i], step, known[i], mask, value, set);
        child[set] = build(choices, next, at);
        if (!child[set])
            return NULL;
    }
    return diagram_mask(choices->diagram, word_of(choices, step), mask, value, child[1], child[0]);
}

/* Splits on the first step, from AT on, whose word some open test asks for. */
static const struct node *split(struct choices *choices, const uint8_t *known, size_t at)
{
    for (; at < choices->n_steps; at++) {
        size_t n = find_cuts(choices, known, &choices->steps[at]);

        if (n > 1)
            return build_switch(choices, known, at, n);
        for (size_t i = 0; i < choices->n_literals; i++)
            if (asks(&choices->literals[i], known[i], &choices->steps[at]))
                return build_mask(choices, known, at, i);
    }
    return NULL;
}

/* The node for what is KNOWN (brought to its one form here) when the steps before AT are done. */
static const struct node *build(struct choices *choices, uint8_t *known, size_t at)
{
    uint32_t verdict;
    uint32_t hash = 2166136261u;

    choices->looks += choices->n_literals;
    choices->too_large = choices->looks > MAX_LOOKS;
    if (choices->too_large)
        return NULL;
    if (!simplify(choices, known, &verdict))
        return diagram_return(choices->diagram, verdict);
    for (size_t i = 0; i < choices->n_literals; i++)
        hash = (hash ^ known[i]) * 16777619u;

    struct state **bucket = &choices->states[(hash ^ hash >> 16) % STATE_BUCKETS];

    for (struct state *state = *bucket; state; state = state->next)
        if (!memcmp(state->known, known, choices->n_literals))
            return state->node;
    choices->too_large = choices->n_states++ == MAX_STATES;
    if (choices->too_large)
        return NULL;

    struct state *state =
        arena_alloc(choices->diagram->arena, sizeof(*state) + choices->n_literals);

    if (!state)
        return NULL;
    memcpy(state->known, known, choices->n_literals);
    state->node = split(choices, known, at);
    state->next = *bucket;
    *bucket = state;
    return state->node;
}

/* The node for a word of LITERAL: ON where the word has the literal's value, else HOLD or FAIL. */
static const struct node *test_word(struct choices *choices, const struct literal *literal,
                                    const struct step *step, const struct node *on,
                                    const struct node *hold, const struct node *fail)
{
    uint32_t word = word_of(choices, step);
    uint32_t mask = mask_at(literal, step);
    uint32_t value = step->high ? literal->high : literal->low;
    struct segment segments[3];
    size_t n = 0;

    if (literal->masked && mask != UINT32_MAX)
        return mask ? diagram_mask(choices->diagram, word, mask, value, on, fail) : on;
    if (value > 0)
        segments[n++] = (struct segment){0, off_value(literal->op, -1) == HOLDS ? hold : fail};
    segments[n++] = (struct segment){value, on};
    if (value < UINT32_MAX)
        segments[n++] =
            (struct segment){value + 1, off_value(literal->op, 1) == HOLDS ? hold : fail};
    return diagram_switch(choices->diagram, word, segments, n);
}

/* The node for one literal alone: HOLD where it holds, else FAIL. */
static const struct node *test_literal(struct choices *choices, const struct literal *literal,
                                       const struct node *hold, const struct node *fail)
{
    const struct step low = {literal->index, false};
    const struct step high = {literal->index, true};
    const struct node *on = literal->masked || on_value(literal->op) == HOLDS ? hold : fail;
    const struct node *node = test_word(choices, literal, &low, on, hold, fail);

    if (node && choices->wide)
        node = test_word(choices, literal, &high, node, hold, fail);
    return node;
}

/* The decision as a chain of its clauses. KNOWN is what is known before any word is. */
static const struct node *build_chain(struct choices *choices, const uint8_t *known)
{
    const struct decision *decision = choices->decision;
    const struct node *next = diagram_return(choices->diagram, decision->otherwise);

    for (size_t c = decision->n_clauses; next && c-- > 0;) {
        const struct node *node = diagram_return(choices->diagram, decision->clauses[c].verdict);

        if (memchr(known + choices->first[c], FAILS, choices->first[c + 1] - choices->first[c]))
            continue;
        for (size_t i = choices->first[c + 1]; node && i-- > choices->first[c];)
            if (known[i] != HOLDS)
                node = test_literal(choices, &choices->literals[i], node, next);
        next = node;
    }
    return next;
}

/* The decision as an ordered diagram; NULL where there is no memory or it is too large. */
static const struct node *build_ordered(struct choices *choices, const uint8_t *known)
{
    cleanup_free uint8_t *start = malloc(choices->n_literals);

    choices->too_large = false;
    if (!start)
        return NULL;
    memcpy(start, known, choices->n_literals);
    memset(choices->states, 0, sizeof(choices->states));
    choices->n_states = 0;
    return build(choices, start, 0);
}

/*
 * Orders the words: argument by argument, the high word first; if asked, the most tested argument
 * first. Returns false where they are in that order already.
 */
static bool order_steps(struct choices *choices, bool most_tested_first)
{
    struct step before[MAX_STEPS];
    size_t tests[SYSCALL_ARGS] = {0};
    bool done[SYSCALL_ARGS] = {false};

    for (size_t i = 0; i < choices->n_literals; i++)
        tests[choices->literals[i].index]++;
    memcpy(before, choices->steps, sizeof(before));
    choices->n_steps = 0;
    for (size_t k = 0; k < SYSCALL_ARGS; k++) {
        uint8_t best = SYSCALL_ARGS;

        for (uint8_t i = 0; i < SYSCALL_ARGS; i++)
            if (!done[i] && (best == SYSCALL_ARGS || (most_tested_first && tests[i] > tests[best])))
                best = i;
        done[best] = true;
        choices->steps[choices->n_steps++] = (struct step){best, true};
        choices->steps[choices->n_steps++] = (struct step){best, false};
    }
    return memcmp(before, choices->steps, sizeof(before)) != 0;
}

/* Cuts the tests of DECISION into words. Returns what is known of each at the start, or NULL. */
static uint8_t *cut_tests(struct choices *choices, const struct decision *decision)
{
    struct arena *arena = choices->diagram->arena;
    size_t n = 0;

    for (size_t c = 0; c < decision->n_clauses; c++)
        n += decision->clauses[c].n_tests;

    uint8_t *known = arena_alloc(arena, n);

    choices->decision = decision;
    choices->literals = arena_calloc(arena, n, sizeof(*choices->literals));
    choices->first = arena_calloc(arena, decision->n_clauses + 1, sizeof(*choices->first));
    choices->cuts = arena_calloc(arena, 1 + BITS_CUTS_MAX * n, sizeof(*choices->cuts));
    choices->n_literals = 0;
    if (!known || !choices->literals || !choices->first || !choices->cuts)
        return NULL;
    for (size_t c = 0; c < decision->n_clauses; c++) {
        for (size_t t = 0; t < decision->clauses[c].n_tests; t++) {
            const struct arg_test *test = &decision->clauses[c].tests[t];
            bool masked = test->op == CMP_MASKED_EQ;
            uint64_t mask = masked ? test->value : UINT64_MAX;
            uint64_t value = masked ? test->value_two & mask : test->value;
            struct literal *literal = &choices->literals[choices->n_literals];

            *literal = (struct literal){test->index,
                                        masked,
                                        masked ? CMP_EQ : test->op,
                                        (uint32_t)(value >> 32),
                                        (uint32_t)value,
                                        (uint32_t)(mask >> 32),
                                        (uint32_t)mask};
            /* On a narrow ABI the high word counts as 0. */
            known[choices->n_literals] = choices->wide ? OPEN : learn_high(literal, 0);
            choices->n_literals++;
        }
        choices->first[c + 1] = choices->n_literals;
    }
    return known;
}

/* The smallest node for DECISION, which has clauses. */
static const struct node *build_smallest(void *user, const struct decision *decision)
{
    struct choices *choices = user;
    struct diagram *diagram = choices->diagram;
    uint8_t *known = cut_tests(choices, decision);
    const struct node *best = NULL;

    if (!known)
        return NULL;
    for (int most_tested_first = 0; most_tested_first < 2; most_tested_first++) {
        if (!order_steps(choices, most_tested_first) && most_tested_first)
            break;

        const struct node *node = build_ordered(choices, known);

        if (!node && !choices->too_large)
            return NULL;
        if (node && (!best || shape_size(diagram, node) < shape_size(diagram, best)))
            best = node;
        if (node && decision->n_clauses == 1)
            return best;
    }

    const struct node *chain = build_chain(choices, known);

    if (chain && (!best || shape_size(diagram, chain) < shape_size(diagram, best)))
        best = chain;
    return chain ? best : NULL;
}

const struct node *choices_build(struct choices *choices, const struct decision *decision,
                                 const struct abi *abi)
{
    for (size_t i = 0; i < choices->n_built; i++)
        if (choices->built[i].decision == decision && choices->built[i].wide == abi->wide)
            return choices->built[i].node;
    if (arena_grow(choices->diagram->arena, &choices->built, choices->n_built, &choices->built_room,
                   sizeof(*choices->built)) < 0)
        return NULL;
    choices->wide = abi->wide;

    const struct node *node =
        by_value_build(choices->diagram, decision, choices->wide, choices->big_endian,
                       &(struct by_value_builder){build_smallest, choices});

    choices->built[choices->n_built++] = (struct built){decision, abi->wide, node};
    return node;
}
