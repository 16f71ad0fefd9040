/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a fetch from secprofd costs beside the least that the kernel allows: the same packets to and
 * from a bare server. Each pair is measured in turn in this one run, and printed as a ratio.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "protocol/codec.h"
#include "protocol/protocol.h"
#include "tests/bench/echo.h"
#include "tests/bench/measure.h"
#include "util/cleanup.h"
#include "util/packet.h"

enum {
    ROUNDS = 1001,
};

/* One way to ask one server. */
struct asker {
    const char *path;
    enum wire_delivery delivery;
    int kept;     /* the kept connection; -1: a new one for each request */
    bool checked; /* a real secprofd answers: check what it says */
    union wire_request request;
    size_t reply_size; /* of the last answer */
};

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_close int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (sock < 0)
        return -errno;
    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    if (connect(sock, (struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    return steal_fd(&sock);
}

static int ask_on(struct asker *asker, int sock)
{
    static unsigned char reply[WIRE_MAX_REPLY];
    struct iovec iov = {&asker->request, sizeof(asker->request.get)};
    cleanup_close int fd = -1;
    size_t n_fds = 0;
    ssize_t n;
    int rc = packet_send(sock, &iov, 1, NULL, 0, 0);

    if (rc < 0)
        return rc;
    n = packet_recv(sock, reply, sizeof(reply), &fd, 1, &n_fds, 0);
    if (n < 0)
        return (int)n;
    if (n_fds != (asker->delivery == WIRE_DELIVER_FD))
        return -EPROTO;
    asker->reply_size = (size_t)n;
    if (asker->checked && wire_reply_check(&asker->request, reply, (size_t)n) != WIRE_OK)
        return -EPROTO;
    return 0;
}

static int64_t run_asker(void *context)
{
    struct asker *asker = context;
    int64_t start = measure_now();
    int rc;

    if (asker->kept >= 0) {
        rc = ask_on(asker, asker->kept);
    } else {
        cleanup_close int sock = connect_to(asker->path);

        rc = sock < 0 ? sock : ask_on(asker, sock);
    }
    return rc < 0 ? rc : measure_now() - start;
}

/* The four ways to ask one kind of server. */
enum way {
    KEPT_BYTES,
    KEPT_FD,
    CONNECT_BYTES,
    CONNECT_FD,
    WAYS,
};

static const char *const way_names[WAYS] = {
    [KEPT_BYTES] = "kept connection, bytes",
    [KEPT_FD] = "kept connection, fd",
    [CONNECT_BYTES] = "connect, request, close; bytes",
    [CONNECT_FD] = "connect, request, close; fd",
};

static int asker_init(struct asker *asker, enum way way, const char *path, const char *profile)
{
    bool kept = way == KEPT_BYTES || way == KEPT_FD;

    asker->path = path;
    asker->delivery = way == KEPT_FD || way == CONNECT_FD ? WIRE_DELIVER_FD : WIRE_DELIVER_BYTES;
    wire_request_header(&asker->request.header, WIRE_GET, sizeof(asker->request.get), 1);
    asker->request.get.delivery = asker->delivery;
    snprintf(asker->request.get.name, sizeof(asker->request.get.name), "%s", profile);
    asker->kept = kept ? connect_to(path) : -1;
    return kept && asker->kept < 0 ? asker->kept : 0;
}

struct bench {
    struct asker real[WAYS];
    struct asker bare[WAYS];
    char paths[WAYS][sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    pid_t servers[WAYS];
    int memfd; /* what the bare servers hand out */
};

/* Asks secprofd once, to know how long its answers are, and starts a bare server that gives the
 * same. */
static int set_up_way(struct bench *bench, enum way way, const char *path, const char *directory,
                      const char *profile)
{
    struct echo echo = {.path = bench->paths[way], .fd = -1};
    int rc = asker_init(&bench->real[way], way, path, profile);

    if (rc < 0)
        return rc;
    bench->real[way].checked = true;
    if ((rc = (int)run_asker(&bench->real[way])) < 0)
        return rc;
    snprintf(bench->paths[way], sizeof(bench->paths[way]), "%s/echo.%d", directory, (int)way);
    echo.reply_size = bench->real[way].reply_size;
    if (bench->real[way].delivery == WIRE_DELIVER_FD)
        echo.fd = bench->memfd;
    bench->servers[way] = echo_start(&echo);
    if (bench->servers[way] < 0)
        return bench->servers[way];
    return asker_init(&bench->bare[way], way, bench->paths[way], profile);
}

static void print_ratios(struct measured things[2 * WAYS])
{
    puts(
        "fetch of one filter: secprofd's time / that of a bare SOCK_SEQPACKET server with the same "
        "packets");
    for (int way = 0; way < WAYS; way++)
        printf("  %-32s %.2f\n", way_names[way],
               measure_median(&things[2 * way], ROUNDS) /
                   measure_median(&things[2 * way + 1], ROUNDS));
}

static int run(struct bench *bench, const char *path, const char *directory, const char *profile)
{
    static struct measured things[2 * WAYS];
    int rc = 0;

    bench->memfd = memfd_create("bench", MFD_CLOEXEC);
    if (bench->memfd < 0)
        return -errno;
    for (int way = 0; way < WAYS && rc == 0; way++) {
        rc = set_up_way(bench, (enum way)way, path, directory, profile);
        things[2 * way] = (struct measured){way_names[way], run_asker, &bench->real[way], {0}};
        things[2 * way + 1] = (struct measured){"bare", run_asker, &bench->bare[way], {0}};
    }
    if (rc == 0)
        rc = measure_all(things, 2 * WAYS, ROUNDS);
    if (rc == 0)
        print_ratios(things);
    return rc;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    int rc;

    if (argc != 4) {
        fprintf(stderr, "usage: %s SOCKET DIRECTORY PROFILE\n", argv[0]);
        return 2;
    }
    rc = run(&bench, argv[1], argv[2], argv[3]);
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", argv[1], strerror(-rc));
    for (int way = 0; way < WAYS; way++) {
        if (bench.servers[way] > 0) {
            kill(bench.servers[way], SIGKILL);
            waitpid(bench.servers[way], NULL, 0);
        }
    }
    return rc < 0 ? 1 : 0;
}
