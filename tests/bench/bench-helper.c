/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What secprof-helper adds to the start of a program: the same short program, started plainly, by a
 * child that installs the filter itself, and by the helper; in turn, so that they share what else
 * goes on. Each figure is from before fork(2) to the program's end.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/libsecprof/secprof.h"
#include "tests/bench/measure.h"
#include "util/cleanup.h"

enum {
    ROUNDS = 501,
};

static const char program[] = "/bin/true";

struct bench {
    struct secprof *handle;
    const char *profile;
    struct secprof_info info;
    void *filter; /* LEN bytes */
    size_t len;
    int helper;
};

static void execute_plainly(const struct bench *bench)
{
    char *const argv[] = {(char *)program, NULL};

    (void)bench;
    execve(program, argv, environ);
}

static void execute_filtered(const struct bench *bench)
{
    if (secprof_install_filter(bench->filter, bench->len, &bench->info) == 0)
        execute_plainly(bench);
}

static void execute_helper(const struct bench *bench)
{
    const char *const argv[] = {"secprof-helper", "--", program, NULL};

    fexecve(bench->helper, (char *const *)argv, environ);
}

/* Has a child do EXECUTE, and waits for its end. Returns 0 or -errno. */
static int start(const struct bench *bench, void (*execute)(const struct bench *bench))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        execute(bench);
        _exit(EXIT_FAILURE);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        return -errno;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}

static int64_t measure_start(void *context, void (*execute)(const struct bench *bench))
{
    int64_t begin = measure_now();
    int r = start(context, execute);

    return r < 0 ? r : measure_now() - begin;
}

static int64_t run_plainly(void *context)
{
    return measure_start(context, execute_plainly);
}

static int64_t run_filtered(void *context)
{
    return measure_start(context, execute_filtered);
}

static int64_t run_helper(void *context)
{
    return measure_start(context, execute_helper);
}

/* The whole way of a caller that has a connection: the fetch, too. */
static int64_t run_fetched(void *context)
{
    struct bench bench = *(const struct bench *)context;
    int64_t begin = measure_now();
    int r;

    bench.helper = secprof_get_helper(bench.handle, bench.profile, NULL, NULL);
    if (bench.helper < 0)
        return bench.helper;
    r = start(&bench, execute_helper);
    close(bench.helper);
    return r < 0 ? r : measure_now() - begin;
}

/* Connects, and fetches both forms. Returns 0 or a code of the library. */
static int set_up(struct bench *bench, const char *socket)
{
    int r = secprof_open(&bench->handle, socket, 0);

    bench->info = (struct secprof_info)SECPROF_INFO_INIT;
    if (r == 0)
        r = secprof_get_bytes(bench->handle, bench->profile, NULL, &bench->filter, &bench->len,
                              &bench->info);
    if (r == 0)
        bench->helper = r = secprof_get_helper(bench->handle, bench->profile, NULL, NULL);
    return r < 0 ? r : 0;
}

static int measure(struct bench *bench)
{
    static struct measured things[] = {
        {"plainly", run_plainly, NULL, {0}},
        {"by a child that installs the filter", run_filtered, NULL, {0}},
        {"by secprof-helper", run_helper, NULL, {0}},
        {"by secprof-helper, fetched each time", run_fetched, NULL, {0}},
    };
    struct stat st;
    double plain;
    int r;

    for (size_t i = 0; i < ARRAY_SIZE(things); i++)
        things[i].context = bench;
    r = measure_all(things, ARRAY_SIZE(things), ROUNDS);
    if (r < 0)
        return r;
    if (fstat(bench->helper, &st) < 0)
        return -errno;
    plain = measure_median(&things[0], ROUNDS);
    printf("start of %s: time / plainly (%u instructions; the helper has %lld bytes)\n", program,
           bench->info.n_insns, (long long)st.st_size);
    for (size_t i = 1; i < ARRAY_SIZE(things); i++) {
        double median = measure_median(&things[i], ROUNDS);

        printf("  %-40s %.2f   (+%.0f us)\n", things[i].name, median / plain,
               (median - plain) / 1000);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct bench bench = {.helper = -1};
    int r;

    if (argc != 3) {
        fprintf(stderr, "usage: %s SOCKET PROFILE\n", argv[0]);
        return 2;
    }
    bench.profile = argv[2];
    r = set_up(&bench, argv[1]);
    if (r < 0)
        fprintf(stderr, "%s: %s\n", argv[1], secprof_strerror(r));
    else if ((r = measure(&bench)) < 0)
        fprintf(stderr, "%s\n", strerror(-r));
    if (bench.helper >= 0)
        close(bench.helper);
    free(bench.filter);
    secprof_close(bench.handle);
    return r < 0 ? 1 : 0;
}
