/*
 * The filter of the worker process, as a table. It stands on its own feet: the compiler that it
 * confines has no part in it.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "daemon/sandbox.h"
#include "util/cleanup.h"

/* Calls that are allowed with any arguments. */
static const uint32_t allowed[] = {
    SYS_read,
    SYS_pread64,
    SYS_close,
    SYS_recvmsg,
    SYS_sendmsg,
    SYS_exit,
    SYS_exit_group,
    /* Memory. sysinfo is what glibc's qsort() asks for the size of the memory. */
    SYS_brk,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_sysinfo,
    SYS_getrandom,
    SYS_rt_sigreturn,
    SYS_rt_sigprocmask,
    SYS_restart_syscall,
#ifdef SYS_futex
    SYS_futex,
#endif
#ifdef SYS_futex_time64
    SYS_futex_time64,
#endif
#ifdef SYS_clock_gettime
    SYS_clock_gettime,
#endif
#ifdef SYS_clock_gettime64
    SYS_clock_gettime64,
#endif
};

/* Calls that are allowed unless they ask for executable memory (argument 2). */
static const uint32_t allowed_not_executable[] = {
#ifdef SYS_mmap
    SYS_mmap,
#endif
#ifdef SYS_mmap2
    SYS_mmap2,
#endif
    SYS_mprotect,
};

enum {
    PROT_ARGUMENT = 2,
    PROGRAM_MAX = 4 + 2 * ARRAY_SIZE(allowed) + 5 * ARRAY_SIZE(allowed_not_executable) + 1,
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    LOW_WORD = 4,
#else
    LOW_WORD = 0,
#endif
};

struct program {
    struct sock_filter insns[PROGRAM_MAX];
    uint16_t n;
};

static void add(struct program *program, struct sock_filter insn)
{
    program->insns[program->n++] = insn;
}

static void load(struct program *program, size_t offset)
{
    add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void answer(struct program *program, uint32_t verdict)
{
    add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

static void build(struct program *program, uint32_t audit_arch)
{
    const uint32_t prot = offsetof(struct seccomp_data, args[PROT_ARGUMENT]) + LOW_WORD;

    load(program, offsetof(struct seccomp_data, arch));
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, audit_arch, 1, 0));
    answer(program, SECCOMP_RET_KILL_PROCESS);
    load(program, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
        add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1));
        answer(program, SECCOMP_RET_ALLOW);
    }
    for (size_t i = 0; i < ARRAY_SIZE(allowed_not_executable); i++) {
        add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                  allowed_not_executable[i], 0, 4));
        load(program, prot);
        add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0));
        answer(program, SECCOMP_RET_ALLOW);
        answer(program, SECCOMP_RET_KILL_PROCESS);
    }
    answer(program, SECCOMP_RET_KILL_PROCESS);
}

int sandbox_filter_worker(const struct target *host)
{
    struct program program = {.n = 0};

    if (SANDBOX_SANITIZED)
        return 0;
    build(&program, target_native_abi(host)->audit_arch);

    struct sock_fprog fprog = {.len = program.n, .filter = program.insns};

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &fprog) < 0 ? -errno : 0;
}
