/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names of arguments of calls about processes, from the kernel's headers for programs
 * (include/uapi and arch/.../include/uapi, Linux 6.1).
 * Of one name, the ABIs that differ come before the others; in one set, what has several bits comes
 * before what has one of them.
 */
#include "compiler/facts/symbol-sets.h"

#include "util/cleanup.h"

static const struct symbol clone_flags[] = {
    {"CLONE_VM", 0x100, 0},
    {"CLONE_FS", 0x200, 0},
    {"CLONE_FILES", 0x400, 0},
    {"CLONE_SIGHAND", 0x800, 0},
    {"CLONE_PIDFD", 0x1000, 0},
    {"CLONE_PTRACE", 0x2000, 0},
    {"CLONE_VFORK", 0x4000, 0},
    {"CLONE_PARENT", 0x8000, 0},
    {"CLONE_THREAD", 0x10000, 0},
    {"CLONE_NEWNS", 0x20000, 0},
    {"CLONE_SYSVSEM", 0x40000, 0},
    {"CLONE_SETTLS", 0x80000, 0},
    {"CLONE_PARENT_SETTID", 0x100000, 0},
    {"CLONE_CHILD_CLEARTID", 0x200000, 0},
    {"CLONE_DETACHED", 0x400000, 0},
    {"CLONE_UNTRACED", 0x800000, 0},
    {"CLONE_CHILD_SETTID", 0x1000000, 0},
    {"CLONE_NEWCGROUP", 0x2000000, 0},
    {"CLONE_NEWUTS", 0x4000000, 0},
    {"CLONE_NEWIPC", 0x8000000, 0},
    {"CLONE_NEWUSER", 0x10000000, 0},
    {"CLONE_NEWPID", 0x20000000, 0},
    {"CLONE_NEWNET", 0x40000000, 0},
    {"CLONE_IO", 0x80000000, 0},
};

/* What unshare(2) and setns(2) take; in clone's flags, the bit of NEWTIME is one of the signal's.
 */
static const struct symbol unshare_flags[] = {
    {"CLONE_NEWTIME", 0x80, 0},
    {"CLONE_VM", 0x100, 0},
    {"CLONE_FS", 0x200, 0},
    {"CLONE_FILES", 0x400, 0},
    {"CLONE_SIGHAND", 0x800, 0},
    {"CLONE_THREAD", 0x10000, 0},
    {"CLONE_NEWNS", 0x20000, 0},
    {"CLONE_SYSVSEM", 0x40000, 0},
    {"CLONE_NEWCGROUP", 0x2000000, 0},
    {"CLONE_NEWUTS", 0x4000000, 0},
    {"CLONE_NEWIPC", 0x8000000, 0},
    {"CLONE_NEWUSER", 0x10000000, 0},
    {"CLONE_NEWPID", 0x20000000, 0},
    {"CLONE_NEWNET", 0x40000000, 0},
};

