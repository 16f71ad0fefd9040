/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The main process's end of the process that writes the cache. */
#include "daemon/cache/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/cache/dir.h"
#include "daemon/cache/process.h"
#include "daemon/files/trust.h"

/* Asks the process for ORDER; WRITE (may be NULL) is the entry that it is about. */
static int ask(const struct cache_writer *writer, enum cache_order order,
               const struct cache_write *write)
{
    struct cache_request request = {
        .order = order, .size_limit = writer->size_limit, .since = writer->since};
    struct iovec iov[2] = {{&request, sizeof(request)}};

    if (write) {
        memcpy(request.key, write->key, DIGEST_SIZE);
        request.use = (uint16_t)write->use;
        request.costly = write->costly;
        iov[1] = (struct iovec){(void *)write->bytes, write->size};
    }
    return child_send(&writer->child, iov, order == CACHE_WRITE ? 2 : 1, NULL, 0);
}

static int write_first(const struct cache_writer *writer)
{
    const struct cache_write *first = cache_queue_first(&writer->queue);

    return ask(writer, first->size ? CACHE_WRITE : CACHE_DROP, first);
}

/* There is no directory to write to: the reason is WHY where R is TRUST_REFUSED, else -errno. */
static void fail(struct cache_writer *writer, int r, const char *why)
{
    writer->failed(writer->user, r == TRUST_REFUSED ? why : strerror(-r));
    cache_queue_made(&writer->queue, r == TRUST_REFUSED ? -EPERM : r);
}

/* Has the process look for the directory, but not where it would be of no use. */
static void make(struct cache_writer *writer)
{
    char why[TRUST_WHY_SIZE];
    int r = cache_dir_check(writer->dir, why);

    if (r == TRUST_OK)
        r = ask(writer, CACHE_MAKE, NULL);
    else
        cache_dir_close(writer->dir);
    if (r != 0)
        fail(writer, r, why);
}

/* Does what is next for the entries that wait, if something is. */
static void go_on(struct cache_writer *writer)
{
    enum cache_step step = CACHE_STEP_NONE;
    int r = 0;

    if (cache_queue_is_due(&writer->queue))
        step = cache_queue_next(&writer->queue, cache_dir_is_in_place(writer->dir));
    if (step == CACHE_STEP_MAKE)
        make(writer);
    else if (step == CACHE_STEP_WRITE)
        r = write_first(writer);
    if (r < 0)
        cache_queue_fail(&writer->queue, r);
}

/* There is no process any more. */
static void lose(struct cache_writer *writer, const char *why)
{
    child_drop(&writer->child);
    writer->lost(writer->user, why);
    cache_queue_fail(&writer->queue, -EPIPE);
}

/* The directory is there (MADE: 0), or could not be made (-errno): opens it. */
static void open_directory(struct cache_writer *writer, int made)
{
    char why[TRUST_WHY_SIZE];
    bool other;
    int r = cache_dir_open(writer->dir, &other, why);

    if (made < 0 && (r == -ENOENT || r == TRUST_OK))
        r = made;
    if (r != 0) {
        fail(writer, r, why);
        return;
    }
    cache_queue_made(&writer->queue, 0);
    if (other)
        writer->found(writer->user);
}

static void on_spoke(void *user)
{
    struct cache_writer *writer = user;
    struct cache_answer answer;
    ssize_t len = child_receive(&writer->child, &answer, sizeof(answer), NULL);

    if (len == -EAGAIN)
        return;
    if (len == sizeof(answer) && writer->owed > 0) {
        writer->owed--;
        return;
    }
    if (len != sizeof(answer) || writer->queue.step == CACHE_STEP_NONE) {
        lose(writer, "sent nonsense");
        return;
    }
    if (writer->queue.step == CACHE_STEP_MAKE)
        open_directory(writer, answer.result);
    else
        cache_queue_written(&writer->queue, answer.result,
                            answer.result >= 0 || cache_dir_is_in_place(writer->dir));
    go_on(writer);
}

static void on_ended(void *user, const char *why)
{
    lose(user, why);
}

/* What waits is lost; what the process has already it does when it goes on. */
static void on_stopped(void *user)
{
    struct cache_writer *writer = user;

    writer->is_stopped = true;
    writer->owed += writer->queue.step != CACHE_STEP_NONE;
    writer->lost(writer->user, "was stopped by a signal");
    cache_queue_fail(&writer->queue, -EPIPE);
}

static void on_went_on(void *user)
{
    struct cache_writer *writer = user;

    writer->is_stopped = false;
    writer->queue.is_stale = true;
    writer->went_on(writer->user);
}

int cache_writer_start(struct cache_writer *writer, struct children *children,
                       struct cache_dir *dir, const struct own_filters *own)
{
    static const struct child_events events = {on_spoke, on_ended, on_stopped, on_went_on};
    const struct cache_process_arg arg = {dir->place_fd, own};

    writer->dir = dir;
    cache_queue_init(&writer->queue, writer->done, writer->user);
    return child_fork(&writer->child, children, cache_process_main, &arg, &events, writer);
}

bool cache_writer_is_alive(const struct cache_writer *writer)
{
    return child_exists(&writer->child) && !writer->is_stopped;
}

void cache_writer_stop(struct cache_writer *writer)
{
    if (!writer->dir)
        return;
    child_drop(&writer->child);
    writer->queue.done = NULL;
    cache_queue_fail(&writer->queue, -EPIPE);
}

/* Room for an entry of up to SIZE bytes under KEY. Returns 0 or as cache_writer_add(). */
static int make_write(const struct cache_writer *writer, const uint8_t key[DIGEST_SIZE],
                      size_t size, struct cache_write **write)
{
    if (!cache_writer_is_alive(writer))
        return -EPIPE;
    *write = malloc(sizeof(**write) + size);
    if (!*write)
        return -ENOMEM;
    (*write)->use = CACHE_NEEDED;
    (*write)->costly = false;
    memcpy((*write)->key, key, DIGEST_SIZE);
    (*write)->size = 0;
    return 0;
}

static int enqueue(struct cache_writer *writer, struct cache_write *write)
{
    int r = cache_queue_add(&writer->queue, write);

    if (r == 0)
        go_on(writer);
    return r;
}

int cache_writer_add(struct cache_writer *writer, const struct compiled *compiled,
                     const uint8_t key[DIGEST_SIZE], enum cache_use use, bool costly)
{
    struct cache_write *write, *smaller;
    int r = make_write(writer, key, CACHE_ENTRY_MAX, &write);

    if (r < 0)
        return r;
    write->size = cache_entry_build(compiled, key, write->bytes);
    write->use = use;
    write->costly = costly;
    /* Most entries are far smaller than the largest. */
    smaller = realloc(write, sizeof(*write) + write->size);
    return enqueue(writer, smaller ? smaller : write);
}

int cache_writer_drop(struct cache_writer *writer, const uint8_t key[DIGEST_SIZE])
{
    struct cache_write *write;
    int r = make_write(writer, key, 0, &write);

    return r < 0 ? r : enqueue(writer, write);
}

const struct cache_write *cache_writer_find(const struct cache_writer *writer,
                                            const uint8_t key[DIGEST_SIZE])
{
    return writer->dir ? cache_queue_find(&writer->queue, key) : NULL;
}

void cache_writer_look(struct cache_writer *writer)
{
    if (cache_writer_is_alive(writer) &&
        cache_queue_look(&writer->queue, cache_dir_is_in_place(writer->dir)) == CACHE_STEP_MAKE)
        make(writer);
}

size_t cache_writer_waiting(const struct cache_writer *writer)
{
    return writer->queue.n;
}
