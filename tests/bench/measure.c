/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clock and the medians of the benchmarks. It measures nothing by itself.
 */
#include "config.h"

#include "tests/bench/measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t measure_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

size_t measure_rounds(size_t rounds)
{
    const char *most = getenv("SECPROF_ROUNDS");
    size_t n = most ? strtoul(most, NULL, 10) : 0;

    return n > 0 && n < rounds ? n : rounds;
}

int measure_all(struct measured *things, size_t n, size_t rounds)
{
    rounds = measure_rounds(rounds);
    if (rounds == 0 || rounds > MEASURE_ROUNDS_MAX)
        return -EINVAL;
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < n; i++) {
            int64_t ns = things[i].run(things[i].context);

            if (ns < 0) {
                fprintf(stderr, "%s: %s\n", things[i].name, strerror((int)-ns));
                return (int)ns;
            }
            things[i].ns[round] = ns;
        }
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

double measure_least(const struct measured *thing, size_t rounds)
{
    int64_t least = thing->ns[0];

    rounds = measure_rounds(rounds);
    for (size_t i = 1; i < rounds; i++)
        least = thing->ns[i] < least ? thing->ns[i] : least;
    return (double)least;
}

double measure_median(struct measured *thing, size_t rounds)
{
    rounds = measure_rounds(rounds);
    qsort(thing->ns, rounds, sizeof(thing->ns[0]), compare);
    return (double)thing->ns[rounds / 2];
}
