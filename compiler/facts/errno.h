/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errnos by name, and their numbers on each ABI. */
#ifndef COMPILER_FACTS_ERRNO_H
#define COMPILER_FACTS_ERRNO_H

#include <stddef.h>

#include "compiler/facts/abi.h"

/*
 * The errno called NAME ("EPERM"), as containers-common's "errno" key has it, or -EINVAL. Its
 * number is that of asm-generic/errno.h on every host.
 */
int errno_by_name(const char *name);

/*
 * Its number on kernels that run ABI: above ERANGE (34) those of MIPS and PA-RISC differ (ENOSYS is
 * 38, 89 and 251). Two names of one errno on one ABI can be two errnos on another: so a number is
 * not enough to tell which one a profile means.
 */
int errno_by_name_on_abi(const char *name, enum abi_id abi);

/* The name of errno NUMBER (of asm-generic/errno.h), or NULL. */
const char *errno_name(int number);
/* The I-th errno name that errno_by_name() knows, NULL past the last. */
const char *errno_name_at(size_t i);

/* The name of NUMBER as kernels that run ABI number errnos, or NULL. */
const char *errno_name_on_abi(int number, enum abi_id abi);

#endif
