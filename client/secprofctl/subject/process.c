/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The filters of a running process, through ptrace(2). The kernel hands them out to a reader with
 * CAP_SYS_ADMIN that is under no filter itself (kernel/seccomp.c, seccomp_get_filter).
 */
#include "config.h"

#include "client/secprofctl/subject/process.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "client/secprofctl/ctl.h"
#include "compiler/facts/bpf.h"
#include "util/arena.h"
#include "util/cleanup.h"

pid_t process_parse(const char *text)
{
    static const char prefix[] = "pid:";
    char *end;
    long pid;

    if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
        return 0;
    text += sizeof(prefix) - 1;
    if (*text < '1' || *text > '9')
        return 0;
    errno = 0;
    pid = strtol(text, &end, 10);
    return errno || *end || pid > 0x7fffffff ? 0 : (pid_t)pid;
}

/* The value of "Seccomp:" in the status of PID: SECCOMP_MODE_*, or -errno. */
static int seccomp_mode(pid_t pid)
{
    char path[64];
    char line[128];
    int mode = -ENODATA;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);

    cleanup_fclose FILE *file = fopen(path, "re");

    if (!file)
        return -errno;
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, "Seccomp: %d", &mode) == 1)
            break;
    return mode;
}

/*
 * Attaches to PID and stops it. *SIGNAL is the signal that it was about to get when it stopped, or
 * 0. Returns 0 or -errno; then it is not attached.
 */
static int attach(pid_t pid, int *signal)
{
    int status;

    if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
        return -errno;
    if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
        return -errno;
    while (waitpid(pid, &status, __WALL) < 0)
        if (errno != EINTR)
            return -errno;
    if (!WIFSTOPPED(status))
        return -ESRCH;
    /* Our own stop, like that of job control, is an event. */
    *signal = status >> 16 ? 0 : WSTOPSIG(status);
    return 0;
}

/*
 * Reads filter number INDEX, counted from the oldest, of the stopped PID. Returns 0; -ENOENT where
 * there is none; -errno.
 */
static int read_filter(pid_t pid, size_t index, struct bpf_program *program, struct arena *arena)
{
    long n = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index, NULL);

    if (n <= 0)
        return n < 0 ? -errno : -EIO;
    *program = (struct bpf_program){
        .insns = arena_calloc(arena, (size_t)n, sizeof(*program->insns)),
        .n_insns = (size_t)n,
    };
    if (!program->insns)
        return -ENOMEM;
    if (ptrace(PTRACE_SECCOMP_GET_FILTER, pid, index, program->insns) != n)
        return -EIO;
    return 0;
}

static int read_filters(pid_t pid, struct bpf_program **filters, size_t *n, struct arena *arena)
{
    size_t room = 0;
    int r;

    *filters = NULL;
    *n = 0;
    for (;;) {
        struct bpf_program program = {.insns = NULL};

        r = read_filter(pid, *n, &program, arena);
        if (r == -ENOENT)
            break;
        if (r == 0)
            r = arena_grow(arena, filters, *n, &room, sizeof(program));
        if (r < 0)
            return r;
        (*filters)[(*n)++] = program;
    }
    for (size_t i = 0; i < *n / 2; i++) {
        struct bpf_program swapped = (*filters)[i];

        (*filters)[i] = (*filters)[*n - 1 - i];
        (*filters)[*n - 1 - i] = swapped;
    }
    return 0;
}

static int fail(pid_t pid, int r)
{
    const char *why = "";
    int code = CTL_SYSTEM;

    if (r == -ESRCH)
        code = CTL_NO_PROFILE;
    else if (r == -EPERM || r == -EACCES)
        code = CTL_FORBIDDEN;
    if (code == CTL_FORBIDDEN)
        why = " (this needs CAP_SYS_ADMIN, a process that nobody else traces, and a reader without "
              "a filter of its own)";
    else if (r == -EMEDIUMTYPE)
        why = " (one of its filters is not classic BPF)";
    else if (r == -EINVAL || r == -EIO)
        why = " (the kernel shows no filters: it needs CONFIG_CHECKPOINT_RESTORE)";
    return ctl_fail(code, "cannot read the filters of process %d: %s%s", (int)pid, strerror(-r),
                    why);
}

int process_filters(pid_t pid, struct bpf_program **filters, size_t *n, struct arena *arena)
{
    int mode = seccomp_mode(pid);
    int signal = 0;
    int r;

    *n = 0;
    if (mode < 0)
        return fail(pid, mode == -ENOENT ? -ESRCH : mode);
    if (mode == SECCOMP_MODE_DISABLED)
        return CTL_OK;
    if (mode == SECCOMP_MODE_STRICT)
        return ctl_fail(CTL_NO, "process %d is in strict mode, which has no filter", (int)pid);
    r = attach(pid, &signal);
    if (r < 0)
        return fail(pid, r);
    r = read_filters(pid, filters, n, arena);
    ptrace(PTRACE_DETACH, pid, 0, signal);
    for (size_t i = 0; r == 0 && i < *n; i++) {
        const char *why;
        size_t bad;

        if (bpf_check((*filters)[i].insns, (*filters)[i].n_insns, &bad, &why) < 0)
            return ctl_fail(CTL_SYSTEM, "process %d: instruction %zu of filter %zu is %s", (int)pid,
                            bad, i + 1, why);
    }
    return r < 0 ? fail(pid, r) : CTL_OK;
}
