/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stream of changes: a handle of its own, on which the daemon sends packets without a request.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/libsecprof/connection.h"
#include "client/libsecprof/secprof.h"
#include "protocol/codec.h"
#include "protocol/order.h"
#include "util/cleanup.h"
#include "util/deadline.h"

static_assert((int)SECPROF_CHANGE_SERVED == (int)WIRE_PROFILE_SERVED, "kind");
static_assert((int)SECPROF_CHANGE_STALE == (int)WIRE_PROFILE_STALE, "kind");
static_assert((int)SECPROF_CHANGE_BROKEN == (int)WIRE_PROFILE_BROKEN, "kind");
static_assert((int)SECPROF_CHANGE_GONE == (int)WIRE_CHANGE_GONE, "kind");
static_assert((int)SECPROF_CHANGE_LOST == (int)WIRE_CHANGE_LOST, "kind");

struct secprof_changes {
    struct secprof *handle;
    struct wire_header subscribed; /* of the request */
    struct wire_change packet;     /* that CHANGE points into */
    struct secprof_change change;
};

int secprof_subscribe(struct secprof *handle, struct secprof_changes **changes)
{
    cleanup_free struct secprof_changes *made = NULL;
    union wire_request request = {0};
    size_t len;
    int timeout_ms, r;

    if (changes)
        *changes = NULL;
    if (!handle || !changes)
        return -EINVAL;
    made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    hold(handle);
    connection_forget_refusal(handle);
    timeout_ms = handle->timeout_ms;
    r = secprof_open(&made->handle, handle->address.sun_path, timeout_ms);
    if (r < 0)
        return r;
    if (handle->n_users > 0)
        r = secprof_trust_only(made->handle, handle->users, handle->n_users);
    if (r < 0) {
        secprof_close(made->handle);
        return r;
    }
    wire_request_header(&request.header, WIRE_SUBSCRIBE, sizeof(request.subscribe), 0);
    r = connection_call(made->handle, &request, &len, NULL);
    if (r < 0) {
        memcpy(handle->message, made->handle->message, sizeof(handle->message));
        handle->refusal = made->handle->refusal;
        secprof_close(made->handle);
        return r;
    }
    made->subscribed = request.header;
    *changes = steal_ptr(&made);
    return 0;
}

int secprof_changes_fd(const struct secprof_changes *changes)
{
    return changes ? changes->handle->sock : -EINVAL;
}

int secprof_changes_next(struct secprof_changes *changes, int timeout_ms,
                         const struct secprof_change **change)
{
    struct wire_change *packet;
    int64_t deadline;
    int r;

    if (change)
        *change = NULL;
    if (!changes || !change || (timeout_ms < 0 && timeout_ms != SECPROF_NO_TIMEOUT))
        return -EINVAL;
    packet = &changes->packet;
    deadline = deadline_after(timeout_ms);
    do {
        ssize_t len = connection_receive(changes->handle, deadline);

        if (len <= 0)
            return (int)len;
        wire_change_to_host(changes->handle->reply, (size_t)len);
        r = wire_change_check(packet, &changes->subscribed, changes->handle->reply, (size_t)len);
    } while (r == WIRE_CHANGE_UNKNOWN);
    if (r < 0)
        return r;
    changes->change = (struct secprof_change){
        .name = packet->entry.name,
        .generation = packet->generation,
        .kind = packet->kind,
    };
    memcpy(changes->change.digest, packet->entry.digest, sizeof(packet->entry.digest));
    *change = &changes->change;
    return 1;
}

void secprof_changes_close(struct secprof_changes *changes)
{
    if (!changes)
        return;
    secprof_close(changes->handle);
    free(changes);
}
