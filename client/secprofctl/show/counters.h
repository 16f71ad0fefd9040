/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The numbers that the daemon tells of itself: one table for all who show them.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_COUNTERS_H
#define CLIENT_SECPROFCTL_SHOW_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "client/libsecprof/secprof.h"

enum number_kind {
    NUMBER_COUNTER, /* grows only, from 0 with the daemon's start */
    NUMBER_GAUGE,   /* how much there is now */
};

struct number {
    const char *key;  /* its name in JSON */
    const char *what; /* for people */
    enum number_kind kind;
    size_t offset; /* in struct secprof_status */
    size_t size;   /* 4 or 8 */
};

/* The number at INDEX; NULL behind the last one. */
const struct number *number_at(size_t index);

uint64_t number_of(const struct secprof_status *status, const struct number *number);

#endif
