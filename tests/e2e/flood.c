/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clients that behave, many at once, and check what they get; secprofd.py builds and starts it.
 *
 *   flood latency SOCKET NAME CONNECTIONS REQUESTS
 *   flood versions SOCKET NAME KNOWN COUNTER CONNECTIONS SECONDS
 *
 * "versions": the profile NAME changes all the time, from one of the contents in the file KNOWN to
 * the next, round and round; the file COUNTER says how many changes began so far. Each answer has
 * to be a version that was in service between its request and its receipt: not older than what any
 * client had got before the request was sent, not newer than the last change that began. The last
 * line is JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "protocol/protocol.h"
#include "tests/bench/load.h"

enum {
    CONNECTIONS_MAX = 256,
    DEPTH = 4,           /* requests in flight on each connection */
    REQUESTS_EACH = 400, /* of a connection; then a new one takes its place */
    KNOWN_INSNS_MAX = 64,
    HANG_MSEC = 20000,
};

/* One content of the profile, as the test wrote it down. */
struct known {
    uint8_t digest[WIRE_DIGEST_SIZE];
    uint32_t n_insns;
    uint32_t zero;
    uint8_t insns[KNOWN_INSNS_MAX * WIRE_INSN_SIZE];
};

/* What was true when a request was sent. */
struct floor {
    uint64_t version;
    uint64_t generation;
};

struct connection {
    int fd;
    uint32_t sent;
    uint32_t answered;
    struct floor floors[DEPTH];
};

struct versions {
    const char *path;
    struct wire_get request;
    const struct known *known;
    uint64_t n_known;
    volatile const uint64_t *counter;
    struct floor floor; /* the newest that any client got */
    uint64_t end_ns;
    int epoll;
    uint64_t asked, answers, changes, wrong;
};

static uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static _Noreturn void die(const char *what, int error)
{
    fprintf(stderr, "flood: %s: %s\n", what, strerror(error));
    exit(1);
}

static void make_get(struct wire_get *get, const char *name)
{
    *get = (struct wire_get){
        .header = {.magic = WIRE_MAGIC,
                   .version = WIRE_VERSION,
                   .opcode = WIRE_GET,
                   .length = sizeof(*get)},
        .delivery = WIRE_DELIVER_BYTES,
    };
    strncpy(get->name, name, sizeof(get->name) - 1);
}

static int run_latency(char **args)
{
    struct wire_get get;
    struct load load = {
        .path = args[0],
        .request = &get,
        .request_size = sizeof(get),
        .connections = (unsigned)atoi(args[2]),
        .requests = strtoul(args[3], NULL, 10),
    };
    int r;

    make_get(&get, args[1]);
    load.ns = calloc(load.requests, sizeof(*load.ns));
    r = load.ns ? load_run(&load) : -ENOMEM;
    if (r < 0)
        die(args[0], -r);
    printf("{\"p50\": %.1f, \"p99\": %.1f, \"max\": %.1f, \"rate\": %.0f}\n",
           load_quantile(&load, 0.5), load_quantile(&load, 0.99), load_quantile(&load, 1),
           (double)load.requests * 1e9 / (double)load.total_ns);
    return 0;
}

static void ask(struct versions *all, struct connection *connection)
{
    connection->floors[connection->sent % DEPTH] = all->floor;
    all->request.header.serial = ++connection->sent;
    all->asked++;
    if (send(connection->fd, &all->request, sizeof(all->request), MSG_NOSIGNAL) < 0)
        die("send", errno);
}

static void begin(struct versions *all, struct connection *connection)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

    *connection = (struct connection){.fd = load_connect(all->path)};
    if (connection->fd < 0)
        die("connect", -connection->fd);
    if (epoll_ctl(all->epoll, EPOLL_CTL_ADD, connection->fd, &event) < 0)
        die("epoll_ctl", errno);
    for (int i = 0; i < DEPTH; i++)
        ask(all, connection);
}

/* The number of the change that REPLY is the content of, the first from FLOOR on. */
static uint64_t version_of(const struct versions *all, const struct wire_get_reply *reply,
                           uint64_t floor)
{
    for (uint64_t i = 0; i < all->n_known; i++) {
        const struct known *known = &all->known[(floor + i) % all->n_known];

        if (memcmp(known->digest, reply->digest, WIRE_DIGEST_SIZE) == 0)
            return known->n_insns == reply->n_insns &&
                           memcmp(known->insns, reply + 1,
                                  (size_t)known->n_insns * WIRE_INSN_SIZE) == 0
                       ? floor + i
                       : UINT64_MAX;
    }
    return UINT64_MAX;
}

