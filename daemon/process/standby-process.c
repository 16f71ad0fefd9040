/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the processes behind standby.h do: they answer, and make siblings. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/process/sandbox.h"
#include "daemon/process/standby.h"
#include "util/packet.h"

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

int standby_answer(uint32_t kind, int32_t value, const int *fd)
{
    struct standby_answer answer = {.kind = kind, .value = value};
    const struct iovec iov = {&answer, sizeof(answer)};

    return packet_send(SANDBOX_SOCKET, &iov, 1, fd, fd ? 1 : 0, 0);
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

int standby_bear(uint32_t kind, pid_t parent)
{
    int r, socks[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) < 0)
        return standby_answer(kind, -errno, NULL) < 0 ? -EPIPE : 1;
    pid = fork_sibling();
    if (pid == 0) {
        if (begin(socks, parent) < 0)
            _exit(EXIT_FAILURE);
        return 0;
    }
    close(socks[1]);
    r = standby_answer(kind, pid, pid > 0 ? &socks[0] : NULL);
    close(socks[0]);
    return r < 0 ? r : 1;
}
