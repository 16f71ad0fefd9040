/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs as the first process under a kernel of a foreign architecture, without a C library. For each
 * file of cases it starts a process of its own: /init again for /cases/0-NNNN, whose calls are
 * those of the native ABI, /probe-1 for /cases/1-NNNN and the kernel's second ABI. That one
 * installs the filters in children, makes the calls, and compares. The console gets what is wrong,
 * a line for each file ("cases NAME ABI CALLS WRONG REAL-CALLS WRONG") and, after the last, "end".
 */
#include <asm/unistd.h>
#include <linux/seccomp.h>
#include <stdint.h>

#include "tests/foreign/cases.h"
#include "tests/foreign/machine.h"

enum {
    STDOUT = 1,
    CLONE_LIKE_VFORK = 0x4111, /* CLONE_VM, CLONE_VFORK, SIGCHLD */
    NOT_STARTED = 120,         /* exit status where execve(2) failed */
    WRONG_SHOWN = 5,           /* of each filter */
    AT_WORKING_DIRECTORY = -100,
    SET_DUMPABLE = 4,        /* PR_SET_DUMPABLE */
    SET_NO_NEW_PRIVS = 38,   /* PR_SET_NO_NEW_PRIVS */
    UNAME_FIELD = 65,        /* of struct utsname: system, node, release, version, machine */
    NOT_CALLED = 0x7fffffff, /* no result that a call can have */
    FILE_MAX = sizeof(struct cases_head) + 2 * CASES_INSNS_MAX * sizeof(struct cases_insn) +
               CASES_CALLS_MAX * sizeof(struct cases_call),
};

struct program {
    unsigned short len;
    const struct cases_insn *insns;
};

struct cases {
    const struct cases_head *head;
    const struct cases_insn *as_it_is;
    const struct cases_insn *numbered;
    const struct cases_call *calls;
};

/* What a child did; it shares its parent's memory, of which the compiler knows nothing. */
struct outcome {
    long installed; /* what seccomp(2) returned */
    int done;
    long results[CASES_CALLS_MAX];
};

static uint64_t file[FILE_MAX / sizeof(uint64_t) + 1];
static volatile struct outcome outcome;

static long call(unsigned long nr, unsigned long a, unsigned long b, unsigned long c,
                 unsigned long d)
{
    const unsigned long args[CASES_ARGS] = {a, b, c, d};

    return call6(nr, args);
}

static void print(const char *text)
{
    unsigned long n = 0;

    while (text[n])
        n++;
    call(__NR_write, STDOUT, (unsigned long)text, n, 0);
}

static void print_number(unsigned long value)
{
    char text[24];
    int at = sizeof(text) - 1;

    text[at] = '\0';
    do
        text[--at] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    print(&text[at]);
}

static void print_hex(uint64_t value)
{
    char text[] = "0x0000000000000000";

    /* By halves: a 32-bit machine would want a library for a 64-bit shift. */
    for (int i = 0; i < 16; i++) {
        uint32_t half = (uint32_t)(i < 8 ? value >> 32 : value);

        text[2 + i] = "0123456789abcdef"[half >> (28 - 4 * (i % 8)) & 15];
    }
    print(text);
}

static void print_wrong(const struct cases_call *c, const char *what, long got)
{
    print("wrong: number ");
    print_hex(c->nr);
    for (int i = 0; i < CASES_ARGS; i++) {
        print(" ");
        print_hex(c->args[i]);
    }
    print(": verdict ");
    print_hex(c->verdict);
    print(what);
    print(got < 0 ? " -" : " ");
    print_number(got < 0 ? -(unsigned long)got : (unsigned long)got);
    print("\n");
}

/* Ends by a fault: the filter may leave no call to end with. */
static __attribute__((noinline, noreturn)) void child(const struct cases *cases, int numbered)
{
    const struct program program = {
        .len = (unsigned short)cases->head->n_insns,
        .insns = numbered ? cases->numbered : cases->as_it_is,
    };

    call(__NR_prctl, SET_NO_NEW_PRIVS, 1, 0, 0);
    outcome.installed = call(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
                             numbered ? 0 : cases->head->flags, (unsigned long)&program, 0);
    for (uint32_t i = 0; outcome.installed == 0 && i < cases->head->n_calls; i++) {
        const struct cases_call *c = &cases->calls[i];
        unsigned long args[CASES_ARGS];

        for (int k = 0; k < CASES_ARGS; k++)
            args[k] = (unsigned long)c->args[k];
        if (numbered || c->real != REAL_NOT_CALLED)
            outcome.results[i] = call6(c->nr, args);
    }
    outcome.done = 1;
    __builtin_trap();
}

/*
 * The child runs on its parent's stack, below the frame that this is part of: it must not be a
 * function of its own, whose frame the child would overwrite.
 */
static inline __attribute__((always_inline)) long start_child(void)
{
#ifdef __s390__
    const unsigned long args[CASES_ARGS] = {0, CLONE_LIKE_VFORK}; /* the stack comes first there */
#else
    const unsigned long args[CASES_ARGS] = {CLONE_LIKE_VFORK};
#endif

    return call6(__NR_clone, args);
}

static int is_right(const struct cases_call *c, int numbered, long result)
{
    if (numbered)
        return result == -(long)c->wanted;
    return c->real == REAL_POSITIVE ? result > 0 : result == c->real;
}

