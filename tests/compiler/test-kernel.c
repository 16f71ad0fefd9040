/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random profiles under the running kernel. Each verdict of a compiled filter is replaced by an
 * errno of its own, so that no call is ever executed; then a child installs it and calls, through
 * the native ABI and int $0x80, and what it gets must be what the reference evaluator says.
 * The number of profiles is 200, or SECPROF_KERNEL_PROFILES.
 */
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler/compile.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/syscalls.h"
#include "compiler/parse/diag.h"
#include "compiler/parse/profile.h"
#include "compiler/parse/request.h"
#include "tests/compiler/random-profile.h"
#include "tests/compiler/reference.h"
#include "tests/suite.h"
#include "util/cleanup.h"

enum {
    PROFILES = 200,
    CALLS_MAX = 4096, /* under one filter */
    CALLS_EACH = 6,   /* argument vectors for each number */
    VERDICTS_MAX = 64,
    X32_BIT = 0x40000000,
    NOT_CALLED = 0x7fffffff,
};

struct call {
    struct seccomp_data data;
    long result;
};

/* Calls that were compared, by the way in which they entered the kernel. */
struct counts {
    size_t x86_64, i386;
};

#ifdef __x86_64__
static long make_call(const struct call *call)
{
    const uint64_t *args = (const uint64_t *)call->data.args;
    uint64_t result = (uint32_t)call->data.nr;

    if (call->data.arch == AUDIT_ARCH_I386) {
        register uint64_t sixth __asm__("r12") = args[5];

        /* The sixth argument is in the frame pointer; the red zone below the stack stays whole. */
        __asm__ volatile("sub $128, %%rsp\n\t"
                         "push %%rbp\n\t"
                         "mov %%r12, %%rbp\n\t"
                         "int $0x80\n\t"
                         "pop %%rbp\n\t"
                         "add $128, %%rsp"
                         : "+a"(result)
                         : "b"(args[0]), "c"(args[1]), "d"(args[2]), "S"(args[3]), "D"(args[4]),
                           "r"(sixth)
                         : "r8", "r9", "r10", "r11", "cc", "memory");
        return (int32_t)result;
    }

    register uint64_t r10 __asm__("r10") = args[3];
    register uint64_t r8 __asm__("r8") = args[4];
    register uint64_t r9 __asm__("r9") = args[5];

    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(args[0]), "S"(args[1]), "d"(args[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "cc", "memory");
    return (long)result;
}

/* Numbers that the kernel never shows a filter: uretprobe and uprobe (kernel/seccomp.c). */
static bool is_exempt(const struct seccomp_data *data)
{
    return data->arch == AUDIT_ARCH_X86_64 && (data->nr == 335 || data->nr == 336);
}

/* Makes the calls in a child, which the filter leaves no way to end but a trap. */
static void call_in_child(const struct sock_filter *program, size_t n_insns, struct call *calls,
                          size_t n)
{
    const struct sock_fprog prog = {(unsigned short)n_insns, (struct sock_filter *)program};
    const struct rlimit no_core = {0, 0};
    pid_t pid = fork();
    int status;

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        signal(SIGILL, SIG_DFL);
        setrlimit(RLIMIT_CORE, &no_core);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
            _exit(1);
        for (size_t i = 0; i < n; i++)
            calls[i].result = make_call(&calls[i]);
        /* Not __builtin_trap(): a sanitizer makes calls before what does not return, and cannot end
         * here. */
        for (;;)
            __asm__ volatile("ud2");
    }
    while (waitpid(pid, &status, 0) < 0)
        ck_assert_int_eq(errno, EINTR);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGILL, "the child ended with %#x",
                  status);
}

/* Gives each verdict of PROGRAM an errno of its own: 1 + its place in VERDICTS. */
static size_t number_verdicts(struct sock_filter *program, size_t n, uint32_t *verdicts)
{
    size_t n_verdicts = 0;

    for (size_t i = 0; i < n; i++) {
        size_t k = 0;

        if (program[i].code != (BPF_RET | BPF_K))
            continue;
        while (k < n_verdicts && verdicts[k] != program[i].k)
            k++;
        ck_assert_uint_lt(k, VERDICTS_MAX);
        if (k == n_verdicts)
            verdicts[n_verdicts++] = program[i].k;
        program[i].k = SECCOMP_RET_ERRNO | (uint32_t)(k + 1);
    }
    return n_verdicts;
}

