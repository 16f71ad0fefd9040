/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The worker process. It reads profiles and compiles them, and can do nothing else: no files, no
 * sockets but the one that it got at its start, no processes, bounded memory and time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/compile.h"
#include "compiler/lint/lint.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "daemon/filters/packed.h"
#include "daemon/process/own-filter.h"
#include "daemon/process/sandbox.h"
#include "daemon/process/worker.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/io.h"
#include "util/packet.h"

enum {
    EXIT_NOT_CONFINED = 3,
    EXIT_TALK_FAILED = 4,
    WARNINGS_MAX = 32, /* of the lint; `secprofctl check` shows all */
};

/* What a worker has for all its life. */
struct worker_context {
    struct syscalls *syscalls;
    /* Found out before the worker is confined. */
    const struct target *host;
    uint32_t kernel;
};

int worker_confine_family(int sock, pid_t parent, const struct own_filters *own)
{
    int r = sandbox_keep_only(&sock, 1);

    /* Without either, there is still no call in the filters that takes a path. */
    if (r == 0 && sandbox_landlock_version() == 0)
        r = sandbox_empty_root();
    if (r >= 0)
        r = sandbox_become_stranger();
    /* Only now: who changes its user loses the signal of its parent's death. */
    if (r == 0)
        r = sandbox_die_with(parent);
    if (r == 0)
        r = sandbox_no_new_privileges();
    if (r == 0)
        r = sandbox_restrict_files(NULL, 0);
    if (r >= 0)
        r = own_filter_install(own, OWN_SPAWNER);
    return r < 0 ? r : 0;
}

/* What only a worker gives up. */
static int confine(const struct worker_limits *limits, const struct own_filters *own)
{
    int r = sandbox_limit_worker(limits->memory, limits->cpu_seconds);

    if (r == 0)
        r = own_filter_install(own, OWN_WORKER);
    return r < 0 ? r : 0;
}

/* Reads the SIZE bytes of the profile behind FD, which others read at the same time. */
static int read_profile(int fd, size_t size, struct arena *arena, const char **text)
{
    char *buffer = arena_alloc(arena, size + 1);

    if (!buffer)
        return -ENOMEM;
    *text = buffer;
    return io_pread_all(fd, buffer, size);
}

/*
 * Adds warnings about PROFILE to DIAGS, for its status on this kernel. They are no part of the
 * compile: what they lack (time, memory) is no failure.
 */
static void warn(const struct worker_context *context, const struct profile *profile,
                 struct arena *arena, struct diags *diags)
{
    const struct location whole = {0, 0};
    struct diags found;
    size_t n = 0;

    diags_init(&found, arena);
    if (profile_lint(profile, &context->host, 1, context->kernel, context->syscalls, arena,
                     &found) < 0)
        return;
    for (size_t i = 0; i < found.n; i++) {
        const struct diag *diag = &found.items[i];

        if (diag->severity == DIAG_WARNING && n++ < WARNINGS_MAX)
            diags_add(diags, DIAG_WARNING, diag->at, "%s", diag->text);
    }
    if (n > WARNINGS_MAX || found.n_dropped)
        diags_add(diags, DIAG_NOTE, whole, "secprofctl check shows more warnings");
}

/* Compiles TEXT for REQUEST, and warns where the status of a profile shows it. */
static int compile(const struct worker_context *context, const char *text, size_t len,
                   const struct variant_request *request, struct filter *filter,
                   struct variant_axes *axes, struct arena *arena, struct diags *diags)
{
    struct profile profile;
    int r = profile_parse(&profile, text, len, arena, diags);

    if (r < 0)
        return r;
    variant_axes_of(axes, &profile);
    r = compile_variant(filter, context->syscalls, &profile, request, arena, diags);
    if (r == 0 && request->target == context->host && !request->caps)
        warn(context, &profile, arena, diags);
    return r;
}

/* Compiles what REQUEST asks for, from the memfd FD, and answers. */
static int serve(const struct worker_request *request, int fd, const struct worker_context *context,
                 struct arena *arena)
{
    const struct variant_request variant = {
        .target = target_by_audit_arch(request->audit_arch),
        .caps = request->caps,
        .kernel = request->kernel,
        .mode = (enum variant_mode)request->mode,
    };
    const struct worker_answer head = {.magic = WORKER_MAGIC, .id = request->id};
    /* Not in ARENA: that it is full has to be answered too. */
    static uint8_t packed[PACKED_MAX];
    struct variant_axes axes = {0};
    struct filter filter = {0};
    struct diags diags;
    const char *text = NULL;
    size_t size;
    int r;

    if (!variant.target)
        return -EBADMSG;
    diags_init(&diags, arena);
    r = read_profile(fd, request->size, arena, &text);
    if (r == 0)
        r = compile(context, text, request->size, &variant, &filter, &axes, arena, &diags);
    size = packed_write_filter(r, &filter, &axes, diags_render(&diags, arena, ""), variant.target,
                               packed);

    const struct iovec iov[] = {{(void *)&head, sizeof(head)}, {packed, size}};

    return packet_send(SANDBOX_SOCKET, iov, 2, NULL, 0, 0);
}

static int serve_next(const struct worker_context *context, struct arena *arena)
{
    struct worker_request request;
    cleanup_close int fd = -1;
    size_t n_fds;
    ssize_t len = packet_recv(SANDBOX_SOCKET, &request, sizeof(request), &fd, 1, &n_fds, 0);

    if (len < 0)
        return (int)len;
    if (len == 0)
        _exit(EXIT_SUCCESS);
    if (len != sizeof(request) || request.magic != WORKER_MAGIC || n_fds != 1)
        return -EBADMSG;
    return serve(&request, fd, context, arena);
}

_Noreturn void worker_main(const struct worker_limits *limits, const struct own_filters *own,
                           struct syscalls *syscalls, const struct target *host, uint32_t kernel)
{
    const struct worker_context context = {syscalls, host, kernel};
    /* Well below the limit of the process, so that running out of memory is an answer, no crash. */
    struct arena arena = {.limit = limits->memory / 2};
    const struct worker_hello hello = {.magic = WORKER_MAGIC};
    const struct iovec iov = {(void *)&hello, sizeof(hello)};

    if (confine(limits, own) < 0)
        _exit(EXIT_NOT_CONFINED);
    if (packet_send(SANDBOX_SOCKET, &iov, 1, NULL, 0, 0) < 0)
        _exit(EXIT_TALK_FAILED);
    while (serve_next(&context, &arena) == 0)
        arena_clear(&arena, COMPILER_MEMORY_KEPT);
    _exit(EXIT_TALK_FAILED);
}
