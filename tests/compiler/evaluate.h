/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a diagram decides, straight from its nodes. */
#ifndef TESTS_COMPILER_EVALUATE_H
#define TESTS_COMPILER_EVALUATE_H

#include "compiler/emit/diagram.h"
#include "compiler/facts/bpf.h"

/* The verdict below NODE for DATA on a kernel of the given byte order. */
static inline uint32_t evaluate(const struct node *node, const struct seccomp_data *data,
                                bool big_endian)
{
    uint32_t number = (uint32_t)data->nr; /* what STRIP has left of it */

    while (node->kind != NODE_RETURN) {
        uint32_t word =
            node->word == WORD_FOLDED_NR ? number : bpf_data_word(data, node->word, big_endian);
        size_t i = 1;

        switch (node->kind) {
        case NODE_SWITCH:
            while (i < node->n && node->segments[i].first <= word)
                i++;
            node = node->segments[i - 1].child;
            break;
        case NODE_MASK:
            node = (word & node->mask) == node->value ? node->if_set : node->if_not;
            break;
        case NODE_STRIP:
            number = word & ~node->bit;
            node = node->below;
            break;
        case NODE_RETURN:
            break;
        }
    }
    return node->verdict;
}

#endif
