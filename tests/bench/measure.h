/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the benchmarks share: a clock, and medians of things that are measured in turn, so that
 * whatever else the machine does falls on all of them alike.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

enum {
    MEASURE_ROUNDS_MAX = 1001,
};

/* One thing that is measured: RUN does it once and returns what it took in ns, or -errno. */
struct measured {
    const char *name;
    int64_t (*run)(void *context);
    void *context;
    int64_t ns[MEASURE_ROUNDS_MAX];
};

/* The monotonic clock in ns. */
int64_t measure_now(void);

/*
 * How many rounds there are where ROUNDS are wanted: fewer where the environment has
 * SECPROF_ROUNDS, for whoever only wants to see that all of it runs. The functions below count by
 * it, too.
 */
size_t measure_rounds(size_t rounds);

/*
 * Runs each of the N things ROUNDS times (at most MEASURE_ROUNDS_MAX), one after the other in every
 * round. Returns 0, or the first failure of one, whose name then stands on standard error.
 */
int measure_all(struct measured *things, size_t n, size_t rounds);

/* The median of the ROUNDS runs of THING, in ns. Sorts them. */
double measure_median(struct measured *thing, size_t rounds);

/*
 * The shortest of the ROUNDS runs of THING, in ns: for work that is the same each time, where what
 * makes a run longer comes from outside.
 */
double measure_least(const struct measured *thing, size_t rounds);

#endif
