/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The spawner process, and the main process's end of it. */
#include "daemon/process/spawner.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/process/sandbox.h"
#include "daemon/process/sink.h"
#include "util/cleanup.h"
#include "util/packet.h"

enum {
    SPAWNER_WORKER = STANDBY_SPARE + 1, /* make one; the answer is its pid and socket */
    SPAWNER_KILL,                       /* the worker whose pidfd comes along; no answer */
    SPAWNER_SINK,                       /* make one; the answer is as for a worker */
};

/* What a spawner and all its workers have. */
struct nursery {
    pid_t parent; /* the main process */
    const struct worker_limits *limits;
    const struct own_filters *own;
    struct syscalls *syscalls;
    abi_set missing; /* whose tables are not in it yet */
    const struct target *host;
};

/* Kills the process behind FD, which is a pidfd or none. */
static void kill_worker(int fd)
{
    (void)syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
}

/* Does what REQUEST asks for. Returns false where the main process cannot be reached any more. */
static bool obey(const struct nursery *nursery, const struct standby_request *request, int fd)
{
    int r = 1;

    switch (request->kind) {
    case STANDBY_SPARE:
        /* The sibling goes on just like this one. */
        r = standby_bear(STANDBY_SPARE, nursery->parent);
        break;
    case SPAWNER_WORKER:
        r = standby_bear(SPAWNER_WORKER, nursery->parent);
        if (r == 0)
            worker_main(nursery->limits, nursery->own, nursery->syscalls, nursery->host);
        break;
    case SPAWNER_KILL:
        kill_worker(fd);
        break;
    case SPAWNER_SINK:
        r = standby_bear(SPAWNER_SINK, nursery->parent);
        if (r == 0)
            sink_main();
        break;
    default:
        return false;
    }
    return r >= 0;
}

/* ARG is a struct spawner_arg; all of it is there in each process that is born from this one. */
struct spawner_arg {
    struct worker_limits limits;
    const struct own_filters *own;
    abi_set abis;
};

/* Makes the table of ABI, for all workers to come. What cannot be made now they make themselves. */
static void warm(struct nursery *nursery, enum abi_id abi)
{
    uint32_t nr;

    (void)syscalls_number(nursery->syscalls, abi, "read", &nr);
    nursery->missing &= ~((abi_set)1 << abi);
}

/*
 * Receives a request. As long as there is none it makes the tables that are missing, one at a time:
 * who waits for a worker waits for none of them.
 */
static ssize_t receive(struct nursery *nursery, struct standby_request *request, int *fd)
{
    size_t n_fds;
    ssize_t len = -EAGAIN;

    for (int abi = 0; nursery->missing && abi < ABI_COUNT; abi++) {
        if (!(nursery->missing & (abi_set)1 << abi))
            continue;
        len = packet_recv(SANDBOX_SOCKET, request, sizeof(*request), fd, 1, &n_fds, MSG_DONTWAIT);
        if (len != -EAGAIN)
            return len;
        warm(nursery, (enum abi_id)abi);
    }
    return packet_recv(SANDBOX_SOCKET, request, sizeof(*request), fd, 1, &n_fds, 0);
}

static _Noreturn void spawner_main(int sock, pid_t parent, const void *arg)
{
    const struct spawner_arg *given = arg;
    struct nursery nursery = {.parent = parent,
                              .limits = &given->limits,
                              .own = given->own,
                              .missing = given->abis,
                              .host = target_host()};

    nursery.syscalls = syscalls_new();
    if (!nursery.syscalls)
        _exit(EXIT_FAILURE);
    for (size_t i = 0; i < nursery.host->n_abis; i++)
        warm(&nursery, nursery.host->abis[i]);
    if (worker_confine_family(sock, parent, given->own) < 0)
        _exit(EXIT_FAILURE);
    for (;;) {
        struct standby_request request;
        cleanup_close int fd = -1;
        ssize_t len = receive(&nursery, &request, &fd);

        if (len != sizeof(request) || !obey(&nursery, &request, fd))
            _exit(len == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
}

static void on_answer(void *user, uint32_t kind, int32_t value, int fd)
{
    struct spawner *spawner = user;

    int sock = fd;

    if ((kind != SPAWNER_WORKER && kind != SPAWNER_SINK) || (value > 0) != (fd >= 0)) {
        if (fd >= 0)
            close(fd);
        sock = -EBADMSG;
    } else if (fd < 0) {
        sock = value ? value : -EBADMSG;
    }
    if (kind == SPAWNER_SINK)
        spawner->sink_born(spawner->sink_user, sock, value);
    else
        spawner->born(spawner->user, sock, value);
}

static void on_lost(void *user, const char *why)
{
    struct spawner *spawner = user;

    spawner->lost(spawner->user, why);
    if (spawner->sink_lost)
        spawner->sink_lost(spawner->sink_user);
}

int spawner_start(struct spawner *spawner, sd_event *event, const struct worker_limits *limits,
                  const struct own_filters *own, abi_set abis)
{
    const struct spawner_arg arg = {*limits, own, abis};

    spawner->standby.answered = on_answer;
    spawner->standby.lost = on_lost;
    spawner->standby.user = spawner;
    return standby_start(&spawner->standby, event, spawner_main, &arg);
}

void spawner_stop(struct spawner *spawner)
{
    standby_stop(&spawner->standby);
}

bool spawner_is_alive(const struct spawner *spawner)
{
    return spawner->standby.active;
}

int spawner_request(struct spawner *spawner)
{
    return standby_request(&spawner->standby, SPAWNER_WORKER, NULL, 0);
}

int spawner_request_sink(struct spawner *spawner)
{
    return standby_request(&spawner->standby, SPAWNER_SINK, NULL, 0);
}

int spawner_kill(struct spawner *spawner, int pidfd)
{
    return standby_request(&spawner->standby, SPAWNER_KILL, &pidfd, 1);
}
