/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clients that do not behave; secprofd.py's tests build and start it.
 *
 *   abuse random SOCKET SEED COUNT
 *       sends COUNT packets: random bytes, and requests with errors in them
 *   abuse storm SOCKET
 *       connects and closes as fast as it can, until it is killed
 *   abuse deaf SOCKET NAME CONNECTIONS
 *       asks all the time on each connection, and never reads
 *   abuse halves SOCKET
 *       sends packets that are too short, too long, or no requests at all
 *   abuse fds SOCKET NAME
 *       sends requests with 1 to 253 fds
 *   abuse greedy SOCKET NAME CONNECTIONS
 *       asks and reads as fast as it can, with full pipes
 *
 * The last line of "random" is JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/protocol.h"
#include "tests/bench/load.h"

enum {
    PACKET_MAX = 1200,
    FLIGHT_MAX = 64, /* packets that were sent and not answered yet */
    FDS_MAX = 253,   /* SCM_MAX_FD */
    CONNECTIONS_MAX = 512,
    HANG_MSEC = 20000,
    STATUSES = 16,
};

static uint64_t state;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint32_t below(uint32_t limit)
{
    return (uint32_t)(draw() >> 16) % limit;
}

static _Noreturn void die(const char *what, int error)
{
    fprintf(stderr, "abuse: %s: %s\n", what, strerror(error));
    exit(1);
}

static int connect_or_die(const char *path)
{
    int fd = load_connect(path);

    if (fd < 0)
        die("connect", -fd);
    return fd;
}

static struct wire_header header(uint16_t opcode, size_t size)
{
    return (struct wire_header){
        .magic = WIRE_MAGIC,
        .version = WIRE_VERSION,
        .opcode = opcode,
        .length = (uint32_t)size,
        .serial = (uint32_t)draw(),
    };
}

/* A request without an error, of any opcode. Returns its size. */
static size_t make_request(unsigned char *packet)
{
    static const char *const names[] = {"default", "big", "nothing", ""};
    static const size_t sizes[] = {
        [WIRE_GET] = sizeof(struct wire_get),
        [WIRE_LIST] = sizeof(struct wire_list),
        [WIRE_STATUS] = sizeof(struct wire_get_status),
        [WIRE_RELOAD] = sizeof(struct wire_reload),
        [WIRE_SUBSCRIBE] = sizeof(struct wire_subscribe),
        [WIRE_COMPILE] = sizeof(struct wire_compile),
    };
    uint16_t opcode = (uint16_t)(1 + below(sizeof(sizes) / sizeof(sizes[0]) - 1));
    struct wire_get get = {.delivery = 1 + below(4)};

    memset(packet, 0, sizes[opcode]);
    if (opcode == WIRE_GET) {
        strcpy(get.name, names[below(4)]);
        memcpy(packet, &get, sizeof(get));
    } else if (opcode == WIRE_LIST || opcode == WIRE_STATUS) {
        strcpy((char *)packet + sizeof(struct wire_header), names[below(4)]);
    }
    get.header = header(opcode, sizes[opcode]);
    memcpy(packet, &get.header, sizeof(get.header));
    return sizes[opcode];
}

/* True where PACKET is a request that changes what the connection or the daemon does. */
static bool has_effect(const unsigned char *packet, size_t size)
{
    struct wire_header h;

    if (size < sizeof(h))
        return false;
    memcpy(&h, packet, sizeof(h));
    return h.magic == WIRE_MAGIC && (h.opcode == WIRE_SUBSCRIBE || h.opcode == WIRE_RELOAD) &&
           h.length == size;
}

/*
 * Any packet: one in a hundred is noise, which ends the connection, the others are requests with up
 * to three errors.
 */
static size_t make_packet(unsigned char *packet, bool *noise)
{
    size_t size;

    *noise = below(100) == 0;
    if (*noise) {
        size = 1 + below(PACKET_MAX - 1);
        for (size_t i = 0; i < size; i++)
            packet[i] = (unsigned char)draw();
        return size;
    }
    size = make_request(packet);
    for (uint32_t errors = below(4); errors > 0; errors--) {
        /* Errors in the magic end the connection: they are for the noise. */
        size_t at = 4 + below((uint32_t)size - 4);

        packet[at] = below(3) ? (unsigned char)draw() : packet[at] ^ (unsigned char)(1 << below(8));
    }
    if (below(16) == 0)
        size = 24 + below(PACKET_MAX - 24);
    if (has_effect(packet, size))
        packet[6] = 0xff; /* no opcode */
    return size;
}

struct flight {
    int sock;
    int content; /* an fd that some packets carry */
    unsigned sent, answered;
    uint64_t packets, ended, statuses[STATUSES];
};

static bool send_packet(struct flight *flight, const unsigned char *packet, size_t size)
{
    union {
        struct cmsghdr header;
        unsigned char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec iov = {(void *)packet, size};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

    if (below(20) == 0) {
        msg.msg_control = &control;
        msg.msg_controllen = sizeof(control);
        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), &flight->content, sizeof(int));
    }
    if (sendmsg(flight->sock, &msg, MSG_NOSIGNAL) >= 0)
        return true;
    /* Fds can be sent when the daemon has accepted the connection. */
    return errno == EPERM && send(flight->sock, packet, size, MSG_NOSIGNAL) >= 0;
}

