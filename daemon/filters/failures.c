/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remembers texts whose compile failed. Touches memory only. */
#include "daemon/filters/failures.h"

#include <stdio.h>
#include <string.h>

void failures_init(struct failures *failures, uint64_t timeout_usec)
{
    memset(failures, 0, sizeof(*failures));
    failures->wait_usec = FAILURE_WAIT_FACTOR * timeout_usec;
}

void failures_clear(struct failures *failures)
{
    memset(failures->places, 0, failures->n * sizeof(*failures->places));
    failures->n = 0;
}

/* What is remembered of that text for TARGET (NULL: any); NULL: nothing. */
static const struct failure *find(const struct failures *failures,
                                  const uint8_t profile[DIGEST_SIZE], const struct target *target)
{
    for (size_t i = 0; i < failures->n; i++) {
        const struct failure *failure = &failures->places[i];

        if (failure->n && (!target || failure->target == target) &&
            !memcmp(failure->profile, profile, DIGEST_SIZE))
            return failure;
    }
    return NULL;
}

/* The place for that text: its own; else one that is free, or the first to be tried again. */
static struct failure *find_place(struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                                  const struct target *target)
{
    const struct failure *found = find(failures, profile, target);
    struct failure *best = &failures->places[found ? found - failures->places : 0];

    if (found)
        return best;
    /* A free place has the time 0. */
    for (size_t i = 1; i < failures->n; i++)
        if (failures->places[i].until_usec < best->until_usec)
            best = &failures->places[i];
    if (failures->n < FAILURES_MAX && (failures->n == 0 || best->n > 0))
        best = &failures->places[failures->n++];
    *best = (struct failure){0};
    memcpy(best->profile, profile, DIGEST_SIZE);
    best->target = target;
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

/* That text failed for the N-th time in a row. */
static void remember(struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                     const struct target *target, unsigned n, const char *why, uint64_t now_usec)
{
    struct failure *failure = find_place(failures, profile, target);

    failure->n = n;
    failure->until_usec = now_usec + wait_after(failures, n);
    snprintf(failure->why, sizeof(failure->why), "%s", why);
}

void failures_note(struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                   const struct target *target, const char *why, uint64_t now_usec)
{
    const unsigned n = failures_count(failures, profile, target);

    remember(failures, profile, target, n < FAILURE_N_MAX ? n + 1 : n, why, now_usec);
}

const struct failure *failures_find(const struct failures *failures,
                                    const uint8_t profile[DIGEST_SIZE], const struct target *target,
                                    uint64_t now_usec)
{
    const struct failure *failure = find(failures, profile, target);

    return failure && failure->until_usec > now_usec ? failure : NULL;
}

unsigned failures_count(const struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                        const struct target *target)
{
    const struct failure *failure = find(failures, profile, target);

    return failure ? failure->n : 0;
}

void failures_forget(struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                     const struct target *target)
{
    if (find(failures, profile, target))
        memset(find_place(failures, profile, target), 0, sizeof(struct failure));
}

void failures_write(const struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                    const struct target *target, char line[FAILURE_LINE_SIZE])
{
    const struct failure *failure = find(failures, profile, target);

    snprintf(line, FAILURE_LINE_SIZE, "%u %s", failure ? failure->n : 0,
             failure ? failure->why : "");
}

void failures_read(struct failures *failures, const uint8_t profile[DIGEST_SIZE],
                   const struct target *target, const char *line, size_t len, uint64_t now_usec)
{
    char text[FAILURE_LINE_SIZE];
    unsigned n = 0;
    int end = 0;

    if (len >= sizeof(text) || len == 0 || line[0] < '0' || line[0] > '9' ||
        find(failures, profile, target))
        return;
    memcpy(text, line, len);
    text[len] = '\0';
    if (sscanf(text, "%4u %n", &n, &end) == 1 && end > 0 && n > 0)
        remember(failures, profile, target, n < FAILURE_N_MAX ? n : FAILURE_N_MAX, text + end,
                 now_usec);
}
