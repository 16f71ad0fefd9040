/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a variant decides, in the terms of the kernel: for each AUDIT_ARCH_* and each of the 2^32
 * syscall numbers one decision. The emitter turns it into a program. The proof does not use it: it
 * compares the program with what the profile means (prove/meaning.h), and so checks the policy too.
 */
#ifndef COMPILER_POLICY_POLICY_H
#define COMPILER_POLICY_POLICY_H

#include <linux/seccomp.h>

#include "compiler/facts/abi.h"

struct arg_test;
struct multiplexed;
struct rule;

/* One way to decide a call: where all tests hold, VERDICT. */
struct clause {
    uint32_t verdict;
    const struct arg_test *tests;
    size_t n_tests;                    /* 1 or more: what always holds is OTHERWISE */
    const struct rule *rule;           /* where it comes from */
    const struct multiplexed *through; /* the rule names this call of the multiplexer; else NULL */
};

/* Why a decision is as it is. */
enum decision_origin {
    DECIDED_BY_RULES,
    DECIDED_BY_DEFAULT, /* no active rule names the number */
    DECIDED_AS_NEWER,   /* above the highest number that the rules name, or 0 on s390: ENOSYS */
    DECIDED_AS_FOREIGN, /* a number of an ABI that the filter does not cover */
};

/* An ordered choice: the first clause that holds decides, else OTHERWISE. */
struct decision {
    enum decision_origin origin;
    const struct clause *clauses;
    size_t n_clauses;
    uint32_t otherwise;
    const struct rule *rule; /* the unconditional rule behind OTHERWISE; NULL: the default */
};

/* All numbers from FIRST to the next range's FIRST (the last one: to 2^32 - 1). */
struct policy_range {
    uint32_t first;
    const struct abi *abi; /* whose number it is: decides the width of the arguments */
    const struct decision *decision;
};

/* All 2^32 numbers of one AUDIT_ARCH_*. */
struct policy_arch {
    uint32_t audit_arch;
    const struct policy_range *ranges; /* rising, the first at 0 */
    size_t n_ranges;
};

struct policy {
    const struct target *target;
    struct policy_arch archs[TARGET_ABIS_MAX]; /* the native one first */
    size_t n_archs;
    uint32_t foreign; /* the verdict for every other AUDIT_ARCH_* */
    uint32_t flags;   /* SECCOMP_FILTER_FLAG_* */
};

/* The range that decides number NR of ARCH. */
const struct policy_range *policy_range_of(const struct policy_arch *arch, uint32_t nr);

/* True where TEST holds for an argument that is VALUE in its register, on ABI. */
bool arg_test_holds(const struct arg_test *test, const struct abi *abi, uint64_t value);

/* True where all tests of CLAUSE hold for DATA, a call of ABI. */
bool clause_holds(const struct clause *clause, const struct abi *abi,
                  const struct seccomp_data *data);

/* What POLICY decides for DATA. */
uint32_t policy_evaluate(const struct policy *policy, const struct seccomp_data *data);

#endif
