/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clients: one thread, one epoll instance, connections that take turns. */
#include "tests/bench/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 1024,
    EVENTS = 64,
    HANG_MSEC = 20000,
};

struct connection {
    int fd;
    int64_t sent_ns;
};

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int load_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd, r;

    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    r = -errno;
    close(fd);
    return r;
}

static int ask(const struct load *load, struct connection *connection)
{
    connection->sent_ns = now();
    return send(connection->fd, load->request, load->request_size, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

ssize_t load_take_answer(int fd, void *reply, size_t size)
{
    union {
        struct cmsghdr header;
        unsigned char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = {reply, size};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof(control)};
    ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
    struct cmsghdr *cmsg = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);

    if (cmsg && cmsg->cmsg_type == SCM_RIGHTS) {
        int received;

        memcpy(&received, CMSG_DATA(cmsg), sizeof(received));
        close(received);
    }
    return n < 0 ? -errno : n;
}

static int run(struct load *load, struct connection *connections, int epoll)
{
    static unsigned char reply[64 * 1024];
    size_t sent = 0, answered = 0;
    int r = 0;

    for (unsigned i = 0; i < load->connections && sent < load->requests && r == 0; i++, sent++)
        r = ask(load, &connections[i]);
    while (answered < load->requests && r == 0) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(epoll, events, EVENTS, HANG_MSEC);

        if (n <= 0)
            return n < 0 ? -errno : -ETIMEDOUT;
        for (int i = 0; i < n && r == 0; i++) {
            struct connection *connection = events[i].data.ptr;
            ssize_t size = load_take_answer(connection->fd, reply, sizeof(reply));

            r = size > 0 ? 0 : size < 0 ? (int)size : -EPIPE;
            load->ns[answered++] = now() - connection->sent_ns;
            if (r == 0 && sent < load->requests) {
                r = ask(load, connection);
                sent++;
            }
        }
    }
    return r;
}

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int load_run(struct load *load)
{
    static struct connection connections[CONNECTIONS_MAX];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    unsigned n = 0;
    int r = load->connections > CONNECTIONS_MAX ? -EINVAL : epoll < 0 ? -errno : 0;
    int64_t start;

    while (r == 0 && n < load->connections) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[n]};

        connections[n].fd = load_connect(load->path);
        if (connections[n].fd < 0)
            r = connections[n].fd;
        else if (epoll_ctl(epoll, EPOLL_CTL_ADD, connections[n++].fd, &event) < 0)
            r = -errno;
    }
    start = now();
    if (r == 0)
        r = run(load, connections, epoll);
    load->total_ns = now() - start;
    for (unsigned i = 0; i < n; i++)
        close(connections[i].fd);
    close(epoll);
    if (r == 0)
        qsort(load->ns, load->requests, sizeof(*load->ns), by_value);
    return r;
}

double load_quantile(const struct load *load, double fraction)
{
    return (double)load->ns[(size_t)((double)(load->requests - 1) * fraction)] / 1e3;
}
