/*
 * Our compiler beside libseccomp's, on one profile: time, instructions, steps per call, and what
 * installing each filter costs. Prints ratios of things measured in turn in this one run.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "compiler/bpf.h"
#include "compiler/compile.h"
#include "compiler/resolve.h"
#include "tests/bench/measure.h"
#include "tests/bench/peer.h"
#include "util/cleanup.h"

enum {
    COMPILE_ROUNDS = 41,
    INSTALL_ROUNDS = 101,
    LAST_NATIVE_CALL = 470,
};

struct program {
    struct sock_filter insns[BPF_MAX_INSNS * 4];
    size_t n;
};

struct bench {
    char *text;
    size_t len;
    struct variant_request request;
    struct syscalls *syscalls;
    struct arena arena;     /* holds the profile and its variant */
    struct profile profile; /* libseccomp's side starts from here: its parser is not measured */
    struct variant variant;
    struct program ours;
    struct program linear;
    struct program tree;
    struct program floor; /* one instruction: allow everything */
};

static int read_file(struct bench *bench, const char *path)
{
    cleanup_fclose FILE *file = fopen(path, "re");

    if (!file)
        return -errno;
    bench->text = malloc(PROFILE_MAX_BYTES);
    if (!bench->text)
        return -ENOMEM;
    bench->len = fread(bench->text, 1, PROFILE_MAX_BYTES, file);
    return ferror(file) ? -EIO : 0;
}

static int compile_with(struct bench *bench, struct syscalls *syscalls)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct filter filter;
    struct diags diags;
    int rc;

    diags_init(&diags, &arena);
    rc = compile_profile(&filter, NULL, syscalls, bench->text, bench->len, &bench->request, &arena,
                         &diags);
    if (rc < 0) {
        fputs(diags_render(&diags, &arena, "profile"), stderr);
        return rc;
    }
    bench->ours.n = filter.n_insns;
    memcpy(bench->ours.insns, filter.insns, filter.n_insns * sizeof(*filter.insns));
    return 0;
}

static int64_t run_ours(void *context)
{
    struct bench *bench = context;
    int64_t start = measure_now();
    int rc = compile_with(bench, bench->syscalls);

    return rc < 0 ? rc : measure_now() - start;
}

/* As a fresh process does it: the syscall tables are built first. */
static int64_t run_ours_cold(void *context)
{
    struct bench *bench = context;
    int64_t start = measure_now();
    struct syscalls *syscalls = syscalls_new();
    int rc = syscalls ? compile_with(bench, syscalls) : -ENOMEM;
    int64_t ns = measure_now() - start;

    syscalls_free(syscalls);
    return rc < 0 ? rc : ns;
}

static int64_t run_peer(struct bench *bench, int optimize, struct program *program)
{
    int64_t start = measure_now();
    int n = peer_compile(&bench->variant, optimize, program->insns, ARRAY_SIZE(program->insns));

    if (n < 0)
        return n;
    program->n = (size_t)n;
    return measure_now() - start;
}

static int64_t run_linear(void *context)
{
    struct bench *bench = context;

    return run_peer(bench, PEER_LINEAR, &bench->linear);
}

static int64_t run_tree(void *context)
{
    struct bench *bench = context;

    return run_peer(bench, PEER_TREE, &bench->tree);
}

