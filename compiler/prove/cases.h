/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a call is answered as an ordered list of cases: the first that holds decides. Lists share
 * their ends and are hash-consed, so calls with the same rules have the same list. A list never
 * grows beyond the rules, where the diagram of the same function can explode.
 */
#ifndef COMPILER_PROVE_CASES_H
#define COMPILER_PROVE_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/prove/bdd.h"

struct arena;

enum {
    CASES_NONE = 0, /* no list */
    CASES_BUCKETS = 4096,
};

/* RESULT where HOLDS, else what the list NEXT says. */
struct one_case {
    bdd_ref holds; /* BDD_TRUE in the last one of a list */
    bdd_ref result;
    uint32_t next; /* CASES_NONE after the last one */
    uint32_t same; /* the next in this one's bucket, or CASES_NONE */
    uint32_t up;   /* of cases_whole() */
    bdd_ref whole; /* the function of the whole list, where it was made */
    bool has_whole;
};

struct cases {
    struct bdd *bdd;
    struct arena *arena;
    struct one_case *items; /* [0] is not used */
    size_t n;
    size_t room;
    bool out_of_memory; /* all lists made since are worthless */
    uint32_t buckets[CASES_BUCKETS];
};

/* An empty set of lists over diagrams of BDD, or NULL. */
struct cases *cases_new(struct bdd *bdd, struct arena *arena);

/* The list that says DECISION for all arguments. */
uint32_t cases_always(struct cases *cases, bdd_ref decision);

/* The list that says RESULT where HOLDS, and otherwise what the list NEXT says. */
uint32_t cases_first(struct cases *cases, bdd_ref holds, bdd_ref result, uint32_t next);

/*
 * Makes the function of a whole list. Takes what it needs from *STEPS. False where these, or the
 * limits of the diagrams, are too few, or there is no memory.
 */
bool cases_whole(struct cases *cases, uint32_t list, uint64_t *steps, bdd_ref *whole);

/* How many cases LIST has. */
size_t cases_length(const struct cases *cases, uint32_t list);

/* What LIST says for the arguments WORDS. */
uint32_t cases_evaluate(const struct cases *cases, uint32_t list, const uint64_t words[BDD_WORDS]);

#endif
