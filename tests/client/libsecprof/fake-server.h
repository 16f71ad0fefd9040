/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A secprofd for tests, in a thread: it serves a few profiles, and can be told to misbehave.
 */
#ifndef TESTS_CLIENT_LIBSECPROF_FAKE_SERVER_H
#define TESTS_CLIENT_LIBSECPROF_FAKE_SERVER_H

#include <fcntl.h>
#include <linux/filter.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/libsecprof/secprof.h"
#include "protocol/codec.h"
#include "util/packet.h"

/* The seals that nobody can do without. */
#define FAKE_SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK)

/* A reply that is about to be sent, for a test to spoil. */
struct fake_reply {
    unsigned char bytes[WIRE_MAX_REPLY + 4096];
    size_t len;
    int fds[PACKET_MAX_FDS]; /* closed after the reply went out */
    size_t n_fds;
    int seals;                     /* that its fds get before */
    struct wire_change changes[8]; /* sent behind it; their headers are the test's */
    size_t n_changes;
    bool silent; /* do not send it */
    bool end;    /* end the connection then */
};

struct fake_server;

/* Changes REPLY to REQUEST as the test wants. */
typedef void (*fake_spoil_fn)(struct fake_server *server, const union wire_request *request,
                              struct fake_reply *reply);

struct fake_server {
    char dir[64];
    char path[96];
    int listener;
    int stop[2]; /* a pipe: its end tells the threads to end */
    pthread_t thread;
    _Atomic(fake_spoil_fn) spoil; /* or NULL */
    atomic_int mode;              /* for SPOIL */
    int n_profiles;               /* in lists: p0000, p0001, … */
    atomic_int in_fd;             /* that came with the last request, while it is served */
    atomic_int in_sock;           /* that it came through */
    atomic_int connections;
    atomic_int open; /* of these, now */
    atomic_int requests;
};

/*
 * Starts SERVER anew, at a fresh path, with N_PROFILES in its list; fails the running Check test if
 * that is impossible.
 */
void fake_server_start(struct fake_server *server, int n_profiles);
void fake_server_stop(struct fake_server *server);

/* The header of REPLY. */
struct wire_header *fake_header(struct fake_reply *reply);

/* Makes REPLY an error reply with STATUS and TEXT. */
void fake_error(struct fake_reply *reply, enum wire_status status, const char *text);

/* The filter that SERVER has for NAME: two instructions, the first loads a hash of NAME. */
void fake_filter(const char *name, struct sock_filter filter[2]);

/* Fetches NAME with HANDLE as bytes, and checks that they are what the server has for NAME. Returns
 * what the library did. */
int fake_get(struct secprof *handle, const char *name);

#endif
