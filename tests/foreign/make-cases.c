/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes the cases that probe.c runs under a foreign kernel: from a profile, and from the filter
 * that secprofctl made of it, the calls and what each must end with. That comes from the reference
 * evaluator, which knows the profile only; the filter's own answer is checked beside it.
 *
 *   make-cases TARGET ABI KERNEL NAME PROFILE FILTER FLAGS OUT    for the ABI-th of the target's
 * ABIs make-cases --spoiled TARGET …                                 the same, one expectation
 * wrong make-cases --random SEED                                      prints a random profile
 */
#include "config.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/facts/bpf.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/request.h"
#include "tests/compiler/random-profile.h"
#include "tests/compiler/reference.h"
#include "tests/foreign/cases.h"
#include "util/cleanup.h"

enum {
    NUMBERS = 1024,    /* each one below this is called */
    CALLS_TESTED = 64, /* for each name that a rule tests arguments of */
    CALLS_PLAIN = 2,   /* for each other name */
    VERDICTS_MAX = 512,
    ERRNO_MAX = 4095,       /* the kernel's MAX_ERRNO */
    S390_RESTART = 7,       /* restart_syscall: the kernel follows it before it asks any filter */
    S390_NUMBERS = 0x10000, /* the kernel cuts the number to 16 bits */
};

struct maker {
    const struct abi *abi;
    struct variant_request request;
    struct syscalls *syscalls;
    struct profile profile;
    struct random_source random;
    struct sock_filter insns[BPF_MAX_INSNS];
    size_t n_insns;
    uint32_t verdicts[VERDICTS_MAX];
    size_t n_verdicts;
    struct cases_call calls[CASES_CALLS_MAX];
    size_t n_calls;
};

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "make-cases: %s: %s\n", what, why);
    exit(1);
}

/* The whole file PATH, NUL-terminated, in ARENA. */
static char *read_file(const char *path, struct arena *arena, size_t *size)
{
    cleanup_fclose FILE *file = fopen(path, "rb");
    char *bytes = arena_alloc(arena, PROFILE_MAX_BYTES + 1);

    if (!file || !bytes)
        die(path, strerror(errno));
    *size = fread(bytes, 1, PROFILE_MAX_BYTES, file);
    bytes[*size] = '\0';
    return bytes;
}

static void number_verdicts(struct maker *maker, struct sock_filter *numbered)
{
    for (size_t i = 0; i < maker->n_insns; i++) {
        size_t k = 0;

        numbered[i] = maker->insns[i];
        if (BPF_CLASS(numbered[i].code) != BPF_RET)
            continue;
        while (k < maker->n_verdicts && maker->verdicts[k] != numbered[i].k)
            k++;
        if (numbered[i].code != (BPF_RET | BPF_K) || k == VERDICTS_MAX)
            die("the filter", "its returns cannot be numbered");
        if (k == maker->n_verdicts)
            maker->verdicts[maker->n_verdicts++] = numbered[i].k;
        numbered[i].k = SECCOMP_RET_ERRNO | (uint32_t)(k + 1);
    }
}

