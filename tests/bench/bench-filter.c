/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Our compiler and its filter beside libseccomp's two, on one profile: size, steps, what the kernel
 * takes to install them and to make calls under them, and the time to compile. All is measured in
 * turn in this one run, and times are printed as ratios only.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "compiler/policy/resolve.h"
#include "tests/bench/live.h"
#include "tests/bench/measure.h"
#include "tests/bench/peer.h"
#include "tests/bench/steps.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    COMPILE_ROUNDS = 41,
    INSTALL_ROUNDS = 101,
    CALL_ROUNDS = 31,
};

/* The filters that are compared, and the order of the columns. */
enum maker {
    OURS,
    LINEAR,
    TREE,
    MAKERS,
};

struct bench {
    char *text;
    size_t len;
    struct variant_request request;
    struct syscalls *syscalls;
    struct arena arena;     /* holds the profile and its variant */
    struct arena warm;      /* of our compiles, kept from one to the next as a worker keeps it */
    struct profile profile; /* libseccomp's side starts from here: its parser is not measured */
    struct variant variant;
    struct program made[MAKERS];
    struct program least;    /* what is compared with: see each use */
    struct program shifting; /* ours behind an instruction that the kernel does not emulate */
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

static int compile_with(struct bench *bench, struct syscalls *syscalls, struct arena *arena)
{
    struct filter filter;
    struct diags diags;
    int rc;

    diags_init(&diags, arena);
    rc =
        compile_profile(&filter, syscalls, bench->text, bench->len, &bench->request, arena, &diags);
    if (rc < 0) {
        fputs(diags_render(&diags, arena, "profile"), stderr);
        return rc;
    }
    bench->made[OURS].n = filter.program.n_insns;
    memcpy(bench->made[OURS].insns, filter.program.insns,
           filter.program.n_insns * sizeof(*filter.program.insns));
    return 0;
}

/* As a worker of secprofd does it: its tables are made, and memory is there from the last compile.
 */
static int64_t run_ours(void *context)
{
    struct bench *bench = context;
    int64_t start = measure_now();
    int rc = compile_with(bench, bench->syscalls, &bench->warm);

    arena_clear(&bench->warm, COMPILER_MEMORY_KEPT);

    return rc < 0 ? rc : measure_now() - start;
}

/* As a fresh process does it: the syscall tables are built first, and all memory is new. */
static int64_t run_ours_cold(void *context)
{
    struct bench *bench = context;
    struct arena arena = ARENA_INIT;
    int64_t start = measure_now();
    struct syscalls *syscalls = syscalls_new();
    int rc = syscalls ? compile_with(bench, syscalls, &arena) : -ENOMEM;

    arena_free(&arena);
    syscalls_free(syscalls);
    return rc < 0 ? rc : measure_now() - start;
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

    return run_peer(bench, PEER_LINEAR, &bench->made[LINEAR]);
}

static int64_t run_tree(void *context)
{
    struct bench *bench = context;

    return run_peer(bench, PEER_TREE, &bench->made[TREE]);
}

static int set_up(struct bench *bench, const char *path)
{
    struct diags diags;
    int rc = read_file(bench, path);

    if (rc < 0)
        return rc;
    diags_init(&diags, &bench->arena);
    bench->request =
        (struct variant_request){.target = target_host(), .kernel = kernel_version_host()};
    bench->syscalls = syscalls_new();
    if (!bench->request.target || !bench->syscalls)
        return -ENOTSUP;
    rc = profile_parse(&bench->profile, bench->text, bench->len, &bench->arena, &diags);
    if (rc == 0)
        rc = variant_resolve(&bench->variant, &bench->profile, &bench->request, &bench->arena,
                             &diags);
    if (rc == -EINVAL)
        fputs(diags_render(&diags, &bench->arena, path), stderr);
    return rc;
}

static void print_row(const char *what, const double values[MAKERS], const char *goal)
{
    printf("%-40s %8.2f %8.2f %8.2f %8.3f %8.3f   %s\n", what, values[OURS], values[LINEAR],
           values[TREE], values[OURS] / values[LINEAR], values[OURS] / values[TREE], goal);
}

static int compile(struct bench *bench)
{
    static struct measured things[] = {
        {.name = "ours", .run = run_ours},
        {.name = "libseccomp, linear", .run = run_linear},
        {.name = "libseccomp, tree", .run = run_tree},
        {.name = "ours, cold", .run = run_ours_cold},
    };
    double times[ARRAY_SIZE(things)];
    int rc;

    for (size_t i = 0; i < ARRAY_SIZE(things); i++)
        things[i].context = bench;
    rc = measure_all(things, ARRAY_SIZE(things), COMPILE_ROUNDS);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < ARRAY_SIZE(things); i++)
        times[i] = measure_least(&things[i], COMPILE_ROUNDS);
    printf("compile: libseccomp's time / ours, the shortest of each. Ours parses the JSON and\n"
           "proves the filter too, libseccomp's does neither\n"
           "  in a worker, which has its syscall tables and memory: linear %.1f (goal: >= 20)   "
           "tree %.1f\n"
           "  in a fresh process, which makes them first: linear %.1f (goal: >= 18)   tree %.1f\n",
           times[LINEAR] / times[OURS], times[TREE] / times[OURS], times[LINEAR] / times[MAKERS],
           times[TREE] / times[MAKERS]);
    return 0;
}