/* Takes one answer. Returns false where the connection has ended. */
static bool take(struct flight *flight)
{
    static unsigned char reply[WIRE_MAX_REPLY];
    struct pollfd poll_for = {flight->sock, POLLIN, 0};
    struct wire_header h;
    ssize_t n;

    if (poll(&poll_for, 1, HANG_MSEC) == 0)
        die("no answer", ETIMEDOUT);
    n = load_take_answer(flight->sock, reply, sizeof(reply));
    if (n <= 0)
        return false;
    if (n < (ssize_t)sizeof(h))
        die("an answer without a header", EPROTO);
    memcpy(&h, reply, sizeof(h));
    if (h.magic != WIRE_MAGIC || h.length != n || h.status >= STATUSES)
        die("an answer that is none", EPROTO);
    flight->statuses[h.status]++;
    flight->answered++;
    return true;
}

static int run_random(const char *path, uint64_t seed, uint64_t count)
{
    struct flight flight = {.content = memfd_create("abuse", MFD_CLOEXEC)};
    unsigned char packet[PACKET_MAX];

    state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    flight.sock = connect_or_die(path);
    while (flight.packets < count) {
        bool open = true, noise = false;

        /* Nothing goes behind noise: nobody would read it. */
        while (open && !noise && flight.sent - flight.answered < FLIGHT_MAX &&
               flight.packets < count) {
            open = send_packet(&flight, packet, make_packet(packet, &noise));
            flight.packets++;
            flight.sent++;
        }
        while (open && flight.answered < flight.sent)
            open = take(&flight);
        if (open)
            continue;
        flight.ended++;
        close(flight.sock);
        flight.sock = connect_or_die(path);
        flight.sent = flight.answered = 0;
    }
    printf("{\"packets\": %llu, \"ended\": %llu, \"statuses\": [",
           (unsigned long long)flight.packets, (unsigned long long)flight.ended);
    for (int i = 0; i < STATUSES; i++)
        printf("%s%llu", i ? ", " : "", (unsigned long long)flight.statuses[i]);
    puts("]}");
    return 0;
}

static _Noreturn void run_storm(const char *path)
{
    for (;;) {
        int fd = load_connect(path);

        if (fd >= 0)
            close(fd);
    }
}

static size_t make_get(struct wire_get *get, const char *name)
{
    *get =
        (struct wire_get){.header = header(WIRE_GET, sizeof(*get)), .delivery = WIRE_DELIVER_BYTES};
    strncpy(get->name, name, sizeof(get->name) - 1);
    return sizeof(*get);
}

static _Noreturn void run_deaf(const char *path, const char *name, int n)
{
    int socks[CONNECTIONS_MAX];
    struct wire_get get;

    make_get(&get, name);
    for (int i = 0; i < n && i < CONNECTIONS_MAX; i++)
        socks[i] = connect_or_die(path);
    for (;;) {
        for (int i = 0; i < n && i < CONNECTIONS_MAX; i++)
            while (send(socks[i], &get, sizeof(get), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
                ;
        usleep(1000);
    }
}

static _Noreturn void run_halves(const char *path)
{
    unsigned char packet[70000] = {0};
    struct wire_get get;
    int sock = connect_or_die(path);

    make_get(&get, "default");
    memcpy(packet, &get, sizeof(get));
    for (;;) {
        size_t size = below(8) ? below(sizeof(get)) : sizeof(get) + below(60000);
        struct pollfd poll_for = {sock, POLLIN, 0};

        if (send(sock, packet, size, MSG_NOSIGNAL) >= 0 && poll(&poll_for, 1, HANG_MSEC) > 0 &&
            recv(sock, packet + sizeof(get), sizeof(packet) - sizeof(get), 0) > 0)
            continue;
        close(sock);
        sock = connect_or_die(path);
    }
}

static _Noreturn void run_fds(const char *path, const char *name)
{
    union {
        struct cmsghdr header;
        unsigned char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
    } control = {0};
    struct wire_get get;
    struct iovec iov = {&get, make_get(&get, name)};
    int fds[FDS_MAX], sock = connect_or_die(path);

    for (int i = 0; i < FDS_MAX; i++)
        fds[i] = STDIN_FILENO;
    for (;;) {
        char reply[1024];
        size_t size = (1 + below(below(4) ? 8 : FDS_MAX)) * sizeof(int);
        struct msghdr msg = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = CMSG_SPACE(size)};
        struct pollfd poll_for = {sock, POLLIN, 0};

        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(size), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), fds, size);
        /* Fds can be sent when the daemon has accepted the connection. */
        if ((sendmsg(sock, &msg, MSG_NOSIGNAL) >= 0 ||
             (errno == EPERM && send(sock, iov.iov_base, iov.iov_len, MSG_NOSIGNAL) >= 0)) &&
            poll(&poll_for, 1, HANG_MSEC) > 0 && recv(sock, reply, sizeof(reply), 0) > 0)
            continue;
        close(sock);
        sock = connect_or_die(path);
    }
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";

    state = 88172645463325252;
    if (argc == 5 && strcmp(mode, "random") == 0)
        return run_random(argv[2], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
    if (argc == 3 && strcmp(mode, "storm") == 0)
        run_storm(argv[2]);
    if (argc == 5 && strcmp(mode, "deaf") == 0)
        run_deaf(argv[2], argv[3], atoi(argv[4]));
    if (argc == 3 && strcmp(mode, "halves") == 0)
        run_halves(argv[2]);
    if (argc == 4 && strcmp(mode, "fds") == 0)
        run_fds(argv[2], argv[3]);
    fputs("usage: abuse random SOCKET SEED COUNT | storm SOCKET | deaf SOCKET NAME CONNECTIONS |\n"
          "             halves SOCKET | fds SOCKET NAME\n",
          stderr);
    return 2;
}
