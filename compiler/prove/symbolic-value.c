/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Computing on values of which a range of inputs, or the bits, are known. Nothing here knows what
 * a program does with them.
 */
#include "compiler/prove/symbolic-value.h"

#include <errno.h>
#include <linux/seccomp.h>

#include "compiler/prove/bdd.h"
#include "compiler/prove/symbolic.h"
#include "util/arena.h"

struct value value_constant(uint32_t value)
{
    return (struct value){.kind = VALUE_CONSTANT, .payload = value};
}

int symbolic_stop(struct symbolic *sym, size_t pc, int error, const char *why)
{
    *sym->obstacle = (struct obstacle){pc, why};
    return error;
}

static uint32_t first_of(const struct symbolic *sym, const struct value *value)
{
    return sym->inputs[value->input].first - value->payload;
}

static uint32_t last_of(const struct symbolic *sym, const struct value *value)
{
    return sym->inputs[value->input].last - value->payload;
}

/* Asks for the range behind VALUE to be split where the value becomes AT. */
static int split_value(struct symbolic *sym, const struct value *value, uint32_t at)
{
    sym->split = value->input;
    sym->split_at = at + value->payload;
    return SPLIT;
}

/* The bits that are not the same in all values from FIRST to LAST. */
static uint32_t varying_bits(uint32_t first, uint32_t last)
{
    return first == last ? 0 : UINT32_MAX >> __builtin_clz(first ^ last);
}

/* Asks for VALUE's range to be split at the highest bit that varies in it. */
int value_split(struct symbolic *sym, const struct value *value)
{
    uint32_t last = last_of(sym, value);

    return split_value(sym, value, last & ~(varying_bits(first_of(sym, value), last) >> 1));
}

/* An input as a value; a range of one is a constant. */
static struct value input_value(const struct symbolic *sym, enum input input, uint32_t less)
{
    const struct range *range = &sym->inputs[input];

    if (range->first == range->last)
        return value_constant(range->first - less);
    return (struct value){.kind = VALUE_INPUT, .input = input, .payload = less};
}

void value_settle(const struct symbolic *sym, struct value *value)
{
    if (value->kind == VALUE_INPUT)
        *value = input_value(sym, value->input, value->payload);
}

int value_load(struct symbolic *sym, uint32_t offset, struct value *value)
{
    if (offset == offsetof(struct seccomp_data, nr)) {
        *value = input_value(sym, INPUT_NR, 0);
        return 0;
    }
    if (offset == offsetof(struct seccomp_data, arch)) {
        *value = input_value(sym, INPUT_ARCH, 0);
        return 0;
    }

    unsigned int word = offset < offsetof(struct seccomp_data, args)
                            ? BDD_POINTER
                            : (unsigned int)(offset - offsetof(struct seccomp_data, args)) / 8;
    bool high = (offset % 8 != 0) != sym->big_endian;

    if (!sym->words[word][high]) {
        struct bits *bits = arena_alloc(sym->arena, sizeof(*bits));

        if (!bits)
            return -ENOMEM;
        for (unsigned int i = 0; i < 32; i++)
            bits->bit[i] = bdd_bit(sym->bdd, word, (high ? 32 : 0) + i);
        sym->words[word][high] = bits;
    }
    *value = (struct value){.kind = VALUE_BITS, .bits = sym->words[word][high]};
    return 0;
}

/* The bits of a constant or of bits. */
static struct bits bits_of(const struct value *value)
{
    struct bits bits;

    if (value->kind == VALUE_BITS)
        return *value->bits;
    for (unsigned int i = 0; i < 32; i++)
        bits.bit[i] = value->payload >> i & 1 ? BDD_TRUE : BDD_FALSE;
    return bits;
}

/* BITS as a value: a constant where they all are. */
static int value_of_bits(struct symbolic *sym, const struct bits *bits, struct value *value)
{
    uint32_t all = 0;
    bool fixed = true;

    for (unsigned int i = 0; i < 32; i++) {
        uint32_t bit;

        fixed = fixed && bdd_is_constant(sym->bdd, bits->bit[i], &bit);
        all |= fixed ? bit << i : 0;
    }
    if (fixed) {
        *value = value_constant(all);
        return 0;
    }

    struct bits *copy = arena_alloc(sym->arena, sizeof(*copy));

    if (!copy)
        return -ENOMEM;
    *copy = *bits;
    *value = (struct value){.kind = VALUE_BITS, .bits = copy};
    return 0;
}

