/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a profile decides for one call, straight from its model: the yardstick for the compiler. It
 * is written to be read beside secprof-profile(5), not to be fast, and shares nothing
 * with the compiler but the model, the tables of ABIs and syscalls, and errno numbers.
 */
#ifndef TESTS_COMPILER_REFERENCE_H
#define TESTS_COMPILER_REFERENCE_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#include "compiler/facts/abi.h"
#include "compiler/parse/request.h"

struct abi;
struct arg_test;
struct rule;
struct syscalls;

/* The verdict of PROFILE, resolved for REQUEST, on the call DATA. */
uint32_t reference_verdict(const struct profile *profile, const struct variant_request *request,
                           struct syscalls *syscalls, const struct seccomp_data *data);

/* True where the conditions of RULE hold for REQUEST. */
bool reference_is_active(const struct rule *rule, const struct variant_request *request);

/* The ABIs that a filter of PROFILE for TARGET covers. */
abi_set reference_abis(const struct profile *profile, const struct target *target);

/* True where TEST holds on ABI for an argument register that shows VALUE. */
bool reference_test_holds(const struct arg_test *test, const struct abi *abi, uint64_t value);

/* True where RULE holds on ABI for the arguments of DATA. */
bool reference_rule_holds(const struct rule *rule, const struct abi *abi,
                          const struct seccomp_data *data);

/*
 * True where NR, a number of ABI, is newer than what the active rules of PROFILE name. That is the
 * case on no ABI of which they name no call.
 */
bool reference_is_newer(const struct profile *profile, const struct variant_request *request,
                        enum abi_id abi, struct syscalls *syscalls, uint32_t nr);

#endif
