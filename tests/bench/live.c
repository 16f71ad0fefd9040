/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Children that install a filter, measure, and send a number of ns through a pipe. */
#include "config.h"

#include "tests/bench/live.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/measure.h"

enum {
    CALLS = 10000,
};

/* Returns how long it took in ns, or -errno. */
static int64_t install(const struct program *program)
{
    struct sock_fprog prog = {
        .len = (unsigned short)program->n,
        .filter = (struct sock_filter *)program->insns,
    };
    int64_t start;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    start = measure_now();
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
        return -errno;
    return measure_now() - start;
}

static int64_t install_in_child(const void *context)
{
    return install(context);
}

static int64_t call_in_child(const void *context)
{
    const struct live_call *call = context;
    int64_t ns = call->program ? install(call->program) : 0;

    if (ns < 0)
        return ns;
    ns = measure_now();
    for (int i = 0; i < CALLS; i++)
        syscall(call->nr, call->argument, 0, 0, 0, 0, 0);
    return measure_now() - ns;
}

int64_t live_in_child(int64_t (*run)(const void *context), const void *context)
{
    int64_t ns = -EIO;
    int pipes[2];
    pid_t child;

    if (pipe(pipes) < 0)
        return -errno;
    child = fork();
    if (child == 0) {
        ns = run(context);
        _exit(write(pipes[1], &ns, sizeof(ns)) == sizeof(ns) ? 0 : 1);
    }
    close(pipes[1]);
    if (child > 0) {
        if (read(pipes[0], &ns, sizeof(ns)) != sizeof(ns))
            ns = -EIO;
        waitpid(child, NULL, 0);
    }
    close(pipes[0]);
    return ns;
}

int64_t live_install(void *context)
{
    return live_in_child(install_in_child, context);
}

int64_t live_calls(void *context)
{
    return live_in_child(call_in_child, context);
}
