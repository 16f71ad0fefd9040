/*
 * The one place where packets and fds cross a SOCK_SEQPACKET socket.
 */
#ifndef UTIL_PACKET_H
#define UTIL_PACKET_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

enum {
    PACKET_MAX_FDS = 8, /* most that one packet carries here; surplus fds that arrive are closed */
};

/*
 * Sends the N_IOV parts as one packet with N_FDS fds (borrowed), without SIGPIPE. FLAGS are added to
 * sendmsg(2)'s. Returns 0, or -errno (-EAGAIN: a non-blocking socket is full; nothing was sent).
 */
int packet_send(int sock, const struct iovec *iov, size_t n_iov, const int *fds, size_t n_fds,
    int flags);

/*
 * Receives one packet of up to SIZE bytes into BUF. Up to MAX_FDS fds go to FDS, close-on-exec and
 * owned by the caller; their number goes to *N_FDS. More fds than that are closed.
 * Returns the packet's length (0: the peer closed), or -errno; -EMSGSIZE where the packet was longer
 * than SIZE, -EBADMSG where it brought more fds or other ancillary data than allowed: then no fd
 * is left open.
 */
ssize_t packet_recv(int sock, void *buf, size_t size, int *fds, size_t max_fds, size_t *n_fds,
    int flags);

#endif
