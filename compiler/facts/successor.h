/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What programs call where an ABI lacks an old call: the newer ABIs (arm64, riscv64) have no mkdir.
 */
#ifndef COMPILER_FACTS_SUCCESSOR_H
#define COMPILER_FACTS_SUCCESSOR_H

#include "compiler/facts/abi.h"

struct syscalls;

/* The call of ABI that C libraries make for NAME, which ABI lacks; NULL: there is none. */
const char *successor_on_abi(struct syscalls *syscalls, enum abi_id abi, const char *name);

#endif
