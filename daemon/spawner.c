/* The spawner process, and the main process's end of it. */
#include "daemon/spawner.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/sandbox.h"
#include "util/cleanup.h"
#include "util/packet.h"

/* What the spawner answers to a packet of one byte; the new worker's socket comes along. */
struct spawned {
    int32_t error; /* 0 or -errno */
    int32_t pid;
};

/* What a spawner and all its workers have. */
struct nursery {
    pid_t parent; /* the main process */
    struct worker_limits limits;
    struct syscalls *syscalls;
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

/* Answers a request: the worker PID with its socket SOCK (borrowed), or -errno in PID. */
static int answer(pid_t pid, int sock)
{
    struct spawned spawned = {.error = pid < 0 ? pid : 0, .pid = pid < 0 ? 0 : pid};
    const struct iovec iov = {&spawned, sizeof(spawned)};

    return packet_send(SANDBOX_SOCKET, &iov, 1, &sock, pid > 0, 0);
}

static int spawn(const struct nursery *nursery)
{
    int r, socks[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) < 0)
        return answer(-errno, -1);
    pid = fork_sibling();
    if (pid == 0)
        worker_main(socks[1], nursery->parent, &nursery->limits, nursery->syscalls);
    close(socks[1]);
    r = answer(pid, socks[0]);
    close(socks[0]);
    return r;
}

static _Noreturn void spawner_main(int sock, pid_t parent, const struct worker_limits *limits)
{
    struct nursery nursery = {.parent = parent, .limits = *limits};
    int r = sandbox_keep_only(&sock, 1);
    uint32_t nr;

    if (r == 0)
        r = sandbox_become_nobody();
    if (r == 0)
        r = sandbox_die_with(parent);
    if (r == 0)
        r = sandbox_no_new_privileges();
    nursery.syscalls = syscalls_new();
    if (r < 0 || !nursery.syscalls)
        _exit(EXIT_FAILURE);
    /* Each worker starts with the tables of the host's ABIs, without having to build them. */
    for (size_t i = 0; i < target_host()->n_abis; i++)
        (void)syscalls_number(nursery.syscalls, target_host()->abis[i], "read", &nr);
    for (;;) {
        char request;
        size_t n_fds;

        if (packet_recv(SANDBOX_SOCKET, &request, sizeof(request), NULL, 0, &n_fds, 0) != 1 ||
            spawn(&nursery) < 0)
            _exit(EXIT_SUCCESS);
    }
}

static void close_process(struct spawner *spawner)
{
    spawner->io = sd_event_source_disable_unref(spawner->io);
    if (spawner->sock >= 0)
        close(spawner->sock);
    spawner->sock = -1;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *user)
{
    struct spawner *spawner = user;
    cleanup_close int sock = -1;
    struct spawned answer;
    size_t n_fds;
    ssize_t len = packet_recv(fd, &answer, sizeof(answer), &sock, 1, &n_fds, MSG_DONTWAIT);

    (void)source;
    (void)revents;
    if (len == -EAGAIN)
        return 0;
    if (len == -EMFILE)
        answer.error = -EMFILE;
    else if (len != sizeof(answer) || (answer.error == 0) != (n_fds == 1)) {
        close_process(spawner);
        spawner->born(spawner->user, -EPIPE, 0);
        return 0;
    }
    spawner->born(spawner->user, answer.error < 0 ? answer.error : steal_fd(&sock), answer.pid);
    return 0;
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *user)
{
    struct spawner *spawner = user;
    bool was_open = spawner->sock >= 0;

    (void)info;
    sd_event_source_disable_unref(source);
    spawner->child = NULL;
    close_process(spawner);
    if (was_open)
        spawner->born(spawner->user, -EPIPE, 0);
    return 0;
}

int spawner_start(struct spawner *spawner, sd_event *event, const struct worker_limits *limits)
{
    pid_t pid, parent = getpid();
    int socks[2], r;

    spawner->event = event;
    spawner->limits = *limits;
    spawner->sock = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) < 0)
        return -errno;
    pid = fork();
    if (pid < 0) {
        r = -errno;
        close(socks[0]);
        close(socks[1]);
        return r;
    }
    if (pid == 0)
        spawner_main(socks[1], parent, limits);
    close(socks[1]);
    spawner->sock = socks[0];
    r = sd_event_add_child(event, &spawner->child, pid, WEXITED, on_child, spawner);
    if (r >= 0)
        r = sd_event_add_io(event, &spawner->io, spawner->sock, EPOLLIN, on_io, spawner);
    if (r < 0)
        spawner_stop(spawner);
    return r < 0 ? r : 0;
}

void spawner_stop(struct spawner *spawner)
{
    if (!spawner->event)
        return;
    close_process(spawner);
    spawner->child = sd_event_source_disable_unref(spawner->child);
}

int spawner_request(struct spawner *spawner)
{
    const char request = 'w';
    const struct iovec iov = {(void *)&request, sizeof(request)};

    if (spawner->sock < 0)
        return -EPIPE;
    return packet_send(spawner->sock, &iov, 1, NULL, 0, MSG_DONTWAIT);
}
