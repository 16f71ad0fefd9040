/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of one call on one ABI: which go first, for which requests they are in force, and what
 * each of them is worth.
 */
#ifndef COMPILER_LINT_RULES_H
#define COMPILER_LINT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/lint/state.h"
#include "compiler/parse/request.h"
#include "compiler/prove/bdd.h"

/* The value of a decision where no rule holds. No verdict is like it. */
#define LINT_UNDECIDED UINT32_MAX

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
 * requests for which different ones of them are in force. Returns 0 or -ENOMEM. The list is empty
 * where there are too many.
 */
int lint_rules_of(struct lint *lint, const struct lint_call *call, struct lint_rules *rules);

/* Adds the requests for which different ones of MORE are in force. */
void lint_add_requests(struct lint_rules *rules, const struct lint_rules *more);

/* Marks the rules that are in force for REQUEST. */
void lint_activate(struct lint_rules *rules, const struct variant_request *request);

/*
 * What the active rules decide, OTHERWISE where none of them holds. The rule at LOW_BITS (SIZE_MAX:
 * each rule) compares only the bits that the kernel takes.
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
 * Add findings about RULES, and mark those that never decide: lint_shadows() does, and comes before
 * lint_overlaps() and lint_risks(). All return 0 or -ENOMEM.
 */
int lint_tests(struct lint *lint, const struct lint_rules *rules);
int lint_shadows(struct lint *lint, struct lint_rules *rules);
int lint_risks(struct lint *lint, const struct lint_rules *rules);

#endif
