/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The queue of what is to be written. Touches memory only. */
#include "daemon/cache/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void cache_queue_init(struct cache_queue *queue, void (*done)(void *user, int result), void *user)
{
    *queue = (struct cache_queue){.is_stale = true, .done = done, .user = user};
    STAILQ_INIT(&queue->writes);
}

int cache_queue_add(struct cache_queue *queue, struct cache_write *write)
{
    if (queue->bytes + write->size > CACHE_QUEUE_BYTES) {
        free(write);
        return -EAGAIN;
    }
    write->again = false;
    STAILQ_INSERT_TAIL(&queue->writes, write, link);
    queue->n++;
    queue->bytes += write->size;
    return 0;
}

const struct cache_write *cache_queue_find(const struct cache_queue *queue,
                                           const uint8_t key[DIGEST_SIZE])
{
    const struct cache_write *write, *found = NULL;

    STAILQ_FOREACH(write, &queue->writes, link)
    if (write->size && !memcmp(write->key, key, DIGEST_SIZE))
        found = write;
    return found;
}

bool cache_queue_is_due(const struct cache_queue *queue)
{
    return queue->step == CACHE_STEP_NONE && queue->n > 0;
}

enum cache_step cache_queue_next(struct cache_queue *queue, bool in_place)
{
    if (!cache_queue_is_due(queue))
        return CACHE_STEP_NONE;
    queue->step = in_place && !queue->is_stale ? CACHE_STEP_WRITE : CACHE_STEP_MAKE;
    return queue->step;
}

enum cache_step cache_queue_look(struct cache_queue *queue, bool in_place)
{
    if (queue->step != CACHE_STEP_NONE || (in_place && !queue->is_stale))
        return CACHE_STEP_NONE;
    queue->step = CACHE_STEP_MAKE;
    return queue->step;
}

const struct cache_write *cache_queue_first(const struct cache_queue *queue)
{
    return STAILQ_FIRST(&queue->writes);
}

/* Drops the first entry, and says what came of it. */
static void finish_first(struct cache_queue *queue, int result)
{
    struct cache_write *write = STAILQ_FIRST(&queue->writes);

    STAILQ_REMOVE_HEAD(&queue->writes, link);
    queue->n--;
    queue->bytes -= write->size;
    free(write);
    if (queue->done)
        queue->done(queue->user, result);
}

void cache_queue_made(struct cache_queue *queue, int result)
{
    queue->step = CACHE_STEP_NONE;
    queue->is_stale = result < 0;
    if (result < 0)
        cache_queue_fail(queue, result);
}

void cache_queue_written(struct cache_queue *queue, int result, bool in_place)
{
    struct cache_write *write = STAILQ_FIRST(&queue->writes);
    /* Files go first when a directory is removed: one that is gone tells of what comes. */
    bool is_lost = (result < 0 && !in_place) || result == -ENOENT || result == -ESTALE;

    queue->step = CACHE_STEP_NONE;
    queue->is_stale = result == -ESTALE;
    if (is_lost && !write->again)
        write->again = true;
    else
        finish_first(queue, result);
}

void cache_queue_fail(struct cache_queue *queue, int error)
{
    queue->step = CACHE_STEP_NONE;
    while (queue->n > 0)
        finish_first(queue, error);
}
