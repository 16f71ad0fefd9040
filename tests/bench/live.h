/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What filters cost the running kernel. Each measurement has a child of its own, because a filter
 * can never be taken off again.
 */
#ifndef BENCH_LIVE_H
#define BENCH_LIVE_H

#include <stdint.h>

#include "tests/bench/program.h"

/* A call that is made again and again under PROGRAM (NULL: without a filter). */
struct live_call {
    const struct program *program;
    long nr;
    long argument; /* the first; the others are 0 */
};

/* Has a child call RUN with CONTEXT. Returns what that did, or -errno. */
int64_t live_in_child(int64_t (*run)(const void *context), const void *context);

/* For measure_all(): the time to install CONTEXT, a struct program, in ns; or -errno. */
int64_t live_install(void *context);

/* For measure_all(): the time of some thousand calls of CONTEXT, a struct live_call; or -errno. */
int64_t live_calls(void *context);

#endif
