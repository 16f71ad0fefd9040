/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that do the same by another name, and what a profile says of only some of them. */
#ifndef COMPILER_LINT_FAMILIES_H
#define COMPILER_LINT_FAMILIES_H

struct lint;
struct policy;
struct variant_request;

/*
 * Adds to the findings, for the target and ABI that are being looked at: deny rules on calls whose
 * work other calls do, which no rule names and the default allows; and clone3 answered in a way
 * that keeps the C library from using clone. POLICY is the profile's for REQUEST. Returns 0 or
 * -ENOMEM.
 */
int lint_families(struct lint *lint, const struct policy *policy,
                  const struct variant_request *request);

#endif