/* False where int $0x80 only kills: a kernel without 32-bit programs, or some virtual machines. */
static bool has_int80(void)
{
    const struct call getpid_call = {.data = {.nr = 20, .arch = AUDIT_ARCH_I386}};
    pid_t pid = fork();
    int status;

    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(make_call(&getpid_call) == getpid() ? 0 : 1);
    while (waitpid(pid, &status, 0) < 0)
        ck_assert_int_eq(errno, EINTR);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The names of the profile's rules, for the edges of their arguments. */
static void pick_calls(const struct profile *profile, bool with_i386, struct syscalls *syscalls,
                       struct random_source *random, struct call *calls, size_t *n)
{
    static const struct {
        uint32_t arch;
        enum abi_id abi;
    } abis[] = {
        {AUDIT_ARCH_X86_64, ABI_X86_64},
        {AUDIT_ARCH_X86_64, ABI_X32},
        {AUDIT_ARCH_I386, ABI_X86},
    };

    *n = 0;
    for (size_t i = 0; i < profile->n_rules * ARRAY_SIZE(abis); i++) {
        const struct rule *rule = &profile->rules[i / ARRAY_SIZE(abis)];
        enum abi_id abi = abis[i % ARRAY_SIZE(abis)].abi;

        for (size_t k = 0; k < rule->n_names; k++) {
            const char *name = rule->names[k].name;
            const struct multiplexed *through = syscalls_multiplexed(name);
            struct edges edges = {0};
            uint32_t nr;

            if (abi == ABI_X86 && !with_i386)
                continue;
            if (syscalls_number(syscalls, abi, name, &nr) < 0)
                continue;
            edges_of(&edges, profile, &name, 1);
            for (size_t c = 0; c < CALLS_EACH && *n < CALLS_MAX; c++) {
                struct call *call = &calls[*n];

                *call = (struct call){.result = NOT_CALLED};
                call->data.arch = abis[i % ARRAY_SIZE(abis)].arch;
                edges_pick(&edges, random, &call->data);
                call->data.nr = (int)nr;
                if (c == 0)
                    call->data.nr += 1;
                else if (c == 1)
                    call->data.nr ^= X32_BIT;
                else if (c == 2 && through && abi == ABI_X86 &&
                         syscalls_number(syscalls, abi, through->multiplexer, &nr) == 0) {
                    call->data.nr = (int)nr;
                    call->data.args[0] = through->call;
                }
                *n += !is_exempt(&call->data);
            }
        }
    }
}

/* One profile; adds the calls of each ABI to COUNTS. */
static void try_profile(uint64_t seed, bool with_i386, struct syscalls *syscalls,
                        struct call *calls, struct counts *counts)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    struct random_source random = random_begin(seed);
    const char *text = random_profile(&random, &arena);
    struct variant_request request = {.target = target_by_name("x86_64")};
    uint32_t verdicts[VERDICTS_MAX];
    struct profile profile;
    struct filter filter;
    struct diags diags;
    size_t n_verdicts;
    size_t n;

    diags_init(&diags, &arena);
    random_request(&random, &request);
    ck_assert_int_eq(profile_parse(&profile, text, strlen(text), &arena, &diags), 0);
    ck_assert_int_eq(
        compile_profile(&filter, syscalls, text, strlen(text), &request, &arena, &diags), 0);
    n_verdicts = number_verdicts(filter.program.insns, filter.program.n_insns, verdicts);
    pick_calls(&profile, with_i386, syscalls, &random, calls, &n);
    call_in_child(filter.program.insns, filter.program.n_insns, calls, n);
    for (size_t i = 0; i < n; i++) {
        uint32_t wanted = reference_verdict(&profile, &request, syscalls, &calls[i].data);

        ck_assert_msg(calls[i].result < 0 && (size_t)-calls[i].result <= n_verdicts &&
                          verdicts[-calls[i].result - 1] == wanted,
                      "seed %lu: arch %#x number %#x args %#llx %#llx %#llx: the kernel gives "
                      "%ld, the profile says %#x",
                      (unsigned long)seed, calls[i].data.arch, (unsigned int)calls[i].data.nr,
                      (unsigned long long)calls[i].data.args[0],
                      (unsigned long long)calls[i].data.args[1],
                      (unsigned long long)calls[i].data.args[2], calls[i].result, wanted);
        if (calls[i].data.arch == AUDIT_ARCH_I386)
            counts->i386++;
        else
            counts->x86_64++;
    }
}

START_TEST(random_profiles_under_the_kernel)
{
    const char *wanted = getenv("SECPROF_KERNEL_PROFILES");
    unsigned long profiles = wanted ? strtoul(wanted, NULL, 10) : PROFILES;
    struct syscalls *syscalls = syscalls_new();
    size_t size = CALLS_MAX * sizeof(struct call);
    struct call *calls =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct counts counts = {0, 0};
    bool with_i386 = has_int80();

    ck_assert_ptr_ne(calls, MAP_FAILED);
    for (unsigned long i = 0; i < profiles; i++)
        try_profile(i + 1, with_i386, syscalls, calls, &counts);
    printf("counts: %lu random profiles under the running kernel: %zu calls through x86_64 and %zu "
           "through int $0x80 as the profiles say\n",
           profiles, counts.x86_64, counts.i386);
    ck_assert_uint_gt(counts.x86_64, profiles * 5);
    if (with_i386)
        ck_assert_uint_gt(counts.i386, profiles * 5);
    else
        printf("counts: not run here: the calls through int $0x80, which this machine kills\n");
    munmap(calls, size);
    syscalls_free(syscalls);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("kernel");
    TCase *tcase = tcase_create("kernel");

#ifdef __x86_64__
    tcase_add_test(tcase, random_profiles_under_the_kernel);
#else
    fprintf(stderr, "test-kernel: not run: it knows how to call on x86_64 only\n");
#endif
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
