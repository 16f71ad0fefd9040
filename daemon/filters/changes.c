/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the last changes. Touches memory only. */
#include "daemon/filters/changes.h"

#include <string.h>

static void note(struct changes *changes, uint64_t generation, const struct profile_entry *entry,
                 uint32_t kind, const struct entry_access *before)
{
    struct change *change = &changes->ring[changes->n++ % CHANGES_KEPT];

    *change = (struct change){
        .generation = generation,
        .kind = kind,
        .before = *before,
        .after = entry_access(entry),
    };
    memcpy(change->name, entry->name, sizeof(change->name));
    if (kind == WIRE_CHANGE_GONE || !entry->served)
        return;
    change->served_generation = entry->generation;
    memcpy(change->digest, entry->native->digest, DIGEST_SIZE);
    change->n_insns = entry->native->n_insns;
}

void changes_note(struct changes *changes, uint64_t generation, const struct profile_entry *entry,
                  const struct entry_access *before)
{
    enum wire_profile_state state = entry_state(entry);

    if (state != WIRE_PROFILE_PENDING)
        note(changes, generation, entry, state, before);
}

void changes_note_gone(struct changes *changes, uint64_t generation,
                       const struct profile_entry *entry)
{
    const struct entry_access before = entry_access(entry);

    note(changes, generation, entry, WIRE_CHANGE_GONE, &before);
}
