/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sends and receives packets with fds on a SOCK_SEQPACKET socket; nothing else here does. A signal
 * does not interrupt these calls.
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
 * The same from a peer whose fds are not wanted. This process does not take them, since it would
 * have to close them, and the maker of an fd decides how long that takes (a file of FUSE).
 * *ATTACHED says whether there were fds or other ancillary data; that is no error here.
 */
ssize_t packet_recv_bare(int sock, void *buf, size_t size, bool *attached, int flags);

/*
 * Sets whether SOCK takes packets with fds from its peer, or, for a listening socket, whether its
 * new connections do. If not, the peer's send fails with EPERM. (Dropping such a packet is no way
 * out: it takes as long as closing its fds, which can be a TCP socket with SO_LINGER.) Returns 0,
 * or -ENOPROTOOPT before Linux 6.16: there, fds are always taken.
 */
int packet_pass_fds(int sock, bool pass);

/* Whether SOCK takes packets with fds from its peer; before Linux 6.16 every socket does. */
bool packet_takes_fds(int sock);

#endif
