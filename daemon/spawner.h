/*
 * Makes worker processes. The spawner is forked before the daemon has anything worth stealing, and
 * each worker is a copy of it: small, clean, and with the same libraries as the daemon, however
 * late it starts. The workers are children of the main process all the same.
 */
#ifndef DAEMON_SPAWNER_H
#define DAEMON_SPAWNER_H

#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/worker.h"

struct spawner {
    sd_event *event;
    struct worker_limits limits;
    int sock; /* -1: there is no process */
    sd_event_source *io;
    sd_event_source *child;
    /*
     * Called for each request: a worker PID is there, whose socket SOCK the callee owns; or -errno
     * in SOCK. Called without a request, with -EPIPE, where the spawner itself ended.
     */
    void (*born)(void *user, int sock, pid_t pid);
    void *user;
};

/* Starts the process. EVENT is borrowed. Returns 0 or -errno. */
int spawner_start(struct spawner *spawner, sd_event *event, const struct worker_limits *limits);
void spawner_stop(struct spawner *spawner);

/* Asks for one worker; born() follows later. Returns 0 or -errno. */
int spawner_request(struct spawner *spawner);

#endif
