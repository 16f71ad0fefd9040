/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that writes the cache. It may touch the cache's directory and nothing else. */
#include "daemon/cache/process.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/cache/disk.h"
#include "daemon/cache/entry.h"
#include "daemon/cache/queue.h"
#include "daemon/process/own-filter.h"
#include "daemon/process/sandbox.h"
#include "util/cleanup.h"
#include "util/packet.h"

enum {
    PLACE_FD = SANDBOX_SOCKET + 1, /* the cache's directory */
};

static int confine(int sock, pid_t parent, const struct cache_process_arg *given)
{
    const int fds[] = {sock, given->place_fd};
    const struct sandbox_rule place[] = {{PLACE_FD, SANDBOX_WRITE},
                                         {PLACE_FD, SANDBOX_MAKE_DIRECTORY}};
    int r = sandbox_keep_only(fds, ARRAY_SIZE(fds));

    if (r == 0)
        r = sandbox_die_with(parent);
    if (r == 0)
        r = sandbox_drop_capabilities();
    if (r == 0)
        r = sandbox_no_new_privileges();
    if (r == 0)
        r = sandbox_restrict_files(place, ARRAY_SIZE(place));
    if (r >= 0)
        r = own_filter_install(given->own, OWN_CACHE);
    return r < 0 ? r : 0;
}

/* Does what one packet asks for. Returns false at the end. */
static bool obey(struct cache_disk *disk, uint8_t *packet, size_t room)
{
    size_t n_fds;
    ssize_t len = packet_recv(SANDBOX_SOCKET, packet, room, NULL, 0, &n_fds, 0);
    struct cache_answer answer = {CACHE_DROPPED};
    const struct iovec iov = {&answer, sizeof(answer)};
    struct cache_request request;

    if (len < (ssize_t)sizeof(request))
        return false;
    memcpy(&request, packet, sizeof(request));
    switch (request.order) {
    case CACHE_MAKE:
        answer.result = cache_disk_open(disk);
        break;
    case CACHE_WRITE:
        disk->size_limit = request.size_limit;
        disk->since = request.since;
        answer.result = cache_disk_write(disk, request.key, packet + sizeof(request),
                                         (size_t)len - sizeof(request), (enum cache_use)request.use,
                                         request.costly != 0);
        break;
    case CACHE_DROP:
        cache_disk_remove(disk, request.key);
        break;
    default:
        return false;
    }
    return packet_send(SANDBOX_SOCKET, &iov, 1, NULL, 0, 0) == 0;
}

/* Signals stay blocked in it, too: it ends when the main process closes the socket. */
void cache_process_main(int sock, pid_t parent, const void *arg)
{
    static uint8_t packet[sizeof(struct cache_request) + CACHE_ENTRY_MAX];
    const struct cache_process_arg *given = arg;
    struct cache_disk disk = {.place_fd = PLACE_FD, .dir_fd = -1};

    if (confine(sock, parent, given) < 0)
        return;
    while (obey(&disk, packet, sizeof(packet)))
        ;
}
