/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor for a fetch: a server that does nothing but answer each packet with one of a fixed
 * size.
 */
#ifndef BENCH_ECHO_H
#define BENCH_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What a server answers with. */
struct echo {
    const char *path;  /* its SOCK_SEQPACKET socket */
    size_t reply_size; /* bytes of each answer */
    int fd;            /* goes with each answer; -1: none */
    bool many;         /* connections at the same time, with epoll */
};

/*
 * Starts a process that serves ECHO, one connection after the other unless it is for many, until it
 * is killed or its parent dies. The socket listens when this returns. Returns the process's id, or
 * -errno.
 */
pid_t echo_start(const struct echo *echo);

#endif
