/*
 * The two sides of the cache's writing process: the queue in the main process, and the
 * process, which may touch the cache directory and nothing else.
 */
#include "daemon/cache-writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/cache-disk.h"
#include "daemon/sandbox.h"
#include "util/cleanup.h"
#include "util/packet.h"

enum {
    DIRECTORY_FD = SANDBOX_SOCKET + 1,
    CACHE_WRITTEN = STANDBY_SPARE + 1, /* the answer to an entry: 0 or -errno */
};

/* What both processes are given. */
struct writer_arg {
    int dir_fd;
    uint64_t size_limit;
    const struct own_filters *own;
};

/* Writes an entry, which is the active process's work: what another one left behind goes first. */
static int write_entry(struct cache_disk *disk, bool *active, const uint8_t *packet, size_t len)
{
    if (!*active)
        cache_disk_tidy(disk);
    *active = true;
    return cache_disk_write(disk, packet, packet + DIGEST_SIZE, len - DIGEST_SIZE);
}

/* Makes a spare, which goes on just like this process but has not written anything yet. */
static bool bear(bool *active, pid_t parent)
{
    int r = standby_bear(STANDBY_SPARE, parent);

    if (r == 0)
        *active = false;
    return r >= 0;
}

/* Does what one packet asks for. Returns false at the end. */
static bool obey(struct cache_disk *disk, bool *active, pid_t parent, uint8_t *packet, size_t room)
{
    struct standby_request request;
    size_t n_fds;
    ssize_t len = packet_recv(SANDBOX_SOCKET, packet, room, NULL, 0, &n_fds, 0);

    if (len == sizeof(request)) {
        memcpy(&request, packet, sizeof(request));
        return request.kind == STANDBY_SPARE && bear(active, parent);
    }
    /* An entry: its key, then its bytes. */
    return len > DIGEST_SIZE &&
           standby_answer(CACHE_WRITTEN, write_entry(disk, active, packet, (size_t)len), NULL) == 0;
}

static int confine(int sock, pid_t parent, const struct writer_arg *arg)
{
    const struct sandbox_rule directory = {DIRECTORY_FD, SANDBOX_WRITE};
    const int fds[] = {sock, arg->dir_fd};
    int r = sandbox_keep_only(fds, ARRAY_SIZE(fds));

    if (r == 0)
        r = sandbox_die_with(parent);
    if (r == 0)
        r = sandbox_drop_capabilities();
    if (r == 0)
        r = sandbox_no_new_privileges();
    if (r == 0)
        r = sandbox_restrict_files(&directory, 1);
    if (r >= 0)
        r = own_filter_install(arg->own, OWN_CACHE);
    return r < 0 ? r : 0;
}

/* The process. Signals stay blocked in it: it ends when the main process closes the socket. */
static _Noreturn void writer_main(int sock, pid_t parent, const void *arg)
{
    static uint8_t packet[DIGEST_SIZE + CACHE_ENTRY_MAX];
    const struct writer_arg *given = arg;
    struct cache_disk disk = {.dir_fd = DIRECTORY_FD, .size_limit = given->size_limit};
    bool active = false;

    if (confine(sock, parent, given) < 0)
        _exit(EXIT_FAILURE);
    while (obey(&disk, &active, parent, packet, sizeof(packet)))
        ;
    _exit(EXIT_SUCCESS);
}

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

/* Hands the next entry over, unless the process has one. */
static void send_next(struct cache_writer *writer)
{
    struct cache_write *write = STAILQ_FIRST(&writer->queue);

    if (writer->busy || !write)
        return;

    const struct iovec iov[] = {{write->key, DIGEST_SIZE}, {write->bytes, write->size}};
    int r = standby_send(&writer->standby, iov, ARRAY_SIZE(iov), NULL, 0);

    if (r < 0)
        fail_all(writer, r);
    else
        writer->busy = true;
}

static void on_answer(void *user, uint32_t kind, int32_t value, int fd)
{
    struct cache_writer *writer = user;

    if (fd >= 0)
        close(fd);
    if (!writer->busy)
        return;
    finish_first(writer, kind == CACHE_WRITTEN ? value : -EBADMSG);
    send_next(writer);
}

/* The entry that the process had is lost; the others are written by the next one. */
static void on_lost(void *user, const char *why)
{
    struct cache_writer *writer = user;

    writer->lost(writer->user, why);
    if (writer->busy)
        finish_first(writer, -EPIPE);
    send_next(writer);
}

int cache_writer_start(struct cache_writer *writer, sd_event *event, int dir_fd,
                       uint64_t size_limit, const struct own_filters *own)
{
    const struct writer_arg arg = {dir_fd, size_limit, own};

    STAILQ_INIT(&writer->queue);
    writer->standby.answered = on_answer;
    writer->standby.lost = on_lost;
    writer->standby.user = writer;
    return standby_start(&writer->standby, event, writer_main, &arg);
}

void cache_writer_stop(struct cache_writer *writer)
{
    if (!writer->standby.event)
        return;
    writer->done = NULL;
    standby_stop(&writer->standby);
    fail_all(writer, -ECANCELED);
}

bool cache_writer_is_alive(const struct cache_writer *writer)
{
    return writer->standby.active;
}

int cache_writer_add(struct cache_writer *writer, const struct cache_entry *entry,
                     const uint8_t key[DIGEST_SIZE])
{
    struct cache_write *write;

    if (!cache_writer_is_alive(writer))
        return -EPIPE;
    if (writer->queued >= CACHE_QUEUE_MAX)
        return -EAGAIN;
    write = malloc(sizeof(*write) + CACHE_ENTRY_MAX);
    if (!write)
        return -ENOMEM;
    memcpy(write->key, key, DIGEST_SIZE);
    write->size = cache_entry_build(entry, key, write->bytes);

    /* Most entries are far smaller than the largest. */
    struct cache_write *smaller = realloc(write, sizeof(*write) + write->size);

    if (smaller)
        write = smaller;
    STAILQ_INSERT_TAIL(&writer->queue, write, link);
    writer->queued++;
    send_next(writer);
    return 0;
}

size_t cache_writer_waiting(const struct cache_writer *writer)
{
    return writer->queued;
}
