/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Picks what a subscriber hears of: what it could ask for. See struct change. */
#include "daemon/serve/subscribe.h"

#include <string.h>

#include "daemon/serve/answer.h"
#include "protocol/codec.h"

/* True where ASKER would be one too many: of all, or of one user, who may be a quarter. */
static bool is_over_limit(const struct handlers *handlers, const struct asker *asker)
{
    const size_t max = handlers->max_subscribers;

    if (handlers->numbers.subscribers >= handlers_share(max, asker->trusted))
        return true;
    return !asker->trusted &&
           users_count(&handlers->subscribers, asker->peer.payer) >= (max + 3) / 4;
}

void subscribe_handle(struct handlers *handlers, struct asker *asker,
                      const union wire_request *request, struct answer *answer)
{
    const struct wire_subscribe_reply reply = {.generation = handlers->service->generation};

    (void)request;
    if (is_over_limit(handlers, asker)) {
        answer_refuse(answer, WIRE_WHY_SUBSCRIBERS, "there are %u subscribers (--max-subscribers)",
                      handlers->numbers.subscribers);
        return;
    }
    answer_reply(answer, &reply, sizeof(reply));
    answer->kind = ANSWER_SUBSCRIBE;
}

/* Fills PACKET with what PEER hears of CHANGE. Returns false where that is nothing. */
static bool tell(const struct peer *peer, const struct change *change, struct wire_change *packet)
{
    struct wire_list_entry *entry = &packet->entry;

    packet->generation = change->generation;
    memcpy(entry->name, change->name, sizeof(entry->name));
    if (entry_access_allows(&change->after, peer)) {
        packet->kind = change->kind;
        entry->generation = change->served_generation;
        memcpy(entry->digest, change->digest, DIGEST_SIZE);
        entry->n_insns = change->n_insns;
        entry->state = change->kind == WIRE_CHANGE_GONE ? 0 : change->kind;
        return true;
    }
    packet->kind = WIRE_CHANGE_GONE;
    return entry_access_allows(&change->before, peer);
}

bool subscribe_next(const struct service *service, const struct peer *peer,
                    const struct wire_header *request, uint64_t *seen, uint64_t *next,
                    struct wire_change *packet)
{
    const struct changes *changes = &service->changes;

    *packet = (struct wire_change){.entry_offset = offsetof(struct wire_change, entry),
                                   .entry_size = sizeof(packet->entry)};
    wire_reply_header(&packet->header, request, WIRE_OK, sizeof(*packet));
    *next = changes->n;
    if (changes->n - *seen > CHANGES_KEPT) {
        packet->generation = service->generation;
        packet->kind = WIRE_CHANGE_LOST;
        return true;
    }
    for (; *seen < changes->n; ++*seen) {
        *next = *seen + 1;
        if (tell(peer, &changes->ring[*seen % CHANGES_KEPT], packet))
            return true;
    }
    return false;
}
