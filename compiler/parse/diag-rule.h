/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kinds of what the compiler finds in a profile. Their names are stable: people filter by them,
 * and tools that show findings (SARIF) know a finding again by them.
 */
#ifndef COMPILER_PARSE_DIAG_RULE_H
#define COMPILER_PARSE_DIAG_RULE_H

enum diag_rule {
    DIAG_RULE_NONE, /* not said yet */
    DIAG_RULE_INVALID_JSON,
    DIAG_RULE_INVALID_PROFILE,
    DIAG_RULE_UNKNOWN_KEY,
    DIAG_RULE_IGNORED_VALUE,
    DIAG_RULE_ALTERNATIVE_TESTS,
    DIAG_RULE_LISTENER,
    DIAG_RULE_UNSUPPORTED_ABI,
    DIAG_RULE_TOO_LARGE,
    DIAG_RULE_NOT_PROVEN,
    DIAG_RULE_UNKNOWN_CALL,
    DIAG_RULE_CONFLICT,
    DIAG_RULE_UNREACHABLE,
    DIAG_RULE_REDUNDANT,
    DIAG_RULE_LOST_DEFAULT,
    DIAG_RULE_NEVER_HOLDS,
    DIAG_RULE_ALWAYS_HOLDS,
    DIAG_RULE_MULTIPLEXED,
    DIAG_RULE_BYPASSED,
    DIAG_RULE_HIGH_BITS,
    DIAG_RULE_RISKY_CALL,
    DIAG_RULE_OPEN_SIBLING,
    DIAG_RULE_ABSENT_CALL,
    DIAG_RULE_CLONE3,
    DIAG_RULE_OPEN_DEFAULT,
    DIAG_RULE_NOT_ALL_CHECKED,
    DIAG_RULE_RUNTIME_CONDITIONS,
    DIAG_RULE_RUNTIME_START,
    DIAG_RULE_LIBSECCOMP,
    DIAG_RULE_COUNT,
};

/* "unknown-call"; never NULL. */
const char *diag_rule_name(enum diag_rule rule);

/* A sentence about what all findings of RULE have in common, without its full stop. */
const char *diag_rule_text(enum diag_rule rule);

#endif
