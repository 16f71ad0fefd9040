/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks secprofd without a pause while a test restarts it: N processes, half of them over one
 * connection, half over a new one for each request. Ends when the file STOP is there, and prints
 * how many requests were answered, how many were not, and how long the slowest took.
 */
#include <secprof.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    TIMEOUT_MS = 20000,
};

struct counts {
    unsigned long answered;
    unsigned long lost;
    long slowest_ms;
};

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One request over HANDLE, or over a connection of its own. Returns 0 or a negative code. */
static int ask(struct secprof *handle, const char *name)
{
    struct secprof *own = NULL;
    int r = handle ? 0 : secprof_open(&own, NULL, TIMEOUT_MS);

    if (r == 0)
        r = secprof_get_fd(handle ? handle : own, name, NULL, NULL);
    if (r >= 0)
        close(r);
    secprof_close(own);
    return r < 0 ? r : 0;
}

static void run(int number, const char *name, const char *stop, struct counts *counts)
{
    struct secprof *kept = NULL;
    int r = number % 2 ? 0 : secprof_open(&kept, NULL, TIMEOUT_MS);

    while (access(stop, F_OK) != 0) {
        long start = now_ms(), took;

        if (r == 0)
            r = ask(kept, name);
        took = now_ms() - start;
        if (took > counts->slowest_ms)
            counts->slowest_ms = took;
        counts->answered += r == 0;
        counts->lost += r < 0;
        if (r < 0)
            fprintf(stderr, "%s\n", secprof_strerror(r));
        r = 0;
    }
    secprof_close(kept);
    _exit(0);
}

int main(int argc, char **argv)
{
    struct counts total = {0, 0, 0}, *counts;
    int n;

    if (argc != 4 || (n = atoi(argv[1])) < 1)
        return 2;
    counts = mmap(NULL, sizeof(*counts) * (size_t)n, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED)
        return 1;
    for (int i = 0; i < n; i++)
        if (fork() == 0)
            run(i, argv[2], argv[3], &counts[i]);
    while (wait(NULL) > 0)
        ;
    for (int i = 0; i < n; i++) {
        total.answered += counts[i].answered;
        total.lost += counts[i].lost;
        if (counts[i].slowest_ms > total.slowest_ms)
            total.slowest_ms = counts[i].slowest_ms;
    }
    printf("%lu answered, %lu lost, the slowest after %ld ms\n", total.answered, total.lost,
           total.slowest_ms);
    return total.lost ? 1 : 0;
}
