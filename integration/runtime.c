/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * secprof-runtime: takes the place of an OCI runtime. When a container is created, it first puts
 * the filter into the bundle's configuration. Then, and for every other command at once, it becomes
 * the real runtime with the same arguments.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/parse/diag.h"
#include "integration/bundle.h"
#include "integration/oci-config.h"
#include "integration/runtime-args.h"
#include "integration/runtime-log.h"
#include "integration/settings.h"
#include "integration/source.h"
#include "integration/system-log.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/io.h"

#define SETTINGS_ENV "SECPROF_RUNTIME_CONFIG"
#define RUNTIME_ENV  "SECPROF_RUNTIME"
/* The process that became the real runtime. If the same process starts this program again, then the
 * "real" runtime is this program. */
#define PROCESS_ENV "SECPROF_RUNTIME_PROCESS"

enum {
    EXIT_REFUSED = 1,
    EXIT_NOT_STARTED = 126,
    EXIT_NOT_FOUND = 127,
};

/* One call of this program. */
struct call {
    struct runtime_args args;
    struct settings settings;
    struct arena arena;
};

/* Writes MESSAGE (NULL: no memory) to stderr and both logs. Returns CODE. */
static int fail(const struct call *call, int code, const char *message)
{
    message = message ? message : "out of memory";
    system_log_error("%s", message);
    runtime_log(&call->args, "error", message);
    return code;
}

/* The value of the environment's variable NAME; NULL where it is not set, or empty. */
static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static const char *read_settings(struct call *call)
{
    const char *path = call->args.settings ? call->args.settings : environment(SETTINGS_ENV);
    const char *runtime = environment(RUNTIME_ENV);
    const char *wrong;

    call->settings = (struct settings)SETTINGS_INIT;
    wrong = settings_read(&call->settings, path ? path : SYSCONF_DIR "/secprof/runtime.conf",
                          path == NULL, &call->arena);
    if (runtime)
        call->settings.runtime = runtime;
    if (environment(SECPROF_SOCKET_ENV))
        call->settings.socket = NULL; /* the library looks there */
    if (call->args.profile)
        call->settings.profile = call->args.profile;
    return wrong;
}

/* Puts the filter into the bundle of the container that starts. Returns 0, or an exit status. */
static int prepare(struct call *call)
{
    cleanup_bundle struct bundle bundle = BUNDLE_INIT;
    cleanup_source struct source source = settings_source(&call->settings);
    const struct oci_source from = source_interface(&source);
    const struct oci_policy policy = settings_policy(&call->settings, &from);
    struct oci_result result;
    int r = bundle_read(&bundle, call->args.bundle, call->args.config, &call->arena);

    if (r < 0)
        return fail(call, EXIT_REFUSED,
                    arena_printf(&call->arena, "cannot read %s of the bundle at %s: %s",
                                 call->args.config ? call->args.config : "config.json",
                                 call->args.bundle ? call->args.bundle : ".",
                                 r == -EINVAL ? "it is no regular file" : strerror(-r)));
    oci_seccomp_apply(&result, &policy, bundle.text, bundle.len, &call->arena);
    if (result.outcome == OCI_CHANGED) {
        r = bundle_replace(&bundle, result.text, result.len);
        if (r < 0)
            oci_seccomp_not_written(&result, strerror(-r), &call->arena);
    }
    system_log_result(&result, call->args.id, false);
    if (result.outcome == OCI_REFUSED)
        runtime_log(&call->args, "error", result.message);
    else if (result.fallback)
        runtime_log(&call->args, "warning", result.message);
    return result.outcome == OCI_REFUSED ? EXIT_REFUSED : 0;
}

/*
 * A restored container has the filters that it had at its checkpoint: CRIU brings them back, and
 * the runtime puts no other one in. Returns 0, or an exit status.
 */
