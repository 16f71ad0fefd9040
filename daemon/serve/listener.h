/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the listening socket comes from: the service manager, or a path. */
#ifndef DAEMON_SERVE_LISTENER_H
#define DAEMON_SERVE_LISTENER_H

#include <sys/types.h>

enum {
    LISTENER_WHY_SIZE = 256,
    /*
     * Connections that wait to be accepted. Where there are as many, the kernel has each process
     * that connects wait for its turn: whoever connects all the time keeps this many places, and
     * everybody else waits behind them: with SERVER_USELESS_MAX some 8 ms. secprofd.socket has the
     * same number.
     */
    LISTENER_BACKLOG = 64,
};

/* The directory entry of a socket that was made here. */
struct listener_entry {
    char *path; /* owned; NULL: there is none */
    dev_t device;
    ino_t inode;
};

/*
 * Makes a listening SOCK_SEQPACKET socket at PATH, to which everybody may connect; who gets what is
 * decided later. The last directory of PATH is made where it is missing. A socket on which nobody
 * listens any more is replaced; whatever else is at PATH stays. Returns the fd and fills ENTRY; or
 * -errno, and in WHY what is wrong.
 */
int listener_make(const char *path, struct listener_entry *entry, char why[LISTENER_WHY_SIZE]);

/*
 * Looks whether somebody listens at PATH, or something else is there: then listener_make() would
 * fail. Returns 0 or -errno, and in WHY what is wrong.
 */
int listener_check(const char *path, char why[LISTENER_WHY_SIZE]);

/* Takes the one socket that the service manager passed, after checking its kind. As above. */
int listener_take(char why[LISTENER_WHY_SIZE]);

/* Removes the directory entry, if it is still the one that was made. The socket has to be open
 * still. */
void listener_remove(struct listener_entry *entry);

#endif
