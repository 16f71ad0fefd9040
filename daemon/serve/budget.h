/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much the clients of each user may cause in an interval of time. Users are spread over a fixed
 * number of slots, so that no number of them takes memory; those of one slot share it.
 */
#ifndef DAEMON_SERVE_BUDGET_H
#define DAEMON_SERVE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    BUDGET_SLOTS = 64,
};

struct budget {
    uint32_t max; /* in one interval */
    uint64_t interval_usec;
    struct {
        uint64_t since_usec;
        uint32_t used;
        uint32_t dropped; /* that were too many */
    } slots[BUDGET_SLOTS];
};

/*
 * Takes one from the budget of UID at the time NOW_USEC (a monotonic clock). Returns false where
 * there is none left. *DROPPED (may be NULL) is how many were too many in the interval that ended.
 */
bool budget_take(struct budget *budget, uid_t uid, uint64_t now_usec, uint32_t *dropped);

#endif
