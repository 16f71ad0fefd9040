/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What runc does in front of libseccomp's filter, read from its source
 * (libcontainer/seccomp/patchbpf): calls above the highest number that the rules name get ENOSYS.
 * It resolves names with libseccomp, and uses nothing of the compiler but the profile and the ABIs.
 */
#ifndef TESTS_COMPILER_RUNC_STUB_H
#define TESTS_COMPILER_RUNC_STUB_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/facts/abi.h"

struct profile;
struct seccomp_data;
struct variant_request;

/* What runc finds in one profile. */
struct runc_stub {
    const struct target *target;
    bool any;                    /* not where the default action lets calls through */
    abi_set listed;              /* the native ABI is not listed by itself */
    uint32_t highest[ABI_COUNT]; /* number in the rules in force; 0: none */
};

void runc_stub_make(struct runc_stub *stub, const struct profile *profile,
                    const struct variant_request *request);

/* True where runc answers ENOSYS to DATA, before the filter is asked. */
bool runc_stub_says_enosys(const struct runc_stub *stub, const struct seccomp_data *data);

#endif
