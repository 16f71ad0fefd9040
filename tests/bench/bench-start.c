/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What it costs a process to get under a filter: from secprofd, with a new connection, against
 * libseccomp in the process. To libseccomp the parsing of the profile is given for free.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/libsecprof/secprof.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/resolve.h"
#include "tests/bench/live.h"
#include "tests/bench/measure.h"
#include "tests/bench/peer.h"
#include "tests/bench/program.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    ROUNDS = 51,
};

struct start {
    const char *socket;
    const char *name;
    struct variant variant;
};

/* What it takes to get and install the filter; WITH_CONNECT: and to connect before. */
static int64_t with_secprof(const struct start *start, bool with_connect)
{
    struct secprof *handle;
    int64_t begin = measure_now();
    int rc = secprof_open(&handle, start->socket, 0);

    if (!with_connect)
        begin = measure_now();
    if (rc == 0)
        rc = secprof_install(handle, start->name, NULL, NULL);
    return rc < 0 ? rc : measure_now() - begin;
}

static int64_t connecting(const void *context)
{
    return with_secprof(context, true);
}

static int64_t connected(const void *context)
{
    return with_secprof(context, false);
}

static int64_t with_libseccomp(const struct start *start, int optimize)
{
    static struct program program;
    struct sock_fprog prog = {.filter = program.insns};
    int64_t begin = measure_now();
    int n = peer_compile(&start->variant, optimize, program.insns, ARRAY_SIZE(program.insns));

    if (n < 0)
        return n;
    prog.len = (unsigned short)n;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
        return -errno;
    return measure_now() - begin;
}

static int64_t linear(const void *context)
{
    return with_libseccomp(context, PEER_LINEAR);
}

static int64_t tree(const void *context)
{
    return with_libseccomp(context, PEER_TREE);
}

static int64_t run_connecting(void *context)
{
    return live_in_child(connecting, context);
}

static int64_t run_connected(void *context)
{
    return live_in_child(connected, context);
}

static int64_t run_linear(void *context)
{
    return live_in_child(linear, context);
}

static int64_t run_tree(void *context)
{
    return live_in_child(tree, context);
}

static int bench(struct start *start)
{
    enum {
        CONNECTING,
        CONNECTED,
        LINEAR,
        TREE,
        THINGS
    };
    static struct measured things[THINGS];
    double times[THINGS];
    int rc;

    things[CONNECTING] = (struct measured){"connect", run_connecting, start, {0}};
    things[CONNECTED] = (struct measured){"get and install", run_connected, start, {0}};
    things[LINEAR] = (struct measured){"libseccomp", run_linear, start, {0}};
    things[TREE] = (struct measured){"libseccomp's tree", run_tree, start, {0}};
    rc = measure_all(things, ARRAY_SIZE(things), ROUNDS);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < ARRAY_SIZE(things); i++)
        times[i] = measure_median(&things[i], ROUNDS);
    puts("getting under a filter: libseccomp in a fresh process, to which the parsed profile is "
         "given "
         "/ secprof");
    printf("  %-32s linear %3.0f (goal 80)   tree %3.0f\n", "get and install",
           times[LINEAR] / times[CONNECTED], times[TREE] / times[CONNECTED]);
    printf("  %-32s linear %3.0f             tree %3.0f\n", "connect, get and install",
           times[LINEAR] / times[CONNECTING], times[TREE] / times[CONNECTING]);
    return 0;
}

/* Parses the profile at PATH for START->VARIANT. */
static int read_profile(struct start *start, const char *path, struct arena *arena,
                        struct diags *diags)
{
    static struct profile profile;
    cleanup_fclose FILE *file = fopen(path, "re");
    char *text = arena_alloc(arena, PROFILE_MAX_BYTES + 1);
    size_t len;
    int rc;

    if (!file || !text)
        return file ? -ENOMEM : -errno;
    len = fread(text, 1, PROFILE_MAX_BYTES + 1, file);
    rc = profile_parse(&profile, text, len, arena, diags);
    if (rc < 0)
        return rc;
    return variant_resolve(
        &start->variant, &profile,
        &(struct variant_request){.target = target_host(), .kernel = kernel_version_host()}, arena,
        diags);
}

int main(int argc, char **argv)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    static struct start start;
    struct diags diags;
    int rc;

    if (argc != 4) {
        fprintf(stderr, "usage: %s SOCKET NAME PROFILE.json\n", argv[0]);
        return 2;
    }
    start.socket = argv[1];
    start.name = argv[2];
    diags_init(&diags, &arena);
    rc = read_profile(&start, argv[3], &arena, &diags);
    if (rc == 0)
        rc = bench(&start);
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", argv[3], secprof_strerror(rc));
    return rc < 0 ? 1 : 0;
}
