/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of `explain`: what it was asked, and how its answers are told.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_EXPLAIN_H
#define CLIENT_SECPROFCTL_SHOW_EXPLAIN_H

#include "client/secprofctl/subject/subject.h"
#include "compiler/prove/bdd-outcomes.h"
#include "compiler/questions/explain.h"

/* What a filter without a profile answers to one way of making a call. */
struct raw_answer {
    const struct abi *abi;
    uint32_t nr;
    const struct multiplexed *through;
    struct bdd_outcomes outcomes; /* values are in `b` */
};

/* All about one question. Everything lives in the arena, but for what has a function to free it. */
struct explaining {
    const struct ctl_options *options;
    struct subject subject;
    struct syscalls *syscalls;
    struct bdd *bdd;
    struct arena arena;
    const char
        *file; /* the profile's, for places in it; NULL: there is none, the filter is asked */
    struct profile profile;
    struct variant variant;
    struct policy policy;
    const char *name; /* of the call, or NULL: `number` */
    uint32_t number;
    bool has_args;
    uint64_t args[SYSCALL_ARGS];
    struct explanation *list; /* where there is a profile */
    struct raw_answer *raw;   /* where there is none */
    size_t n;
    size_t room;
};

/* Prints the answers as text; ways that are explained alike are put together. */
int explain_print(struct explaining *what);

/* Prints them as JSON. Both return CTL_OK, or another exit code after a message. */
int explain_json(struct explaining *what);

/* VERDICT on the target, for people. */
const char *explain_verdict(struct explaining *what, uint32_t verdict);

/* The role of RULE in EXPLANATION in words. */
const char *explain_role(struct explaining *what, const struct explanation *explanation,
                         const struct explained_rule *rule);

/* The tests of RULE: "where arg0 < 38 and arg1 == 0"; "" where it has none. */
const char *explain_tests(struct explaining *what, const struct arg_test *tests, size_t n,
                          bool alternatives);

/* What decided as far as no rule did, in words. */
const char *explain_origin(struct explaining *what, const struct explanation *explanation);

#endif