static const struct symbol signals[] = {
    {"SIGHUP", 1, 0},
    {"SIGINT", 2, 0},
    {"SIGQUIT", 3, 0},
    {"SIGILL", 4, 0},
    {"SIGTRAP", 5, 0},
    {"SIGABRT", 6, 0},
    {"SIGBUS", 10, MIPS_ABIS | PARISC_ABIS},
    {"SIGBUS", 7, 0},
    {"SIGFPE", 8, 0},
    {"SIGKILL", 9, 0},
    {"SIGUSR1", 16, MIPS_ABIS | PARISC_ABIS},
    {"SIGUSR1", 10, 0},
    {"SIGSEGV", 11, 0},
    {"SIGUSR2", 17, MIPS_ABIS | PARISC_ABIS},
    {"SIGUSR2", 12, 0},
    {"SIGPIPE", 13, 0},
    {"SIGALRM", 14, 0},
    {"SIGTERM", 15, 0},
    {"SIGSTKFLT", 7, PARISC_ABIS},
    {"SIGSTKFLT", 16, ALL_BUT(MIPS_ABIS)},
    {"SIGCHLD", 18, MIPS_ABIS | PARISC_ABIS},
    {"SIGCHLD", 17, 0},
    {"SIGCONT", 25, MIPS_ABIS},
    {"SIGCONT", 26, PARISC_ABIS},
    {"SIGCONT", 18, 0},
    {"SIGSTOP", 23, MIPS_ABIS},
    {"SIGSTOP", 24, PARISC_ABIS},
    {"SIGSTOP", 19, 0},
    {"SIGTSTP", 24, MIPS_ABIS},
    {"SIGTSTP", 25, PARISC_ABIS},
    {"SIGTSTP", 20, 0},
    {"SIGTTIN", 26, MIPS_ABIS},
    {"SIGTTIN", 27, PARISC_ABIS},
    {"SIGTTIN", 21, 0},
    {"SIGTTOU", 27, MIPS_ABIS},
    {"SIGTTOU", 28, PARISC_ABIS},
    {"SIGTTOU", 22, 0},
    {"SIGURG", 21, MIPS_ABIS},
    {"SIGURG", 29, PARISC_ABIS},
    {"SIGURG", 23, 0},
    {"SIGXCPU", 30, MIPS_ABIS},
    {"SIGXCPU", 12, PARISC_ABIS},
    {"SIGXCPU", 24, 0},
    {"SIGXFSZ", 31, MIPS_ABIS},
    {"SIGXFSZ", 30, PARISC_ABIS},
    {"SIGXFSZ", 25, 0},
    {"SIGVTALRM", 28, MIPS_ABIS},
    {"SIGVTALRM", 20, PARISC_ABIS},
    {"SIGVTALRM", 26, 0},
    {"SIGPROF", 29, MIPS_ABIS},
    {"SIGPROF", 21, PARISC_ABIS},
    {"SIGPROF", 27, 0},
    {"SIGWINCH", 20, MIPS_ABIS},
    {"SIGWINCH", 23, PARISC_ABIS},
    {"SIGWINCH", 28, 0},
    {"SIGIO", 22, MIPS_ABIS | PARISC_ABIS},
    {"SIGIO", 29, 0},
    {"SIGPWR", 19, MIPS_ABIS | PARISC_ABIS},
    {"SIGPWR", 30, 0},
    {"SIGSYS", 12, MIPS_ABIS},
    {"SIGSYS", 31, 0},
};

static const struct symbol ptrace_requests[] = {
    {"PTRACE_TRACEME", 0, 0},
    {"PTRACE_PEEKTEXT", 1, 0},
    {"PTRACE_PEEKDATA", 2, 0},
    {"PTRACE_PEEKUSR", 3, 0},
    {"PTRACE_POKETEXT", 4, 0},
    {"PTRACE_POKEDATA", 5, 0},
    {"PTRACE_POKEUSR", 6, 0},
    {"PTRACE_CONT", 7, 0},
    {"PTRACE_KILL", 8, 0},
    {"PTRACE_SINGLESTEP", 9, 0},
    {"PTRACE_GETREGS", 18, PARISC_ABIS},
    {"PTRACE_GETREGS", 12, ALL_BUT(AARCH64_ABI | S390_ABIS | GENERIC_ABIS)},
    {"PTRACE_SETREGS", 19, PARISC_ABIS},
    {"PTRACE_SETREGS", 13, ALL_BUT(AARCH64_ABI | S390_ABIS | GENERIC_ABIS)},
    {"PTRACE_GETFPREGS", 14, ALL_BUT(AARCH64_ABI | S390_ABIS | GENERIC_ABIS)},
    {"PTRACE_SETFPREGS", 15, ALL_BUT(AARCH64_ABI | S390_ABIS | GENERIC_ABIS)},
    {"PTRACE_ATTACH", 16, 0},
    {"PTRACE_DETACH", 17, 0},
    {"PTRACE_SYSCALL", 24, 0},
    {"PTRACE_SYSEMU", 29, PPC_ABIS},
    {"PTRACE_SYSEMU", 31, X86_ABIS | AARCH64_ABI | S390_ABIS},
    {"PTRACE_SYSEMU_SINGLESTEP", 30, PPC_ABIS},
    {"PTRACE_SYSEMU_SINGLESTEP", 32, X86_ABIS | AARCH64_ABI | S390_ABIS},
    {"PTRACE_SETOPTIONS", 0x4200, 0},
    {"PTRACE_GETEVENTMSG", 0x4201, 0},
    {"PTRACE_GETSIGINFO", 0x4202, 0},
    {"PTRACE_SETSIGINFO", 0x4203, 0},
    {"PTRACE_GETREGSET", 0x4204, 0},
    {"PTRACE_SETREGSET", 0x4205, 0},
    {"PTRACE_SEIZE", 0x4206, 0},
    {"PTRACE_INTERRUPT", 0x4207, 0},
    {"PTRACE_LISTEN", 0x4208, 0},
    {"PTRACE_PEEKSIGINFO", 0x4209, 0},
    {"PTRACE_GETSIGMASK", 0x420a, 0},
    {"PTRACE_SETSIGMASK", 0x420b, 0},
    {"PTRACE_SECCOMP_GET_FILTER", 0x420c, 0},
    {"PTRACE_SECCOMP_GET_METADATA", 0x420d, 0},
    {"PTRACE_GET_SYSCALL_INFO", 0x420e, 0},
    {"PTRACE_GET_RSEQ_CONFIGURATION", 0x420f, 0},
};

