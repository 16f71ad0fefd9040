/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Puts a filter into the kernel: what may go in, and for which process. Only system calls, so that
 * a child of a process with threads may come here.
 */
#include "client/libsecprof/install.h"

#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "protocol/protocol.h"
#include "util/cleanup.h"
#include "util/filter.h"

/*
 * The targets whose filters suit a process of this library's ABI: filters of its kernel, which for
 * a 32-bit ABI can be that of the 64-bit architecture.
 */
static const uint32_t native_archs[] = {
#if defined(__x86_64__)
    AUDIT_ARCH_X86_64,
#elif defined(__i386__)
    AUDIT_ARCH_I386,
    AUDIT_ARCH_X86_64,
#elif defined(__aarch64__)
    AUDIT_ARCH_AARCH64,
#elif defined(__arm__)
    AUDIT_ARCH_ARM,
    AUDIT_ARCH_AARCH64,
#elif defined(__riscv) && __riscv_xlen == 64
    AUDIT_ARCH_RISCV64,
#elif defined(__loongarch64)
    EM_LOONGARCH | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE,
#elif defined(__s390x__)
    AUDIT_ARCH_S390X,
#elif defined(__s390__)
    AUDIT_ARCH_S390,
    AUDIT_ARCH_S390X,
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
    AUDIT_ARCH_PPC64LE,
#elif defined(__powerpc64__)
    AUDIT_ARCH_PPC64,
#elif defined(__powerpc__)
    AUDIT_ARCH_PPC,
    AUDIT_ARCH_PPC64,
#elif defined(__mips__) && defined(__MIPSEL__)
    AUDIT_ARCH_MIPSEL64,
#if _MIPS_SIM == _ABIO32
    AUDIT_ARCH_MIPSEL,
#endif
#elif defined(__mips__)
    AUDIT_ARCH_MIPS64,
#if _MIPS_SIM == _ABIO32
    AUDIT_ARCH_MIPS,
#endif
#elif defined(__hppa__)
    AUDIT_ARCH_PARISC,
    AUDIT_ARCH_PARISC64,
#elif defined(__m68k__)
    AUDIT_ARCH_M68K,
#elif defined(__sh__) && defined(__LITTLE_ENDIAN__)
    AUDIT_ARCH_SHEL,
#elif defined(__sh__)
    AUDIT_ARCH_SH,
#else
#error "libsecprof does not know which filters suit this architecture: see seccomp(2)"
#endif
};

bool install_arch_is_native(uint32_t audit_arch)
{
    for (size_t i = 0; i < ARRAY_SIZE(native_archs); i++)
        if (native_archs[i] == audit_arch)
            return true;
    return false;
}

int install_filter(const void *filter, size_t len, uint32_t flags, uint32_t audit_arch)
{
    struct sock_fprog program = {
        .len = (unsigned short)(len / sizeof(struct sock_filter)),
        .filter = (struct sock_filter *)filter,
    };

    if (len == 0 || len % sizeof(struct sock_filter) != 0 ||
        len / sizeof(struct sock_filter) > WIRE_MAX_INSNS)
        return -EINVAL;
    if (!install_arch_is_native(audit_arch))
        return -ENOEXEC;
    if ((flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) || filter_needs_listener(filter, program.len))
        return -EOPNOTSUPP;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -ENOSYS;

    long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);

    if (r == 0)
        return 0;
    /* With TSYNC: the id of a thread whose own filters stand in the way. */
    if (r > 0)
        return -ESRCH;
    /* The arguments were checked above: what is left is something that this kernel does not know.
     */
    return errno == EINVAL ? -ENOSYS : -errno;
}
