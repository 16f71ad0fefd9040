/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls under a real filter; see live.h. Only x86_64 has two ABIs that one process can call. */
#define _GNU_SOURCE
#include "tests/profiles/live.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/cleanup.h"

enum {
    NOBODY = 65534,
    CHILD_OK = 0,
    CHILD_NO_FILTER = 120, /* exit status where seccomp(2) refused the filter */
};

#ifdef __x86_64__
static long call_x86(const struct live_call *call)
{
    register uint64_t result __asm__("rax") = call->nr;

    __asm__ volatile("int $0x80"
                     : "+a"(result)
                     : "b"(call->args[0]), "c"(call->args[1]), "d"(call->args[2]),
                       "S"(call->args[3]), "D"(call->args[4])
                     : "r8", "r9", "r10", "r11", "cc", "memory");
    return (int32_t)result;
}
#else
static long call_x86(const struct live_call *call)
{
    (void)call;
    return -ENOSYS;
}
#endif

static long call_native(const struct live_call *call)
{
    const uint64_t *args = call->args;
    long result = syscall((long)call->nr, args[0], args[1], args[2], args[3], args[4], args[5]);

    return result < 0 ? -errno : result;
}

static void make_calls(struct live_call *calls, size_t n)
{
    pid_t self = getpid();

    for (size_t i = 0; i < n; i++) {
        long result = calls[i].abi == ABI_X86 ? call_x86(&calls[i]) : call_native(&calls[i]);

        /* A clone without a stack goes on here in the child too; glibc's getpid is not cached. */
        if (getpid() != self)
            _exit(CHILD_OK);
        calls[i].result = result;
    }
}

static int install(const struct filter *filter)
{
    struct sock_fprog program = {(unsigned short)filter->program.n_insns, filter->program.insns};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter->flags, &program) < 0 ? -errno : 0;
}

static void child(const struct filter *filter, struct live_call *calls, size_t n)
{
    const struct rlimit no_core = {0, 0};

    setrlimit(RLIMIT_CORE, &no_core);
    /* What a filter lets through must do no harm: the calls have bad arguments, and no rights. */
    if (geteuid() == 0 &&
        (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0))
        _exit(CHILD_NO_FILTER);
    if (filter && install(filter) < 0)
        _exit(CHILD_NO_FILTER);
    make_calls(calls, n);
    _exit(CHILD_OK);
}

int live_run(const struct filter *filter, struct live_call *calls, size_t n)
{
    size_t size = n * sizeof(*calls);
    int status = 0;
    struct live_call *shared =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid;

    if (shared == MAP_FAILED)
        return -errno;
    memcpy(shared, calls, size);
    fflush(NULL);
    pid = fork();
    if (pid == 0)
        child(filter, shared, n);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (pid < 0)
        status = -errno;
    memcpy(calls, shared, size);
    munmap(shared, size);
    return status;
}

bool live_has_x86(const char **why)
{
    struct live_call getpid_call = {.abi = ABI_X86, .nr = 20};

#ifndef __x86_64__
    *why = "this is no x86_64 process";
    return false;
#endif
    if (live_run(NULL, &getpid_call, 1) != 0)
        *why = "int $0x80 is a fault: the kernel runs no 32-bit programs (CONFIG_IA32_EMULATION)";
    else if (getpid_call.result <= 0)
        *why = "int $0x80 reaches no system call";
    else
        return true;
    return false;
}
