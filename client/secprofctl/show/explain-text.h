/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answers of `explain` for people. The words for verdicts, rules and reasons are in JSON too.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_EXPLAIN_TEXT_H
#define CLIENT_SECPROFCTL_SHOW_EXPLAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct abi;
struct arg_test;
struct explained_rule;
struct explaining;
struct explanation;

/* Prints the answers; those that differ in the ABI alone are put together. Returns CTL_OK, or
 * another exit code after a message. */
int explain_text_print(struct explaining *what);

/* VERDICT on the target. */
const char *explain_text_verdict(struct explaining *what, uint32_t verdict);

/* What RULE does in EXPLANATION: "decides", "does not hold", … */
const char *explain_text_role(struct explaining *what, const struct explanation *explanation,
                              const struct explained_rule *rule);

/*
 * The N tests of arguments of the call NAME on ABI: " where arg0 < AF_ALG and arg1 == 0"; "" if
 * there are none.
 */
const char *explain_text_tests(struct explaining *what, const struct abi *abi, const char *name,
                               const struct arg_test *tests, size_t n, bool alternatives);

/* What decided where no rule did. */
const char *explain_text_origin(struct explaining *what, const struct explanation *explanation);

#endif