static bdd_ref xor_bits(struct bdd *bdd, bdd_ref a, bdd_ref b)
{
    return bdd_if(bdd, a, bdd_not(bdd, b), b);
}

/* A + B, or A - B; its carry is the carry, or the absence of a borrow. */
static void add_bits(struct bdd *bdd, struct bits *a, const struct bits *b, bool subtract)
{
    bdd_ref carry = subtract ? BDD_TRUE : BDD_FALSE;

    for (unsigned int i = 0; i < 32; i++) {
        bdd_ref x = a->bit[i];
        bdd_ref y = subtract ? bdd_not(bdd, b->bit[i]) : b->bit[i];
        bdd_ref either = xor_bits(bdd, x, y);

        a->bit[i] = xor_bits(bdd, either, carry);
        carry = bdd_if(bdd, either, carry, x);
    }
}

static void shift_bits(struct bits *a, uint16_t op, uint32_t by)
{
    struct bits from = *a;

    for (unsigned int i = 0; i < 32; i++) {
        unsigned int source = op == BPF_LSH ? i - by : i + by;

        a->bit[i] = source < 32 ? from.bit[source] : BDD_FALSE;
    }
}

static void multiply_bits(struct bdd *bdd, struct bits *a, uint32_t by)
{
    const struct value zero = value_constant(0);
    struct bits sum = bits_of(&zero);

    for (unsigned int i = 0; i < 32; i++) {
        struct bits shifted = *a;

        if (!(by >> i & 1))
            continue;
        shift_bits(&shifted, BPF_LSH, i);
        add_bits(bdd, &sum, &shifted, false);
    }
    *a = sum;
}

/* Computes on bits. OPERAND is a constant or bits. */
static int compute_bits(struct symbolic *sym, size_t pc, uint16_t op, struct value *a,
                        const struct value *operand)
{
    struct bdd *bdd = sym->bdd;
    bool fixed = operand->kind == VALUE_CONSTANT;
    struct bits bits = bits_of(a);
    struct bits other = bits_of(operand);

    switch (op) {
    case BPF_ADD:
    case BPF_SUB:
        add_bits(bdd, &bits, &other, op == BPF_SUB);
        break;
    case BPF_AND:
        for (unsigned int i = 0; i < 32; i++)
            bits.bit[i] = bdd_and(bdd, bits.bit[i], other.bit[i]);
        break;
    case BPF_OR:
        for (unsigned int i = 0; i < 32; i++)
            bits.bit[i] = bdd_if(bdd, bits.bit[i], BDD_TRUE, other.bit[i]);
        break;
    case BPF_XOR:
        for (unsigned int i = 0; i < 32; i++)
            bits.bit[i] = xor_bits(bdd, bits.bit[i], other.bit[i]);
        break;
    case BPF_LSH:
    case BPF_RSH:
        if (!fixed)
            return symbolic_stop(sym, pc, -ENOTSUP,
                                 "a shift by a value that depends on an argument");
        shift_bits(&bits, op, operand->payload & 31);
        break;
    case BPF_MUL:
        if (!fixed)
            return symbolic_stop(sym, pc, -ENOTSUP, "a product of values that depend on arguments");
        multiply_bits(bdd, &bits, operand->payload);
        break;
    case BPF_NEG: {
        const struct value zero = value_constant(0);

        other = bits;
        bits = bits_of(&zero);
        add_bits(bdd, &bits, &other, true);
        break;
    }
    default:
        if (!fixed || operand->payload & (operand->payload - 1))
            return symbolic_stop(sym, pc, -ENOTSUP,
                                 "a division of a value that depends on an argument");
        shift_bits(&bits, BPF_RSH, (uint32_t)__builtin_ctz(operand->payload));
    }
    return value_of_bits(sym, &bits, a);
}

/* Computes on an input and a constant. */
static int compute_input(struct symbolic *sym, uint16_t op, struct value *a, uint32_t operand)
{
    uint32_t first = first_of(sym, a);
    uint32_t varying = varying_bits(first, last_of(sym, a));
    struct value sum = *a;

    switch (op) {
    case BPF_ADD:
    case BPF_SUB:
        sum.payload += op == BPF_ADD ? -operand : operand;
        if (first_of(sym, &sum) > last_of(sym, &sum))
            return split_value(sym, &sum, 0);
        *a = sum;
        return 0;
    case BPF_AND:
        if ((operand & varying) == 0) {
            *a = value_constant(first & operand);
            return 0;
        }
        if ((operand & varying) == varying) {
            a->payload += first & ~operand;
            return 0;
        }
        break;
    }
    return value_split(sym, a);
}

