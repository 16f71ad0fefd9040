/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the lint has in hand: the rules sorted by call, the call and the ABI that are being looked
 * at, and what was found so far. Passed to each of its files; only lint.c makes one.
 */
#ifndef COMPILER_LINT_STATE_H
#define COMPILER_LINT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/facts/abi.h"
#include "compiler/parse/diag.h"
#include "util/arena.h"

struct bdd;
struct finding;
struct lint_risk;
struct multiplexed;
struct profile;
struct rule;
struct rule_name;
struct syscalls;
struct target;

enum {
    LINT_MAX_NODES = 256 * 1024,   /* of the diagrams of one profile: at most some 10 MiB */
    LINT_MAX_CALL_RULES = 512,     /* calls with more rules are not looked at */
    LINT_MAX_STEPS = 8 * 1024,     /* rules looked at on one ABI */
    LINT_MAX_FINDINGS = DIAGS_MAX, /* more would not be shown */
    LINT_MAX_REQUESTS = 8,         /* capability sets and kernels tried for one call */
};

/* One name in one rule. */
struct lint_site {
    const struct rule *rule;
    const struct rule_name *name;
    uint32_t order; /* of the rule in the file */
    abi_set seen;   /* ABIs that have the call, for targets that the rule is for */
    bool decides;   /* on one of them the rule decides something */
};

/* All rules about one call. */
struct lint_call {
    const char *name;
    struct lint_site *sites; /* in the order of the file, each rule once */
    size_t n_sites;
    const struct multiplexed *through;   /* or NULL */
    const struct lint_call *multiplexer; /* the rules about it, or NULL */
    const struct lint_risk *risk;        /* or NULL */
};

struct lint {
    const struct profile *profile;
    uint32_t kernel; /* older ones do not matter */
    struct syscalls *syscalls;
    struct arena *arena;
    struct arena scratch; /* emptied after each call */
    struct diags *diags;
    struct bdd *bdd;
    struct lint_call *calls; /* by name */
    size_t n_calls;
    abi_set *rule_abis; /* for each rule: those that have one of its names */
    struct finding *findings;
    size_t n_findings;
    size_t findings_room;
    abi_set abis; /* all that are looked at */
    size_t steps;
    bool incomplete; /* a limit was reached */

    /* what is being looked at */
    const struct target *target;
    const struct abi *abi;
    uint32_t default_verdict; /* with the target's errno */
};

#endif