static int32_t real_result(const struct maker *maker, uint32_t nr, uint32_t verdict)
{
    uint32_t data = verdict & SECCOMP_RET_DATA;
    const char *name = syscalls_name(maker->syscalls, maker->abi->id, nr);

    if ((verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
        return -(int32_t)(data < ERRNO_MAX ? data : ERRNO_MAX);
    if (verdict == SECCOMP_RET_ALLOW && name && strcmp(name, "getpid") == 0)
        return REAL_POSITIVE;
    return REAL_NOT_CALLED;
}

/* Adds the call DATA, unless the kernel never shows it to a filter. */
static void add_call(struct maker *maker, const struct seccomp_data *data)
{
    struct cases_call *call = &maker->calls[maker->n_calls];
    bool big_endian = maker->abi->big_endian;
    uint32_t nr = (uint32_t)data->nr;
    size_t k = 0;
    uint32_t verdict;

    if (maker->abi->id == ABI_S390 || maker->abi->id == ABI_S390X)
        if (nr == S390_RESTART || nr >= S390_NUMBERS)
            return;
    if (maker->n_calls == CASES_CALLS_MAX)
        return;
    verdict = reference_verdict(&maker->profile, &maker->request, maker->syscalls, data);
    if (bpf_simulate(maker->insns, maker->n_insns, data, big_endian).verdict != verdict)
        die("the filter", "simulated, it does not say what its profile says");
    while (maker->verdicts[k] != verdict)
        k++;
    *call = (struct cases_call){
        .nr = nr,
        .wanted = (uint32_t)k + 1,
        .verdict = verdict,
        .real = real_result(maker, nr, verdict),
    };
    memcpy(call->args, data->args, sizeof(call->args));
    maker->n_calls++;
}

/* Every number that some kernel could have a call for, and the ends of the others. */
static void add_numbers(struct maker *maker)
{
    static const uint32_t far[] = {0xfff,      0x1000,     0xffff,     0x10000,
                                   0x3fffffff, 0x40000000, 0x7fffffff, UINT32_MAX};
    struct seccomp_data data = {.arch = maker->abi->audit_arch};
    const char *name;
    uint32_t nr;

    for (nr = 0; nr < NUMBERS; nr++) {
        data.nr = (int)nr;
        add_call(maker, &data);
    }
    for (size_t i = 0; syscalls_at(maker->syscalls, maker->abi->id, i, &nr, &name); i++) {
        for (uint32_t near = nr - 1; nr >= NUMBERS && near <= nr + 1; near++) {
            data.nr = (int)near;
            add_call(maker, &data);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(far); i++) {
        data.nr = (int)far[i];
        add_call(maker, &data);
    }
}

static void add_name(struct maker *maker, const char *name, size_t n)
{
    const struct multiplexed *through = syscalls_multiplexed(name);
    struct seccomp_data data = {.arch = maker->abi->audit_arch};
    struct edges edges = {0};
    uint32_t nr;

    edges_of(&edges, &maker->profile, &name, 1);
    for (size_t i = 0; i < n; i++) {
        edges_pick(&edges, &maker->random, &data);
        if (syscalls_number(maker->syscalls, maker->abi->id, name, &nr) == 0) {
            data.nr = (int)nr;
            add_call(maker, &data);
        }
        if (through &&
            syscalls_number(maker->syscalls, maker->abi->id, through->multiplexer, &nr) == 0) {
            data.nr = (int)nr;
            data.args[0] = through->call | (data.args[0] & ~(uint64_t)through->mask);
            add_call(maker, &data);
        }
    }
}

static void add_rules(struct maker *maker)
{
    for (size_t i = 0; i < maker->profile.n_rules; i++) {
        const struct rule *rule = &maker->profile.rules[i];

        for (size_t k = 0; k < rule->n_names; k++)
            add_name(maker, rule->names[k].name, rule->n_tests ? CALLS_TESTED : CALLS_PLAIN);
    }
}

static uint32_t order32(const struct maker *maker, uint32_t value)
{
    return maker->abi->big_endian ? htobe32(value) : htole32(value);
}

static void put(FILE *out, const void *bytes, size_t size, const char *path)
{
    if (fwrite(bytes, 1, size, out) != size)
        die(path, strerror(errno));
}

static void write_cases(struct maker *maker, const char *name, const char *flags, const char *path)
{
    struct cases_head head = {
        .magic = order32(maker, CASES_MAGIC),
        .flags = order32(maker, (uint32_t)strtoul(flags, NULL, 0)),
        .n_insns = order32(maker, (uint32_t)maker->n_insns),
        .n_calls = order32(maker, (uint32_t)maker->n_calls),
    };
    cleanup_fclose FILE *out = fopen(path, "wb");
    struct sock_filter numbered[BPF_MAX_INSNS];
    uint8_t bytes[sizeof(numbered)];
    size_t size = maker->n_insns * sizeof(struct sock_filter);

    if (!out)
        die(path, strerror(errno));
    snprintf(head.name, sizeof(head.name), "%s", name);
    put(out, &head, sizeof(head), path);
    bpf_store(maker->insns, maker->n_insns, maker->abi->big_endian, bytes);
    put(out, bytes, size, path);
    maker->n_verdicts = 0;
    number_verdicts(maker, numbered);
    bpf_store(numbered, maker->n_insns, maker->abi->big_endian, bytes);
    put(out, bytes, size, path);
    for (size_t i = 0; i < maker->n_calls; i++) {
        struct cases_call *call = &maker->calls[i];

        call->nr = order32(maker, call->nr);
        call->wanted = order32(maker, call->wanted);
        call->verdict = order32(maker, call->verdict);
        call->real = (int32_t)order32(maker, (uint32_t)call->real);
        for (size_t k = 0; k < CASES_ARGS; k++)
            call->args[k] =
                maker->abi->big_endian ? htobe64(call->args[k]) : htole64(call->args[k]);
        put(out, call, sizeof(*call), path);
    }
    if (fflush(out) != 0)
        die(path, strerror(errno));
}

static void load_filter(struct maker *maker, const char *path, struct arena *arena)
{
    struct sock_filter numbered[BPF_MAX_INSNS];
    const char *why = "its size is none of a filter's";
    size_t bad, size;
    const char *bytes = read_file(path, arena, &size);

    maker->n_insns = size / sizeof(struct sock_filter);
    if (size == 0 || size % sizeof(struct sock_filter) || maker->n_insns > BPF_MAX_INSNS)
        die(path, why);
    bpf_load(bytes, maker->n_insns, maker->abi->big_endian, maker->insns);
    if (bpf_check(maker->insns, maker->n_insns, &bad, &why) < 0)
        die(path, why);
    number_verdicts(maker, numbered);
}

static int make_cases(char **args, bool spoiled)
{
    static struct maker maker;
    cleanup_arena struct arena arena = ARENA_INIT;
    unsigned long abi = strtoul(args[1], NULL, 10);
    struct diags diags;
    size_t size;
    const char *text = read_file(args[4], &arena, &size);

    diags_init(&diags, &arena);
    maker.request.target = target_by_name(args[0]);
    if (!maker.request.target || abi >= maker.request.target->n_abis)
        die(args[0], "no such target, or fewer ABIs");
    if (kernel_version_parse(args[2], &maker.request.kernel) < 0)
        die(args[2], "no kernel version");
    maker.abi = abi_get(maker.request.target->abis[abi]);
    maker.syscalls = syscalls_new();
    maker.random = random_begin(1);
    if (!maker.syscalls || profile_parse(&maker.profile, text, size, &arena, &diags) < 0)
        die(args[4], "no valid profile");
    load_filter(&maker, args[5], &arena);
    add_numbers(&maker);
    add_rules(&maker);
    if (spoiled)
        maker.calls[maker.n_calls / 2].wanted++;
    write_cases(&maker, args[3], args[6], args[7]);
    syscalls_free(maker.syscalls);
    return 0;
}

int main(int argc, char **argv)
{
    bool spoiled = argc > 1 && strcmp(argv[1], "--spoiled") == 0;

    if (argc == 3 && strcmp(argv[1], "--random") == 0) {
        cleanup_arena struct arena arena = ARENA_INIT;
        struct random_source random = random_begin(strtoul(argv[2], NULL, 10));

        return fputs(random_profile(&random, &arena), stdout) == EOF;
    }
    if (argc == 9 + spoiled)
        return make_cases(argv + 1 + spoiled, spoiled);
    fputs("usage: make-cases [--spoiled] TARGET ABI KERNEL NAME PROFILE FILTER FLAGS OUT\n"
          "       make-cases --random SEED\n",
          stderr);
    return 2;
}
