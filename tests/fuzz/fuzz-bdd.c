/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decision diagrams against truth tables: the input is a program that builds functions of six bits
 * out of earlier ones. Each diagram must have the values of its table, and two diagrams must be one
 * exactly where their tables are equal.
 */
#include <stdbool.h>
#include <string.h>

#include "compiler/prove/bdd-outcomes.h"
#include "tests/fuzz/fuzz.h"

enum {
    BITS = 6,
    ROWS = 1 << BITS, /* bit i of a row's number is the value of bit i */
    FUNCTIONS_MAX = 256,
    MAX_NODES = 1 << 16, /* 256 functions of six bits have no more than 64 nodes each */
};

/* Where the bits are; in the order in which diagrams test them. */
static const struct {
    unsigned int word, bit;
} places[BITS] = {{0, 63}, {0, 0}, {1, 31}, {5, 32}, {6, 63}, {6, 0}};

struct function {
    bdd_ref ref;
    bool condition; /* no values but 0 and 1 */
    uint32_t rows[ROWS];
};

struct state {
    struct bdd *bdd;
    const uint8_t *data;
    size_t size;
    struct function functions[FUNCTIONS_MAX];
    size_t n;
};

/* The next byte of the program; zeroes behind its end. */
static uint8_t next_byte(struct state *state)
{
    if (state->size == 0)
        return 0;
    state->size--;
    return *state->data++;
}

/* The number of an earlier function, counted from the first or the last, which builds on most. */
static size_t pick_number(struct state *state)
{
    uint8_t byte = next_byte(state);
    size_t at = (byte & 0x7f) % state->n;

    return byte & 0x80 ? at : state->n - 1 - at;
}

static const struct function *pick(struct state *state)
{
    return &state->functions[pick_number(state)];
}

/* A condition: the constants 0 and 1 are the first functions, so there always is one. */
static const struct function *pick_condition(struct state *state)
{
    size_t at = pick_number(state);

    while (!state->functions[at].condition)
        at--;
    return &state->functions[at];
}

static void words_of_row(unsigned int row, uint64_t words[BDD_WORDS])
{
    memset(words, 0, BDD_WORDS * sizeof(*words));
    for (unsigned int i = 0; i < BITS; i++)
        if (row >> i & 1)
            words[places[i].word] |= UINT64_C(1) << places[i].bit;
}

/* The row of WORDS, in which no other bit may be set. */
static unsigned int row_of_words(const uint64_t words[BDD_WORDS])
{
    uint64_t again[BDD_WORDS];
    unsigned int row = 0;

    for (unsigned int i = 0; i < BITS; i++)
        row |= (unsigned int)(words[places[i].word] >> places[i].bit & 1) << i;
    words_of_row(row, again);
    FUZZ_CHECK(!memcmp(words, again, sizeof(again)), "an example sets a bit that does not matter");
    return row;
}

/* The highest bit that ROWS depend on, or BITS. */
static unsigned int first_bit(const uint32_t rows[ROWS])
{
    for (unsigned int i = 0; i < BITS; i++)
        for (unsigned int row = 0; row < ROWS; row++)
            if (rows[row] != rows[row ^ 1u << i])
                return i;
    return BITS;
}

/* bdd_branches() takes a function apart at the highest bit that it depends on. */
static void check_branches(const struct bdd *bdd, const struct function *f)
{
    unsigned int first = first_bit(f->rows);
    uint32_t variable;
    uint32_t value;
    bdd_ref part[2];

    FUZZ_CHECK(bdd_is_constant(bdd, f->ref, &value) == (first == BITS), "a constant or none");
    FUZZ_CHECK(bdd_branches(bdd, f->ref, &variable, &part[0], &part[1]) == (first < BITS),
               "branches or none");
    if (first == BITS) {
        FUZZ_CHECK(value == f->rows[0], "the constant is %#x, not %#x", value, f->rows[0]);
        return;
    }
    FUZZ_CHECK(variable == 64 * places[first].word + 63 - places[first].bit,
               "it branches by variable %u", variable);
    for (unsigned int row = 0; row < ROWS; row++) {
        uint64_t words[BDD_WORDS];

        words_of_row(row, words);
        FUZZ_CHECK(bdd_evaluate(bdd, part[row >> first & 1], words) == f->rows[row],
                   "a branch has another value in row %u", row);
    }
}

