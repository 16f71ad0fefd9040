/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capabilities of linux/capability.h by name, and sets of them. */
#ifndef COMPILER_FACTS_CAPABILITY_H
#define COMPILER_FACTS_CAPABILITY_H

#include <stddef.h>
#include <stdint.h>

/* The number of CAP_* (linux/capability.h), or -EINVAL. */
int capability_by_name(const char *name);
/* The name of capability NUMBER, or NULL. */
const char *capability_name(int number);

/*
 * Parses a list "CAP_A,CAP_B" (also without the "CAP_" prefix, any case; "" is the empty set,
 * "ALL" is every capability) into a set, bit 1 << number. Returns 0, or -EINVAL and in *BAD
 * (not NUL-terminated, *BAD_LEN bytes) the part that is no capability.
 */
int capability_set_parse(const char *list, uint64_t *set, const char **bad, size_t *bad_len);

#endif
