/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a call gets the verdict that it gets: the ways in which each ABI makes it, what the policy
 * decides there, and what each rule of the profile that names the call has to do with it.
 */
#ifndef COMPILER_QUESTIONS_EXPLAIN_H
#define COMPILER_QUESTIONS_EXPLAIN_H

#include "compiler/policy/policy.h"
#include "compiler/policy/resolve.h"

struct multiplexed;

/* What a rule that names a call has to do with the decision. */
enum rule_role {
    ROLE_DECIDES,      /* its verdict is the answer, or may be where arguments are not known */
    ROLE_TESTS_FAIL,   /* its tests do not hold */
    ROLE_WEAKER,       /* its tests hold, but a more restrictive rule's do too */
    ROLE_OVERRULED,    /* another rule holds for every call, and decides alone */
    ROLE_SAYS_DEFAULT, /* its action is the default action: it adds nothing */
    ROLE_UNTESTABLE, /* of a multiplexed call: its tests cannot be made, see explanation.through */
    ROLE_INACTIVE,   /* not in the variant: STATE says why */
};

struct explained_rule {
    const struct rule *rule; /* of the profile, or with the target's errno */
    const char *name;        /* by which it names the call, or its multiplexer */
    enum rule_role role;
    enum rule_state state;
};

/* One way to make a call. */
struct explanation {
    const struct abi *abi;
    uint32_t nr;
    const char *name;                  /* of the call that NR is; NULL: none that is known */
    const struct multiplexed *through; /* NR is this call's multiplexer; NULL: NR is the call */
    bool covered;                      /* false: the filter does not serve the ABI */
    enum decision_origin origin;
    const struct decision *decision; /* NULL: the architecture is foreign */

    /* In the order of the decision: what can hold, as far as arguments are known. */
    const struct clause **clauses;
    size_t n_clauses;
    bool otherwise; /* it can happen that none holds: the decision's own verdict, or FOREIGN */

    bool known; /* all of that agrees on VERDICT */
    uint32_t verdict;
    struct explained_rule *rules; /* that name the call, or its multiplexer; in the file's order */
    size_t n_rules;
};

/* What is asked. */
struct question {
    const struct variant_request *request;
    const struct profile *profile;
    const struct variant *variant;
    const struct policy *policy;
    struct syscalls *syscalls;
    const char *name; /* of the call; NULL: NUMBER is meant, whatever each ABI calls it */
    uint32_t number;
    unsigned int known;   /* bit 1 << index: that argument is known */
    const uint64_t *args; /* six, those that are not known 0; NULL: none is */
};

/*
 * Explains each way in which ABI, one of the target's, makes the call: none where it has no such
 * call, two where there is a multiplexer too. Appends to *LIST, in ARENA. Returns 0 or -ENOMEM.
 */
int explain(struct explanation **list, size_t *n, size_t *room, const struct question *question,
            const struct abi *abi, struct arena *arena);

/*
 * True where NR can be a number of ABI: x86_64 and x32 share an architecture, and X32_SYSCALL_BIT
 * tells them apart.
 */
bool explain_is_number_of(const struct abi *abi, uint32_t nr);

/* The input that EXPLANATION is about: with arguments that are not known as 0. */
struct seccomp_data explanation_data(const struct explanation *explanation, const uint64_t *args);

/*
 * TEST of an argument of the call NAME (NULL: not known) on ABI: "arg0 < AF_ALG",
 * "(arg0 & CLONE_NEWNS|CLONE_NEWUSER) == 0". In ARENA; NULL: no memory.
 */
const char *arg_test_text(struct arena *arena, const struct arg_test *test, const struct abi *abi,
                          const char *name);

/* Why RULE, whose conditions came out as STATE for REQUEST, is not in force: "it needs CAP_BPF". */
const char *rule_state_text(struct arena *arena, const struct rule *rule,
                            const struct variant_request *request, enum rule_state state);

#endif
