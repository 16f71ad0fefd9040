/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The main process's end of the cache's processes: the queue, and who is to write it. */
#include "daemon/cache/writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/cache/process.h"
#include "util/cleanup.h"
#include "util/packet.h"

#define WRITER "the process that writes the cache"
#define KEEPER "the process that makes the cache's writer"

/* Drops the first entry of the queue, and says what came of it. */
static void finish_first(struct cache_writer *writer, int result)
{
    struct cache_write *write = STAILQ_FIRST(&writer->queue);

    STAILQ_REMOVE_HEAD(&writer->queue, link);
    writer->queued--;
    writer->busy = false;
    free(write);
    if (writer->done)
        writer->done(writer->user, result);
}

static void fail_all(struct cache_writer *writer, int error)
{
    while (!STAILQ_EMPTY(&writer->queue))
        finish_first(writer, error);
}

/* Until the next entry, or the next look, there is no writer, because of ERROR. */
static void fail(struct cache_writer *writer, int error, const char *why)
{
    writer->state = WRITER_NONE;
    writer->failed(writer->user, why);
    fail_all(writer, error);
}

/* Asks for the first step to a writer. */
static void begin(struct cache_writer *writer)
{
    int r = standby_request(&writer->keepers, KEEPER_MAKE, NULL, 0);

    if (r < 0)
        fail(writer, r, "there is no process left to write to it");
    else
        writer->state = WRITER_MAKING;
}

static void disconnect(struct cache_writer *writer)
{
    writer->io = sd_event_source_disable_unref(writer->io);
    if (writer->sock >= 0)
        close(writer->sock);
    writer->sock = -1;
}

/* Nothing more is wanted of the process, which ends by itself without its socket: see strays.h. */
static void discard(struct cache_writer *writer)
{
    disconnect(writer);
    writer->child = sd_event_source_disable_unref(writer->child);
    writer->busy = false;
    writer->state = WRITER_NONE;
}

/* Another process is to write to another directory. */
static void retire(struct cache_writer *writer)
{
    discard(writer);
    begin(writer);
}

/* The process has the first entry, but did not write it. True where the next one is to try. */
static bool is_to_try_again(struct cache_writer *writer)
{
    struct cache_write *write = STAILQ_FIRST(&writer->queue);

    if (write->again)
        return false;
    write->again = true;
    writer->busy = false;
    return true;
}

/* Hands the first entry over. */
static void send_first(struct cache_writer *writer)
{
    struct cache_write *write = STAILQ_FIRST(&writer->queue);
    const struct iovec iov[] = {{write->key, DIGEST_SIZE}, {write->bytes, write->size}};
    int r = packet_send(writer->sock, iov, write->size ? 2 : 1, NULL, 0, MSG_DONTWAIT);

    /* A process that has just ended had it, too. */
    writer->busy = r == 0 || r == -EPIPE || r == -ECONNRESET;
    if (!writer->busy)
        fail_all(writer, r);
}

/* Does what is next for the entries that wait, if something is. */
static void go_on(struct cache_writer *writer)
{
    if (writer->busy || STAILQ_EMPTY(&writer->queue))
        return;
    if (writer->state == WRITER_NONE)
        begin(writer);
    else if (writer->state == WRITER_READY && !cache_dir_is_in_place(writer->dir))
        retire(writer);
    else if (writer->state == WRITER_READY)
        send_first(writer);
}

