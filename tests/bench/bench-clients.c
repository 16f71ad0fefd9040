/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Latency and throughput of secprofd with 1 and with 64 clients, each with a request in flight all
 * the time, beside a bare server with the same packets. Both are measured in turn in this one run.
 * The processor time of a request is that of the server alone.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/codec.h"
#include "protocol/protocol.h"
#include "tests/bench/echo.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"
#include "util/cleanup.h"

enum {
    REQUESTS = 20000,
    ROUNDS = 11,
};

static const unsigned client_counts[] = {1, 64};

struct server {
    const char *path;
    pid_t pid;
};

/* What one server did in one round. */
struct result {
    double p50;
    double p99;
    double rate; /* requests in a second */
    double work; /* the processor's time for a request, in ns */
};

/* The processor time that the process PID has had, in ns; or -errno. */
static int64_t cpu_time(pid_t pid)
{
    char path[64];
    long long ns;
    FILE *file;
    int n;

    snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
    file = fopen(path, "re");
    if (!file)
        return -errno;
    n = fscanf(file, "%lld", &ns);
    fclose(file);
    return n == 1 ? ns : -EPROTO;
}

/*
 * Finds out who serves REAL, a real secprofd. Returns the size of the answer that it gives to
 * REQUEST, or -errno.
 */
static ssize_t meet(struct server *real, const union wire_request *request)
{
    static unsigned char reply[WIRE_MAX_REPLY];
    cleanup_close int sock = load_connect(real->path);
    struct ucred cred;
    socklen_t len = sizeof(cred);
    ssize_t n;

    if (sock < 0)
        return sock;
    if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
        return -errno;
    real->pid = cred.pid;
    if (send(sock, request, sizeof(request->get), MSG_NOSIGNAL) < 0)
        return -errno;
    n = recv(sock, reply, sizeof(reply), 0);
    if (n < 0)
        return -errno;
    return wire_reply_check(request, reply, (size_t)n) == WIRE_OK ? n : -EPROTO;
}

static int measure(const struct server *server, const union wire_request *request, unsigned clients,
                   struct result *result)
{
    static int64_t ns[REQUESTS];
    struct load load = {
        .path = server->path,
        .request = request,
        .request_size = sizeof(request->get),
        .connections = clients,
        .requests = REQUESTS,
        .ns = ns,
    };
    int64_t before = cpu_time(server->pid), after;
    int r = load_run(&load);

    if (r < 0)
        return r;
    after = cpu_time(server->pid);
    if (before < 0 || after < 0)
        return (int)(before < 0 ? before : after);
    *result = (struct result){load_quantile(&load, 0.5), load_quantile(&load, 0.99),
                              REQUESTS * 1e9 / (double)load.total_ns,
                              (double)(after - before) / REQUESTS};
    return 0;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The middle one of N ratios. */
static double median(double *ratios, size_t n)
{
    qsort(ratios, n, sizeof(*ratios), by_value);
    return ratios[n / 2];
}

static int compare(const struct server *real, const struct server *bare,
                   const union wire_request *request, unsigned clients)
{
    double p50[ROUNDS], p99[ROUNDS], rate[ROUNDS], work[ROUNDS];
    size_t rounds = measure_rounds(ROUNDS);

    for (size_t i = 0; i < rounds; i++) {
        const bool real_first = i % 2 == 0;
        struct result a, b;
        int r =
            real_first ? measure(real, request, clients, &a) : measure(bare, request, clients, &b);

        if (r == 0)
            r = real_first ? measure(bare, request, clients, &b)
                           : measure(real, request, clients, &a);
        if (r < 0)
            return r;
        p50[i] = a.p50 / b.p50;
        p99[i] = a.p99 / b.p99;
        rate[i] = a.rate / b.rate;
        work[i] = a.work / b.work;
    }
    printf("  %2u client%s  p50 %.2f (goal 1.3)  p99 %.2f  throughput %.2f (goal 0.7)  "
           "processor time %.2f\n",
           clients, clients == 1 ? ": " : "s:", median(p50, rounds), median(p99, rounds),
           median(rate, rounds), median(work, rounds));
    return 0;
}

static int run(const char *path, const char *directory, const char *profile)
{
    union wire_request request = {0};
    char bare_path[4096];
    struct echo echo = {.path = bare_path, .fd = -1, .many = true};
    struct server real = {.path = path}, bare = {.path = bare_path};
    ssize_t size;
    int r = 0;

    wire_request_header(&request.header, WIRE_GET, sizeof(request.get), 1);
    request.get.delivery = WIRE_DELIVER_BYTES;
    snprintf(request.get.name, sizeof(request.get.name), "%s", profile);
    snprintf(bare_path, sizeof(bare_path), "%s/echo.many", directory);
    size = meet(&real, &request);
    if (size < 0)
        return (int)size;
    echo.reply_size = (size_t)size;
    bare.pid = echo_start(&echo);
    if (bare.pid < 0)
        return bare.pid;
    puts("fetch of one filter as bytes, kept connections: secprofd / a bare server with epoll");
    for (size_t i = 0; i < ARRAY_SIZE(client_counts) && r == 0; i++)
        r = compare(&real, &bare, &request, client_counts[i]);
    kill(bare.pid, SIGKILL);
    waitpid(bare.pid, NULL, 0);
    unlink(bare_path);
    return r;
}

int main(int argc, char **argv)
{
    int r;

    if (argc != 4) {
        fprintf(stderr, "usage: %s SOCKET DIRECTORY PROFILE\n", argv[0]);
        return 2;
    }
    r = run(argv[1], argv[2], argv[3]);
    if (r < 0)
        fprintf(stderr, "%s: %s\n", argv[1], strerror(-r));
    return r < 0 ? 1 : 0;
}
