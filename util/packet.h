/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one place where packets and fds cross a SOCK_SEQPACKET socket. Both calls start again where a
 * signal interrupts them.
 */
#ifndef UTIL_PACKET_H
#define UTIL_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

enum {
    PACKET_MAX_FDS = 8, /* most that one packet carries here */
};

/*
 * Sends the N_IOV parts as one packet with N_FDS fds (borrowed), without SIGPIPE. FLAGS are added
 * to sendmsg(2)'s. Returns 0, or -errno (-EAGAIN: a non-blocking socket is full; nothing was sent;
 * -EINVAL: an empty packet, or more than PACKET_MAX_FDS fds).
 */
int packet_send(int sock, const struct iovec *iov, size_t n_iov, const int *fds, size_t n_fds,
                int flags);

/*
 * Receives one packet of up to SIZE bytes into BUF. Up to MAX_FDS fds (at most PACKET_MAX_FDS) go
 * to FDS, close-on-exec and owned by the caller; their number goes to *N_FDS. FLAGS are added to
 * recvmsg(2)'s. Returns the packet's length (0: the peer closed, or sent an empty packet), or
 * -errno; then no fd is left open:
 *   -EMSGSIZE  the packet was longer than SIZE; its first SIZE bytes are in BUF
 *   -EBADMSG   it brought more fds than MAX_FDS, or other ancillary data
 *   -EMFILE    this process could not take the fds that it brought
 */
ssize_t packet_recv(int sock, void *buf, size_t size, int *fds, size_t max_fds, size_t *n_fds,
                    int flags);

/*
 * The same from a peer whose fds are not wanted: they never become this process's, which would have
 * to close them, and a close takes as long as whoever made the fd wants (a file of FUSE). *ATTACHED
 * says whether there were any, or other ancillary data: that is no error here.
 */
ssize_t packet_recv_bare(int sock, void *buf, size_t size, bool *attached, int flags);

/*
 * Sets whether SOCK takes packets with fds from its peer, or, for a socket that listens, whether
 * its connections do at first. One that does not lets the peer's send fail (EPERM). Even throwing
 * away a packet takes as long as the close of its fds (a TCP socket with SO_LINGER). Returns 0, or
 * -ENOPROTOOPT before Linux 6.16: then fds are always taken.
 */
int packet_pass_fds(int sock, bool pass);

/* Whether SOCK takes packets with fds from its peer; before Linux 6.16 each one does. */
bool packet_takes_fds(int sock);

#endif
