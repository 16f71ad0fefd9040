/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clients that ask a server as fast as it answers: each connection has one request in flight. For
 * benchmarks and for tests of what one client costs the others.
 */
#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct load {
    const char *path; /* of the server's socket */
    const void *request;
    size_t request_size;
    unsigned connections;
    size_t requests; /* in all */
    /* What load_run() found out: */
    int64_t *ns; /* how long each request took; REQUESTS of them, the caller's, sorted then */
    int64_t total_ns;
};

/* A SOCK_SEQPACKET connection to the socket PATH: an fd that is the caller's, or -errno. */
int load_connect(const char *path);

/* Receives one answer from FD, up to SIZE bytes, to REPLY, and closes the fd that may come with it.
 * Returns its length, 0 where the connection has ended, or -errno. */
ssize_t load_take_answer(int fd, void *reply, size_t size);

/* Returns 0 or -errno; -ETIMEDOUT where the server did not answer for 20 seconds. */
int load_run(struct load *load);

/* The time in which FRACTION of the requests were answered, in us. */
double load_quantile(const struct load *load, double fraction);

#endif
