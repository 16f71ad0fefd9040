/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compiles and installs the daemon's own filters. Reads nothing but what is built in. */
#include "daemon/process/own-filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/facts/bpf.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/request.h"
#include "config.h"
#include "daemon/filters/packed.h"
#include "daemon/process/own-profiles.h"
#include "daemon/process/sandbox.h"
#include "util/cleanup.h"
#include "util/io.h"

enum {
    DIGITS_MAX = 10,
};

/* What the child writes for each filter. Behind it: what daemon/filters/packed.h describes. */
struct made {
    uint32_t size;
};

static int read_all(int fd, void *bytes, size_t size)
{
    ssize_t n = io_read_up_to(fd, bytes, size);

    if (n < 0)
        return (int)n;
    return (size_t)n == size ? 0 : -EPIPE;
}

/* In the child: compiles PROFILE, and writes what came of it to FD. */
static int make(const struct own_profile *profile, struct syscalls *syscalls, int fd)
{
    const struct variant_request request = {.target = target_host(),
                                            .kernel = kernel_version_host()};
    const struct variant_axes axes = {0}; /* nobody asks for another variant */
    static uint8_t packed[PACKED_MAX];
    cleanup_arena struct arena scratch = ARENA_INIT;
    struct filter filter = {0};
    const char *text = NULL;
    struct diags diags;
    struct made made;
    int r;

    diags_init(&diags, &scratch);
    r = compile_profile(&filter, syscalls, (const char *)profile->text, profile->size, &request,
                        &scratch, &diags);
    if (r < 0)
        text = diags_render(&diags, &scratch, profile->name);
    made.size = (uint32_t)packed_write_filter(r, &filter, &axes, text, request.target, packed);
    r = io_write_all(fd, &made, sizeof(made));
    return r < 0 ? r : io_write_all(fd, packed, made.size);
}

static _Noreturn void make_all(int fd)
{
    struct syscalls *syscalls = syscalls_new();
    int r = syscalls ? 0 : -ENOMEM;

    for (int i = 0; r == 0 && i < OWN_COUNT; i++)
        r = make(&own_profiles[i], syscalls, fd);
    _exit(r == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Takes in what the child wrote for one filter; it is checked like any worker's answer. */
static int take(struct own_filters *own, struct filter *filter, int fd, const char **why)
{
    const struct target *target = target_host();
    struct compiled compiled;
    struct made made;
    char *packed;
    int r = read_all(fd, &made, sizeof(made));

    if (r < 0)
        return r;
    if (made.size > PACKED_MAX)
        return -EBADMSG;
    packed = arena_alloc(&own->arena, made.size + 1);
    if (!packed)
        return -ENOMEM;
    r = read_all(fd, packed, made.size);
    if (r == 0)
        r = packed_check(&compiled, packed, made.size, target, why);
    if (r < 0)
        return r;
    if (compiled.result < 0) {
        packed[made.size] = '\0'; /* the text comes last */
        *why = compiled.filter.text_len ? compiled.filter.text : NULL;
        return compiled.result;
    }
    *filter = (struct filter){.program.n_insns = compiled.filter.n_insns,
                              .flags = compiled.filter.flags,
                              .proof = compiled.filter.proof};
    filter->program.insns =
        arena_calloc(&own->arena, compiled.filter.n_insns, sizeof(*filter->program.insns));
    if (!filter->program.insns)
        return -ENOMEM;
    bpf_load(compiled.filter.bytes, compiled.filter.n_insns, target_native_abi(target)->big_endian,
             filter->program.insns);
    return 0;
}

int own_filters_make(struct own_filters *own, const char **why)
{
    cleanup_close int from = -1;
    int r = 0, ends[2];
    pid_t pid;

    *own = (struct own_filters){.arena = ARENA_INIT};
    *why = NULL;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        r = -errno;
        *why = strerror(-r);
        return r;
    }
    from = ends[0];
    pid = fork();
    if (pid == 0)
        make_all(ends[1]);
    if (pid < 0)
        r = -errno;
    close(ends[1]);
    for (int i = 0; r == 0 && i < OWN_COUNT; i++)
        r = take(own, &own->filters[i], from, why);
    /* A child whose text nobody reads any more ends. */
    close(steal_fd(&from));
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (r < 0 && !*why)
        *why = strerror(-r);
    return r;
}

void own_filters_clear(struct own_filters *own)
{
    arena_free(&own->arena);
    memset(own, 0, sizeof(*own));
}

int own_filter_install(const struct own_filters *own, enum own_filter which)
{
    const struct filter *filter = &own->filters[which];
    const struct sock_fprog program = {(unsigned short)filter->program.n_insns,
                                       filter->program.insns};

    if (SANDBOX_SANITIZED)
        return 0;
    if (!OWN_FILTERS)
        return 1;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter->flags, &program) == 0)
        return 0;
    /* ENOSYS: no seccomp(2); EINVAL: without filters (the program was proven, and is valid). */
    return errno == ENOSYS || errno == EINVAL ? 1 : -errno;
}

/* Writes NUMBER in decimal to TEXT; returns where it starts. */
static char *decimal(unsigned number, char text[DIGITS_MAX + 1])
{
    char *at = text + DIGITS_MAX;

    *at = '\0';
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return at;
}

/* Nothing in here may be interrupted by itself, allocate, or need what the filter forbids. */
static void on_forbidden(int number, siginfo_t *info, void *context)
{
    static const char begin[] = "<2>secprofd ends: its own filter does not allow system call ";
    static const char end[] = " (see profiles/secprofd.json)\n";
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
    char digits[DIGITS_MAX + 1];
    char *text = decimal((unsigned)info->si_syscall, digits);
    const struct iovec line[] = {
        {(void *)begin, sizeof(begin) - 1}, {text, strlen(text)}, {(void *)end, sizeof(end) - 1}};

    (void)number;
    (void)context;
    /* Not where nobody reads it: the process has to end. */
    if (poll(&room, 1, 0) > 0)
        (void)!writev(STDERR_FILENO, line, sizeof(line) / sizeof(line[0]));
    /* One more forbidden call, while its signal is blocked: the kernel ends the process. */
    for (;;)
        syscall(SYS_tgkill, getpid(), gettid(), SIGSYS);
}

int own_filter_tell(void)
{
    const struct sigaction action = {.sa_sigaction = on_forbidden, .sa_flags = SA_SIGINFO};

    return sigaction(SIGSYS, &action, NULL) < 0 ? -errno : 0;
}
