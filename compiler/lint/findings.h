/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The findings of the lint, and their words. */
#ifndef COMPILER_LINT_FINDINGS_H
#define COMPILER_LINT_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/facts/abi.h"
#include "compiler/prove/bdd.h"

struct arg_test;
struct lint;
struct lint_call;
struct lint_site;

enum finding_kind {
    FINDING_UNKNOWN,      /* no ABI has the name */
    FINDING_AMBIGUOUS,    /* OTHER holds where RULE holds, disagrees, and wins */
    FINDING_SHADOWED,     /* RULE never decides; OTHER does, and disagrees */
    FINDING_REDUNDANT,    /* RULE never decides; OTHER does, and agrees */
    FINDING_DEFAULT_LOST, /* RULE says what the default says, and OTHER decides where it holds */
    FINDING_NEVER,        /* TEST holds for no value */
    FINDING_ALWAYS,       /* TEST holds for each value */
    FINDING_MULTIPLEXED,  /* TEST cannot be made on the multiplexed call */
    FINDING_BYPASSED,     /* RULE is about a multiplexer, OTHER about its call, which it opens */
    FINDING_HIGH_BITS,    /* bits that the kernel does not look at get past TEST */
    FINDING_RISK,         /* RULE allows a call that helps out of a sandbox */
    FINDING_SIBLING,      /* RULE denies a call, and the open NAME does the same */
    FINDING_ABSENT,       /* the same where the ABI has no such call: RULE does nothing */
    FINDING_CLONE3,       /* clone is allowed, and clone3 not answered with ENOSYS */
    FINDING_NOTIFY,       /* RULE asks a listener about a call that hands the listener over */
};

struct finding {
    enum finding_kind kind;
    const struct lint_site *site; /* what it is about, and where it is shown */
    const struct lint_site *other;
    const struct arg_test *test;
    const struct lint_call *call;
    const char *name;          /* a constant, or NULL */
    uint64_t words[BDD_WORDS]; /* arguments for which it is so */
    uint32_t verdict;
    uint32_t other_verdict;
    abi_set abis;
    bool merged; /* told by another finding */
};

/*
 * Adds FINDING for the ABI that is being looked at, if any. Findings that differ only in ABIs and
 * WORDS are one. Returns 0 or -ENOMEM.
 */
int lint_find(struct lint *lint, const struct finding *finding);

/* Adds a line to the diagnostics for each finding. Returns 0 or -ENOMEM. */
int lint_report(struct lint *lint);

#endif