static const struct symbol prctl_options[] = {
    {"PR_SET_PDEATHSIG", 1, 0},
    {"PR_GET_PDEATHSIG", 2, 0},
    {"PR_GET_DUMPABLE", 3, 0},
    {"PR_SET_DUMPABLE", 4, 0},
    {"PR_GET_UNALIGN", 5, 0},
    {"PR_SET_UNALIGN", 6, 0},
    {"PR_GET_KEEPCAPS", 7, 0},
    {"PR_SET_KEEPCAPS", 8, 0},
    {"PR_GET_FPEMU", 9, 0},
    {"PR_SET_FPEMU", 10, 0},
    {"PR_GET_FPEXC", 11, 0},
    {"PR_SET_FPEXC", 12, 0},
    {"PR_GET_TIMING", 13, 0},
    {"PR_SET_TIMING", 14, 0},
    {"PR_SET_NAME", 15, 0},
    {"PR_GET_NAME", 16, 0},
    {"PR_GET_ENDIAN", 19, 0},
    {"PR_SET_ENDIAN", 20, 0},
    {"PR_GET_SECCOMP", 21, 0},
    {"PR_SET_SECCOMP", 22, 0},
    {"PR_CAPBSET_READ", 23, 0},
    {"PR_CAPBSET_DROP", 24, 0},
    {"PR_GET_TSC", 25, 0},
    {"PR_SET_TSC", 26, 0},
    {"PR_GET_SECUREBITS", 27, 0},
    {"PR_SET_SECUREBITS", 28, 0},
    {"PR_SET_TIMERSLACK", 29, 0},
    {"PR_GET_TIMERSLACK", 30, 0},
    {"PR_TASK_PERF_EVENTS_DISABLE", 31, 0},
    {"PR_TASK_PERF_EVENTS_ENABLE", 32, 0},
    {"PR_MCE_KILL", 33, 0},
    {"PR_MCE_KILL_GET", 34, 0},
    {"PR_SET_MM", 35, 0},
    {"PR_SET_PTRACER", 0x59616d61, 0},
    {"PR_SET_CHILD_SUBREAPER", 36, 0},
    {"PR_GET_CHILD_SUBREAPER", 37, 0},
    {"PR_SET_NO_NEW_PRIVS", 38, 0},
    {"PR_GET_NO_NEW_PRIVS", 39, 0},
    {"PR_GET_TID_ADDRESS", 40, 0},
    {"PR_SET_THP_DISABLE", 41, 0},
    {"PR_GET_THP_DISABLE", 42, 0},
    {"PR_MPX_ENABLE_MANAGEMENT", 43, 0},
    {"PR_MPX_DISABLE_MANAGEMENT", 44, 0},
    {"PR_SET_FP_MODE", 45, 0},
    {"PR_GET_FP_MODE", 46, 0},
    {"PR_CAP_AMBIENT", 47, 0},
    {"PR_SVE_SET_VL", 50, 0},
    {"PR_SVE_GET_VL", 51, 0},
    {"PR_GET_SPECULATION_CTRL", 52, 0},
    {"PR_SET_SPECULATION_CTRL", 53, 0},
    {"PR_PAC_RESET_KEYS", 54, 0},
    {"PR_SET_TAGGED_ADDR_CTRL", 55, 0},
    {"PR_GET_TAGGED_ADDR_CTRL", 56, 0},
    {"PR_SET_IO_FLUSHER", 57, 0},
    {"PR_GET_IO_FLUSHER", 58, 0},
    {"PR_SET_SYSCALL_USER_DISPATCH", 59, 0},
    {"PR_PAC_SET_ENABLED_KEYS", 60, 0},
    {"PR_PAC_GET_ENABLED_KEYS", 61, 0},
    {"PR_SCHED_CORE", 62, 0},
    {"PR_SME_SET_VL", 63, 0},
    {"PR_SME_GET_VL", 64, 0},
    {"PR_SET_VMA", 0x53564d41, 0},
};

