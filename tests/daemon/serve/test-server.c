/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of daemon/serve/server.c and client.c: a server in this process, with a service that the
 * test fills, and clients at the other end of real sockets. Nothing runs but when the test lets it.
 */
#include "daemon/serve/client-state.h"
#include "daemon/serve/client.h"
#include "daemon/serve/server.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "daemon/process/spawner.h"
#include "protocol/codec.h"
#include "tests/daemon/filters/fake-service.h"
#include "util/packet.h"

struct serving {
    struct fake *fake;
    struct children children;
    struct spawner spawner;
    const struct target *targets[1];
    struct server server;
};

static uint64_t real_now(void *user)
{
    struct timespec now;

    (void)user;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t reload(void *user)
{
    (void)user;
    return 1;
}

static struct serving *serving_new(void)
{
    struct serving *serving = calloc(1, sizeof(*serving));
    struct server *server;

    ck_assert_ptr_nonnull(serving);
    server = &serving->server;
    serving->fake = fake_new();
    serving->fake->service.hooks.now = real_now;
    serving->targets[0] = serving->fake->service.host;
    server_init(server);
    ck_assert_int_ge(sd_event_new(&server->event), 0);
    serving->children.event = server->event;
    server->children = &serving->children;
    server->log = &serving->fake->log;
    server->spawner = &serving->spawner;
    server->max_connections = 32;
    server->max_connections_per_uid = 4;
    server->handlers.service = &serving->fake->service;
    server->handlers.targets = serving->targets;
    server->handlers.n_targets = 1;
    server->handlers.own_uid = geteuid();
    server->handlers.max_subscribers = 8;
    server->handlers.reload = reload;
    ck_assert_int_eq(server_listen(server, unit_path("socket")), 0);
    ck_assert_int_eq(server_open(server), 0);
    return serving;
}

static void serving_free(struct serving *serving)
{
    server_close(&serving->server);
    ck_assert_uint_eq(serving->server.handlers.numbers.connections, 0);
    ck_assert_uint_eq(serving->server.handlers.numbers.waiting, 0);
    ck_assert_uint_eq(serving->server.handlers.numbers.subscribers, 0);
    sd_event_unref(serving->server.event);
    fake_free(serving->fake);
    free(serving);
}

/* Lets the server do all that is due. */
static void run(struct serving *serving)
{
    int r;

    while ((r = sd_event_run(serving->server.event, 0)) > 0)
        ;
    ck_assert_int_eq(r, 0);
}

/* Puts a profile into service whose conditions look at all capabilities. */
static struct source *serve(struct serving *serving)
{
    struct profile_entry *entry = fake_serve(serving->fake, "x", "text", 1);

    /* For whoever runs this test. */
    entry->access.mode = entry->served->access.mode = 0644;
    entry->served->axes.caps = UINT64_MAX;
    return entry->served;
}

static int connect_client(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    strncpy(address.sun_path, unit_path("socket"), sizeof(address.sun_path) - 1);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void ask(int fd, union wire_request *request, enum wire_opcode opcode, size_t length,
                uint32_t serial)
{
    wire_request_header(&request->header, opcode, length, serial);
    ck_assert_int_eq(send(fd, request, length, MSG_NOSIGNAL), (ssize_t)length);
}

static void ask_list(int fd, uint32_t serial)
{
    union wire_request request = {0};

    ask(fd, &request, WIRE_LIST, sizeof(request.list), serial);
}

static void ask_get(int fd, uint64_t caps, uint32_t serial)
{
    union wire_request request = {.get = {.caps = caps, .delivery = WIRE_DELIVER_BYTES}};

    strcpy(request.get.name, "x");
    ask(fd, &request, WIRE_GET, sizeof(request.get), serial);
}

/* The status of the next packet, which has SERIAL; -1: there is none; -2: the connection ended. */
static int hear(int fd, uint32_t serial, char text[WIRE_MAX_REPLY])
{
    static char buffer[WIRE_MAX_REPLY + 1];
    struct wire_header header;
    ssize_t len = recv(fd, buffer, sizeof(buffer) - 1, 0);

    if (len <= 0)
        return len == 0 || errno == ECONNRESET ? -2 : -1;
    ck_assert_uint_ge((size_t)len, sizeof(header));
    memcpy(&header, buffer, sizeof(header));
    ck_assert_uint_eq(header.serial, serial);
    ck_assert_uint_eq(header.length, (size_t)len);
    buffer[len] = '\0';
    if (text && header.status != WIRE_OK) {
        struct wire_refusal refusal;

        memcpy(&refusal, buffer, sizeof(refusal));
        strcpy(text, buffer + refusal.text_offset);
    }
    return (int)header.status;
}

START_TEST(requests_are_answered)
{
    struct serving *serving = serving_new();
    int fd = connect_client();

    run(serving);
    ck_assert_uint_eq(serving->server.handlers.numbers.connections, 1);
    ask_list(fd, 1);
    ask_list(fd, 2);
    ck_assert_int_eq(hear(fd, 0, NULL), -1);
    run(serving);
    ck_assert_int_eq(hear(fd, 1, NULL), WIRE_OK);
    ck_assert_int_eq(hear(fd, 2, NULL), WIRE_OK);
    ck_assert_uint_eq(serving->server.handlers.numbers.requests, 2);
    ask_get(fd, 0, 3);
    run(serving);
    ck_assert_int_eq(hear(fd, 3, NULL), WIRE_NOT_FOUND);
    ck_assert_uint_eq(serving->server.handlers.numbers.refused, 1);
    close(fd);
    run(serving);
    ck_assert_uint_eq(serving->server.handlers.numbers.connections, 0);
    ck_assert_uint_eq(serving->server.users.n, 0);
    serving_free(serving);
}
END_TEST

START_TEST(another_protocol_ends_the_connection)
{
    struct serving *serving = serving_new();
    int fd = connect_client();

    ck_assert_int_eq(send(fd, "GET / HTTP/1.1\r\n\r\n12345678", 26, 0), 26);
    run(serving);
    ck_assert_int_eq(hear(fd, 0, NULL), -2);
    ck_assert_uint_eq(serving->server.handlers.numbers.connections, 0);
    close(fd);
    serving_free(serving);
}
END_TEST

/* Who waits is answered when the server comes to it, and its next request is looked at then. */
START_TEST(a_wait_keeps_the_order)
{
    struct serving *serving = serving_new();
    struct serve_numbers *numbers = &serving->server.handlers.numbers;
    int fd = connect_client();

    serve(serving);
    ask_get(fd, 1, 1);
    ask_list(fd, 2);
    run(serving);
    ck_assert_int_eq(hear(fd, 0, NULL), -1);
    ck_assert_uint_eq(numbers->waiting, 1);
    fake_succeed(serving->fake, fake_take(serving->fake), 2);
    ck_assert_int_eq(hear(fd, 0, NULL), -1);
    run(serving);
    ck_assert_uint_eq(numbers->waiting, 0);
    ck_assert_int_eq(hear(fd, 1, NULL), WIRE_OK);
    ck_assert_int_eq(hear(fd, 2, NULL), WIRE_OK);
    close(fd);
    serving_free(serving);
}
END_TEST

START_TEST(one_compile_serves_all_who_wait)
{
    struct serving *serving = serving_new();
    int fds[3];

    serve(serving);
    for (unsigned i = 0; i < 3; i++) {
        fds[i] = connect_client();
        ask_get(fds[i], 1, i);
    }
    run(serving);
    ck_assert_uint_eq(serving->fake->service.jobs.n, 1);
    fake_fail(serving->fake, fake_take(serving->fake), "it took too long");
    run(serving);
    for (unsigned i = 0; i < 3; i++) {
        char text[WIRE_MAX_REPLY];

        ck_assert_int_eq(hear(fds[i], i, text), WIRE_NO_RESULT);
        ck_assert_str_eq(text, "it took too long");
        close(fds[i]);
    }
    serving_free(serving);
}
END_TEST

START_TEST(who_leaves_stops_waiting)
{
    struct serving *serving = serving_new();
    int fd = connect_client(), other = connect_client();

    serve(serving);
    ask_get(fd, 1, 1);
    run(serving);
    ck_assert_uint_eq(serving->fake->service.jobs.n, 1);
    close(fd);
    run(serving);
    ck_assert_uint_eq(serving->fake->service.jobs.n, 0);
    ck_assert_uint_eq(serving->server.handlers.numbers.waiting, 0);
    /* One that was woken, and is not gone on with yet. */
    ask_get(other, 2, 1);
    run(serving);
    fake_succeed(serving->fake, fake_take(serving->fake), 2);
    server_close(&serving->server);
    ck_assert_int_eq(hear(other, 1, NULL), WIRE_STOPPING);
    close(other);
    serving_free(serving);
}
END_TEST

/* Each time that it is woken, something else has pushed out what it waited for. */
START_TEST(nobody_waits_for_ever)
{
    const struct variant_request other = {.target = target_by_name("x86_64"), .caps = 2};
    const struct filter_bytes filter = {.bytes = "\6\0\0\0\0\0\0\0", .n_insns = 1, .text = ""};
    struct serving *serving = serving_new();
    struct fake *fake = serving->fake;
    char text[WIRE_MAX_REPLY];
    int fd = connect_client();
    struct source *source, *second;

    fake->is_open = false;
    source = serve(serving);
    ck_assert_int_eq(source_new(&second, &fake->service.store, "2", 1, "/p/2"), 0);
    fake->service.store.max = 0;
    ask_get(fd, 1, 1);
    for (int i = 0; i < CLIENT_WAITS_MAX; i++) {
        struct stored_variant *variant;

        run(serving);
        ck_assert_int_eq(hear(fd, 0, NULL), -1);
        fake_succeed(fake, fake_take(fake), 2);
        source_unref(second);
        ck_assert_int_eq(source_new(&second, &fake->service.store, "2", 1, "/p/2"), 0);
        ck_assert_int_eq(source_keep(second, &other, &filter, &variant), 0);
        ck_assert_uint_eq(source->n_variants, 1);
    }
    run(serving);
    ck_assert_int_eq(hear(fd, 1, text), WIRE_FAILED);
    ck_assert_str_eq(text, "the profile changes faster than it can be compiled");
    close(fd);
    source_unref(second);
    serving_free(serving);
}
END_TEST

START_TEST(a_reload_waits_for_its_scan)
{
    struct serving *serving = serving_new();
    union wire_request request = {0};
    int fd = connect_client();

    fake_offer(serving->fake, "x", "text", 1);
    ask(fd, &request, WIRE_RELOAD, sizeof(request.reload), 9);
    run(serving);
    service_wake_scanned(&serving->fake->service);
    run(serving);
    ck_assert_int_eq(hear(fd, 9, NULL), -1);
    fake_succeed(serving->fake, fake_take(serving->fake), 1);
    service_wake_scanned(&serving->fake->service);
    run(serving);
    ck_assert_int_eq(hear(fd, 9, NULL), WIRE_OK);
    ask(fd, &request, WIRE_RELOAD, sizeof(request.reload), 10);
    run(serving);
    close(fd);
    run(serving);
    ck_assert(TAILQ_EMPTY(&serving->fake->service.scanned));
    serving_free(serving);
}
END_TEST

START_TEST(the_end_is_told_to_who_waits)
{
    struct serving *serving = serving_new();
    int fd = connect_client(), idle = connect_client();

    serve(serving);
    ask_get(fd, 1, 1);
    run(serving);
    server_close(&serving->server);
    ck_assert_int_eq(hear(fd, 1, NULL), WIRE_STOPPING);
    ck_assert_int_eq(hear(fd, 1, NULL), -2);
    ck_assert_int_eq(hear(idle, 0, NULL), -2);
    ck_assert_uint_eq(serving->fake->service.jobs.n, 0);
    ck_assert_int_ne(access(unit_path("socket"), F_OK), 0);
    close(fd);
    close(idle);
    serving_free(serving);
}
END_TEST

/* More changes than a socket has room for: none is lost, and each comes once. */
START_TEST(subscribers_hear_of_changes)
{
    const unsigned n = CHANGES_KEPT - 1;
    struct serving *serving = serving_new();
    struct service *service = &serving->fake->service;
    union wire_request request = {0};
    struct entry_access access;
    struct profile_entry *entry = fake_serve(serving->fake, "x", "text", 1);
    int fd = connect_client(), status;
    unsigned heard = 0;

    entry->access.mode = entry->served->access.mode = 0644;
    access = entry_access(entry);
    ask(fd, &request, WIRE_SUBSCRIBE, sizeof(request.subscribe), 3);
    run(serving);
    ck_assert_int_eq(hear(fd, 3, NULL), WIRE_OK);
    ck_assert_int_eq(hear(fd, 3, NULL), -1);
    ck_assert_uint_eq(serving->server.handlers.numbers.subscribers, 1);
    for (unsigned i = 0; i < n; i++)
        changes_note(&service->changes, 1, entry, &access);
    server_note_changes(&serving->server);
    run(serving);
    ck_assert_int_eq(TAILQ_FIRST(&serving->server.subscribers)->life.state, CLIENT_BEHIND);
    while ((status = hear(fd, 3, NULL)) == WIRE_OK) {
        heard++;
        run(serving);
    }
    ck_assert_int_eq(status, -1);
    ck_assert_uint_eq(heard, n);
    ck_assert_int_eq(TAILQ_FIRST(&serving->server.subscribers)->life.state, CLIENT_SUBSCRIBED);
    close(fd);
    run(serving);
    ck_assert_uint_eq(serving->server.handlers.numbers.subscribers, 0);
    ck_assert_uint_eq(serving->server.handlers.subscribers.n, 0);
    serving_free(serving);
}
END_TEST

/* Replies that do not fit are kept, one at a time: no more requests are read until it is gone. */
START_TEST(who_reads_slowly_gets_all)
{
    struct serving *serving = serving_new();
    const unsigned n = 600;
    unsigned asked = 0, heard = 0;
    int fd = connect_client();
    char name[16];

    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "p%u", i);
        registry_add(&serving->fake->service.registry, name)->access.mode = 0644;
    }
    /* It asks without reading. */
    for (; asked < 20; asked++)
        ask_list(fd, asked);
    run(serving);
    ck_assert_int_eq(TAILQ_FIRST(&serving->server.clients)->life.state, CLIENT_WRITING);
    ck_assert_uint_lt(serving->server.handlers.numbers.requests, asked);
    for (; heard < n; heard++) {
        ck_assert_int_eq(hear(fd, heard, NULL), WIRE_OK);
        if (asked < n)
            ask_list(fd, asked++);
        run(serving);
    }
    ck_assert_int_eq(TAILQ_FIRST(&serving->server.clients)->life.state, CLIENT_READING);
    ck_assert_uint_eq(serving->server.handlers.numbers.requests, n);
    close(fd);
    serving_free(serving);
}
END_TEST

