/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists profiles, in the order of their names. */
#include "daemon/serve/list.h"

#include <string.h>

#include "daemon/serve/answer.h"
#include "protocol/codec.h"

static void add_entry(struct answer *answer, const struct profile_entry *entry)
{
    struct wire_list_entry out = {.generation = entry->generation, .state = entry_state(entry)};

    memcpy(out.name, entry->name, sizeof(out.name));
    if (entry->served) {
        memcpy(out.digest, entry->native->digest, DIGEST_SIZE);
        out.n_insns = entry->native->n_insns;
    }
    answer_add(answer, &out, sizeof(out));
}

void list_handle(struct handlers *handlers, struct asker *asker, const union wire_request *request,
                 struct answer *answer)
{
    const struct registry *registry = &handlers->service->registry;
    struct wire_list_reply reply = {.generation = handlers->service->generation,
                                    .entries_offset = sizeof(reply),
                                    .entry_size = sizeof(struct wire_list_entry)};

    answer->len = sizeof(reply);
    for (size_t i = registry_after(registry, request->list.after); i < registry->n; i++) {
        if (!entry_may_read(registry->entries[i], &asker->peer))
            continue;
        if (reply.n_entries == WIRE_LIST_MAX_ENTRIES) {
            reply.more = 1;
            break;
        }
        add_entry(answer, registry->entries[i]);
        reply.n_entries++;
    }
    memcpy(answer->packet, &reply, sizeof(reply));
}