static int count(struct bench *bench)
{
    const struct abi *native = target_native_abi(bench->request.target);
    double size[MAKERS];
    double mean[MAKERS];
    double weighted[MAKERS];
    double worst[MAKERS];

    for (int i = 0; i < MAKERS; i++) {
        struct steps steps;
        int rc = steps_count(&steps, &bench->made[i], bench->syscalls, native);

        if (rc < 0)
            return rc;
        size[i] = (double)bench->made[i].n;
        mean[i] = steps.mean;
        weighted[i] = steps.weighted;
        worst[i] = steps.worst;
    }
    printf("%-40s %8s %8s %8s %8s %8s\n", "", "ours", "linear", "tree", "/linear", "/tree");
    print_row(
        "instructions", size,
        "goal: <= 0.168 of linear for Podman's profile, 0.187 for Docker's, 0.195 for default");
    print_row("steps of a native call, mean", mean, "goal: <= 0.72 of tree");
    print_row("  weighted by how often it is made", weighted, "");
    print_row("  worst call and arguments", worst, "");
    return 0;
}

static int install(struct bench *bench)
{
    static struct measured things[MAKERS + 1];
    double times[MAKERS];
    double least;
    int rc;

    bench->least.insns[0] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    bench->least.n = 1;
    for (int i = 0; i < MAKERS; i++)
        things[i] = (struct measured){"install", live_install, &bench->made[i], {0}};
    things[MAKERS] = (struct measured){"install", live_install, &bench->least, {0}};
    rc = measure_all(things, ARRAY_SIZE(things), INSTALL_ROUNDS);
    if (rc < 0)
        return rc;
    least = measure_median(&things[MAKERS], INSTALL_ROUNDS);
    for (int i = 0; i < MAKERS; i++)
        times[i] = measure_median(&things[i], INSTALL_ROUNDS) / least;
    print_row("install, x one instruction's", times, "goal: <= 0.14 of linear, <= 0.37 of tree");
    return 0;
}

/* Measures the call MADE under each filter, against the same under MADE's own (NULL: none). */
static int call(struct bench *bench, const char *what, struct live_call made, bool with_shift)
{
    static struct measured things[MAKERS + 2];
    struct live_call calls[MAKERS + 2];
    size_t n = with_shift ? MAKERS + 2 : MAKERS + 1;
    double times[MAKERS];
    double floor;
    int rc;

    for (size_t i = 0; i < n; i++) {
        calls[i] = made;
        if (i < MAKERS)
            calls[i].program = &bench->made[i];
        else if (i > MAKERS)
            calls[i].program = &bench->shifting;
        things[i] = (struct measured){what, live_calls, &calls[i], {0}};
    }
    rc = measure_all(things, n, CALL_ROUNDS);
    if (rc < 0)
        return rc;
    floor = measure_median(&things[MAKERS], CALL_ROUNDS);
    for (int i = 0; i < MAKERS; i++)
        times[i] = measure_median(&things[i], CALL_ROUNDS) / floor;
    print_row(what, times, "");
    if (with_shift)
        printf("%-40s %8.2f: a shift before all else keeps it off the kernel's allow bitmap\n",
               "  the same, ours behind a shift",
               measure_median(&things[MAKERS + 1], CALL_ROUNDS) / floor);
    return 0;
}

