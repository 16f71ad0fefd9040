/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls as examples, for people and in JSON.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_EXAMPLE_H
#define CLIENT_SECPROFCTL_SHOW_EXAMPLE_H

#include <linux/seccomp.h>
#include <stdio.h>

#include "compiler/prove/bdd.h"

struct abi;
struct arena;
struct json;

/* The call NR of architecture ARCH with the arguments (and instruction pointer) WORDS. */
struct seccomp_data example_data(uint32_t arch, uint32_t nr, const uint64_t words[BDD_WORDS]);

/*
 * Prints DATA, a call of ABI, as "NAME(AF_ALG, 0, 0x26)": NAME may be NULL, and ABI where it is.
 * Arguments after the last that is not 0 are left out. ARENA is for the names of arguments.
 */
void example_print(FILE *file, struct arena *arena, const struct abi *abi, const char *name,
                   const struct seccomp_data *data);

/* "arch", "nr", "args" and, where it is not 0, "instruction_pointer" of DATA. */
void example_json(struct json *json, const struct seccomp_data *data);

#endif
