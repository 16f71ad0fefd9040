/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One table: which request is for whom, and which handler answers it. */
#include "daemon/serve/dispatch.h"

#include "daemon/serve/answer.h"
#include "daemon/serve/fetch.h"
#include "daemon/serve/list.h"
#include "daemon/serve/reload.h"
#include "daemon/serve/status.h"
#include "daemon/serve/subscribe.h"
#include "protocol/codec.h"
#include "util/cleanup.h"

enum right {
    RIGHT_ANYONE,     /* what it says may still depend on the client */
    RIGHT_ADMINISTER, /* root and the daemon's own user */
};

/* Indexed by opcode. The lengths were checked by protocol/codec.c, whose table is their place. */
static const struct {
    enum right right;
    handle_fn *handle;
} operations[] = {
    [WIRE_GET] = {RIGHT_ANYONE, fetch_get},
    [WIRE_LIST] = {RIGHT_ANYONE, list_handle},
    [WIRE_STATUS] = {RIGHT_ANYONE, status_handle},
    [WIRE_RELOAD] = {RIGHT_ADMINISTER, reload_handle},
    [WIRE_SUBSCRIBE] = {RIGHT_ANYONE, subscribe_handle},
    [WIRE_COMPILE] = {RIGHT_ADMINISTER, fetch_compile},
};

void dispatch(struct handlers *handlers, struct asker *asker, const union wire_request *request,
              struct answer *answer)
{
    const uint16_t opcode = request->header.opcode;

    answer_begin(answer);
    if (opcode >= ARRAY_SIZE(operations) || !operations[opcode].handle)
        answer_refuse(answer, WIRE_WHY_OPCODE, "%s", "");
    else if (operations[opcode].right == RIGHT_ADMINISTER && !asker->trusted)
        answer_refuse(answer, WIRE_WHY_NOT_ADMIN, "this is for root and uid %u", handlers->own_uid);
    else
        operations[opcode].handle(handlers, asker, request, answer);
}

struct profile_entry *dispatch_find_profile(const struct handlers *handlers,
                                            const struct asker *asker, const char *name,
                                            struct answer *answer)
{
    struct profile_entry *entry = registry_find(&handlers->service->registry, name);

    if (entry && entry_may_read(entry, &asker->peer))
        return entry;
    answer_refuse(answer, WIRE_WHY_NO_PROFILE, "%s", "");
    return NULL;
}
