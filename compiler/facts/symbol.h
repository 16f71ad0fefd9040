/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names that programs use for the arguments of calls: AF_ALG, CLONE_NEWUSER, PTRACE_TRACEME.
 * Values are an ABI's: SOCK_STREAM is 2 on MIPS.
 */
#ifndef COMPILER_FACTS_SYMBOL_H
#define COMPILER_FACTS_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct abi;
struct arena;
struct suggestion;
struct symbol_set;

/*
 * The names of argument INDEX (from 0) of SYSCALL on ABI, or NULL where it has none: a number, a
 * pointer, or a call that is not known here. SYSCALL may be NULL.
 */
const struct symbol_set *symbols_of(const struct abi *abi, const char *syscall, unsigned int index);

/* Finds the value of the name of LEN bytes at NAME. Returns 0, or -ENOENT. SET may be NULL. */
int symbol_value(const struct symbol_set *set, const struct abi *abi, const char *name, size_t len,
                 uint64_t *value);

/* The I-th name of SET (which may be NULL), or NULL past the last. One that has another value on
 * other ABIs may come again. */
const char *symbols_at(const struct symbol_set *set, size_t i);

/* Offers all names of SET (which may be NULL) for a misspelt one. */
void symbols_suggest(const struct symbol_set *set, const struct abi *abi,
                     struct suggestion *suggestion);

/*
 * VALUE in names, with what has none in hex: "AF_ALG", "CLONE_NEWUSER|SIGCHLD",
 * "O_RDONLY|O_CLOEXEC|0x4000000". In ARENA, or constant. NULL: nothing of it has a name (or no
 * memory): then it is a number.
 */
const char *symbols_text(struct arena *arena, const struct symbol_set *set, const struct abi *abi,
                         uint64_t value);

/*
 * The same for a mask: the bits that a test looks at. A field whose every bit is looked at has no
 * name, and is in hex.
 */
const char *symbols_mask_text(struct arena *arena, const struct symbol_set *set,
                              const struct abi *abi, uint64_t mask);

#endif
