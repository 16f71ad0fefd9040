/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The spawner process, and the main process's end of it. */
#include "daemon/process/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/kernel-version.h"
#include "compiler/facts/syscalls.h"
#include "daemon/process/sandbox.h"
#include "daemon/process/sink.h"
#include "util/cleanup.h"
#include "util/packet.h"

enum {
    SPAWNER_KILL = SPAWNER_KINDS, /* a request for the worker whose pidfd comes along; no answer */
};

struct request {
    uint32_t kind;
};

/* What it says of each process that it was asked for, whose socket comes along. */
struct answer {
    uint32_t kind;
    int32_t pid; /* or -errno */
};

/* What the process has. */
struct family {
    const struct spawner_arg *given;
    pid_t parent; /* the main process */
    struct syscalls *syscalls;
    abi_set missing; /* whose tables are not in it yet */
    const struct target *host;
    uint32_t kernel;
};

/*
 * Forks a sibling: a child of the main process. Not through fork(3), which cannot do that; there is
 * only one thread here, and no lock that it could have left locked. Nor through clone3(2):
 * systemd's RestrictNamespaces= and container runtimes answer it with ENOSYS.
 */
static pid_t fork_sibling(void)
{
#if defined(__s390__)
    long pid = syscall(SYS_clone, NULL, (long)CLONE_PARENT, NULL, NULL, 0L);
#else
    long pid = syscall(SYS_clone, (long)CLONE_PARENT, NULL, NULL, NULL, 0L);
#endif

    return pid < 0 ? -errno : (pid_t)pid;
}

/* The sibling's first steps: with its own socket, and with an end when its parent ends. */
static int begin(const int socks[2], pid_t parent)
{
    if (dup3(socks[1], SANDBOX_SOCKET, O_CLOEXEC) < 0)
        return -errno;
    close(socks[0]);
    close(socks[1]);
    return sandbox_die_with(parent);
}

static _Noreturn void live(const struct family *family, uint32_t kind)
{
    if (kind == SPAWNER_SINK)
        sink_main();
    worker_main(&family->given->limits, family->given->own, family->syscalls, family->host,
                family->kernel);
}

/* Makes a process of KIND, and tells of it. Returns false where the main process is gone. */
static bool make(const struct family *family, uint32_t kind)
{
    struct answer answer = {.kind = kind};
    const struct iovec iov = {&answer, sizeof(answer)};
    int r, socks[2] = {-1, -1};

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) < 0) {
        answer.pid = -errno;
        return packet_send(SANDBOX_SOCKET, &iov, 1, NULL, 0, 0) == 0;
    }
    answer.pid = fork_sibling();
    if (answer.pid == 0) {
        if (begin(socks, family->parent) < 0)
            _exit(EXIT_FAILURE);
        live(family, kind);
    }
    close(socks[1]);
    r = packet_send(SANDBOX_SOCKET, &iov, 1, socks, answer.pid > 0, 0);
    close(socks[0]);
    if (r == 0 || answer.pid <= 0)
        return r == 0;
    /* Too many fds are on their way, perhaps. The process ends without a peer: see strays.h. */
    answer.pid = r;
    return packet_send(SANDBOX_SOCKET, &iov, 1, NULL, 0, 0) == 0;
}

/* Makes the table of ABI, for all workers to come. What cannot be made now they make themselves. */
static void warm(struct family *family, enum abi_id abi)
{
    uint32_t nr;

    (void)syscalls_number(family->syscalls, abi, "read", &nr);
    family->missing &= ~((abi_set)1 << abi);
}

/*
 * Receives a request. As long as there is none it makes the tables that are missing, one at a time:
 * who waits for a worker waits for none of them.
 */
