/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets and their fds on a SOCK_SEQPACKET socket. Whatever a peer sends, no fd stays open that
 * the caller does not know about.
 */
#include "util/packet.h"

#include <errno.h>
#include <stdalign.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_PASSRIGHTS /* asm/socket.h, since 6.16 */
#ifdef __hppa__
#define SO_PASSRIGHTS 0x4051
#else
#define SO_PASSRIGHTS 83
#endif
#endif

/* recvmsg(2) and sendmsg(2) want the control data aligned as its header is. */
union control {
    alignas(struct cmsghdr) unsigned char bytes[CMSG_SPACE(sizeof(int) * PACKET_MAX_FDS)];
    struct cmsghdr header;
};

/* The fds that one packet brought, all of them ours to close. */
struct received {
    int fds[PACKET_MAX_FDS];
    size_t n;
};

static void received_close(const struct received *received)
{
    for (size_t i = 0; i < received->n; i++)
        close(received->fds[i]);
}

int packet_send(int sock, const struct iovec *iov, size_t n_iov, const int *fds, size_t n_fds,
                int flags)
{
    union control control = {0};
    struct msghdr msg = {.msg_iov = (struct iovec *)iov, .msg_iovlen = n_iov};
    size_t total = 0;
    ssize_t sent;

    for (size_t i = 0; i < n_iov; i++)
        total += iov[i].iov_len;
    /* The peer could not tell an empty packet from the end of the connection. */
    if (total == 0 || n_fds > PACKET_MAX_FDS)
        return -EINVAL;
    if (n_fds > 0) {
        msg.msg_control = control.bytes;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);

        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

        if (!cmsg)
            return -EINVAL;
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
        memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * n_fds);
    }
    do {
        sent = sendmsg(sock, &msg, flags | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return -errno;
    return (size_t)sent == total ? 0 : -EIO;
}

/* Moves the fds out of MSG's control data. Returns false where there is something else in it. */
static bool received_collect(struct received *received, struct msghdr *msg)
{
    bool clean = true;

    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS ||
            cmsg->cmsg_len < CMSG_LEN(0)) {
            clean = false;
            continue;
        }

        size_t n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        for (size_t i = 0; i < n && received->n < PACKET_MAX_FDS; i++)
            memcpy(&received->fds[received->n++], CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
    }
    return clean;
}

static ssize_t receive(int sock, struct msghdr *msg, int flags)
{
    ssize_t len;

    do {
        len = recvmsg(sock, msg, flags | MSG_CMSG_CLOEXEC);
    } while (len < 0 && errno == EINTR);
    return len < 0 ? -errno : len;
}

ssize_t packet_recv(int sock, void *buf, size_t size, int *fds, size_t max_fds, size_t *n_fds,
                    int flags)
{
    struct received received = {.n = 0};
    union control control = {0};
    struct iovec iov = {.iov_base = buf, .iov_len = size};
    struct msghdr msg = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof(control.bytes),
    };
    ssize_t len = receive(sock, &msg, flags);

    *n_fds = 0;
    if (len < 0)
        return len;

    bool clean = received_collect(&received, &msg);
    ssize_t r = len;

    /* Cut short although there was room: the kernel could not open the fds in this process. */
    if ((msg.msg_flags & MSG_CTRUNC) && clean && received.n < PACKET_MAX_FDS &&
        received.n < max_fds)
        r = -EMFILE;
    else if (!clean || (msg.msg_flags & MSG_CTRUNC) || received.n > max_fds ||
             (len == 0 && received.n > 0))
        r = -EBADMSG;
    else if (msg.msg_flags & MSG_TRUNC)
        r = -EMSGSIZE;
    if (r < 0) {
        received_close(&received);
        return r;
    }
    if (received.n > 0)
        memcpy(fds, received.fds, sizeof(int) * received.n);
    *n_fds = received.n;
    return r;
}

ssize_t packet_recv_bare(int sock, void *buf, size_t size, bool *attached, int flags)
{
    struct iovec iov = {.iov_base = buf, .iov_len = size};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t len = receive(sock, &msg, flags);

    *attached = len >= 0 && (msg.msg_flags & MSG_CTRUNC);
    return len >= 0 && (msg.msg_flags & MSG_TRUNC) ? -EMSGSIZE : len;
}

bool packet_takes_fds(int sock)
{
    int value = 1;
    socklen_t size = sizeof(value);

    return getsockopt(sock, SOL_SOCKET, SO_PASSRIGHTS, &value, &size) < 0 || value;
}

int packet_pass_fds(int sock, bool pass)
{
    const int value = pass;

    return setsockopt(sock, SOL_SOCKET, SO_PASSRIGHTS, &value, sizeof(value)) < 0 ? -errno : 0;
}
