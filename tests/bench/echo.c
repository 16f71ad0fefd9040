/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bare server: accept, then receive and answer with blocking calls until the client closes. Or,
 * for many at once, the same for each connection that epoll says has something to read.
 */
#include "config.h"

#include "tests/bench/echo.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/protocol.h"
#include "util/cleanup.h"
#include "util/packet.h"

enum {
    EVENTS = 64,
};

static int echo_listen(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_close int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (sock < 0)
        return -errno;
    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    if (bind(sock, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(sock, SOMAXCONN) < 0)
        return -errno;
    return steal_fd(&sock);
}

/* Answers one packet. Returns false where the connection has ended. */
static bool echo_answer(const struct echo *echo, int sock)
{
    static unsigned char request[WIRE_MAX_REQUEST];
    static unsigned char reply[WIRE_MAX_REPLY];
    struct iovec iov = {reply, echo->reply_size};

    return recv(sock, request, sizeof(request), 0) > 0 &&
           packet_send(sock, &iov, 1, &echo->fd, echo->fd >= 0, 0) == 0;
}

static _Noreturn void echo_serve(const struct echo *echo, int listener)
{
    for (;;) {
        cleanup_close int sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (sock < 0)
            _exit(1);
        while (echo_answer(echo, sock))
            ;
    }
}

static _Noreturn void echo_serve_many(const struct echo *echo, int listener)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[EVENTS];
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0)
        _exit(1);
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, -1);

        if (n < 0)
            _exit(1);
        for (int i = 0; i < n; i++) {
            int sock = events[i].data.fd;

            if (sock != listener) {
                if (!echo_answer(echo, sock))
                    close(sock);
                continue;
            }
            event.data.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            if (event.data.fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event) < 0)
                _exit(1);
        }
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
    if (echo->many)
        echo_serve_many(echo, listener);
    echo_serve(echo, listener);
}
