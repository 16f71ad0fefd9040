/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of arguments: the tables behind symbol.h. Constants only. */
#ifndef COMPILER_FACTS_SYMBOL_SETS_H
#define COMPILER_FACTS_SYMBOL_SETS_H

#include <stddef.h>
#include <stdint.h>

#include "compiler/facts/abi.h"

#define ON(abi)     (1U << ABI_##abi)
#define X86_ABIS    (ON(X86_64) | ON(X86) | ON(X32))
#define ARM_ABI     ON(ARM)
#define AARCH64_ABI ON(AARCH64)
#define MIPS_ABIS \
    (ON(MIPS) | ON(MIPS64) | ON(MIPS64N32) | ON(MIPSEL) | ON(MIPSEL64) | ON(MIPSEL64N32))
#define PPC_ABIS      (ON(PPC) | ON(PPC64) | ON(PPC64LE))
#define S390_ABIS     (ON(S390) | ON(S390X))
#define PARISC_ABIS   (ON(PARISC) | ON(PARISC64))
#define GENERIC_ABIS  (ON(RISCV64) | ON(LOONGARCH64))
#define M68K_ABI      ON(M68K)
#define SH_ABIS       (ON(SH) | ON(SHEB))
#define ALL_BUT(abis) (((1U << ABI_COUNT) - 1) & ~(abis))

/* A value by name. */
struct symbol {
    const char *name;
    uint64_t value;
    abi_set abis; /* where it is this; 0: everywhere where nothing before it says otherwise */
};

struct symbol_list {
    const struct symbol *items;
    size_t n;
};

/* The whole argument is one of the values. */
#define SYMBOL_WHOLE UINT64_MAX

/* What an argument consists of. */
struct symbol_set {
    uint64_t field;            /* these bits are one of VALUES; 0: there are none */
    struct symbol_list values; /* of the field */
    struct symbol_list flags;  /* of the other bits, each on its own */
};

extern const struct symbol_set symbols_clone;
extern const struct symbol_set symbols_unshare;
extern const struct symbol_set symbols_signal;
extern const struct symbol_set symbols_ptrace;
extern const struct symbol_set symbols_prctl;
extern const struct symbol_set symbols_personality;
extern const struct symbol_set symbols_keyctl;
extern const struct symbol_set symbols_futex;
extern const struct symbol_set symbols_bpf;
extern const struct symbol_set symbols_seccomp;
extern const struct symbol_set symbols_policy;
extern const struct symbol_set symbols_reboot;
extern const struct symbol_set symbols_arch_prctl;
extern const struct symbol_set symbols_membarrier;
extern const struct symbol_set symbols_io_uring_register;
extern const struct symbol_set symbols_family;
extern const struct symbol_set symbols_socket_type;
extern const struct symbol_set symbols_socket_level;
extern const struct symbol_set symbols_protection;
extern const struct symbol_set symbols_map;
extern const struct symbol_set symbols_advice;
extern const struct symbol_set symbols_memfd;
extern const struct symbol_set symbols_shmat;
extern const struct symbol_set symbols_open;
extern const struct symbol_set symbols_open_flags; /* where no access mode is among them */
extern const struct symbol_set symbols_mode;
extern const struct symbol_set symbols_mknod;
extern const struct symbol_set symbols_fcntl;
extern const struct symbol_set symbols_mount;
extern const struct symbol_set symbols_ioctl;

#endif
