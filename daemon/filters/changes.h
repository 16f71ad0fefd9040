/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The last changes of profiles, in a ring. Each reader has a place of its own in it, so a slow one
 * costs nothing; one that the ring overtakes can tell that it lost something. Touches memory only.
 */
#ifndef DAEMON_FILTERS_CHANGES_H
#define DAEMON_FILTERS_CHANGES_H

#include <stdint.h>

#include "daemon/digest.h"
#include "daemon/filters/registry.h"
#include "protocol/protocol.h"

enum {
    CHANGES_KEPT = 512,
};

/* A change, and who may hear of it. */
struct change {
    uint64_t generation;
    uint64_t served_generation; /* as struct wire_list_entry has it, */
    uint8_t digest[DIGEST_SIZE];
    uint32_t n_insns; /* and these */
    uint32_t kind;    /* as in struct wire_change; never WIRE_CHANGE_LOST */
    char name[WIRE_NAME_SIZE];
    struct entry_access before; /* who knew the profile before it */
    struct entry_access after;
};

struct changes {
    struct change ring[CHANGES_KEPT];
    uint64_t n; /* changes since the start; the last one is at (n - 1) % CHANGES_KEPT */
};

/* ENTRY, which BEFORE could see, came into the state that it is in now. */
void changes_note(struct changes *changes, uint64_t generation, const struct profile_entry *entry,
                  const struct entry_access *before);

/* ENTRY is about to be removed. */
void changes_note_gone(struct changes *changes, uint64_t generation,
                       const struct profile_entry *entry);

#endif