/* What the filters say to a call, or 0 (KILL_THREAD) where they differ. */
static uint32_t verdict_of(const struct bench *bench, uint32_t nr, uint64_t argument)
{
    const struct abi *native = target_native_abi(bench->request.target);
    const struct seccomp_data data = {
        .nr = (int)nr,
        .arch = native->audit_arch,
        .args = {argument},
    };
    uint32_t verdicts[MAKERS];

    for (int i = 0; i < MAKERS; i++)
        verdicts[i] =
            bpf_simulate(bench->made[i].insns, bench->made[i].n, &data, native->big_endian).verdict;
    return verdicts[OURS] == verdicts[LINEAR] && verdicts[OURS] == verdicts[TREE] ? verdicts[OURS]
                                                                                  : 0;
}

/* Ours behind two instructions, of which the second is none that the kernel's emulation knows. */
static void make_shifting(struct bench *bench)
{
    struct program *shifting = &bench->shifting;

    shifting->n = bench->made[OURS].n + 2;
    shifting->insns[0] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    shifting->insns[1] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 1);
    memcpy(&shifting->insns[2], bench->made[OURS].insns,
           bench->made[OURS].n * sizeof(*shifting->insns));
}

/* Measures a call that gets an errno, against the shortest filter that gives one to it alone. */
static int call_denied(struct bench *bench)
{
    /* Long gone from the kernel, or without effect: harmless where a filter lets them through. */
    static const char *const names[] = {"nfsservctl", "uselib", "lookup_dcookie"};
    enum abi_id native = target_native_abi(bench->request.target)->id;
    uint32_t nr;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (syscalls_number(bench->syscalls, native, names[i], &nr) < 0 ||
            (verdict_of(bench, nr, 0) & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
            continue;

        const struct sock_filter denying[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };

        memcpy(bench->least.insns, denying, sizeof(denying));
        bench->least.n = ARRAY_SIZE(denying);
        return call(bench, "denied call, x four instructions'",
                    (struct live_call){&bench->least, nr, 0}, false);
    }
    puts("denied call: the filters deny none of those that are safe to try");
    return 0;
}

static int call_all(struct bench *bench)
{
    const uint64_t ask = 0xffffffff; /* personality(2) only tells then */
    enum abi_id native = target_native_abi(bench->request.target)->id;
    uint32_t getppid;
    uint32_t personality;
    int rc;

    make_shifting(bench);
    if (syscalls_number(bench->syscalls, native, "getppid", &getppid) < 0 ||
        syscalls_number(bench->syscalls, native, "personality", &personality) < 0)
        return -ENOSYS;
    if (verdict_of(bench, getppid, 0) != SECCOMP_RET_ALLOW) {
        puts("calls: the filters do not allow getppid");
        return 0;
    }
    rc = call(bench, "allowed call (getppid), x unfiltered", (struct live_call){NULL, getppid, 0},
              true);
    if (rc < 0)
        return rc;
    if (verdict_of(bench, personality, ask) != SECCOMP_RET_ALLOW ||
        verdict_of(bench, personality, 1) == SECCOMP_RET_ALLOW)
        puts("argument-checked call: the filters do not look at personality's argument");
    else
        rc = call(bench, "checked call (personality), x unfiltered",
                  (struct live_call){NULL, personality, (long)ask}, false);
    return rc < 0 ? rc : call_denied(bench);
}

int main(int argc, char **argv)
{
    static struct bench bench = {.arena = ARENA_INIT, .warm = ARENA_INIT};
    int rc;

    if (argc != 2) {
        fprintf(stderr, "usage: %s PROFILE\n", argv[0]);
        return 2;
    }
    rc = set_up(&bench, argv[1]);
    if (rc == 0)
        rc = compile(&bench);
    if (rc == 0)
        rc = count(&bench);
    if (rc == 0)
        rc = install(&bench);
    if (rc == 0)
        rc = call_all(&bench);
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", argv[1], strerror(-rc));
    syscalls_free(bench.syscalls);
    arena_free(&bench.arena);
    arena_free(&bench.warm);
    free(bench.text);
    return rc < 0 ? 1 : 0;
}