/* Takes the function REF, whose values must be ROWS. */
static void add(struct state *state, bdd_ref ref, const uint32_t rows[ROWS])
{
    struct function *f = &state->functions[state->n];

    FUZZ_CHECK(!bdd_failed(state->bdd), "out of nodes after %zu functions", state->n);
    *f = (struct function){.ref = ref, .condition = true};
    memcpy(f->rows, rows, sizeof(f->rows));
    for (unsigned int row = 0; row < ROWS; row++) {
        uint64_t words[BDD_WORDS];
        uint32_t value;

        words_of_row(row, words);
        value = bdd_evaluate(state->bdd, ref, words);
        FUZZ_CHECK(value == rows[row], "row %u is %#x, not %#x", row, value, rows[row]);
        f->condition = f->condition && rows[row] <= 1;
    }
    for (size_t i = 0; i < state->n; i++)
        FUZZ_CHECK((state->functions[i].ref == ref) ==
                       !memcmp(state->functions[i].rows, rows, sizeof(f->rows)),
                   "functions %zu and %zu: one reference for one function", i, state->n);
    check_branches(state->bdd, f);
    state->n++;
}

static bool is_different(uint32_t a, uint32_t b)
{
    return a != b;
}

static bool is_less(uint32_t a, uint32_t b)
{
    return a < b;
}