/* bpf_simulate() has its own: fuzz-bpf compares the two. */
static uint32_t compute(uint16_t op, uint32_t a, uint32_t operand)
{
    switch (op) {
    case BPF_ADD:
        return a + operand;
    case BPF_SUB:
        return a - operand;
    case BPF_MUL:
        return a * operand;
    case BPF_DIV:
        return a / operand;
    case BPF_AND:
        return a & operand;
    case BPF_OR:
        return a | operand;
    case BPF_XOR:
        return a ^ operand;
    case BPF_LSH:
        return a << (operand & 31);
    case BPF_RSH:
        return a >> (operand & 31);
    }
    return -a;
}

int value_compute(struct symbolic *sym, size_t pc, uint16_t op, struct value *a,
                  const struct value *operand)
{
    if (a->kind == VALUE_INPUT)
        return operand->kind == VALUE_CONSTANT ? compute_input(sym, op, a, operand->payload)
                                               : value_split(sym, a);
    if (operand->kind == VALUE_INPUT)
        return value_split(sym, operand);
    if (a->kind == VALUE_BITS || operand->kind == VALUE_BITS)
        return compute_bits(sym, pc, op, a, operand);
    *a = value_constant(compute(op, a->payload, operand->payload));
    return 0;
}

/* Decides a test of an input against a constant: 0 and *HOLDS, or SPLIT. */
static int test_input(struct symbolic *sym, uint16_t op, const struct value *a, uint32_t k,
                      bool *holds)
{
    uint32_t first = first_of(sym, a);
    uint32_t last = last_of(sym, a);
    uint32_t varying = varying_bits(first, last);

    switch (op) {
    case BPF_JEQ:
        *holds = false;
        if (k < first || k > last)
            return 0;
        return split_value(sym, a, k == first ? first + 1 : k);
    case BPF_JGT:
        *holds = first > k;
        return first > k || last <= k ? 0 : split_value(sym, a, k + 1);
    case BPF_JGE:
        *holds = first >= k;
        return first >= k || last < k ? 0 : split_value(sym, a, k);
    }
    *holds = (first & k & ~varying) != 0;
    return *holds || (k & varying) == 0 ? 0 : value_split(sym, a);
}

/* The condition of a test of two values that are constants or bits. */
static bdd_ref test_bits(struct bdd *bdd, uint16_t op, const struct value *a,
                         const struct value *operand)
{
    struct bits x = bits_of(a);
    struct bits y = bits_of(operand);
    bdd_ref result = op == BPF_JEQ || op == BPF_JGE ? BDD_TRUE : BDD_FALSE;

    for (unsigned int i = 0; i < 32; i++) {
        bdd_ref same = op == BPF_JSET ? BDD_FALSE : result;

        if (op == BPF_JEQ)
            result = bdd_if(bdd, x.bit[i], bdd_and(bdd, y.bit[i], same),
                            bdd_if(bdd, y.bit[i], BDD_FALSE, same));
        else if (op == BPF_JSET)
            result = bdd_if(bdd, bdd_and(bdd, x.bit[i], y.bit[i]), BDD_TRUE, result);
        else
            result = bdd_if(bdd, x.bit[i], bdd_if(bdd, y.bit[i], same, BDD_TRUE),
                            bdd_if(bdd, y.bit[i], BDD_FALSE, same));
    }
    return result;
}

static bool test_constants(uint16_t op, uint32_t a, uint32_t k)
{
    switch (op) {
    case BPF_JEQ:
        return a == k;
    case BPF_JGT:
        return a > k;
    case BPF_JGE:
        return a >= k;
    }
    return (a & k) != 0;
}

int value_test(struct symbolic *sym, uint16_t op, const struct value *a,
               const struct value *operand, bdd_ref *condition)
{
    bool holds = false;
    int r = 0;

    if (operand->kind == VALUE_INPUT)
        return value_split(sym, operand);
    if (a->kind == VALUE_INPUT && operand->kind != VALUE_CONSTANT)
        return value_split(sym, a);
    if (a->kind == VALUE_BITS || operand->kind == VALUE_BITS) {
        *condition = test_bits(sym->bdd, op, a, operand);
        return 0;
    }
    if (a->kind == VALUE_INPUT)
        r = test_input(sym, op, a, operand->payload, &holds);
    else
        holds = test_constants(op, a->payload, operand->payload);
    *condition = holds ? BDD_TRUE : BDD_FALSE;
    return r;
}
