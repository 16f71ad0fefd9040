/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Syscall names and numbers per ABI: libseccomp's tables, and a table of ours for the calls from
 * number 424 up that the installed libseccomp does not know yet.
 */
#ifndef COMPILER_FACTS_SYSCALLS_H
#define COMPILER_FACTS_SYSCALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/facts/abi.h"

struct syscalls;

enum {
    MULTIPLEXED_CALLS_MAX = 32, /* the numbers of all calls of a multiplexer are below this */
};

/* A syscall that an ABI also reaches through a multiplexer: socketcall(2) or ipc(2). */
struct multiplexed {
    const char *name;        /* "socket" */
    const char *multiplexer; /* "socketcall" */
    uint32_t call;           /* its number there: SYS_SOCKET, from linux/net.h and linux/ipc.h */
    uint32_t
        mask; /* the bits of argument 0 that the kernel looks at: ipc has a version above bit 15 */
};

/* A name that some ABI has, directly or through a multiplexer. It lives as long as the database. */
struct syscall_name {
    const char *name;
    const struct multiplexed *through; /* how it is multiplexed where it is; NULL: never */
    uint16_t at[ABI_COUNT];            /* 1 + I of syscalls_at() that is this call; 0: none */
};

/* Makes a syscall database; the table of an ABI is built when it is first asked for. NULL: no
 * memory. */
struct syscalls *syscalls_new(void);
void syscalls_free(struct syscalls *syscalls);

static inline void syscalls_free_at(struct syscalls *const *syscalls)
{
    syscalls_free(*syscalls);
}

/* A variable declared with this frees its database where it goes out of scope. */
#define cleanup_syscalls __attribute__((cleanup(syscalls_free_at)))

/*
 * Looks NAME up once for all of ABIS: *FOUND has its places in their tables, and NULL stands for a
 * name that none of them has. Returns 0 or -ENOMEM.
 */
int syscalls_find(struct syscalls *syscalls, abi_set abis, const char *name,
                  const struct syscall_name **found);

/*
 * The number with which ABI calls NAME directly, never libseccomp's negative pseudo numbers.
 * Returns 0 and *NR; -ENOENT where the ABI has no such call; -ENOMEM.
 */
int syscalls_number(struct syscalls *syscalls, enum abi_id abi, const char *name, uint32_t *nr);

/* The name of number NR on ABI, or NULL. It lives as long as SYSCALLS. */
const char *syscalls_name(struct syscalls *syscalls, enum abi_id abi, uint32_t nr);

/* The calls of ABI in the order of their numbers: the I-th, or false past the last. */
bool syscalls_at(struct syscalls *syscalls, enum abi_id abi, size_t i, uint32_t *nr,
                 const char **name);

/* The same as a table of N calls, which lives as long as SYSCALLS. NULL: no memory. */
struct syscall_entry {
    uint32_t nr;
    const char *name;
};
const struct syscall_entry *syscalls_all(struct syscalls *syscalls, enum abi_id abi, size_t *n);

/* True where some ABI of libseccomp, or our table, has NAME. */
bool syscalls_is_known(const char *name);

/* How NAME is multiplexed where an ABI has its multiplexer, or NULL where it never is. */
const struct multiplexed *syscalls_multiplexed(const char *name);

/* True where NAME is "socketcall" or "ipc". */
bool syscalls_is_multiplexer(const char *name);

/* The call that number CALL of MULTIPLEXER makes, or NULL. */
const struct multiplexed *syscalls_multiplexed_call(const char *multiplexer, uint32_t call);

#endif
