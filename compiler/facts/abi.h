/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The facts about architectures: every ABI that libseccomp can name (SCMP_ARCH_*), and the
 * targets (kernel architectures) that can run them. Constant tables; nothing else is in here.
 */
#ifndef COMPILER_FACTS_ABI_H
#define COMPILER_FACTS_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum abi_id {
    ABI_X86_64,
    ABI_X86,
    ABI_X32,
    ABI_AARCH64,
    ABI_ARM,
    ABI_MIPS,
    ABI_MIPS64,
    ABI_MIPS64N32,
    ABI_MIPSEL,
    ABI_MIPSEL64,
    ABI_MIPSEL64N32,
    ABI_PPC,
    ABI_PPC64,
    ABI_PPC64LE,
    ABI_S390,
    ABI_S390X,
    ABI_PARISC,
    ABI_PARISC64,
    ABI_RISCV64,
    ABI_LOONGARCH64,
    ABI_M68K,
    ABI_SH,
    ABI_SHEB,
    ABI_COUNT,
};

/* A set of ABIs: bit 1 << enum abi_id. */
typedef uint32_t abi_set;

/*
 * x32 shares x86_64's AUDIT_ARCH_*; this bit of a number tells its calls from x86_64's, and all
 * numbers from it on are x32's (__X32_SYSCALL_BIT in asm/unistd.h on x86).
 */
#define X32_SYSCALL_BIT UINT32_C(0x40000000)

/* arm's private calls have numbers from here on (__ARM_NR_BASE in asm/unistd.h on arm). */
#define ARM_PRIVATE_FIRST UINT32_C(0x0f0000)

/* A syscall table and calling convention. */
struct abi {
    enum abi_id id;
    const char *name;      /* "x86_64": libseccomp's own name */
    const char *scmp_name; /* "SCMP_ARCH_X86_64" */
    const char *go_name; /* "amd64": what Docker's conditions call it; NULL where Go has no name */
    uint32_t
        audit_arch; /* seccomp_data.arch of its calls, from linux/audit.h; x32 shares x86_64's */
    uint32_t
        nr_base; /* the ABI's number for generic call 0: X32_SYSCALL_BIT on x32, 4000 on mips, … */
    bool big_endian;
    /*
     * All 64 bits of an argument register reach the call. Where not, only the low 32 do, and only
     * these are compared: what seccomp_data shows above them is not always 0 (on x86_64, int $0x80
     * from 64-bit code leaves there whatever the register held).
     */
    bool wide;
    const char *since; /* the first libseccomp version that has it */
};

enum {
    TARGET_ABIS_MAX = 3,
};

/* A kernel architecture with the ABIs that it can run, its native one first. */
struct target {
    const char *name; /* the native ABI's name */
    uint8_t n_abis;
    enum abi_id abis[TARGET_ABIS_MAX];
};

/* The description of ABI ID. Never NULL for a valid id. */
const struct abi *abi_get(enum abi_id id);

/* The ABI named SCMP_ARCH_*, or NULL. */
const struct abi *abi_by_scmp_name(const char *name);

/*
 * The ABI that the token of a Docker or Podman condition ("arches") names, or NULL. Docker
 * writes Go's names (amd64, 386), containers-common those of libseccomp's Go binding (amd64, x86).
 * Neither knows x86_64, aarch64 and loongarch64.
 */
const struct abi *abi_by_condition_name(const char *name);

/* True where the libseccomp that this process runs with has a syscall table for ABI. */
bool abi_is_installed(const struct abi *abi);

/* The lowest and the highest number that a call of ABI can have. */
uint32_t abi_first_number(const struct abi *abi);
uint32_t abi_last_number(const struct abi *abi);

/*
 * True where NR is a private call of ABI (arm's, from __ARM_NR_BASE on): far above all others, and
 * no sign of how new a profile is.
 */
bool abi_is_private_number(const struct abi *abi, uint32_t nr);

/*
 * True where the kernel shows a filter calls that it does not know as number 0, which no call of
 * ABI has (s390: the entry code clears numbers from NR_syscalls on).
 */
bool abi_shows_unknown_as_zero(const struct abi *abi);

/* The I-th target, in a fixed order, or NULL past the last. */
const struct target *target_at(size_t i);

/* The native ABI of TARGET. */
const struct abi *target_native_abi(const struct target *target);

/* The set of all ABIs of TARGET. */
abi_set target_abis(const struct target *target);

/* The ABI of TARGET whose calls have NR and this AUDIT_ARCH_*, or NULL. */
const struct abi *target_abi_of_call(const struct target *target, uint32_t audit_arch, uint32_t nr);

/*
 * The target called NAME: "x86_64", "SCMP_ARCH_X86_64" or Go's "amd64". NULL where there is none;
 * an ABI that is no target of its own (x32, n32) is none.
 */
const struct target *target_by_name(const char *name);

/* The target whose native ABI has this AUDIT_ARCH_*, or NULL. */
const struct target *target_by_audit_arch(uint32_t audit_arch);

/* The target of the kernel that this process runs on, or NULL where the tables lack it. */
const struct target *target_host(void);

#endif
