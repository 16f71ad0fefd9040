/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arguments at random, but for what the path to the place fixes: the same ones in each run. */
#include "compiler/prove/witness.h"

#include <linux/seccomp.h>
#include <string.h>

#include "compiler/facts/bpf.h"
#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"
#include "compiler/prove/cases.h"

enum {
    PATH_TRIES = 192, /* for one path */
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Bits for what a path leaves open: none, all, half of them, or few. */
static uint32_t free_bits(unsigned int i, uint64_t *state)
{
    uint32_t bits = (uint32_t)(next_random(state) >> 16);

    switch (i % 4) {
    case 0:
        return i == 0 ? 0 : bits & (uint32_t)(next_random(state) >> 16);
    case 1:
        return i == 1 ? UINT32_MAX : bits | (uint32_t)(next_random(state) >> 16);
    case 2:
        return bits;
    default:
        return UINT32_C(1) << (bits & 31);
    }
}

/*
 * Sets bits of WORDS so that CONDITION, which is not always false, holds. Bits that may be either
 * stay. Returns a bit for each word that was looked at.
 */
static unsigned int satisfy(const struct bdd *bdd, bdd_ref condition, uint64_t words[BDD_WORDS])
{
    unsigned int seen = 0;
    uint32_t variable;
    bdd_ref low, high;

    while (bdd_branches(bdd, condition, &variable, &low, &high)) {
        uint64_t *word = &words[variable / 64];
        uint64_t bit = UINT64_C(1) << (63 - variable % 64);
        bool set = low == BDD_FALSE || (high != BDD_FALSE && *word & bit);

        *word = set ? *word | bit : *word & ~bit;
        condition = set ? high : low;
        seen |= 1u << variable / 64;
    }
    return seen;
}

/* Takes one try from what SEARCH may spend. */
static bool may_try(struct witness_search *search)
{
    if (search->left < search->n_cases)
        return false;
    search->left -= search->n_cases;
    return true;
}

bool witness_shows(const struct witness_search *search, struct difference *at)
{
    struct seccomp_data data = {
        .nr = (int)at->nr,
        .arch = at->arch,
        .instruction_pointer = at->words[BDD_POINTER],
    };

    memcpy(data.args, at->words, sizeof(data.args));
    at->verdict_a = cases_evaluate(search->cases, search->list, at->words);
    at->verdict_b = bpf_simulate(search->program, search->n, &data, search->big_endian).verdict;
    return at->verdict_a != at->verdict_b;
}

/* Tries the words of *AT, and each of those in SEEN one lower and one higher. */
static bool try_neighbours(struct witness_search *search, unsigned int seen, struct difference *at)
{
    for (unsigned int word = 0; word < BDD_WORDS; word++) {
        for (int step = 0; step < 2 && seen >> word & 1 && may_try(search); step++) {
            uint64_t here = at->words[word];

            at->words[word] += step ? 1 : UINT64_MAX;
            if (witness_shows(search, at))
                return true;
            at->words[word] = here;
        }
    }
    return may_try(search) && witness_shows(search, at);
}

bool witness_at_edges(struct witness_search *search, struct difference *at)
{
    const struct one_case *items = search->cases->items;

    for (uint32_t i = search->list; i != CASES_NONE && may_try(search); i = items[i].next)
        for (unsigned int ends = 0; ends < 4; ends++) {
            unsigned int seen;

            for (unsigned int word = 0; word < BDD_WORDS; word++)
                at->words[word] = ends >> (word & 1) & 1 ? UINT64_MAX : 0;
            seen = satisfy(search->cases->bdd, items[i].holds, at->words);
            if (try_neighbours(search, seen, at))
                return true;
        }
    return false;
}

bool witness_on_path(struct witness_search *search, const bdd_ref path[WITNESS_HALVES],
                     struct difference *at)
{
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

    for (unsigned int i = 0; i < PATH_TRIES && may_try(search); i++) {
        for (unsigned int word = 0; word < BDD_WORDS; word++) {
            at->words[word] = (uint64_t)free_bits(i, &state) << 32;
            at->words[word] |= free_bits(i, &state);
        }
        for (unsigned int half = 0; half < WITNESS_HALVES; half++)
            satisfy(search->cases->bdd, path[half], at->words);
        if (witness_shows(search, at))
            return true;
    }
    return false;
}
