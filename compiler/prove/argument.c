/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparisons of an argument with a number, built from the lowest bit to the highest. */
#include "compiler/prove/argument.h"

#include "compiler/facts/action.h"
#include "compiler/parse/profile.h"

/* IF_CLEAR where bit BIT of the argument is clear, IF_SET where it is set. */
static bdd_ref on_bit(struct bdd *bdd, unsigned int index, unsigned int bit, bool wide,
                      bdd_ref if_clear, bdd_ref if_set)
{
    if (!wide && bit >= 32)
        return if_clear;
    return bdd_on_bit(bdd, index, bit, if_clear, if_set);
}

bdd_ref argument_equals(struct bdd *bdd, unsigned int index, uint64_t mask, uint64_t value,
                        bool wide)
{
    bdd_ref same = value & ~mask ? BDD_FALSE : BDD_TRUE;

    for (unsigned int bit = 0; bit < 64; bit++) {
        if (!(mask >> bit & 1))
            continue;
        same = value >> bit & 1 ? on_bit(bdd, index, bit, wide, BDD_FALSE, same)
                                : on_bit(bdd, index, bit, wide, same, BDD_FALSE);
    }
    return same;
}

/* The argument agrees with the cases in all bits from BITS up. */
static bdd_ref select_below(struct bdd *bdd, unsigned int index, unsigned int bits, uint64_t mask,
                            const struct argument_case *cases, size_t n, bdd_ref otherwise,
                            bool wide)
{
    size_t n_clear = 0;

    while (bits > 0 && !(mask >> (bits - 1) & 1))
        bits--;
    if (n == 0 || bits == 0)
        return n == 0 ? otherwise : cases[0].result;
    bits--;
    while (n_clear < n && !(cases[n_clear].value >> bits & 1))
        n_clear++;

    bdd_ref if_clear = select_below(bdd, index, bits, mask, cases, n_clear, otherwise, wide);
    bdd_ref if_set =
        select_below(bdd, index, bits, mask, cases + n_clear, n - n_clear, otherwise, wide);

    return on_bit(bdd, index, bits, wide, if_clear, if_set);
}

bdd_ref argument_select(struct bdd *bdd, unsigned int index, uint64_t mask,
                        const struct argument_case *cases, size_t n, bdd_ref otherwise, bool wide)
{
    return select_below(bdd, index, 64, mask, cases, n, otherwise, wide);
}

/* The argument is greater than VALUE, or, where EQUAL, the same. */
static bdd_ref exceeds(struct bdd *bdd, unsigned int index, uint64_t value, bool equal, bool wide)
{
    bdd_ref greater = equal ? BDD_TRUE : BDD_FALSE;

    for (unsigned int bit = 0; bit < 64; bit++)
        greater = value >> bit & 1 ? on_bit(bdd, index, bit, wide, BDD_FALSE, greater)
                                   : on_bit(bdd, index, bit, wide, greater, BDD_TRUE);
    return greater;
}

bdd_ref argument_test(struct bdd *bdd, const struct arg_test *test, bool wide)
{
    switch (test->op) {
    case CMP_EQ:
        return argument_equals(bdd, test->index, UINT64_MAX, test->value, wide);
    case CMP_NE:
        return bdd_not(bdd, argument_equals(bdd, test->index, UINT64_MAX, test->value, wide));
    case CMP_GT:
        return exceeds(bdd, test->index, test->value, false, wide);
    case CMP_GE:
        return exceeds(bdd, test->index, test->value, true, wide);
    case CMP_LE:
        return bdd_not(bdd, exceeds(bdd, test->index, test->value, false, wide));
    case CMP_LT:
        return bdd_not(bdd, exceeds(bdd, test->index, test->value, true, wide));
    case CMP_MASKED_EQ:
        /* Of both sides only the bits of the mask are compared. */
        return argument_equals(bdd, test->index, test->value, test->value_two & test->value, wide);
    case CMP_COUNT:
        break;
    }
    return BDD_FALSE;
}
