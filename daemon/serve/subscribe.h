/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SUBSCRIBE: the last changes of profiles, in a ring, and the clients that hear of them. Each one
 * has its own place in the ring, so a slow client costs nothing; one that the ring overtakes is
 * told that it lost something.
 */
#ifndef DAEMON_SERVE_SUBSCRIBE_H
#define DAEMON_SERVE_SUBSCRIBE_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/filters/registry.h"
#include "daemon/serve/client.h"
#include "protocol/protocol.h"

struct daemon;

enum {
    CHANGES_KEPT = 512,
};

/* A change, and who may hear of it. */
struct change {
    uint64_t generation;
    uint8_t digest[DIGEST_SIZE];
    uint32_t kind; /* as in struct wire_change; never WIRE_CHANGE_LOST */
    char name[WIRE_NAME_SIZE];
    struct entry_access before; /* who knew the profile before it */
    struct entry_access after;
};

struct changes {
    struct change ring[CHANGES_KEPT];
    uint64_t n;                 /* changes since the start; the last one is at (n - 1) % KEPT */
    struct client_list clients; /* linked by wait_link */
    size_t n_clients;
    sd_event_source *push;
};

/* Returns 0 or -errno. */
int changes_start(struct daemon *daemon);
void changes_stop(struct daemon *daemon);

/* ENTRY, which BEFORE could see, came into the state that it is in now. */
void changes_note(struct daemon *daemon, const struct profile_entry *entry,
                  const struct entry_access *before);

/* ENTRY is about to be removed. */
void changes_note_gone(struct daemon *daemon, const struct profile_entry *entry);

/* Answers CLIENT's SUBSCRIBE. CLIENT may have ended afterwards. */
void subscribe_begin(struct daemon *daemon, struct client *client);

/* Takes CLIENT out of those that hear of changes. */
void subscribe_end(struct client *client);

/* Sends CLIENT what it has not heard of, as far as its socket has room. CLIENT may have ended
 * afterwards. */
void subscribe_push(struct client *client);

#endif