/* Installs PROGRAM in a child, because a filter can never be taken off again. */
static int64_t run_install(void *context)
{
    struct program *program = context;
    struct sock_fprog fprog = {.len = (unsigned short)program->n, .filter = program->insns};
    int pipes[2];
    int64_t ns = -EIO;
    pid_t child;

    if (pipe(pipes) < 0)
        return -errno;
    child = fork();
    if (child == 0) {
        ns = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : measure_now();
        if (ns >= 0)
            ns = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog) < 0 ? -errno
                                                                              : measure_now() - ns;
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

/* The mean number of instructions that decide one native call with arguments of 0. */
static double mean_steps(const struct bench *bench, const struct program *program)
{
    struct seccomp_data data = {.arch = target_native_abi(bench->request.target)->audit_arch};
    double steps = 0;

    for (data.nr = 0; data.nr <= LAST_NATIVE_CALL; data.nr++)
        steps += bpf_simulate(program->insns, program->n, &data, false).steps;
    return steps / (LAST_NATIVE_CALL + 1);
}

static int set_up(struct bench *bench, const char *path)
{
    struct diags diags;
    int rc = read_file(bench, path);

    if (rc < 0)
        return rc;
    diags_init(&diags, &bench->arena);
    bench->request = (struct variant_request){target_host(), 0, kernel_version_host()};
    bench->syscalls = syscalls_new();
    if (!bench->request.target || !bench->syscalls)
        return -ENOTSUP;
    bench->floor.insns[0] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    bench->floor.n = 1;
    rc = profile_parse(&bench->profile, bench->text, bench->len, &bench->arena, &diags);
    if (rc == 0)
        rc = variant_resolve(&bench->variant, &bench->profile, &bench->request, &bench->arena,
                             &diags);
    if (rc == -EINVAL)
        fputs(diags_render(&diags, &bench->arena, path), stderr);
    return rc;
}

static void print_compile(struct bench *bench, struct measured things[4])
{
    double ours = measure_median(&things[0], COMPILE_ROUNDS);
    double cold = measure_median(&things[1], COMPILE_ROUNDS);
    double linear = measure_median(&things[2], COMPILE_ROUNDS);
    double tree = measure_median(&things[3], COMPILE_ROUNDS);

    printf("compile: libseccomp's time / ours (ours parses the JSON too, libseccomp's does not)\n");
    printf("  linear  %.2f   tree %.2f\n", linear / ours, tree / ours);
    printf("  against a first compile, which also builds the syscall tables: linear %.2f   "
           "tree %.2f\n",
           linear / cold, tree / cold);
    printf("instructions: ours %zu, libseccomp's linear %zu (%.2f times ours), tree %zu (%.2f)\n",
           bench->ours.n, bench->linear.n, (double)bench->linear.n / (double)bench->ours.n,
           bench->tree.n, (double)bench->tree.n / (double)bench->ours.n);
    printf("steps to decide a native call, mean over 0 to %d: ours %.1f, linear %.1f, tree %.1f\n",
           LAST_NATIVE_CALL, mean_steps(bench, &bench->ours), mean_steps(bench, &bench->linear),
           mean_steps(bench, &bench->tree));
}

static int install(struct bench *bench)
{
    static struct measured things[] = {
        {.name = "floor", .run = run_install},
        {.name = "ours", .run = run_install},
        {.name = "linear", .run = run_install},
        {.name = "tree", .run = run_install},
    };
    struct program *programs[] = {&bench->floor, &bench->ours, &bench->linear, &bench->tree};
    double floor;
    int rc;

    for (size_t i = 0; i < ARRAY_SIZE(things); i++)
        things[i].context = programs[i];
    if ((rc = measure_all(things, ARRAY_SIZE(things), INSTALL_ROUNDS)) < 0)
        return rc;
    floor = measure_median(&things[0], INSTALL_ROUNDS);
    printf("seccomp(2) install, times that of a one-instruction filter: ours %.2f, linear %.2f, "
           "tree %.2f\n",
           measure_median(&things[1], INSTALL_ROUNDS) / floor,
           measure_median(&things[2], INSTALL_ROUNDS) / floor,
           measure_median(&things[3], INSTALL_ROUNDS) / floor);
    return 0;
}

int main(int argc, char **argv)
{
    static struct bench bench = {.arena = ARENA_INIT};
    static struct measured things[] = {
        {.name = "ours", .run = run_ours, .context = &bench},
        {.name = "ours, cold", .run = run_ours_cold, .context = &bench},
        {.name = "libseccomp, linear", .run = run_linear, .context = &bench},
        {.name = "libseccomp, tree", .run = run_tree, .context = &bench},
    };
    int rc;

    if (argc != 2) {
        fprintf(stderr, "usage: %s PROFILE\n", argv[0]);
        return 2;
    }
    rc = set_up(&bench, argv[1]);
    if (rc == 0)
        rc = measure_all(things, ARRAY_SIZE(things), COMPILE_ROUNDS);
    if (rc == 0) {
        print_compile(&bench, things);
        rc = install(&bench);
    }
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", argv[1], strerror(-rc));
    syscalls_free(bench.syscalls);
    arena_free(&bench.arena);
    free(bench.text);
    return rc < 0 ? 1 : 0;
}
