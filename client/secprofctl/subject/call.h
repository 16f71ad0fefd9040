/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call as people write it: "socket AF_ALG", "socket(AF_ALG, SOCK_RAW)", "41 38". */
#ifndef CLIENT_SECPROFCTL_SUBJECT_CALL_H
#define CLIENT_SECPROFCTL_SUBJECT_CALL_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/parse/profile.h"

struct abi;
struct arena;
struct syscalls;
struct target;

enum {
    CALL_ALL_ARGS = (1 << SYSCALL_ARGS) - 1,
};

struct call {
    const char *name; /* NULL: NUMBER */
    uint32_t number;
    size_t n_args;               /* that were written */
    uint64_t args[SYSCALL_ARGS]; /* the others are 0 */
    unsigned int known;          /* bit 1 << index: that one counts; 0: none is known */
};

/*
 * Reads the N WORDS: a name or number and up to SYSCALL_ARGS arguments, or all of it in the form of
 * C in one word. An argument is a number or names of ABI joined by '|'. Returns NULL, or what is
 * wrong with it, for people; both this and CALL's name live in ARENA or WORDS.
 */
const char *call_read(struct call *call, struct arena *arena, char *const *words, size_t n,
                      const struct abi *abi, struct syscalls *syscalls);

/*
 * Reads TEXT, a call with arguments in the form of C: "unshare", "socket(AF_ALG)". Only arguments
 * that stand there count. Returns CTL_OK; or CTL_USAGE after a message, also where no ABI of
 * TARGET, or not ABI where that is not NULL, has the call.
 */
int call_read_question(struct call *call, const char *text, const struct target *target,
                       const struct abi *abi, struct syscalls *syscalls, struct arena *arena);

/*
 * Says that no ABI of TARGET, or not ABI where that is not NULL, has a call NAME, and what may be
 * meant. Returns CTL_USAGE.
 */
int call_fail_unknown(const char *name, const struct target *target, const struct abi *abi,
                      struct syscalls *syscalls);

#endif
