/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of ABIs and targets. All of it is constant. */
#include "compiler/facts/abi.h"

#include <linux/audit.h>
#include <linux/elf-em.h>
#include <seccomp.h>
#include <string.h>
#include <sys/utsname.h>

#include "util/cleanup.h"

/* Values that the kernel headers of Debian 12 have under other names or not at all. */
#define MIPS64_N32  (EM_MIPS | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_CONVENTION_MIPS64_N32)
#define LOONGARCH64 (258 | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE) /* EM_LOONGARCH is 258 */

/* clang-format off */
static const struct abi abis[ABI_COUNT] = {
    /* id, name, SCMP_ARCH_*, Go's name, AUDIT_ARCH_*, first number, big endian, wide, libseccomp */
    {ABI_X86_64, "x86_64", "SCMP_ARCH_X86_64", "amd64", AUDIT_ARCH_X86_64, 0, false, true, "1.0.0"},
    {ABI_X86, "x86", "SCMP_ARCH_X86", "386", AUDIT_ARCH_I386, 0, false, false, "1.0.0"},
    {ABI_X32, "x32", "SCMP_ARCH_X32", NULL, AUDIT_ARCH_X86_64, X32_SYSCALL_BIT, false, true, "1.0.0"},
    {ABI_AARCH64, "aarch64", "SCMP_ARCH_AARCH64", "arm64", AUDIT_ARCH_AARCH64, 0, false, true, "2.2.0"},
    {ABI_ARM, "arm", "SCMP_ARCH_ARM", "arm", AUDIT_ARCH_ARM, 0, false, false, "2.0.0"},
    {ABI_MIPS, "mips", "SCMP_ARCH_MIPS", "mips", AUDIT_ARCH_MIPS, 4000, true, false, "2.2.0"},
    {ABI_MIPS64, "mips64", "SCMP_ARCH_MIPS64", "mips64", AUDIT_ARCH_MIPS64, 5000, true, true, "2.2.0"},
    {ABI_MIPS64N32, "mips64n32", "SCMP_ARCH_MIPS64N32", NULL, MIPS64_N32, 6000, true, true, "2.2.0"},
    {ABI_MIPSEL, "mipsel", "SCMP_ARCH_MIPSEL", "mipsle", AUDIT_ARCH_MIPSEL, 4000, false, false, "2.2.0"},
    {ABI_MIPSEL64, "mipsel64", "SCMP_ARCH_MIPSEL64", "mips64le", AUDIT_ARCH_MIPSEL64, 5000, false, true, "2.2.0"},
    {ABI_MIPSEL64N32, "mipsel64n32", "SCMP_ARCH_MIPSEL64N32", NULL, MIPS64_N32 | __AUDIT_ARCH_LE, 6000, false, true, "2.2.0"},
    {ABI_PPC, "ppc", "SCMP_ARCH_PPC", "ppc", AUDIT_ARCH_PPC, 0, true, false, "2.3.0"},
    {ABI_PPC64, "ppc64", "SCMP_ARCH_PPC64", "ppc64", AUDIT_ARCH_PPC64, 0, true, true, "2.3.0"},
    {ABI_PPC64LE, "ppc64le", "SCMP_ARCH_PPC64LE", "ppc64le", AUDIT_ARCH_PPC64LE, 0, false, true, "2.3.0"},
    {ABI_S390, "s390", "SCMP_ARCH_S390", "s390", AUDIT_ARCH_S390, 0, true, false, "2.3.0"},
    {ABI_S390X, "s390x", "SCMP_ARCH_S390X", "s390x", AUDIT_ARCH_S390X, 0, true, true, "2.3.0"},
    {ABI_PARISC, "parisc", "SCMP_ARCH_PARISC", NULL, AUDIT_ARCH_PARISC, 0, true, false, "2.4.0"},
    {ABI_PARISC64, "parisc64", "SCMP_ARCH_PARISC64", NULL, AUDIT_ARCH_PARISC64, 0, true, true, "2.4.0"},
    {ABI_RISCV64, "riscv64", "SCMP_ARCH_RISCV64", "riscv64", AUDIT_ARCH_RISCV64, 0, false, true, "2.5.0"},
    {ABI_LOONGARCH64, "loongarch64", "SCMP_ARCH_LOONGARCH64", "loong64", LOONGARCH64, 0, false, true, "2.6.0"},
    {ABI_M68K, "m68k", "SCMP_ARCH_M68K", NULL, AUDIT_ARCH_M68K, 0, true, false, "2.6.0"},
    {ABI_SH, "sh", "SCMP_ARCH_SH", NULL, AUDIT_ARCH_SHEL, 0, false, false, "2.6.0"},
    {ABI_SHEB, "sheb", "SCMP_ARCH_SHEB", NULL, AUDIT_ARCH_SH, 0, true, false, "2.6.0"},
};

