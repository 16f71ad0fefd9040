/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many instructions a filter runs for a call. Simulated: nothing is installed.
 */
#ifndef BENCH_STEPS_H
#define BENCH_STEPS_H

#include "compiler/facts/abi.h"
#include "compiler/facts/syscalls.h"
#include "tests/bench/program.h"

/* Over the calls of one ABI. */
struct steps {
    double mean;     /* each call counts once, with arguments of 0 */
    double weighted; /* as often as programs make it, with arguments of 0 */
    uint32_t worst;  /* of any call, with the worst arguments */
};

/* Counts the steps of PROGRAM for the calls that SYSCALLS knows of ABI. Returns 0 or -ENOMEM. */
int steps_count(struct steps *steps, const struct program *program, struct syscalls *syscalls,
                const struct abi *abi);

#endif