/* Returns the number of wrong results, and in *CALLED that of the calls. */
static unsigned long run(const struct cases *cases, int numbered, unsigned long *called)
{
    unsigned long wrong = 0;
    int status = 0;
    long pid;

    *called = 0;
    outcome.installed = NOT_CALLED;
    outcome.done = 0;
    for (uint32_t i = 0; i < cases->head->n_calls; i++)
        outcome.results[i] = NOT_CALLED;
    pid = start_child();
    if (pid == 0)
        child(cases, numbered);
    if (pid < 0 || call(__NR_wait4, (unsigned long)pid, (unsigned long)&status, 0, 0) != pid ||
        outcome.installed != 0 || !outcome.done) {
        print("wrong: the filter was not installed, or the calls ended early: ");
        print_hex((uint64_t)outcome.installed);
        print("\n");
        return 1;
    }
    for (uint32_t i = 0; i < cases->head->n_calls; i++) {
        const struct cases_call *c = &cases->calls[i];

        if (!numbered && c->real == REAL_NOT_CALLED)
            continue;
        ++*called;
        if (is_right(c, numbered, outcome.results[i]))
            continue;
        if (wrong++ < WRONG_SHOWN)
            print_wrong(c, numbered ? " as a number, got" : ", got", outcome.results[i]);
    }
    return wrong;
}

/* Reads the cases in the file PATH. Returns 0 where they are none. */
static int load(const char *path, struct cases *cases)
{
    const struct cases_head *head = (const struct cases_head *)file;
    long fd =
        call(__NR_openat, (unsigned long)(long)AT_WORKING_DIRECTORY, (unsigned long)path, 0, 0);
    unsigned long size = 0;
    long n;

    while (fd >= 0 && size < sizeof(file) &&
           (n = call(__NR_read, (unsigned long)fd, (unsigned long)file + size, sizeof(file) - size,
                     0)) > 0)
        size += (unsigned long)n;
    if (size < sizeof(*head) || head->magic != CASES_MAGIC || head->n_insns > CASES_INSNS_MAX ||
        head->n_calls > CASES_CALLS_MAX ||
        size != sizeof(*head) + 2UL * head->n_insns * sizeof(struct cases_insn) +
                    head->n_calls * sizeof(struct cases_call))
        return 0;
    cases->head = head;
    cases->as_it_is = (const struct cases_insn *)(head + 1);
    cases->numbered = cases->as_it_is + head->n_insns;
    cases->calls = (const struct cases_call *)(cases->numbered + head->n_insns);
    return 1;
}

static int run_file(const char *path)
{
    unsigned long calls, real_calls, wrong, real_wrong;
    struct cases cases;

    if (!load(path, &cases)) {
        print("wrong: no cases in ");
        print(path);
        print("\n");
        return 1;
    }
    call(__NR_prctl, SET_DUMPABLE, 0, 0, 0);
    wrong = run(&cases, 1, &calls);
    real_wrong = run(&cases, 0, &real_calls);
    print("cases ");
    print(cases.head->name);
    print(" " MACHINE_ABI " ");
    print_number(calls);
    print(" ");
    print_number(wrong);
    print(" ");
    print_number(real_calls);
    print(" ");
    print_number(real_wrong);
    print("\n");
    return wrong + real_wrong > 0;
}

/* One process for one file: PROGRAM with PATH as its argument. */
static void start_program(const char *program, const char *path)
{
    const char *const argv[] = {program, path, 0};
    const char *const envp[] = {0};
    int status = 0;
    long pid = start_child();

    if (pid == 0) {
        call(__NR_execve, (unsigned long)program, (unsigned long)argv, (unsigned long)envp, 0);
        for (;;)
            call(__NR_exit, NOT_STARTED, 0, 0, 0);
    }
    call(__NR_wait4, (unsigned long)pid, (unsigned long)&status, 0, 0);
    if (status == NOT_STARTED << 8) {
        print("unknown: this kernel does not run ");
        print(program);
        print("\n");
    } else if (status != 0 && status != 1 << 8) {
        print("wrong: a probe ended with ");
        print_hex((uint64_t)status);
        print("\n");
    }
}

static void run_all(void)
{
    char utsname[6 * UNAME_FIELD];
    char path[] = "/cases/0-0000";
    int i = 0;

    call(__NR_uname, (unsigned long)utsname, 0, 0, 0);
    print("\nkernel ");
    print(&utsname[2 * UNAME_FIELD]);
    print("\n");
    for (int abi = 0; abi < 2; abi++) {
        for (i = 0; i < 10000; i++) {
            path[7] = (char)('0' + abi);
            for (int k = 0, rest = i; k < 4; k++, rest /= 10)
                path[12 - k] = (char)('0' + rest % 10);
            if (call(__NR_faccessat, (unsigned long)(long)AT_WORKING_DIRECTORY, (unsigned long)path,
                     0, 0) < 0)
                break;
            start_program(abi ? "/probe-1" : "/init", path);
        }
    }
    print("end\n");
    /* LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_POWER_OFF */
    call(__NR_reboot, 0xfee1dead, 672274793, 0x4321fedc, 0);
}

/* STACK: argc and argv, as the kernel lays them out. */
__attribute__((noreturn, used)) void start(const unsigned long *stack)
{
    int rc = 0;

    if (stack[0] > 1)
        rc = run_file((const char *)stack[2]);
    else
        run_all();
    for (;;)
        call(__NR_exit, (unsigned long)rc, 0, 0, 0);
}
