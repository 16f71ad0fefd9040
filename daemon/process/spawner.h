/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes worker processes and sinks (sink.h), and kills workers. The spawner is forked before the
 * daemon has anything worth stealing, and confined; each process that it makes is a copy of it:
 * small, clean, and with the same libraries as the daemon, however late it starts. They are
 * children of the main process all the same. The spawner has their user, so it may kill them; the
 * main process needs no right to.
 */
#ifndef DAEMON_PROCESS_SPAWNER_H
#define DAEMON_PROCESS_SPAWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "compiler/facts/abi.h"
#include "daemon/process/child.h"
#include "daemon/process/worker.h"

/* What it makes. */
enum spawner_kind {
    SPAWNER_WORKER,
    SPAWNER_SINK,
    SPAWNER_KINDS,
};

/* What a spawner and all that it makes have. */
struct spawner_arg {
    struct worker_limits limits;
    const struct own_filters *own; /* that they install */
    abi_set abis; /* whose syscall tables workers need not build: soon; the host's from the start */
};

struct spawner {
    struct child child;
    size_t n_asked; /* processes that were asked for, and not told of yet */
    /* Who asks for which kind, set by them before they do. */
    struct {
        /* Called for each request: PID is there, and the callee owns its SOCK; or -errno in SOCK.
         */
        void (*made)(void *user, int sock, pid_t pid);
        void *user;
    } owners[SPAWNER_KINDS];
    /* Called where the process ended, and how. There is none from now on. */
    void (*lost)(void *user, const char *why);
    void *user;
};

/* Starts the process. LOST has to be set. Returns 0 or -errno. */
int spawner_start(struct spawner *spawner, struct children *children,
                  const struct spawner_arg *arg);
void spawner_stop(struct spawner *spawner);

/* Asks for one process of KIND; made() follows later. Returns 0 or -errno. */
int spawner_request(struct spawner *spawner, enum spawner_kind kind);

/* Has the worker PID killed. Returns 0 or -errno. */
int spawner_kill(struct spawner *spawner, const struct child *worker);

#endif
