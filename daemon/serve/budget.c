/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts per user and interval. Touches memory only. */
#include "daemon/serve/budget.h"

#include <string.h>

bool budget_take(struct budget *budget, uid_t uid, uint64_t now_usec, uint32_t *dropped)
{
    __typeof__(budget->slots[0]) *slot = &budget->slots[uid % BUDGET_SLOTS];
    uint32_t ended = 0;

    if (!slot->used || now_usec - slot->since_usec >= budget->interval_usec) {
        ended = slot->dropped;
        memset(slot, 0, sizeof(*slot));
        slot->since_usec = now_usec;
    }
    if (dropped)
        *dropped = ended;
    if (slot->used >= budget->max) {
        slot->dropped++;
        return false;
    }
    slot->used++;
    return true;
}
