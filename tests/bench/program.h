/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A filter that is measured, whoever made it. */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include <linux/filter.h>
#include <stddef.h>

#include "compiler/facts/bpf.h"

struct program {
    struct sock_filter insns[BPF_MAX_INSNS];
    size_t n;
};

#endif