static void check(struct versions *all, struct connection *connection, const void *packet,
                  ssize_t size)
{
    const struct wire_get_reply *reply = packet;
    const struct floor *floor = &connection->floors[connection->answered % DEPTH];
    uint64_t newest = *all->counter;
    uint64_t version = UINT64_MAX;

    connection->answered++;
    all->answers++;
    if (size >= (ssize_t)sizeof(*reply) && reply->header.status == WIRE_OK &&
        reply->header.serial == connection->answered &&
        size == (ssize_t)(sizeof(*reply) + (size_t)reply->n_insns * WIRE_INSN_SIZE))
        version = version_of(all, reply, floor->version);
    if (version > newest || reply->generation < floor->generation) {
        if (all->wrong++ < 5)
            fprintf(stderr,
                    "flood: status %u, serial %u of %u, version %lld (floor %llu, newest %llu), "
                    "generation %llu (floor %llu)\n",
                    reply->header.status, reply->header.serial, connection->answered,
                    (long long)version, (unsigned long long)floor->version,
                    (unsigned long long)newest, (unsigned long long)reply->generation,
                    (unsigned long long)floor->generation);
        return;
    }
    if (version > all->floor.version) {
        all->floor.version = version;
        all->changes++;
    }
    if (reply->generation > all->floor.generation)
        all->floor.generation = reply->generation;
}

/* Returns false when the last answer of CONNECTION is there and no more is to be asked. */
static bool serve(struct versions *all, struct connection *connection)
{
    static _Alignas(8) unsigned char packet[WIRE_MAX_REPLY];
    ssize_t size = recv(connection->fd, packet, sizeof(packet), 0);
    bool more = now_ns() < all->end_ns;

    if (size <= 0)
        die("recv", size < 0 ? errno : EPIPE);
    check(all, connection, packet, size);
    if (more && connection->sent < REQUESTS_EACH) {
        ask(all, connection);
        return true;
    }
    if (connection->answered < connection->sent)
        return true;
    close(connection->fd);
    if (more)
        begin(all, connection);
    return more;
}

static const void *map_file(const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    const void *bytes;

    *size = fd < 0 ? 0 : (size_t)lseek(fd, 0, SEEK_END);
    bytes = fd < 0 ? MAP_FAILED : mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        die(path, errno);
    return bytes;
}

static int run_versions(char **args)
{
    static struct connection connections[CONNECTIONS_MAX];
    struct versions all = {.path = args[0], .epoll = epoll_create1(EPOLL_CLOEXEC)};
    int n = atoi(args[4]), open = n;
    size_t size;

    if (n < 1 || n > CONNECTIONS_MAX)
        die("connections", EINVAL);
    make_get(&all.request, args[1]);
    all.known = map_file(args[2], &size);
    all.n_known = size / sizeof(struct known);
    all.counter = map_file(args[3], &size);
    all.end_ns = now_ns() + strtoull(args[5], NULL, 10) * 1000000000;
    for (int i = 0; i < n; i++)
        begin(&all, &connections[i]);
    while (open > 0) {
        struct epoll_event events[CONNECTIONS_MAX];
        int ready = epoll_wait(all.epoll, events, CONNECTIONS_MAX, HANG_MSEC);

        if (ready <= 0)
            die("no answer", ready < 0 ? errno : ETIMEDOUT);
        for (int i = 0; i < ready; i++)
            open -= !serve(&all, events[i].data.ptr);
    }
    printf("{\"asked\": %llu, \"answers\": %llu, \"versions\": %llu, \"wrong\": %llu}\n",
           (unsigned long long)all.asked, (unsigned long long)all.answers,
           (unsigned long long)all.changes, (unsigned long long)all.wrong);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "latency") == 0)
        return run_latency(argv + 2);
    if (argc == 8 && strcmp(argv[1], "versions") == 0)
        return run_versions(argv + 2);
    fputs("usage: flood latency SOCKET NAME CONNECTIONS REQUESTS\n"
          "       flood versions SOCKET NAME KNOWN COUNTER CONNECTIONS SECONDS\n",
          stderr);
    return 2;
}