static bool is_odd_sum(uint32_t a, uint32_t b)
{
    return (a + b) & 1;
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t mixture(uint32_t a, uint32_t b)
{
    return a * 31 ^ b;
}

typedef bool (*pair_test)(uint32_t a, uint32_t b);

static void check_find(const struct state *state, const struct function *a,
                       const struct function *b, pair_test differs)
{
    uint64_t words[BDD_WORDS];
    int found = bdd_find(state->bdd, a->ref, b->ref, differs, words);
    bool any = false;

    for (unsigned int row = 0; row < ROWS; row++)
        any |= differs(a->rows[row], b->rows[row]);
    FUZZ_CHECK(found == any, "bdd_find() says %d", found);
    if (found) {
        unsigned int row = row_of_words(words);

        FUZZ_CHECK(differs(a->rows[row], b->rows[row]), "row %u is no example", row);
    }
}

/* True where the rows that differ in the bits of WORD only have the same outcomes. */
static bool word_is_idle(const struct function *a, const struct function *b, pair_test wanted,
                         unsigned int word)
{
    for (unsigned int i = 0; i < BITS; i++) {
        for (unsigned int row = 0; places[i].word == word && row < ROWS; row++) {
            unsigned int other = row ^ 1u << i;
            bool here = wanted(a->rows[row], b->rows[row]);

            if (here != wanted(a->rows[other], b->rows[other]) ||
                (here && (a->rows[row] != a->rows[other] || b->rows[row] != b->rows[other])))
                return false;
        }
    }
    return true;
}

static void check_outcomes(const struct state *state, const struct function *a,
                           const struct function *b, pair_test wanted)
{
    struct bdd_outcomes outcomes;
    int r = bdd_outcomes(state->bdd, a->ref, b->ref, wanted, &outcomes);

    FUZZ_CHECK(r == 0, "bdd_outcomes() says %d", r);
    for (size_t i = 0; i < outcomes.n; i++) {
        const struct bdd_outcome *item = &outcomes.items[i];
        unsigned int row = row_of_words(item->words);

        FUZZ_CHECK(a->rows[row] == item->a && b->rows[row] == item->b && wanted(item->a, item->b),
                   "row %u is no example of %#x and %#x", row, item->a, item->b);
        for (size_t k = 0; k < i; k++)
            FUZZ_CHECK(outcomes.items[k].a != item->a || outcomes.items[k].b != item->b,
                       "%#x and %#x stand there twice", item->a, item->b);
    }
    for (unsigned int row = 0; row < ROWS && !outcomes.more; row++) {
        bool listed = !wanted(a->rows[row], b->rows[row]);

        for (size_t i = 0; i < outcomes.n; i++)
            listed |= outcomes.items[i].a == a->rows[row] && outcomes.items[i].b == b->rows[row];
        FUZZ_CHECK(listed, "the outcome of row %u is not listed", row);
    }
    for (unsigned int word = 0; word < BDD_WORDS; word++)
        FUZZ_CHECK(outcomes.words >> word & 1 || word_is_idle(a, b, wanted, word),
                   "word %u decides, and is not named", word);
}

/* Builds the function of one operation. */
static void build(struct state *state, uint8_t operation)
{
    struct bdd *bdd = state->bdd;
    uint8_t detail = next_byte(state);
    const struct function *condition = pick_condition(state);
    const struct function *a = pick(state);
    const struct function *b = pick(state);
    unsigned int bit = detail % BITS;
    uint32_t (*choose)(uint32_t, uint32_t) = detail & 1 ? mixture : lesser;
    uint32_t rows[ROWS];
    bdd_ref ref = BDD_FALSE;

    for (unsigned int row = 0; row < ROWS; row++) {
        const uint32_t results[] = {
            detail * UINT32_C(0x01000193),
            row >> bit & 1,
            condition->rows[row] ? a->rows[row] : b->rows[row],
            row >> bit & 1 ? b->rows[row] : a->rows[row],
            choose(a->rows[row], b->rows[row]),
            !condition->rows[row],
        };

        rows[row] = results[operation];
    }
    switch (operation) {
    case 0:
        ref = bdd_constant(bdd, rows[0]);
        break;
    case 1:
        ref = bdd_bit(bdd, places[bit].word, places[bit].bit);
        break;
    case 2:
        ref = bdd_if(bdd, condition->ref, a->ref, b->ref);
        break;
    case 3:
        ref = bdd_on_bit(bdd, places[bit].word, places[bit].bit, a->ref, b->ref);
        break;
    case 4:
        FUZZ_CHECK(bdd_choose(bdd, a->ref, b->ref, choose, &ref) == 0, "bdd_choose() fails");
        break;
    case 5:
        ref = bdd_not(bdd, condition->ref);
        break;
    }
    add(state, ref, rows);
}

static void build_and(struct state *state)
{
    const struct function *a = pick_condition(state);
    const struct function *b = pick_condition(state);
    uint32_t rows[ROWS];

    for (unsigned int row = 0; row < ROWS; row++)
        rows[row] = a->rows[row] && b->rows[row];
    add(state, bdd_and(state->bdd, a->ref, b->ref), rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const pair_test tests[] = {is_different, is_less, is_odd_sum};
    static struct state state;
    uint32_t constant[ROWS] = {0};

    state = (struct state){.bdd = bdd_new(MAX_NODES), .data = data, .size = size};
    FUZZ_CHECK(state.bdd, "no memory");
    add(&state, BDD_FALSE, constant);
    for (unsigned int row = 0; row < ROWS; row++)
        constant[row] = 1;
    add(&state, BDD_TRUE, constant);
    while (state.size > 0 && state.n < FUNCTIONS_MAX) {
        uint8_t operation = next_byte(&state) % 9;

        if (operation < 6) {
            build(&state, operation);
        } else if (operation == 6) {
            build_and(&state);
        } else {
            const struct function *a = pick(&state);
            const struct function *b = pick(&state);
            pair_test test = tests[next_byte(&state) % 3];

            if (operation == 7)
                check_find(&state, a, b, test);
            else
                check_outcomes(&state, a, b, test);
        }
    }
    bdd_free(state.bdd);
    return 0;
}
