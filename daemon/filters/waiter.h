/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Somebody who waits: for a compile, or until what a scan found is in service. Who wakes them does
 * not know who they are.
 */
#ifndef DAEMON_FILTERS_WAITER_H
#define DAEMON_FILTERS_WAITER_H

#include <stdint.h>
#include <sys/queue.h>

struct job;

struct waiter {
    TAILQ_ENTRY(waiter) link;
    struct job *job;  /* that it waits for; NULL: for a scan, or for nothing */
    uint64_t barrier; /* the number of that scan; 0: for none */
    /*
     * What it waited for is there, or will not come, and WHY (valid during the call) says why not;
     * else NULL. It is in no list any more. Only to be taken note of here: the caller is in the
     * middle of its work.
     */
    void (*wake)(struct waiter *waiter, const char *why);
};

TAILQ_HEAD(waiter_list, waiter);

/* Takes WAITER out of LIST and wakes it; WHY may be NULL. */
void waiter_wake(struct waiter_list *list, struct waiter *waiter, const char *why);

#endif