/* The process is done with the first entry. */
static void take_answer(struct cache_writer *writer, int result)
{
    bool is_lost = result < 0 && !cache_dir_is_in_place(writer->dir);

    /* Files go first when a directory is removed: one that is gone tells of what comes. */
    if ((!is_lost && result != -ENOENT) || !is_to_try_again(writer))
        finish_first(writer, result);
    go_on(writer);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *user)
{
    struct cache_writer *writer = user;
    struct standby_answer answer;
    size_t n_fds;
    ssize_t len = packet_recv(fd, &answer, sizeof(answer), NULL, 0, &n_fds, MSG_DONTWAIT);

    (void)source;
    (void)revents;
    if (len == -EAGAIN)
        return 0;
    if (len == sizeof(answer) && answer.kind == CACHE_ANSWER && writer->busy) {
        take_answer(writer, answer.value);
    } else if (len == 0 || len == -ECONNRESET) {
        /* It ended; how, is known as soon as it is reaped. */
        writer->io = sd_event_source_disable_unref(writer->io);
    } else {
        writer->lost(writer->user, WRITER, "sent nonsense");
        if (writer->busy)
            finish_first(writer, -EBADMSG);
        discard(writer);
        go_on(writer);
    }
    return 0;
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *user)
{
    struct cache_writer *writer = user;
    char why[STANDBY_WHY_SIZE];

    writer->child = sd_event_source_disable_unref(source);
    disconnect(writer);
    writer->state = WRITER_NONE;
    standby_describe(info, why);
    writer->lost(writer->user, WRITER, why);
    /* What ended this one may end the next, too: each pair of them costs an entry. */
    if (writer->busy && !is_to_try_again(writer))
        finish_first(writer, -EPIPE);
    go_on(writer);
    return 0;
}

/* The directory is there (MADE: 0), or could not be made (-errno): opens it, for a new writer. */
static void open_directory(struct cache_writer *writer, int made)
{
    char why[TRUST_WHY_SIZE];
    bool other;
    int r = cache_dir_open(writer->dir, &other, why);

    writer->renewed |= other;
    if (r == -ENOENT && made < 0) {
        r = made;
        snprintf(why, sizeof(why),
                 "it is gone, and cannot be made from here: %s; it is used as soon as it is there "
                 "again, or after a restart",
                 strerror(-r));
    } else if (r < 0) {
        snprintf(why, sizeof(why), "%s", strerror(-r));
    } else if (r == TRUST_REFUSED) {
        r = -EPERM;
    } else {
        r = standby_request(&writer->keepers, KEEPER_WRITER, &writer->dir->fd, 1);
        snprintf(why, sizeof(why), "%s", strerror(-r));
    }
    if (r < 0)
        fail(writer, r, why);
    else
        writer->state = WRITER_COMING;
}

/* Takes the process PID behind the socket SOCK (consumed) as the writer. */
static void adopt(struct cache_writer *writer, pid_t pid, int sock)
{
    int r = sd_event_add_child(writer->event, &writer->child, pid, WEXITED, on_child, writer);

    writer->sock = sock;
    if (r >= 0)
        r = sd_event_add_io(writer->event, &writer->io, sock, EPOLLIN, on_io, writer);
    if (r < 0) {
        disconnect(writer);
        writer->child = sd_event_source_disable_unref(writer->child);
        fail(writer, r, strerror(-r));
        return;
    }
    writer->state = WRITER_READY;
    if (writer->renewed)
        writer->found(writer->user);
    writer->renewed = false;
    go_on(writer);
}

static void on_keeper(void *user, uint32_t kind, int32_t value, int fd)
{
    struct cache_writer *writer = user;
    cleanup_close int sock = fd;

    if (kind == KEEPER_MAKE && writer->state == WRITER_MAKING)
        open_directory(writer, value < 0 ? value : 0);
    else if (kind == KEEPER_WRITER && writer->state == WRITER_COMING && value > 0 && sock >= 0)
        adopt(writer, value, steal_fd(&sock));
    else if (kind == KEEPER_WRITER && writer->state == WRITER_COMING)
        fail(writer, value < 0 ? value : -EBADMSG, strerror(value < 0 ? -value : EBADMSG));
}

/* What the keeper was asked for, the one that takes over is asked for again. */
static void on_keeper_lost(void *user, const char *why)
{
    struct cache_writer *writer = user;

    writer->lost(writer->user, KEEPER, why);
    if (writer->state == WRITER_MAKING || writer->state == WRITER_COMING)
        begin(writer);
}

