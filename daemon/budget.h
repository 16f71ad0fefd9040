/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much the clients of each user may cause in an interval of time, counted exactly. There is
 * room for a fixed number of users, so that no number of them takes memory.
 */
#ifndef DAEMON_BUDGET_H
#define DAEMON_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    BUDGET_ACCOUNTS = 1024,
};

struct budget {
    uint32_t max; /* in one interval */
    uint64_t interval_usec;
    size_t n; /* accounts in use */
    struct account {
        uid_t uid;
        uint64_t since_usec;
        uint32_t used;
        uint32_t dropped; /* that were too many */
    } accounts[BUDGET_ACCOUNTS];
};

/*
 * Takes one from the budget of UID at the time NOW_USEC (a monotonic clock). Returns false where
 * there is none left. *DROPPED (may be NULL) is how many were too many in the interval that ended.
 *
 * Where there are more users than accounts, a new one gets the account of the one who has not used
 * it for longest; if all have in this interval, that of who used the least, who gets that back.
 */
bool budget_take(struct budget *budget, uid_t uid, uint64_t now_usec, uint32_t *dropped);

/* How many UID has taken in the interval that NOW_USEC lies in. */
uint32_t budget_used(const struct budget *budget, uid_t uid, uint64_t now_usec);

/* How long it takes from NOW_USEC on until UID's interval is over, in microseconds. */
uint64_t budget_wait(const struct budget *budget, uid_t uid, uint64_t now_usec);

#endif
