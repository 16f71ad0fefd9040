/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes worker processes and sinks (sink.h), and kills workers. The spawner is forked before the
 * daemon has anything worth stealing, and confined; each worker is a copy of it: small, clean, and
 * with the same libraries as the daemon, however late it starts. The workers are children of the
 * main process all the same. The spawner has their user, so it may kill them; the main process
 * needs no right to.
 */
#ifndef DAEMON_PROCESS_SPAWNER_H
#define DAEMON_PROCESS_SPAWNER_H

#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/process/standby.h"
#include "daemon/process/worker.h"

struct spawner {
    struct standby standby;
    /*
     * Called for each request: a worker PID is there, whose socket SOCK the callee owns; or -errno
     * in SOCK.
     */
    void (*born)(void *user, int sock, pid_t pid);
    /* Called where the process ended, and how. What it was asked for is void. */
    void (*lost)(void *user, const char *why);
    void *user;
    /* The same for sinks, set by who asks for them; not called before. */
    void (*sink_born)(void *user, int sock, pid_t pid);
    void (*sink_lost)(void *user);
    void *sink_user;
};

/*
 * Starts the process and its spare. EVENT is borrowed. OWN are the filters that they install, and
 * their workers. Workers start with the syscall tables of ABIS and need not build them, the host's
 * from the first one on, the others soon. The callbacks have to be set. Returns 0 or -errno.
 */
int spawner_start(struct spawner *spawner, sd_event *event, const struct worker_limits *limits,
                  const struct own_filters *own, abi_set abis);
void spawner_stop(struct spawner *spawner);

/* True while there is a process. */
bool spawner_is_alive(const struct spawner *spawner);

/* Asks for one worker; born() follows later. Returns 0 or -errno. */
int spawner_request(struct spawner *spawner);

/* Asks for one sink; sink_born() follows later. Returns 0 or -errno. */
int spawner_request_sink(struct spawner *spawner);

/* Has the worker behind PIDFD (borrowed) killed. Returns 0 or -errno. */
int spawner_kill(struct spawner *spawner, int pidfd);

#endif
