/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts of which a compile for a target came to no result: it took too long, or the process that
 * made it died each time. Whoever asks for a variant of one of these for that target hears so at
 * once, and costs no worker, until a while has passed that doubles with each failure. There is room
 * for a fixed number of them: for all targets of fifty texts.
 */
#ifndef DAEMON_FILTERS_FAILURES_H
#define DAEMON_FILTERS_FAILURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/digest.h"

struct target;

enum {
    FAILURES_MAX = 1024,
    FAILURE_WHY_SIZE = 160,
    FAILURE_N_MAX = 1000,
    FAILURE_LINE_SIZE = FAILURE_WHY_SIZE + 16,
    /* The first wait is so many times what a compile may take: then a hopeless one has a worker for
     * a quarter of its time at most. */
    FAILURE_WAIT_FACTOR = 3,
};

#define FAILURE_WAIT_MAX_USEC UINT64_C(3600000000)

struct failure {
    uint8_t profile[DIGEST_SIZE]; /* of its text */
    const struct target *target;
    unsigned n;          /* how often in a row; 0: this place is free */
    uint64_t until_usec; /* not to be tried again before this time */
    char why[FAILURE_WHY_SIZE];
};

struct failures {
    uint64_t wait_usec; /* the first wait */
    size_t n;           /* places that were ever used: the free ones among them are few */
    struct failure places[FAILURES_MAX];
};

/* A compile may take TIMEOUT_USEC. */
void failures_init(struct failures *failures, uint64_t timeout_usec);

/*
 * A compile for TARGET of the profile whose text has the digest PROFILE failed at NOW_USEC (a
 * monotonic clock), for the reason WHY. Where there are too many, the one that is tried again first
 * is forgotten.
 */
void failures_note(struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                   const struct target *target, const char *why, uint64_t now_usec);

/* The failure because of which that text is not to be tried at NOW_USEC; NULL: there is none. */
const struct failure *failures_find(const struct failures *failures,
                                    const uint8_t profile[DIGEST_SIZE], const struct target *target,
                                    uint64_t now_usec);

/* How often in a row that text failed for TARGET (NULL: for some), as far as it is remembered. */
unsigned failures_count(const struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                        const struct target *target);

/* A compile of that text came to a result. */
void failures_forget(struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                     const struct target *target);

/* Writes what is remembered of that text as a line, to be kept over a restart. */
void failures_write(const struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                    const struct target *target, char line[FAILURE_LINE_SIZE]);

/*
 * Remembers what the LEN bytes at LINE say of that text, unless something is remembered already:
 * it is not to be tried for as long as after its last failure. What is no such line says nothing.
 */
void failures_read(struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                   const struct target *target, const char *line, size_t len, uint64_t now_usec);

/* All may be tried again at once. */
void failures_clear(struct failures *failures);

#endif
