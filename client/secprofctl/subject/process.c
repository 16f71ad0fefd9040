/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The filters of a running process, through ptrace(2). The kernel hands them out to a reader with
 * CAP_SYS_ADMIN that is under no filter itself (kernel/seccomp.c, seccomp_get_filter).
 */
#include "config.h"

#include "client/secprofctl/subject/process.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "client/secprofctl/ctl.h"
#include "compiler/facts/bpf.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/deadline.h"
#include "util/proc-status.h"

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

/* The number in FIELD of the status of PID; -ESRCH: there is no such process; another -errno. */
static long status_number(pid_t pid, const char *field)
{
    char text[32];
    int r = proc_status(pid, field, text, sizeof(text));

    return r < 0 ? r : strtol(text, NULL, 10);
}

/* Waits WAIT_MS for PID, which was told to stop. Returns 0 and its *STATUS, or -errno. */
static int wait_for_stop(pid_t pid, int wait_ms, int *status)
{
    const int64_t last = deadline_after(wait_ms);
    struct timespec pause = {.tv_nsec = 20 * 1000};
    pid_t got;

    *status = 0;
    while ((got = waitpid(pid, status, __WALL | WNOHANG)) != pid) {
        if (got < 0 && errno != EINTR)
            return -errno;
        if (deadline_left(last) == 0)
            return -ETIMEDOUT;
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 5 * 1000 * 1000)
            pause.tv_nsec *= 2;
    }
    return WIFSTOPPED(*status) ? 0 : -ESRCH;
}

/*
 * Attaches to PID and stops it. *SIGNAL is the signal that it was about to get when it stopped, or
 * 0. Returns 0 or -errno.
 */
static int attach(pid_t pid, int wait_ms, int *signal)
{
    int status;
    int r;

    if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0) {
        r = -errno;
        return r == -EPERM && status_number(pid, "TracerPid") > 0 ? -EBUSY : r;
    }
    if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
        return -errno;
    r = wait_for_stop(pid, wait_ms, &status);
    /* Our own stop, like that of job control, is an event. */
    *signal = r == 0 && status >> 16 == 0 ? WSTOPSIG(status) : 0;
    return r;
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

/* What one reading is about, for the thread that does it. */
struct reading {
    pid_t pid;
    int wait_ms;
    struct arena *arena;
    struct bpf_program *filters;
    size_t n;
    int result;
};

static void *read_in_thread(void *data)
{
    struct reading *reading = data;
    int signal = 0;

    reading->result = attach(reading->pid, reading->wait_ms, &signal);
    if (reading->result != 0)
        return NULL;
    reading->result = read_filters(reading->pid, &reading->filters, &reading->n, reading->arena);
    ptrace(PTRACE_DETACH, reading->pid, 0, signal);
    return NULL;
}

int process_read(pid_t pid, int wait_ms, struct bpf_program **filters, size_t *n,
                 struct arena *arena)
{
    struct reading reading = {.pid = pid, .wait_ms = wait_ms, .arena = arena};
    const long mode = status_number(pid, "Seccomp");
    pthread_t thread;

    *filters = NULL;
    *n = 0;
    if (mode < 0)
        return (int)mode;
    if (mode == SECCOMP_MODE_DISABLED)
        return 0;
    if (mode == SECCOMP_MODE_STRICT)
        return -EMLINK;
    /* Who does not stop (a disk that does not answer) cannot be detached from. The end of the
     * thread that attached does it, and nothing else runs beside that thread. */
    if (pthread_create(&thread, NULL, read_in_thread, &reading) != 0)
        return -EAGAIN;
    pthread_join(thread, NULL);
    for (size_t i = 0; reading.result == 0 && i < reading.n; i++) {
        const char *why;
        size_t bad;

        if (bpf_check(reading.filters[i].insns, reading.filters[i].n_insns, &bad, &why) < 0)
            return -EBADMSG;
    }
    if (reading.result == 0) {
        *filters = reading.filters;
        *n = reading.n;
    }
    return reading.result;
}

const char *process_why_not(int r)
{
    static const struct {
        int error;
        const char *why;
    } reasons[] = {
        {ESRCH, "it is gone"},
        {EBUSY, "another process traces it"},
        {ETIMEDOUT, "it does not stop: it waits for a device"},
        {EMLINK, "it is in strict mode, which has no filter"},
        {EPERM, "this needs CAP_SYS_ADMIN and CAP_SYS_PTRACE"},
        {EACCES, "this needs CAP_SYS_ADMIN, and a reader without a filter of its own"},
        {EMEDIUMTYPE, "one of its filters is not classic BPF"},
        {EBADMSG, "the kernel shows instructions that it would not take"},
        {EINVAL, "the kernel shows no filters: it needs CONFIG_CHECKPOINT_RESTORE"},
        {EIO, "the kernel shows no filters: it needs CONFIG_CHECKPOINT_RESTORE"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
        if (r == -reasons[i].error)
            return reasons[i].why;
    return strerror(-r);
}

int process_filters(pid_t pid, struct bpf_program **filters, size_t *n, struct arena *arena)
{
    int r = process_read(pid, PROCESS_WAIT_MS, filters, n, arena);
    int code = CTL_SYSTEM;

    if (r == 0)
        return CTL_OK;
    if (r == -ESRCH)
        code = CTL_NO_PROFILE;
    else if (r == -EPERM || r == -EACCES || r == -EBUSY)
        code = CTL_FORBIDDEN;
    else if (r == -EMLINK)
        code = CTL_NO;
    return ctl_fail(code, "cannot read the filters of process %d: %s", (int)pid,
                    process_why_not(r));
}
