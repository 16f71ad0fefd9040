/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls that do the same, and what programs call where an ABI lacks an old one: the newer ABIs
 * (arm64, riscv64) have no mkdir.
 */
#ifndef COMPILER_FACTS_SUCCESSOR_H
#define COMPILER_FACTS_SUCCESSOR_H

#include <stddef.h>

#include "compiler/facts/abi.h"

struct syscalls;

/* The call of ABI that C libraries make for NAME, which ABI lacks; NULL: there is none. */
const char *successor_on_abi(struct syscalls *syscalls, enum abi_id abi, const char *name);

/*
 * The I-th of the calls of a family, with each of which a program can do the same; NULL past its
 * last. Families count from 0: past the last one the first call is NULL.
 */
const char *successor_family(size_t family, size_t i);

#endif
