/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Means come from the simulator. The worst case is the longest path for a known architecture and
 * number: once A holds an argument, both sides of a jump count.
 */
#include "tests/bench/steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

/*
 * Of 1,000 calls, how many are of which kind: counted on Debian 12 (x86_64) with
 * `strace -f -c -U name,calls` over ls -l, grep -r, tar, gzip, git log, a Python script that starts
 * a process, a shell with pipelines, find, and gcc -c; 47,000 calls in all. What they made less
 * than once in 1,000 is left out. Servers would have more of poll, send and receive.
 */
static const struct {
    const char *name;
    unsigned int calls;
} frequencies[] = {
    {"newfstatat", 214},  {"close", 180},    {"openat", 137},    {"fcntl", 114},
    {"read", 78},         {"mmap", 58},      {"getdents64", 47}, {"readlink", 24},
    {"rt_sigaction", 24}, {"munmap", 20},    {"write", 13},      {"rt_sigprocmask", 12},
    {"brk", 7},           {"execve", 7},     {"mprotect", 6},    {"lseek", 6},
    {"ioctl", 4},         {"access", 4},     {"pread64", 3},     {"set_robust_list", 3},
    {"prlimit64", 3},     {"wait4", 3},      {"getxattr", 3},    {"dup2", 2},
    {"geteuid", 2},       {"getuid", 2},     {"getgid", 2},      {"getegid", 2},
    {"futex", 2},         {"getpid", 2},     {"getrandom", 2},   {"set_tid_address", 2},
    {"rseq", 2},          {"arch_prctl", 2}, {"clone", 2},       {"rt_sigreturn", 1},
    {"statx", 1},         {"lgetxattr", 1},  {"pipe2", 1},       {"getppid", 1},
};

struct walk {
    const struct program *program;
    uint32_t arch;
    uint32_t nr;
    uint32_t *longest; /* from an instruction on with an argument in A; 0: not known yet */
};

/* The longest way from PC to a return, with A where it is KNOWN. */
static uint32_t longest_from(struct walk *walk, size_t pc, bool known, uint32_t a)
{
    const struct sock_filter *insn = &walk->program->insns[pc];
    uint32_t *memo = known ? NULL : &walk->longest[pc];
    struct seccomp_data data = {.nr = (int)walk->nr, .arch = walk->arch};
    const struct sock_filter test[] = {
        {BPF_LD | BPF_W | BPF_IMM, 0, 0, a},
        {insn->code, 0, 1, insn->k},
        {BPF_RET | BPF_K, 0, 0, 1},
        {BPF_RET | BPF_K, 0, 0, 0},
    };
    uint32_t result = 1;

    if (memo && *memo)
        return *memo;
    switch (BPF_CLASS(insn->code)) {
    case BPF_RET:
        break;
    case BPF_LD:
        known = insn->k < offsetof(struct seccomp_data, instruction_pointer);
        a = known ? bpf_data_word(&data, insn->k, false) : 0;
        result += longest_from(walk, pc + 1, known, a);
        break;
    case BPF_JMP:
        if (BPF_OP(insn->code) == BPF_JA) {
            result += longest_from(walk, pc + 1 + insn->k, known, a);
        } else if (known) {
            bool holds = bpf_simulate(test, ARRAY_SIZE(test), &data, false).verdict;

            result += longest_from(walk, pc + 1 + (holds ? insn->jt : insn->jf), true, a);
        } else {
            uint32_t t = longest_from(walk, pc + 1 + insn->jt, false, 0);
            uint32_t f = longest_from(walk, pc + 1 + insn->jf, false, 0);

            result += t > f ? t : f;
        }
        break;
    default: /* of all others, the filters that are compared have AND alone */
        result += longest_from(walk, pc + 1, known, a & insn->k);
    }
    if (memo)
        *memo = result;
    return result;
}

int steps_count(struct steps *steps, const struct program *program, struct syscalls *syscalls,
                const struct abi *abi)
{
    cleanup_free uint32_t *longest = malloc(program->n * sizeof(*longest));
    struct seccomp_data data = {.arch = abi->audit_arch};
    const char *name;
    double all = 0;
    uint32_t nr;
    size_t n = 0;

    if (!longest)
        return -ENOMEM;
    *steps = (struct steps){0};
    for (; syscalls_at(syscalls, abi->id, n, &nr, &name); n++) {
        struct walk walk = {program, abi->audit_arch, nr, longest};
        uint32_t own;
        uint32_t worst;

        data.nr = (int)nr;
        own = bpf_simulate(program->insns, program->n, &data, abi->big_endian).steps;
        memset(longest, 0, program->n * sizeof(*longest));
        worst = longest_from(&walk, 0, true, 0);
        steps->mean += own;
        steps->worst = worst > steps->worst ? worst : steps->worst;
        for (size_t i = 0; i < ARRAY_SIZE(frequencies); i++) {
            if (!strcmp(name, frequencies[i].name)) {
                steps->weighted += (double)own * frequencies[i].calls;
                all += frequencies[i].calls;
            }
        }
    }
    steps->mean /= (double)n;
    steps->weighted /= all;
    return 0;
}
