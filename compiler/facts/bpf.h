/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Classic BPF as seccomp(2) takes it: the checks of the kernel, a simulator, byte order.
 * Programs are held in the host's byte order; only bpf_store() and bpf_load() know others.
 */
#ifndef COMPILER_FACTS_BPF_H
#define COMPILER_FACTS_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BPF_MAX_INSNS = 4096, /* BPF_MAXINSNS in the kernel */
};

/* A program, in the host's byte order. */
struct bpf_program {
    struct sock_filter *insns;
    size_t n_insns;
};

/*
 * Checks PROGRAM as the kernel does before it takes a filter (net/core/filter.c, bpf_check_classic,
 * and kernel/seccomp.c, seccomp_check_filter). Returns 0, or -EINVAL with the number of the first
 * bad instruction in *BAD and what is wrong with it in *WHY (static text).
 */
int bpf_check(const struct sock_filter *program, size_t n, size_t *bad, const char **why);

/*
 * True where PROGRAM uses only instructions that the kernel's seccomp_is_const_allow() emulates,
 * so that allowed syscalls can take the bitmap path.
 */
bool bpf_is_emulable(const struct sock_filter *program, size_t n);

/* The 32-bit word at OFFSET of DATA, as a kernel of the given byte order lays it out. */
uint32_t bpf_data_word(const struct seccomp_data *data, uint32_t offset, bool big_endian);

/* What a program answered, and at what price. */
struct bpf_result {
    uint32_t verdict;
    uint32_t steps; /* instructions run */
};

/* Runs PROGRAM, which bpf_check() accepts, on DATA as a kernel of the given byte order would. */
struct bpf_result bpf_simulate(const struct sock_filter *program, size_t n,
                               const struct seccomp_data *data, bool big_endian);

/* Writes PROGRAM to BYTES (8 * N bytes) as struct sock_filter of the given byte order. */
void bpf_store(const struct sock_filter *program, size_t n, bool big_endian, void *bytes);

/* Reads N instructions of the given byte order from BYTES. */
void bpf_load(const void *bytes, size_t n, bool big_endian, struct sock_filter *program);

#endif