static ssize_t receive(struct family *family, struct request *request, int *fd)
{
    size_t n_fds;
    ssize_t len = -EAGAIN;

    for (int abi = 0; family->missing && abi < ABI_COUNT; abi++) {
        if (!(family->missing & (abi_set)1 << abi))
            continue;
        len = packet_recv(SANDBOX_SOCKET, request, sizeof(*request), fd, 1, &n_fds, MSG_DONTWAIT);
        if (len != -EAGAIN)
            return len;
        warm(family, (enum abi_id)abi);
    }
    return packet_recv(SANDBOX_SOCKET, request, sizeof(*request), fd, 1, &n_fds, 0);
}

/* Does what the next request asks for. Returns false at the end. */
static bool obey(struct family *family)
{
    struct request request;
    cleanup_close int fd = -1;

    if (receive(family, &request, &fd) != sizeof(request))
        return false;
    if (request.kind < SPAWNER_KINDS)
        return make(family, request.kind);
    if (request.kind == SPAWNER_KILL)
        (void)syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
    return request.kind == SPAWNER_KILL;
}

static void spawner_main(int sock, pid_t parent, const void *arg)
{
    struct family family = {
        .given = arg, .parent = parent, .host = target_host(), .kernel = kernel_version_host()};

    family.missing = family.given->abis;
    family.syscalls = syscalls_new();
    if (!family.syscalls)
        return;
    for (size_t i = 0; i < family.host->n_abis; i++)
        warm(&family, family.host->abis[i]);
    sandbox_go_first(WORKER_OOM_SCORE);
    if (worker_confine_family(sock, parent, family.given->own) < 0)
        return;
    while (obey(&family))
        ;
}

static void lose(struct spawner *spawner, const char *why)
{
    child_drop(&spawner->child);
    spawner->lost(spawner->user, why);
}

static void on_spoke(void *user)
{
    struct spawner *spawner = user;
    struct answer answer;
    cleanup_close int sock = -1;
    ssize_t len = child_receive(&spawner->child, &answer, sizeof(answer), &sock);

    if (len == -EAGAIN)
        return;
    /* All of the answer is there but its fd. What was made ends without a peer: see strays.h. */
    if (len == -EMFILE)
        answer.pid = -EMFILE;
    if ((len != sizeof(answer) && len != -EMFILE) || answer.kind >= SPAWNER_KINDS ||
        spawner->n_asked == 0 || (answer.pid > 0) != (sock >= 0) || answer.pid == 0) {
        lose(spawner, "sent nonsense");
        return;
    }
    spawner->n_asked--;
    spawner->owners[answer.kind].made(spawner->owners[answer.kind].user,
                                      sock >= 0 ? steal_fd(&sock) : answer.pid, answer.pid);
}

static void on_ended(void *user, const char *why)
{
    lose(user, why);
}

/* Nobody makes or kills workers meanwhile, and there is no other way to. */
static void on_stopped(void *user)
{
    lose(user, "was stopped by a signal");
}

int spawner_start(struct spawner *spawner, struct children *children, const struct spawner_arg *arg)
{
    static const struct child_events events = {on_spoke, on_ended, on_stopped, NULL};

    return child_fork(&spawner->child, children, spawner_main, arg, &events, spawner);
}

void spawner_stop(struct spawner *spawner)
{
    child_drop(&spawner->child);
}

static int ask(const struct spawner *spawner, uint32_t kind, const int *fd)
{
    const struct request request = {.kind = kind};
    const struct iovec iov = {(void *)&request, sizeof(request)};

    return child_send(&spawner->child, &iov, 1, fd, fd != NULL);
}

int spawner_request(struct spawner *spawner, enum spawner_kind kind)
{
    int r = ask(spawner, kind, NULL);

    spawner->n_asked += r == 0;
    return r;
}

int spawner_kill(struct spawner *spawner, const struct child *worker)
{
    int pidfd = sd_event_source_get_child_pidfd(worker->reaper);

    return pidfd < 0 ? pidfd : ask(spawner, SPAWNER_KILL, &pidfd);
}
