/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What make-cases writes on the build machine, in the byte order of the target, and probe.c reads
 * under the target's kernel: a filter twice, and calls with what they must end with. A file is the
 * head, the filter as it is, the filter with numbered verdicts, and the calls.
 */
#ifndef TESTS_FOREIGN_CASES_H
#define TESTS_FOREIGN_CASES_H

#include <stdint.h>

enum {
    CASES_MAGIC = 0x53504631, /* "SPF1": read in the wrong byte order it is another number */
    CASES_NAME_MAX = 64,
    CASES_ARGS = 6,
    CASES_INSNS_MAX = 4096,
    CASES_CALLS_MAX = 20000,
};

/* What a call is to end with under the filter as it is; else the result, 0 or -errno. */
enum {
    REAL_NOT_CALLED = 1, /* the filter lets it through or kills: not tried */
    REAL_POSITIVE = 2,   /* let through, and harmless: getpid */
};

struct cases_head {
    uint32_t magic;
    uint32_t flags; /* SECCOMP_FILTER_FLAG_* of the filter as it is */
    uint32_t n_insns;
    uint32_t n_calls;
    char name[CASES_NAME_MAX];
};

struct cases_insn {
    uint16_t code;
    uint8_t jt;
    uint8_t jf;
    uint32_t k;
};

struct cases_call {
    uint32_t nr;
    uint32_t wanted;  /* the errno that stands for the verdict in the numbered filter */
    uint32_t verdict; /* the verdict itself, for messages */
    int32_t real;     /* REAL_*, or the result under the filter as it is */
    uint64_t args[CASES_ARGS];
};

_Static_assert(sizeof(struct cases_head) == 80, "the same on each ABI");
_Static_assert(sizeof(struct cases_insn) == 8, "as struct sock_filter");
_Static_assert(sizeof(struct cases_call) == 64, "the same on each ABI");

#endif
