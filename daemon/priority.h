/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order in which the event loop takes what is due at the same time: what others wait for goes
 * before the clients (0), so that many of them cannot hold it up. It is bounded by itself.
 */
#ifndef DAEMON_PRIORITY_H
#define DAEMON_PRIORITY_H

enum {
    PRIORITY_PROCESS_ENDED = -20, /* before anything is sent to that process */
    PRIORITY_STRAYS = -19,        /* behind it: those that nobody knows */
    PRIORITY_COMPILES = -10,
};

#endif
