/*
 * The bare server: accept, then receive and answer with blocking calls until the client closes.
 */
#include "config.h"

#include "tests/bench/echo.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/protocol.h"
#include "util/cleanup.h"
#include "util/packet.h"

static int echo_listen(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_close int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (sock < 0)
        return -errno;
    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    if (bind(sock, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(sock, 8) < 0)
        return -errno;
    return steal_fd(&sock);
}

static void echo_serve(const struct echo *echo, int sock)
{
    static unsigned char request[WIRE_MAX_REQUEST];
    static unsigned char reply[WIRE_MAX_REPLY];
    struct iovec iov = {reply, echo->reply_size};

    for (;;) {
        ssize_t n = recv(sock, request, sizeof(request), 0);

        if (n <= 0 || packet_send(sock, &iov, 1, &echo->fd, echo->fd >= 0, 0) < 0)
            return;
    }
}

pid_t echo_start(const struct echo *echo)
{
    pid_t parent = getpid();
    cleanup_close int listener = echo_listen(echo->path);
    pid_t child;

    if (listener < 0)
        return listener;
    child = fork();
    if (child != 0)
        return child < 0 ? -errno : child;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent)
        _exit(1);
    for (;;) {
        cleanup_close int sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (sock < 0)
            _exit(1);
        echo_serve(echo, sock);
    }
}
