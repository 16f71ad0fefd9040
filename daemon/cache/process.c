/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the keepers of the cache and its writer do. A keeper may touch what lies beside the cache,
 * but takes no more than a few words; the writer takes entries, but may touch the cache only.
 */
#include "daemon/cache/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/cache/disk.h"
#include "daemon/cache/entry.h"
#include "daemon/process/sandbox.h"
#include "util/cleanup.h"
#include "util/packet.h"

enum {
    PLACE_FD = SANDBOX_SOCKET + 1, /* a keeper's: what the cache lies in; a writer's: the cache */
};

struct keeper {
    pid_t parent; /* the main process */
    uint64_t size_limit;
    const struct own_filters *own;
    struct cache_dir dir; /* open is what it lies in, at PLACE_FD */
};

/* Leaves a keeper what the cache lies in; where that is the root, only the cache as it is now. */
static int restrict_keeper(const struct cache_dir *dir)
{
    const struct sandbox_rule place[] = {{PLACE_FD, SANDBOX_WRITE},
                                         {PLACE_FD, SANDBOX_MAKE_DIRECTORY}};
    cleanup_close int fd = -1;

    if (!dir->in_root)
        return sandbox_restrict_files(place, ARRAY_SIZE(place));
    fd = openat(PLACE_FD, dir->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    const struct sandbox_rule cache = {fd, SANDBOX_WRITE};

    return sandbox_restrict_files(&cache, fd >= 0);
}

static int confine_keeper(int sock, const struct keeper *keeper, int parent_fd)
{
    const int fds[] = {sock, parent_fd};
    int r = sandbox_keep_only(fds, ARRAY_SIZE(fds));

    if (r == 0)
        r = sandbox_die_with(keeper->parent);
    if (r == 0)
        r = sandbox_drop_capabilities();
    if (r == 0)
        r = sandbox_no_new_privileges();
    if (r == 0)
        r = restrict_keeper(&keeper->dir);
    if (r >= 0)
        r = own_filter_install(keeper->own, OWN_KEEPER);
    return r < 0 ? r : 0;
}

/*
 * A writer gives up all but its directory, the one behind DIR_FD, which is to lie where the keeper
 * keeps it: so the main process cannot choose another one, if it ever was taken over.
 */
static int confine_writer(struct keeper *keeper, int dir_fd)
{
    const struct sandbox_rule directory = {PLACE_FD, SANDBOX_WRITE};
    int r;

    keeper->dir.fd = dir_fd;
    if (!cache_dir_is_in_place(&keeper->dir))
        return -ESTALE;
    if (dup3(dir_fd, PLACE_FD, O_CLOEXEC) < 0)
        return -errno;
    close(dir_fd);
    r = sandbox_restrict_files(&directory, 1);
    if (r >= 0)
        r = own_filter_install(keeper->own, OWN_CACHE);
    return r < 0 ? r : 0;
}

/* Does what one packet asks for. Returns false at the end. */
static bool obey_entry(struct cache_disk *disk, uint8_t *packet, size_t room)
{
    size_t n_fds;
    ssize_t len = packet_recv(SANDBOX_SOCKET, packet, room, NULL, 0, &n_fds, 0);
    int r = CACHE_DROPPED;

    if (len < DIGEST_SIZE)
        return false;
    if (len > DIGEST_SIZE)
        r = cache_disk_write(disk, packet, packet + DIGEST_SIZE, (size_t)len - DIGEST_SIZE);
    else
        cache_disk_remove(disk, packet);
    return standby_answer(CACHE_ANSWER, r, NULL) == 0;
}

/* Signals stay blocked in it, too: it ends when the main process closes the socket. */
static _Noreturn void writer_main(struct keeper *keeper, int dir_fd)
{
    static uint8_t packet[DIGEST_SIZE + CACHE_ENTRY_MAX];
    struct cache_disk disk = {.dir_fd = PLACE_FD, .size_limit = keeper->size_limit};

    if (confine_writer(keeper, dir_fd) < 0)
        _exit(EXIT_FAILURE);
    /* What another one left behind. */
    cache_disk_tidy(&disk);
    while (obey_entry(&disk, packet, sizeof(packet)))
        ;
    _exit(EXIT_SUCCESS);
}

/* Does what a request of this KIND, with FD, asks for. Returns false at the end. */
static bool obey(struct keeper *keeper, uint32_t kind, int fd)
{
    int r;

    switch (kind) {
    case STANDBY_SPARE:
        /* The sibling goes on just like this one. */
        return standby_bear(STANDBY_SPARE, keeper->parent) >= 0;
    case KEEPER_MAKE:
        return standby_answer(KEEPER_MAKE, cache_dir_make(&keeper->dir), NULL) == 0;
    case KEEPER_WRITER:
        r = standby_bear(KEEPER_WRITER, keeper->parent);
        if (r == 0)
            writer_main(keeper, fd);
        return r > 0;
    default:
        return false;
    }
}

_Noreturn void cache_keeper_main(int sock, pid_t parent, const void *arg)
{
    const struct cache_keeper_arg *given = arg;
    struct keeper keeper = {
        .parent = parent, .size_limit = given->size_limit, .own = given->own, .dir = *given->dir};

    keeper.dir.parent_fd = PLACE_FD;
    if (confine_keeper(sock, &keeper, given->dir->parent_fd) < 0)
        _exit(EXIT_FAILURE);
    for (;;) {
        struct standby_request request;
        cleanup_close int fd = -1;
        size_t n_fds;
        ssize_t len = packet_recv(SANDBOX_SOCKET, &request, sizeof(request), &fd, 1, &n_fds, 0);

        if (len != sizeof(request) || !obey(&keeper, request.kind, fd))
            _exit(len == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
}