static int restore(struct call *call)
{
    if (call->settings.profile)
        return fail(call, EXIT_REFUSED,
                    arena_printf(&call->arena,
                                 "all containers get profile %s here, and a restored one would run "
                                 "under the filters of its checkpoint instead",
                                 diag_quote(&call->arena, call->settings.profile)));
    system_log_notice("container %s: restored: it runs under the filters of its checkpoint, "
                      "whatever its configuration says",
                      call->args.id);
    return 0;
}

/* True where PATH is the file of this very program. */
static bool is_self(const char *path)
{
    struct stat self, other;

    return stat("/proc/self/exe", &self) == 0 && stat(path, &other) == 0 &&
           self.st_dev == other.st_dev && self.st_ino == other.st_ino;
}

/* The first program NAME in PATH that is not this one, in ARENA, or NULL and errno. */
static const char *find_program(const char *name, struct arena *arena)
{
    const char *path = getenv("PATH");

    path = path && *path ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (;;) {
        size_t len = strcspn(path, ":");
        const char *file = arena_printf(arena, "%.*s/%s", (int)len, path, name);
        struct stat st;

        if (!file)
            return NULL;
        /* A relative part would be in the working directory, which is not to be trusted. */
        if (*path == '/' && stat(file, &st) == 0 && S_ISREG(st.st_mode) &&
            access(file, X_OK) == 0 && !is_self(file))
            return file;
        if (path[len] == '\0')
            break;
        path += len + 1;
    }
    errno = ENOENT;
    return NULL;
}

/* Becomes the real runtime. Returns an exit status where that fails. */
static int become_runtime(struct call *call)
{
    const char *name = call->settings.runtime;
    const char *path = strchr(name, '/') ? name : find_program(name, &call->arena);
    char process[32];

    if (path && is_self(path))
        return fail(call, EXIT_NOT_STARTED,
                    arena_printf(&call->arena,
                                 "%s is secprof-runtime itself; set \"runtime\" to the real one",
                                 path));
    if (!path)
        return fail(call, EXIT_NOT_FOUND,
                    arena_printf(&call->arena, "cannot find the runtime %s in PATH", name));
    snprintf(process, sizeof(process), "%ld", (long)getpid());
    if (setenv(PROCESS_ENV, process, 1) < 0)
        return fail(call, EXIT_NOT_STARTED, NULL);
    /* What the runtime calls itself in its messages, and re-executes. */
    call->args.passed[0] = (char *)path;
    execv(path, call->args.passed);

    int error = errno;

    return fail(
        call, error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_STARTED,
        arena_printf(&call->arena, "cannot start the runtime %s: %s", path, strerror(error)));
}

/* True where this process, or the one that waits for it, became the real runtime before. */
static bool runs_in_circles(void)
{
    const char *process = getenv(PROCESS_ENV);
    long pid = process ? strtol(process, NULL, 10) : 0;

    return pid > 0 && (pid == (long)getpid() || pid == (long)getppid());
}

static int run(struct call *call, char **argv)
{
    const char *wrong = runtime_args_parse(&call->args, argv, &call->arena);
    int code = 0;

    if (wrong)
        return fail(call, EXIT_REFUSED, wrong);
    wrong = read_settings(call);
    if (wrong)
        return fail(call, EXIT_REFUSED, wrong);
    if (runs_in_circles())
        return fail(call, EXIT_NOT_STARTED,
                    arena_printf(&call->arena,
                                 "the runtime %s starts secprof-runtime again; set "
                                 "\"runtime\" to the real one",
                                 call->settings.runtime));
    if (call->args.starts)
        code = prepare(call);
    else if (call->args.restores)
        code = restore(call);
    return code ? code : become_runtime(call);
}

int main(int argc, char **argv)
{
    struct call call = {.arena = {.limit = OCI_CONFIG_MEMORY}};
    int code = EXIT_REFUSED;

    if (argc > 0 && io_occupy_standard_files() == 0)
        code = run(&call, argv);
    arena_free(&call.arena);
    return code;
}
