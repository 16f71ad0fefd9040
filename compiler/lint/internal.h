/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the lint share: the rules sorted by call, the rules of one call on one ABI,
 * and the findings.
 */
#ifndef COMPILER_LINT_INTERNAL_H
#define COMPILER_LINT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/facts/abi.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/prove/bdd.h"

struct multiplexed;
struct syscalls;

enum {
    LINT_MAX_NODES = 256 * 1024,   /* of the diagrams of one profile: at most some 10 MiB */
    LINT_MAX_CALL_RULES = 512,     /* calls with more rules are not looked at */
    LINT_MAX_STEPS = 8 * 1024,     /* rules looked at on one ABI */
    LINT_MAX_FINDINGS = DIAGS_MAX, /* more would not be shown */
    LINT_MAX_REQUESTS = 8,         /* capability sets and kernels tried for one call */
};

/* The value of a decision where no rule holds. No verdict is like it. */
#define LINT_UNDECIDED UINT32_MAX

/* A call that helps out of a sandbox. */
struct lint_risk {
    const char *name;
    const char *why; /* an end of a sentence */
    enum diag_severity severity;
    uint32_t fixed_in; /* KERNEL_VERSION() from which on there is nothing to say; 0: never */
    uint32_t flag;     /* only where this flag can be set; 0: a rule with tests was thought of */
    uint8_t flag_arg;  /* the argument that has it */
    uint8_t flag_arg_s390; /* the same on s390 and s390x */
};

/* The risk that the call NAME is, or NULL. */
const struct lint_risk *lint_risk_of(const char *name);
/* The I-th risk, NULL past the last. */
const struct lint_risk *lint_risk_at(size_t i);

/* The arguments of ABI's call NAME of which the kernel takes the low 32 bits only, bit 1 << index.
 */
uint8_t lint_narrow_args(const char *name, enum abi_id abi);

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
};

struct finding {
    enum finding_kind kind;
    const struct lint_site *site; /* what it is about, and where it is shown */
    const struct lint_site *other;
    const struct arg_test *test;
    const struct lint_call *call;
    uint64_t words[BDD_WORDS]; /* arguments for which it is so */
    uint32_t verdict;
    uint32_t other_verdict;
    abi_set abis;
    bool merged; /* told by another finding */
};

struct lint {
    const struct profile *profile;
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

/* A rule about a call on one ABI. */
struct lint_rule {
    struct lint_site *site;
    const struct rule *rule;
    uint32_t verdict;  /* with the target's errno */
    bool is_default;   /* says what the default says, so it counts for nothing */
    bool active;       /* for the request that is being looked at */
    bool shadowed;     /* never decides on this ABI */
    bdd_ref holds;     /* where its tests hold */
    bdd_ref low_holds; /* the same if all looked at the bits that the kernel takes */
};

/* The rules about one call on one ABI, those that go first in front. */
struct lint_rules {
    const struct lint_call *call;
    uint8_t narrow_args; /* see lint_narrow_args() */
    struct lint_rule *items;
    size_t n;
    struct variant_request requests[LINT_MAX_REQUESTS];
    size_t n_requests;
};

/*
 * Makes the list of rules about CALL for the target and ABI that are being looked at, and the
 * requests for which different ones of them are in force. Returns 0 or -ENOMEM; there are none
 * where they are too many.
 */
int lint_rules_of(struct lint *lint, const struct lint_call *call, struct lint_rules *rules);

/* Adds the requests for which different ones of MORE are in force. */
void lint_add_requests(struct lint_rules *rules, const struct lint_rules *more);

/* Marks the rules that are in force for REQUEST. */
void lint_activate(struct lint_rules *rules, const struct variant_request *request);

/*
 * What the active rules decide, OTHERWISE where none of them holds. The rule at LOW_BITS (or each:
 * SIZE_MAX) looks at the bits only that the kernel takes.
 */
enum {
    LINT_NO_LOW_BITS = LINT_MAX_CALL_RULES, /* no rule has this place */
};
bdd_ref lint_decision(struct lint *lint, const struct lint_rules *rules, size_t low_bits,
                      bdd_ref otherwise);

/*
 * Adds RULE to the rules that go before: BEFORE is what they decide, and DECIDED where. Begin with
 * LINT_UNDECIDED and BDD_FALSE.
 */
void lint_add_rule(struct lint *lint, const struct lint_rule *rule, bdd_ref *before,
                   bdd_ref *decided);

/* The active rule that decides for WORDS, or NULL. */
const struct lint_rule *lint_winner(const struct lint *lint, const struct lint_rules *rules,
                                    const uint64_t words[BDD_WORDS]);

/*
 * Find out about the rules of one call: lint-rules.c, lint-overlap.c, lint-multiplexer.c.
 * lint_shadows() comes before lint_overlaps() and lint_risks(). All return 0 or -ENOMEM.
 */
int lint_tests(struct lint *lint, const struct lint_rules *rules);
int lint_shadows(struct lint *lint, struct lint_rules *rules);
int lint_overlaps(struct lint *lint, struct lint_rules *rules);
int lint_risks(struct lint *lint, const struct lint_rules *rules);
int lint_multiplexer(struct lint *lint, struct lint_rules *rules);

/* Adds FINDING for the ABI that is being looked at (NULL: for none). One that differs in ABIs and
 * WORDS only is the same. Returns 0 or -ENOMEM. */
int lint_find(struct lint *lint, const struct finding *finding);

/* Adds a line to the diagnostics for each finding. Returns 0 or -ENOMEM. */
int lint_report(struct lint *lint);

#endif