static const struct target targets[] = {
    {"x86_64", 3, {ABI_X86_64, ABI_X86, ABI_X32}},
    {"x86", 1, {ABI_X86}},
    {"aarch64", 2, {ABI_AARCH64, ABI_ARM}},
    {"arm", 1, {ABI_ARM}},
    {"mips64", 3, {ABI_MIPS64, ABI_MIPS, ABI_MIPS64N32}},
    {"mips", 1, {ABI_MIPS}},
    {"mipsel64", 3, {ABI_MIPSEL64, ABI_MIPSEL, ABI_MIPSEL64N32}},
    {"mipsel", 1, {ABI_MIPSEL}},
    {"ppc64", 2, {ABI_PPC64, ABI_PPC}},
    {"ppc", 1, {ABI_PPC}},
    {"ppc64le", 1, {ABI_PPC64LE}},
    {"s390x", 2, {ABI_S390X, ABI_S390}},
    {"s390", 1, {ABI_S390}},
    {"parisc64", 2, {ABI_PARISC64, ABI_PARISC}},
    {"parisc", 1, {ABI_PARISC}},
    {"riscv64", 1, {ABI_RISCV64}},
    {"loongarch64", 1, {ABI_LOONGARCH64}},
    {"m68k", 1, {ABI_M68K}},
    {"sh", 1, {ABI_SH}},
    {"sheb", 1, {ABI_SHEB}},
};
/* clang-format on */

/* What uname(2) calls the machines that have another name above. */
static const struct {
    const char *machine;
    const char *target;
} machines[] = {
    {"i386", "x86"},   {"i486", "x86"},   {"i586", "x86"}, {"i686", "x86"},   {"armv6l", "arm"},
    {"armv7l", "arm"}, {"armv8l", "arm"}, {"sh4", "sh"},   {"sh4eb", "sheb"},
};

/*
 * Names that libseccomp has in C, but neither Go nor libseccomp's Go binding: no runtime compares
 * the tokens of a condition with them, so a rule with one would be in force nowhere.
 */
static const char *const in_no_runtime[] = {"x86_64", "aarch64", "loongarch64"};

const struct abi *abi_get(enum abi_id id)
{
    return &abis[id];
}

const struct abi *abi_by_scmp_name(const char *name)
{
    for (size_t i = 0; i < ABI_COUNT; i++)
        if (!strcmp(abis[i].scmp_name, name))
            return &abis[i];
    return NULL;
}

const struct abi *abi_by_condition_name(const char *name)
{
    /* Docker's own profile and its table of architectures spell this one so, through 20.10 at
     * least. */
    if (!strcmp(name, "mips3l64n32"))
        return &abis[ABI_MIPSEL64N32];
    for (size_t i = 0; i < ARRAY_SIZE(in_no_runtime); i++)
        if (!strcmp(in_no_runtime[i], name))
            return NULL;
    for (size_t i = 0; i < ABI_COUNT; i++)
        if (!strcmp(abis[i].name, name) || (abis[i].go_name && !strcmp(abis[i].go_name, name)))
            return &abis[i];
    return NULL;
}

bool abi_is_installed(const struct abi *abi)
{
    return seccomp_arch_resolve_name(abi->name) != 0;
}

uint32_t abi_first_number(const struct abi *abi)
{
    return abi->id == ABI_X32 ? X32_SYSCALL_BIT : 0;
}

uint32_t abi_last_number(const struct abi *abi)
{
    return abi->id == ABI_X86_64 ? X32_SYSCALL_BIT - 1 : UINT32_MAX;
}

bool abi_is_private_number(const struct abi *abi, uint32_t nr)
{
    return abi->id == ABI_ARM && nr >= ARM_PRIVATE_FIRST;
}

bool abi_shows_unknown_as_zero(const struct abi *abi)
{
    return abi->id == ABI_S390 || abi->id == ABI_S390X;
}

const struct abi *target_abi_of_call(const struct target *target, uint32_t audit_arch, uint32_t nr)
{
    for (size_t i = 0; i < target->n_abis; i++) {
        const struct abi *abi = abi_get(target->abis[i]);

        if (abi->audit_arch == audit_arch && nr >= abi_first_number(abi) &&
            nr <= abi_last_number(abi))
            return abi;
    }
    return NULL;
}

const struct target *target_at(size_t i)
{
    return i < ARRAY_SIZE(targets) ? &targets[i] : NULL;
}

const struct abi *target_native_abi(const struct target *target)
{
    return &abis[target->abis[0]];
}

abi_set target_abis(const struct target *target)
{
    abi_set set = 0;

    for (size_t i = 0; i < target->n_abis; i++)
        set |= (abi_set)1 << target->abis[i];
    return set;
}

const struct target *target_by_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
        const struct abi *native = target_native_abi(&targets[i]);

        if (!strcmp(targets[i].name, name) || !strcmp(native->scmp_name, name) ||
            (native->go_name && !strcmp(native->go_name, name)))
            return &targets[i];
    }
    return NULL;
}

const struct target *target_by_audit_arch(uint32_t audit_arch)
{
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
        if (target_native_abi(&targets[i])->audit_arch == audit_arch)
            return &targets[i];
    return NULL;
}

const struct target *target_host(void)
{
    struct utsname host;

    if (uname(&host) < 0)
        return NULL;
#if defined(__mips__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return target_by_name(!strcmp(host.machine, "mips64") ? "mipsel64" : "mipsel");
#else
    for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
        if (!strcmp(machines[i].machine, host.machine))
            return target_by_name(machines[i].target);
    return target_by_name(host.machine);
#endif
}
