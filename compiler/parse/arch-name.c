/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people call architectures. One table; the names of facts/abi.c are not repeated here. */
#include "compiler/parse/arch-name.h"

#include <string.h>
#include <strings.h>

#include "util/cleanup.h"

/* Names that neither Go nor libseccomp has. */
static const struct {
    const char *name;
    enum abi_id id;
} others[] = {
    {"x86-64", ABI_X86_64},
    {"x64", ABI_X86_64},
    {"i386", ABI_X86},
    {"i486", ABI_X86},
    {"i586", ABI_X86},
    {"i686", ABI_X86},
    {"ia32", ABI_X86},
    {"x86_32", ABI_X86},
    {"x86_x32", ABI_X32},
    {"amd64p32", ABI_X32},
    {"armv8", ABI_AARCH64},
    {"armel", ABI_ARM},
    {"armhf", ABI_ARM},
    {"armv6l", ABI_ARM},
    {"armv7", ABI_ARM},
    {"armv7l", ABI_ARM},
    {"arm32", ABI_ARM},
    {"mips64p32", ABI_MIPS64N32},
    {"mips64el", ABI_MIPSEL64},
    {"mips64p32le", ABI_MIPSEL64N32},
    {"mips64elp32", ABI_MIPSEL64N32},
    {"mips64eln32", ABI_MIPSEL64N32},
    {"mips64len32", ABI_MIPSEL64N32},
    {"mips3l64n32", ABI_MIPSEL64N32},
    {"powerpc", ABI_PPC},
    {"powerpc64", ABI_PPC64},
    {"powerpc64le", ABI_PPC64LE},
    {"ppc64el", ABI_PPC64LE},
    {"ppcle64", ABI_PPC64LE},
    {"hppa", ABI_PARISC},
    {"hppa64", ABI_PARISC64},
    {"riscv", ABI_RISCV64},
    {"sh4", ABI_SH},
    {"sh4eb", ABI_SHEB},
};

static const char prefix[] = "SCMP_ARCH_";

const struct abi *arch_name_guess(const char *text)
{
    if (!strncasecmp(text, prefix, strlen(prefix)))
        text += strlen(prefix);
    for (int id = 0; id < ABI_COUNT; id++) {
        const struct abi *abi = abi_get((enum abi_id)id);

        if (!strcasecmp(abi->name, text) || (abi->go_name && !strcasecmp(abi->go_name, text)))
            return abi;
    }
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (!strcasecmp(others[i].name, text))
            return abi_get(others[i].id);
    return NULL;
}

const char *arch_name_in_conditions(const struct abi *abi)
{
    return abi->go_name ? abi->go_name : abi->name;
}
