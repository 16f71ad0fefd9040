/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What `explain` was asked and what it found: the command fills it, explain-text.c and
 * explain-json.c print it.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_EXPLAIN_H
#define CLIENT_SECPROFCTL_SHOW_EXPLAIN_H

#include "client/secprofctl/subject/call.h"
#include "client/secprofctl/subject/subject.h"
#include "compiler/prove/bdd-outcomes.h"

struct explanation;

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
    struct call call;
    struct explanation *list; /* where there is a profile */
    struct raw_answer *raw;   /* where there is none */
    size_t n;
    size_t room;
};

#endif
