/*
 * The two sides of the cache's writing process: the queue in the main process, and the
 * process, which may touch the cache directory and nothing else.
 */
#include "daemon/cache-writer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/cache-disk.h"
#include "daemon/sandbox.h"
#include "util/cleanup.h"
#include "util/packet.h"

enum {
    DIRECTORY_FD = SANDBOX_SOCKET + 1,
};

/* Writes one entry that came in a packet: its key, then its bytes. Returns false at the end. */
static bool write_next(struct cache_disk *disk, uint8_t *packet, size_t room)
{
    size_t n_fds;
    ssize_t len = packet_recv(SANDBOX_SOCKET, packet, room, NULL, 0, &n_fds, 0);

    if (len <= DIGEST_SIZE)
        return false;

    int32_t result =
        cache_disk_write(disk, packet, packet + DIGEST_SIZE, (size_t)len - DIGEST_SIZE);
    const struct iovec iov = {&result, sizeof(result)};

    return packet_send(SANDBOX_SOCKET, &iov, 1, NULL, 0, 0) == 0;
}

/* The process. Signals stay blocked in it: it ends when the main process closes the socket. */
static _Noreturn void writer_main(int sock, int dir_fd, pid_t parent, uint64_t size_limit)
{
    static uint8_t packet[DIGEST_SIZE + CACHE_ENTRY_MAX];
    struct cache_disk disk = {.dir_fd = DIRECTORY_FD, .size_limit = size_limit};
    const int fds[] = {sock, dir_fd};
    int r = sandbox_keep_only(fds, ARRAY_SIZE(fds));

    if (r == 0)
        r = sandbox_die_with(parent);
    if (r == 0)
        r = sandbox_keep_capabilities(0);
    if (r == 0)
        r = sandbox_no_new_privileges();
    if (r == 0)
        r = sandbox_restrict_files(DIRECTORY_FD);
    if (r < 0)
        _exit(EXIT_FAILURE);
    cache_disk_tidy(&disk);
    while (write_next(&disk, packet, sizeof(packet)))
        ;
    _exit(EXIT_SUCCESS);
}

static void close_process(struct cache_writer *writer)
{
    writer->io = sd_event_source_disable_unref(writer->io);
    if (writer->sock >= 0)
        close(writer->sock);
    writer->sock = -1;
    writer->busy = false;
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
    close_process(writer);
    while (!STAILQ_EMPTY(&writer->queue))
        finish_first(writer, error);
}

/* Hands the next entry over, unless the process has one. */
static void send_next(struct cache_writer *writer)
{
    struct cache_write *write = STAILQ_FIRST(&writer->queue);

    if (writer->busy || !write || writer->sock < 0)
        return;

    const struct iovec iov[] = {{write->key, DIGEST_SIZE}, {write->bytes, write->size}};
    int r = packet_send(writer->sock, iov, ARRAY_SIZE(iov), NULL, 0, MSG_DONTWAIT);

    if (r < 0)
        fail_all(writer, r);
    else
        writer->busy = true;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *user)
{
    struct cache_writer *writer = user;
    int32_t result;
    size_t n_fds;
    ssize_t len = packet_recv(fd, &result, sizeof(result), NULL, 0, &n_fds, MSG_DONTWAIT);

    (void)source;
    (void)revents;
    if (len == -EAGAIN)
        return 0;
    if (len != sizeof(result) || !writer->busy) {
        fail_all(writer, len < 0 ? (int)len : -EPIPE);
        return 0;
    }
    finish_first(writer, result);
    send_next(writer);
    return 0;
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *user)
{
    struct cache_writer *writer = user;

    (void)info;
    sd_event_source_disable_unref(source);
    writer->child = NULL;
    fail_all(writer, -EPIPE);
    return 0;
}

/* Puts the running process PID behind the socket SOCK (consumed) under WRITER's eyes. */
static int watch_process(struct cache_writer *writer, pid_t pid, int sock)
{
    int r = sd_event_add_child(writer->event, &writer->child, pid, WEXITED, on_child, writer);

    if (r < 0) {
        close(sock);
        return r;
    }
    writer->sock = sock;
    return sd_event_add_io(writer->event, &writer->io, sock, EPOLLIN, on_io, writer);
}

int cache_writer_start(struct cache_writer *writer, sd_event *event, int dir_fd,
                       uint64_t size_limit)
{
    pid_t pid, parent = getpid();
    int socks[2], r;

    writer->event = event;
    writer->dir_fd = dir_fd;
    writer->size_limit = size_limit;
    writer->sock = -1;
    STAILQ_INIT(&writer->queue);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) < 0)
        return -errno;
    pid = fork();
    if (pid < 0) {
        r = -errno;
        close(socks[0]);
        close(socks[1]);
        return r;
    }
    if (pid == 0)
        writer_main(socks[1], dir_fd, parent, size_limit);
    close(socks[1]);
    r = watch_process(writer, pid, socks[0]);
    if (r < 0)
        close_process(writer);
    return r;
}

void cache_writer_stop(struct cache_writer *writer)
{
    if (!writer->event)
        return;
    writer->done = NULL;
    fail_all(writer, -ECANCELED);
    /* It ends by itself, its socket being closed, and whoever reaps it does not matter any more. */
    writer->child = sd_event_source_disable_unref(writer->child);
}

int cache_writer_add(struct cache_writer *writer, const struct cache_entry *entry,
                     const uint8_t key[DIGEST_SIZE])
{
    struct cache_write *write;

    if (writer->sock < 0)
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
