/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remembers failed compiles. Touches memory only. */
#include "daemon/filters/failures.h"

#include <stdio.h>
#include <string.h>

#include "compiler/parse/request.h"

void failures_init(struct failures *failures, uint64_t timeout_usec)
{
    memset(failures, 0, sizeof(*failures));
    failures->wait_usec = FAILURE_WAIT_FACTOR * timeout_usec;
}

void failures_clear(struct failures *failures)
{
    memset(failures->places, 0, sizeof(failures->places));
}

static bool is_about(const struct failure *failure, const uint8_t profile[DIGEST_SIZE],
                     const struct variant_request *request)
{
    return failure->n && !memcmp(failure->profile, profile, DIGEST_SIZE) &&
           variant_request_equal(&failure->request, request);
}

/* The failure of that compile; else the place for a new one: free, or the first to be tried again.
 */
static struct failure *find_place(struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                                  const struct variant_request *request)
{
    struct failure *best = &failures->places[0];

    for (size_t i = 0; i < FAILURES_MAX; i++) {
        struct failure *failure = &failures->places[i];

        if (is_about(failure, profile, request))
            return failure;
        /* A free place has the time 0. */
        if (failure->until_usec < best->until_usec)
            best = failure;
    }
    return best;
}

/* How long to wait after the N-th failure in a row. */
static uint64_t wait_after(const struct failures *failures, unsigned n)
{
    uint64_t wait = failures->wait_usec;

    for (unsigned i = 1; i < n && wait < FAILURE_WAIT_MAX_USEC; i++)
        wait *= 2;
    return wait < FAILURE_WAIT_MAX_USEC ? wait : FAILURE_WAIT_MAX_USEC;
}

void failures_note(struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                   const struct variant_request *request, const char *why, uint64_t now_usec)
{
    struct failure *failure = find_place(failures, profile, request);

    if (!is_about(failure, profile, request))
        *failure = (struct failure){.request = *request};
    memcpy(failure->profile, profile, DIGEST_SIZE);
    failure->n++;
    failure->until_usec = now_usec + wait_after(failures, failure->n);
    snprintf(failure->why, sizeof(failure->why), "%s", why);
}

const struct failure *failures_find(const struct failures *failures,
                                    const uint8_t profile[DIGEST_SIZE],
                                    const struct variant_request *request, uint64_t now_usec)
{
    for (size_t i = 0; i < FAILURES_MAX; i++) {
        const struct failure *failure = &failures->places[i];

        if (failure->until_usec > now_usec && is_about(failure, profile, request))
            return failure;
    }
    return NULL;
}

void failures_forget(struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                     const struct variant_request *request)
{
    struct failure *failure = find_place(failures, profile, request);

    if (is_about(failure, profile, request))
        memset(failure, 0, sizeof(*failure));
}
