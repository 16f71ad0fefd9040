/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon counts: one table for all who show it.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_COUNTERS_H
#define CLIENT_SECPROFCTL_SHOW_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secprof_status;

struct counter {
    const char *key;  /* its name in JSON */
    const char *what; /* for people */
    bool is_gauge;    /* it tells how much there is now; others only grow, from 0 at the start */
    size_t offset;    /* in struct secprof_status */
    size_t size;      /* 4 or 8 */
};

/* The counter at INDEX; NULL after the last one. */
const struct counter *counter_at(size_t index);

uint64_t counter_value(const struct counter *counter, const struct secprof_status *status);

#endif