static const struct symbol domains[] = {
    {"PER_LINUX", 0, 0},
    {"PER_LINUX32", 8, 0},
};

static const struct symbol personality_flags[] = {
    {"UNAME26", 0x20000, 0},
    {"ADDR_NO_RANDOMIZE", 0x40000, 0},
    {"FDPIC_FUNCPTRS", 0x80000, 0},
    {"MMAP_PAGE_ZERO", 0x100000, 0},
    {"ADDR_COMPAT_LAYOUT", 0x200000, 0},
    {"READ_IMPLIES_EXEC", 0x400000, 0},
    {"ADDR_LIMIT_32BIT", 0x800000, 0},
    {"SHORT_INODE", 0x1000000, 0},
    {"WHOLE_SECONDS", 0x2000000, 0},
    {"STICKY_TIMEOUTS", 0x4000000, 0},
    {"ADDR_LIMIT_3GB", 0x8000000, 0},
};

static const struct symbol keyctl_operations[] = {
    {"KEYCTL_GET_KEYRING_ID", 0, 0},
    {"KEYCTL_JOIN_SESSION_KEYRING", 1, 0},
    {"KEYCTL_UPDATE", 2, 0},
    {"KEYCTL_REVOKE", 3, 0},
    {"KEYCTL_CHOWN", 4, 0},
    {"KEYCTL_SETPERM", 5, 0},
    {"KEYCTL_DESCRIBE", 6, 0},
    {"KEYCTL_CLEAR", 7, 0},
    {"KEYCTL_LINK", 8, 0},
    {"KEYCTL_UNLINK", 9, 0},
    {"KEYCTL_SEARCH", 10, 0},
    {"KEYCTL_READ", 11, 0},
    {"KEYCTL_INSTANTIATE", 12, 0},
    {"KEYCTL_NEGATE", 13, 0},
    {"KEYCTL_SET_REQKEY_KEYRING", 14, 0},
    {"KEYCTL_SET_TIMEOUT", 15, 0},
    {"KEYCTL_ASSUME_AUTHORITY", 16, 0},
    {"KEYCTL_GET_SECURITY", 17, 0},
    {"KEYCTL_SESSION_TO_PARENT", 18, 0},
    {"KEYCTL_REJECT", 19, 0},
    {"KEYCTL_INSTANTIATE_IOV", 20, 0},
    {"KEYCTL_INVALIDATE", 21, 0},
    {"KEYCTL_GET_PERSISTENT", 22, 0},
    {"KEYCTL_DH_COMPUTE", 23, 0},
    {"KEYCTL_PKEY_QUERY", 24, 0},
    {"KEYCTL_PKEY_ENCRYPT", 25, 0},
    {"KEYCTL_PKEY_DECRYPT", 26, 0},
    {"KEYCTL_PKEY_SIGN", 27, 0},
    {"KEYCTL_PKEY_VERIFY", 28, 0},
    {"KEYCTL_RESTRICT_KEYRING", 29, 0},
    {"KEYCTL_MOVE", 30, 0},
    {"KEYCTL_CAPABILITIES", 31, 0},
    {"KEYCTL_WATCH_KEY", 32, 0},
};

static const struct symbol futex_commands[] = {
    {"FUTEX_WAIT", 0, 0},
    {"FUTEX_WAKE", 1, 0},
    {"FUTEX_FD", 2, 0},
    {"FUTEX_REQUEUE", 3, 0},
    {"FUTEX_CMP_REQUEUE", 4, 0},
    {"FUTEX_WAKE_OP", 5, 0},
    {"FUTEX_LOCK_PI", 6, 0},
    {"FUTEX_UNLOCK_PI", 7, 0},
    {"FUTEX_TRYLOCK_PI", 8, 0},
    {"FUTEX_WAIT_BITSET", 9, 0},
    {"FUTEX_WAKE_BITSET", 0xa, 0},
    {"FUTEX_WAIT_REQUEUE_PI", 0xb, 0},
    {"FUTEX_CMP_REQUEUE_PI", 0xc, 0},
    {"FUTEX_LOCK_PI2", 0xd, 0},
};

static const struct symbol futex_flags[] = {
    {"FUTEX_PRIVATE_FLAG", 0x80, 0},
    {"FUTEX_CLOCK_REALTIME", 0x100, 0},
};

