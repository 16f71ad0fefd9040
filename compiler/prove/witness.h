/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks for arguments that show a program to be wrong, near a place where a proof failed: tries
 * some of those that lead there. What it finds is certain, that it finds nothing says nothing.
 */
#ifndef COMPILER_PROVE_WITNESS_H
#define COMPILER_PROVE_WITNESS_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/prove/bdd.h"
#include "compiler/prove/behaviour.h"

struct cases;

enum {
    WITNESS_HALVES = 2 * BDD_WORDS, /* of arguments: what one load brings */
};

/* What is compared, for one call. */
struct witness_search {
    const struct cases *cases;
    uint32_t list; /* what is asked */
    const struct sock_filter *program;
    size_t n;
    bool big_endian;
    size_t n_cases; /* in the list */
    size_t left;    /* cases that may still be looked at, for all arguments together */
};

/*
 * Compares what the list says for the architecture, number and arguments of *AT with what the
 * program answers. True, and both verdicts in *AT, where they differ.
 */
bool witness_shows(const struct witness_search *search, struct difference *at);

/*
 * Tries arguments of whose halves (2 * word, and 1 more for the upper one) the conditions PATH
 * hold, with the architecture and number of *AT. True, and the rest of *AT, where some show a
 * difference.
 */
bool witness_on_path(struct witness_search *search, const bdd_ref path[WITNESS_HALVES],
                     struct difference *at);

/* The same with the lowest and highest arguments for which cases hold, and those beside them. */
bool witness_at_edges(struct witness_search *search, struct difference *at);

#endif