int cache_writer_start(struct cache_writer *writer, sd_event *event, struct cache_dir *dir,
                       uint64_t size_limit, const struct own_filters *own)
{
    const struct cache_keeper_arg arg = {dir, size_limit, own};

    STAILQ_INIT(&writer->queue);
    writer->event = event;
    writer->dir = dir;
    writer->state = WRITER_NONE;
    writer->sock = -1;
    writer->keepers.answered = on_keeper;
    writer->keepers.lost = on_keeper_lost;
    writer->keepers.user = writer;
    return standby_start(&writer->keepers, event, cache_keeper_main, &arg);
}

void cache_writer_stop(struct cache_writer *writer)
{
    if (!writer->event)
        return;
    writer->done = NULL;
    standby_stop(&writer->keepers);
    disconnect(writer);
    writer->child = sd_event_source_disable_unref(writer->child);
    writer->state = WRITER_NONE;
    fail_all(writer, -ECANCELED);
}

bool cache_writer_is_healing(const struct cache_writer *writer)
{
    return writer->keepers.active;
}

bool cache_writer_is_alive(const struct cache_writer *writer)
{
    return cache_writer_is_healing(writer) || writer->state == WRITER_READY;
}

bool cache_writer_is_coming(const struct cache_writer *writer)
{
    return writer->state == WRITER_COMING || standby_is_coming(&writer->keepers);
}

bool cache_writer_knows(const struct cache_writer *writer, pid_t pid)
{
    pid_t own;

    return standby_knows(&writer->keepers, pid) ||
           (writer->child && sd_event_source_get_child_pid(writer->child, &own) >= 0 && own == pid);
}

/* Puts WRITE (consumed) for KEY at the end of the queue. */
static void enqueue(struct cache_writer *writer, struct cache_write *write,
                    const uint8_t key[DIGEST_SIZE])
{
    memcpy(write->key, key, DIGEST_SIZE);
    write->again = false;
    STAILQ_INSERT_TAIL(&writer->queue, write, link);
    writer->queued++;
    go_on(writer);
}

/* Makes room for an entry of up to SIZE bytes. Returns 0 or as cache_writer_add(). */
static int make_write(const struct cache_writer *writer, size_t size, struct cache_write **write)
{
    if (!cache_writer_is_alive(writer))
        return -EPIPE;
    if (writer->queued >= CACHE_QUEUE_MAX)
        return -EAGAIN;
    *write = malloc(sizeof(**write) + size);
    return *write ? 0 : -ENOMEM;
}

int cache_writer_add(struct cache_writer *writer, const struct cache_entry *entry,
                     const uint8_t key[DIGEST_SIZE])
{
    struct cache_write *write;
    int r = make_write(writer, CACHE_ENTRY_MAX, &write);

    if (r < 0)
        return r;
    write->size = cache_entry_build(entry, key, write->bytes);

    /* Most entries are far smaller than the largest. */
    struct cache_write *smaller = realloc(write, sizeof(*write) + write->size);

    enqueue(writer, smaller ? smaller : write, key);
    return 0;
}

int cache_writer_drop(struct cache_writer *writer, const uint8_t key[DIGEST_SIZE])
{
    struct cache_write *write;
    int r = make_write(writer, 0, &write);

    if (r < 0)
        return r;
    write->size = 0;
    enqueue(writer, write, key);
    return 0;
}

const struct cache_write *cache_writer_find(const struct cache_writer *writer,
                                            const uint8_t key[DIGEST_SIZE])
{
    const struct cache_write *write, *found = NULL;

    STAILQ_FOREACH(write, &writer->queue, link)
    if (write->size && !memcmp(write->key, key, DIGEST_SIZE))
        found = write;
    return found;
}

void cache_writer_look(struct cache_writer *writer)
{
    if (!writer->event || cache_dir_is_in_place(writer->dir))
        return;
    if (writer->state == WRITER_NONE)
        begin(writer);
    else if (writer->state == WRITER_READY && !writer->busy)
        retire(writer);
}

size_t cache_writer_waiting(const struct cache_writer *writer)
{
    return writer->queued;
}
