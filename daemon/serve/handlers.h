/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the handlers of requests use, and who asks. A handler reads one request and fills in an
 * answer: no socket, no event loop.
 */
#ifndef DAEMON_SERVE_HANDLERS_H
#define DAEMON_SERVE_HANDLERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/budget.h"
#include "daemon/files/access.h"
#include "daemon/filters/service.h"
#include "daemon/serve/users.h"
#include "protocol/protocol.h"

struct answer;
union wire_request;

/* See struct wire_daemon_status for what each one counts. */
struct serve_numbers {
    uint64_t requests;
    uint64_t refused;
    uint64_t memory_hits;
    uint32_t limited;
    uint32_t connections; /* without those over a limit */
    uint32_t connections_refused;
    uint32_t connections_idle;
    uint32_t waiting;
    uint32_t subscribers;
};

struct handlers {
    /* Set by the owner. */
    struct service *service;
    const struct target *const *targets; /* those that are served */
    size_t n_targets;
    uid_t own_uid; /* the daemon's user, who may administer it as root may */
    size_t max_subscribers;
    struct budget compiles; /* that one user may cause */
    /* Reads all profiles anew, and tries again what failed. Returns the number of the scan. */
    uint64_t (*reload)(void *user);
    /* Fills in those numbers of the daemon that are neither the service's nor this room's. */
    void (*gather)(void *user, struct wire_daemon_status *status);
    void *user;

    struct wire_limits limits;            /* that of profiles is set by the owner */
    uint8_t instance[WIRE_INSTANCE_SIZE]; /* all 0: it is not known */
    struct serve_numbers numbers;
    struct users subscribers;
};

/* Who asks, and how far the request is. */
struct asker {
    struct peer peer;
    bool trusted;           /* may administer the daemon */
    unsigned waits;         /* how often this request has waited */
    int fd;                 /* that came with it, borrowed; -1: none, or it was looked at */
    struct source *content; /* what a COMPILE made of it: a reference, until it is answered */
};

typedef void handle_fn(struct handlers *handlers, struct asker *asker,
                       const union wire_request *request, struct answer *answer);

/*
 * How much of a limit of MAX a client may help to use up: the last eighth is kept for those who may
 * administer the daemon (TRUSTED). What starts containers runs as root, and one person can have
 * many uids.
 */
static inline size_t handlers_share(size_t max, bool trusted)
{
    return trusted ? max : max - max / 8;
}

#endif