static const struct symbol bpf_commands[] = {
    {"BPF_MAP_CREATE", 0, 0},
    {"BPF_MAP_LOOKUP_ELEM", 1, 0},
    {"BPF_MAP_UPDATE_ELEM", 2, 0},
    {"BPF_MAP_DELETE_ELEM", 3, 0},
    {"BPF_MAP_GET_NEXT_KEY", 4, 0},
    {"BPF_PROG_LOAD", 5, 0},
    {"BPF_OBJ_PIN", 6, 0},
    {"BPF_OBJ_GET", 7, 0},
    {"BPF_PROG_ATTACH", 8, 0},
    {"BPF_PROG_DETACH", 9, 0},
    {"BPF_PROG_TEST_RUN", 10, 0},
    {"BPF_PROG_GET_NEXT_ID", 11, 0},
    {"BPF_MAP_GET_NEXT_ID", 12, 0},
    {"BPF_PROG_GET_FD_BY_ID", 13, 0},
    {"BPF_MAP_GET_FD_BY_ID", 14, 0},
    {"BPF_OBJ_GET_INFO_BY_FD", 15, 0},
    {"BPF_PROG_QUERY", 16, 0},
    {"BPF_RAW_TRACEPOINT_OPEN", 17, 0},
    {"BPF_BTF_LOAD", 18, 0},
    {"BPF_BTF_GET_FD_BY_ID", 19, 0},
    {"BPF_TASK_FD_QUERY", 20, 0},
    {"BPF_MAP_LOOKUP_AND_DELETE_ELEM", 21, 0},
    {"BPF_MAP_FREEZE", 22, 0},
    {"BPF_BTF_GET_NEXT_ID", 23, 0},
    {"BPF_MAP_LOOKUP_BATCH", 24, 0},
    {"BPF_MAP_LOOKUP_AND_DELETE_BATCH", 25, 0},
    {"BPF_MAP_UPDATE_BATCH", 26, 0},
    {"BPF_MAP_DELETE_BATCH", 27, 0},
    {"BPF_LINK_CREATE", 28, 0},
    {"BPF_LINK_UPDATE", 29, 0},
    {"BPF_LINK_GET_FD_BY_ID", 30, 0},
    {"BPF_LINK_GET_NEXT_ID", 31, 0},
    {"BPF_ENABLE_STATS", 32, 0},
    {"BPF_ITER_CREATE", 33, 0},
    {"BPF_LINK_DETACH", 34, 0},
    {"BPF_PROG_BIND_MAP", 35, 0},
};

static const struct symbol seccomp_operations[] = {
    {"SECCOMP_SET_MODE_STRICT", 0, 0},
    {"SECCOMP_SET_MODE_FILTER", 1, 0},
    {"SECCOMP_GET_ACTION_AVAIL", 2, 0},
    {"SECCOMP_GET_NOTIF_SIZES", 3, 0},
};

static const struct symbol policies[] = {
    {"SCHED_NORMAL", 0, 0}, {"SCHED_FIFO", 1, 0}, {"SCHED_RR", 2, 0},
    {"SCHED_BATCH", 3, 0},  {"SCHED_IDLE", 5, 0}, {"SCHED_DEADLINE", 6, 0},
};

static const struct symbol policy_flags[] = {
    {"SCHED_RESET_ON_FORK", 0x40000000, 0},
};

static const struct symbol reboot_commands[] = {
    {"LINUX_REBOOT_CMD_RESTART", 0x1234567, 0},     {"LINUX_REBOOT_CMD_HALT", 0xcdef0123, 0},
    {"LINUX_REBOOT_CMD_CAD_ON", 0x89abcdef, 0},     {"LINUX_REBOOT_CMD_CAD_OFF", 0, 0},
    {"LINUX_REBOOT_CMD_POWER_OFF", 0x4321fedc, 0},  {"LINUX_REBOOT_CMD_RESTART2", 0xa1b2c3d4, 0},
    {"LINUX_REBOOT_CMD_SW_SUSPEND", 0xd000fce2, 0}, {"LINUX_REBOOT_CMD_KEXEC", 0x45584543, 0},
};

