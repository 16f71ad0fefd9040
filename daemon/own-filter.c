/* Compiles and installs the daemon's own filters. Reads nothing but what is built in. */
#include "daemon/own-filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/own-profiles.h"
#include "daemon/sandbox.h"

enum {
    DIGITS_MAX = 10,
};

/* Moves the filter COMPILED, which lives in another arena, to the place for WHICH. */
static int keep(struct own_filters *own, enum own_filter which, const struct filter *compiled)
{
    struct filter *filter = &own->filters[which];

    *filter = *compiled;
    filter->insns = arena_calloc(&own->arena, compiled->n_insns, sizeof(*filter->insns));
    if (!filter->insns)
        return -ENOMEM;
    memcpy(filter->insns, compiled->insns, compiled->n_insns * sizeof(*filter->insns));
    return 0;
}

static int make(struct own_filters *own, enum own_filter which, struct syscalls *syscalls,
                const char **why)
{
    const struct own_profile *profile = &own_profiles[which];
    const struct variant_request request = {.target = target_host(),
                                            .kernel = kernel_version_host()};
    cleanup_arena struct arena scratch = ARENA_INIT;
    struct filter filter;
    struct diags diags;
    int r;

    diags_init(&diags, &scratch);
    r = compile_profile(&filter, NULL, syscalls, (const char *)profile->text, profile->size,
                        &request, &scratch, &diags);
    if (r == 0)
        r = keep(own, which, &filter);
    else if (r == -EINVAL)
        *why = arena_printf(&own->arena, "%s",
                            diags_render(&diags, &scratch, profile->name) ?: "no memory");
    return r;
}

int own_filters_make(struct own_filters *own, const char **why)
{
    struct syscalls *syscalls = syscalls_new();
    int r = syscalls ? 0 : -ENOMEM;

    *own = (struct own_filters){.arena = ARENA_INIT};
    *why = NULL;
    for (int i = 0; r == 0 && i < OWN_COUNT; i++)
        r = make(own, i, syscalls, why);
    if (!*why)
        *why = strerror(-r);
    syscalls_free(syscalls);
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
    const struct sock_fprog program = {(unsigned short)filter->n_insns, filter->insns};

    if (SANDBOX_SANITIZED)
        return 0;
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
    char line[128] = "<2>secprofd ends: its own filter does not allow system call ",
         digits[DIGITS_MAX + 1];

    (void)number;
    (void)context;
    strcat(line, decimal((unsigned)info->si_syscall, digits));
    strcat(line, " (see profiles/secprofd.json)\n");
    (void)!write(STDERR_FILENO, line, strlen(line));
    /* One more forbidden call, while its signal is blocked: the kernel ends the process. */
    for (;;)
        syscall(SYS_tgkill, getpid(), gettid(), SIGSYS);
}

int own_filter_tell(void)
{
    const struct sigaction action = {.sa_sigaction = on_forbidden, .sa_flags = SA_SIGINFO};

    return sigaction(SIGSYS, &action, NULL) < 0 ? -errno : 0;
}
