/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making system calls under a filter for real: a child drops its privileges, installs the filter,
 * makes the calls raw, and reports what came back through shared memory.
 */
#ifndef TESTS_PROFILES_LIVE_H
#define TESTS_PROFILES_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/compile.h"
#include "compiler/facts/abi.h"

/* A call to make; the result is that of the kernel: negative errnos. */
struct live_call {
    enum abi_id abi; /* ABI_X86 is made with int $0x80; the others with the native instruction */
    uint32_t nr;
    uint64_t args[6]; /* int $0x80: the first five */
    long result;
};

/*
 * Makes N CALLS under FILTER (NULL: without one) in a child of this process, which is nobody if
 * this process is root. A clone that succeeds ends its child at once. Returns 0; -errno where there
 * is no child; or the child's wait status where it did not come to its end (it was killed).
 */
int live_run(const struct filter *filter, struct live_call *calls, size_t n);

/* True where int $0x80 reaches the kernel's 32-bit calls; else *WHY says what happened. */
bool live_has_x86(const char **why);

#endif