static const struct symbol arch_prctl_codes[] = {
    {"ARCH_SET_GS", 0x1001, X86_ABIS},       {"ARCH_SET_FS", 0x1002, X86_ABIS},
    {"ARCH_GET_FS", 0x1003, X86_ABIS},       {"ARCH_GET_GS", 0x1004, X86_ABIS},
    {"ARCH_GET_CPUID", 0x1011, X86_ABIS},    {"ARCH_SET_CPUID", 0x1012, X86_ABIS},
    {"ARCH_MAP_VDSO_X32", 0x2001, X86_ABIS}, {"ARCH_MAP_VDSO_32", 0x2002, X86_ABIS},
    {"ARCH_MAP_VDSO_64", 0x2003, X86_ABIS},
};

static const struct symbol membarrier_commands[] = {
    {"MEMBARRIER_CMD_QUERY", 0, 0},
    {"MEMBARRIER_CMD_GLOBAL", 1, 0},
    {"MEMBARRIER_CMD_GLOBAL_EXPEDITED", 2, 0},
    {"MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED", 4, 0},
    {"MEMBARRIER_CMD_PRIVATE_EXPEDITED", 8, 0},
    {"MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED", 16, 0},
};

static const struct symbol io_uring_operations[] = {
    {"IORING_REGISTER_BUFFERS", 0, 0},       {"IORING_UNREGISTER_BUFFERS", 1, 0},
    {"IORING_REGISTER_FILES", 2, 0},         {"IORING_UNREGISTER_FILES", 3, 0},
    {"IORING_REGISTER_EVENTFD", 4, 0},       {"IORING_REGISTER_PROBE", 8, 0},
    {"IORING_REGISTER_PERSONALITY", 9, 0},   {"IORING_REGISTER_RESTRICTIONS", 11, 0},
    {"IORING_REGISTER_ENABLE_RINGS", 12, 0},
};

const struct symbol_set symbols_clone = {
    .field = 0xff,
    .values = {signals, ARRAY_SIZE(signals)},
    .flags = {clone_flags, ARRAY_SIZE(clone_flags)},
};

const struct symbol_set symbols_unshare = {
    .flags = {unshare_flags, ARRAY_SIZE(unshare_flags)},
};

const struct symbol_set symbols_signal = {
    .field = SYMBOL_WHOLE,
    .values = {signals, ARRAY_SIZE(signals)},
};

const struct symbol_set symbols_ptrace = {
    .field = SYMBOL_WHOLE,
    .values = {ptrace_requests, ARRAY_SIZE(ptrace_requests)},
};

const struct symbol_set symbols_prctl = {
    .field = SYMBOL_WHOLE,
    .values = {prctl_options, ARRAY_SIZE(prctl_options)},
};

const struct symbol_set symbols_personality = {
    .field = 0xff,
    .values = {domains, ARRAY_SIZE(domains)},
    .flags = {personality_flags, ARRAY_SIZE(personality_flags)},
};

const struct symbol_set symbols_keyctl = {
    .field = SYMBOL_WHOLE,
    .values = {keyctl_operations, ARRAY_SIZE(keyctl_operations)},
};

const struct symbol_set symbols_futex = {
    .field = 0x7f,
    .values = {futex_commands, ARRAY_SIZE(futex_commands)},
    .flags = {futex_flags, ARRAY_SIZE(futex_flags)},
};

const struct symbol_set symbols_bpf = {
    .field = SYMBOL_WHOLE,
    .values = {bpf_commands, ARRAY_SIZE(bpf_commands)},
};

const struct symbol_set symbols_seccomp = {
    .field = SYMBOL_WHOLE,
    .values = {seccomp_operations, ARRAY_SIZE(seccomp_operations)},
};

const struct symbol_set symbols_policy = {
    .field = 0xff,
    .values = {policies, ARRAY_SIZE(policies)},
    .flags = {policy_flags, ARRAY_SIZE(policy_flags)},
};

const struct symbol_set symbols_reboot = {
    .field = SYMBOL_WHOLE,
    .values = {reboot_commands, ARRAY_SIZE(reboot_commands)},
};

const struct symbol_set symbols_arch_prctl = {
    .field = SYMBOL_WHOLE,
    .values = {arch_prctl_codes, ARRAY_SIZE(arch_prctl_codes)},
};

const struct symbol_set symbols_membarrier = {
    .field = SYMBOL_WHOLE,
    .values = {membarrier_commands, ARRAY_SIZE(membarrier_commands)},
};

const struct symbol_set symbols_io_uring_register = {
    .field = SYMBOL_WHOLE,
    .values = {io_uring_operations, ARRAY_SIZE(io_uring_operations)},
};
