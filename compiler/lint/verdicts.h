/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a lowered policy decides for calls by name: for questions that span several calls. */
#ifndef COMPILER_LINT_VERDICTS_H
#define COMPILER_LINT_VERDICTS_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/facts/abi.h"
#include "compiler/policy/policy.h"

struct syscalls;

/*
 * The decision of POLICY for ABI's call NAME: 0 and *DECISION; -ENOENT where the ABI has no such
 * call or POLICY does not serve it; -ENOMEM.
 */
int lint_decision_of(const struct policy *policy, struct syscalls *syscalls, const struct abi *abi,
                     const char *name, const struct decision **decision);

/* The least and the most restrictive verdict that DECISION can give. */
uint32_t lint_mildest(const struct decision *decision);
uint32_t lint_strictest(const struct decision *decision);

/* True where VERDICT lets a call happen without asking anybody: ALLOW and LOG. */
bool lint_is_open(uint32_t verdict);

#endif