START_TEST(a_connection_too_many_is_told_so)
{
    struct serving *serving = serving_new();
    int fds[5];

    for (unsigned i = 0; i < 5; i++) {
        fds[i] = connect_client();
        run(serving);
        ask_list(fds[i], i);
        run(serving);
        ck_assert_int_eq(hear(fds[i], i, NULL), i < 4 ? WIRE_OK : WIRE_LIMIT);
    }
    ck_assert_int_eq(hear(fds[4], 0, NULL), -2);
    ck_assert_int_eq(hear(fds[3], 0, NULL), -1);
    ck_assert_uint_eq(serving->server.handlers.numbers.connections, 4);
    ck_assert_uint_eq(serving->server.handlers.numbers.connections_refused, 1);
    ck_assert_uint_eq(serving->server.n_refused, 0);
    close(fds[0]);
    run(serving);
    close(fds[4]);
    fds[4] = connect_client();
    ask_list(fds[4], 4);
    run(serving);
    ck_assert_int_eq(hear(fds[4], 4, NULL), WIRE_OK);
    for (unsigned i = 1; i < 5; i++)
        close(fds[i]);
    serving_free(serving);
}
END_TEST

START_TEST(who_does_nothing_is_closed)
{
    struct serving *serving = serving_new();
    int idle, busy = connect_client();

    serve(serving);
    serving->server.idle_usec = 20000;
    idle = connect_client();
    ask_get(busy, 1, 1);
    run(serving);
    ck_assert_uint_eq(serving->server.handlers.numbers.connections, 2);
    while (serving->server.handlers.numbers.connections_idle == 0)
        ck_assert_int_ge(sd_event_run(serving->server.event, 5000000), 1);
    ck_assert_int_eq(hear(idle, 0, NULL), -2);
    /* Who waits for the daemon is not idle. */
    ck_assert_int_eq(hear(busy, 0, NULL), -1);
    ck_assert_uint_eq(serving->server.handlers.numbers.connections, 1);
    close(idle);
    close(busy);
    serving_free(serving);
}
END_TEST

/* A connection that ends while requests are unread: the replies that are there come first. */
START_TEST(no_reply_is_hidden)
{
    struct serving *serving = serving_new();
    int fds[6];

    for (unsigned i = 0; i < 5; i++)
        fds[i] = connect_client();
    run(serving);
    /* One over the limit: only its first request is answered. */
    for (uint32_t serial = 1; serial < 4; serial++)
        ask_list(fds[4], serial);
    /* Another protocol after two good requests. */
    ask_list(fds[3], 1);
    ask_list(fds[3], 2);
    ck_assert_int_eq(send(fds[3], "no packet of this protocol", 26, MSG_NOSIGNAL), 26);
    ask_list(fds[3], 4);
    run(serving);
    ck_assert_int_eq(hear(fds[4], 1, NULL), WIRE_LIMIT);
    ck_assert_int_eq(recv(fds[4], &(char){0}, 1, 0), 0);
    ck_assert_int_eq(hear(fds[3], 1, NULL), WIRE_OK);
    ck_assert_int_eq(hear(fds[3], 2, NULL), WIRE_OK);
    ck_assert_int_eq(recv(fds[3], &(char){0}, 1, 0), 0);

    /* The daemon stops: what was sent is answered, also behind a request that waits. */
    fds[5] = connect_client();
    run(serving);
    serve(serving);
    ask_get(fds[0], 1, 1);
    run(serving);
    for (uint32_t serial = 2; serial < 5; serial++)
        ask_list(fds[0], serial);
    ask_list(fds[1], 1);
    server_close(&serving->server);
    for (uint32_t serial = 1; serial < 5; serial++)
        ck_assert_int_eq(hear(fds[0], serial, NULL), WIRE_STOPPING);
    ck_assert_int_eq(recv(fds[0], &(char){0}, 1, 0), 0);
    ck_assert_int_eq(hear(fds[1], 1, NULL), WIRE_STOPPING);
    ck_assert_int_eq(recv(fds[1], &(char){0}, 1, 0), 0);
    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        close(fds[i]);
    serving_free(serving);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "server");

    tcase_add_test(tests, requests_are_answered);
    tcase_add_test(tests, another_protocol_ends_the_connection);
    tcase_add_test(tests, a_wait_keeps_the_order);
    tcase_add_test(tests, one_compile_serves_all_who_wait);
    tcase_add_test(tests, who_leaves_stops_waiting);
    tcase_add_test(tests, nobody_waits_for_ever);
    tcase_add_test(tests, a_reload_waits_for_its_scan);
    tcase_add_test(tests, the_end_is_told_to_who_waits);
    tcase_add_test(tests, subscribers_hear_of_changes);
    tcase_add_test(tests, who_reads_slowly_gets_all);
    tcase_add_test(tests, a_connection_too_many_is_told_so);
    tcase_add_test(tests, who_does_nothing_is_closed);
    tcase_add_test(tests, no_reply_is_hidden);
    return unit_end(suite);
}
