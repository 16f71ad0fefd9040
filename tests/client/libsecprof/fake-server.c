/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A secprofd for tests: see fake-server.h. One thread accepts, one thread serves each connection.
 */
#include "config.h"

#include "tests/client/libsecprof/fake-server.h"

#include <check.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol/order.h"
#include "util/cleanup.h"
#include "util/sha256.h"

struct connection {
    struct fake_server *server;
    int sock;
};

struct wire_header *fake_header(struct fake_reply *reply)
{
    return (struct wire_header *)(void *)reply->bytes;
}

void fake_error(struct fake_reply *reply, enum wire_status status, const char *text)
{
    struct wire_refusal *refusal = (void *)reply->bytes;
    size_t len = strlen(text);

    for (size_t i = 0; i < reply->n_fds; i++)
        close(reply->fds[i]);
    reply->n_fds = 0;
    refusal->reason = status * WIRE_REASONS_PER_STATUS + 1;
    refusal->field = 44;
    refusal->retry_ms = 1234;
    refusal->text_offset = sizeof(*refusal);
    refusal->text_len = (uint32_t)len;
    refusal->zero = 0;
    memcpy(reply->bytes + sizeof(*refusal), text, len);
    reply->len = sizeof(*refusal) + len;
    refusal->header.length = (uint32_t)reply->len;
    refusal->header.status = status;
}

void fake_filter(const char *name, struct sock_filter filter[2])
{
    uint32_t hash = 5381;

    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    filter[0] = (struct sock_filter){BPF_LD | BPF_IMM, 0, 0, hash};
    filter[1] = (struct sock_filter){BPF_RET | BPF_K, 0, 0, 0x7fff0000};
}

static void make_get(const struct wire_get *request, struct fake_reply *reply)
{
    struct wire_get_reply *get = (void *)reply->bytes;
    struct sock_filter filter[2];

    fake_filter(request->name, filter);
    get->generation = 42;
    sha256_of(filter, sizeof(filter), get->digest);
    sha256_of("{}", 2, get->source_digest);
    get->n_insns = 2;
    get->filter_flags = 2;
    get->audit_arch = request->audit_arch ? request->audit_arch : AUDIT_ARCH_X86_64;
    get->info = strcmp(request->name, "stale") == 0 ? WIRE_GET_STALE : 0;
    get->size = sizeof(filter);
    get->mode = request->mode;
    reply->len = sizeof(*get);
    if (request->delivery == WIRE_DELIVER_BYTES) {
        get->offset = sizeof(*get);
        memcpy(reply->bytes + reply->len, filter, sizeof(filter));
        reply->len += sizeof(filter);
        return;
    }

    int fd = memfd_create("filter", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    /* The fake of an executable: the filter behind something else. */
    if (request->delivery == WIRE_DELIVER_HELPER) {
        ck_assert_int_eq(fchmod(fd, 0555), 0);
        ck_assert_int_eq(pwrite(fd, filter, sizeof(filter), 100), sizeof(filter));
        get->offset = 100;
    }
    get->size = request->delivery == WIRE_DELIVER_PROFILE ? 2 : get->size;
    if (request->delivery == WIRE_DELIVER_PROFILE)
        ck_assert_int_eq(pwrite(fd, "{}", 2, 0), 2);
    else
        ck_assert_int_eq(pwrite(fd, filter, sizeof(filter), 0), sizeof(filter));
    reply->fds[reply->n_fds++] = fd;
}

/* The filter of a profile by content is that of the name that the text is. */
static void make_compile(const struct wire_compile *request, int fd, struct fake_reply *reply)
{
    struct wire_get get = {
        .audit_arch = request->audit_arch,
        .delivery = request->delivery,
        .caps = request->caps,
        .mode = request->mode,
    };
    ssize_t n = pread(fd, get.name, sizeof(get.name) - 1, 0);

    ck_assert_int_ge(n, 0);
    make_get(&get, reply);
}

static void make_list(const struct fake_server *server, const struct wire_list *request,
                      struct fake_reply *reply)
{
    struct wire_list_reply *list = (void *)reply->bytes;
    struct wire_list_entry *entries = (void *)(reply->bytes + sizeof(*list));

    list->generation = 42;
    list->entries_offset = sizeof(*list);
    list->entry_size = sizeof(*entries);
    for (int i = 0; i < server->n_profiles; i++) {
        char name[WIRE_NAME_SIZE] = {0};

        snprintf(name, sizeof(name), "p%04d", i);
        if (strcmp(name, request->after) <= 0)
            continue;
        if (list->n_entries == WIRE_LIST_MAX_ENTRIES) {
            list->more = 1;
            break;
        }

        struct wire_list_entry *entry = &entries[list->n_entries++];

        memset(entry, 0, sizeof(*entry));
        memcpy(entry->name, name, sizeof(name));
        entry->generation = 7;
        memset(entry->digest, 0xd2, sizeof(entry->digest));
        entry->n_insns = 100 + (uint32_t)i;
        entry->state = WIRE_PROFILE_SERVED + (uint32_t)i % 4;
    }
    reply->len = sizeof(*list) + list->n_entries * sizeof(*entries);
}

static void make_status(const struct wire_get_status *request, struct fake_reply *reply)
{
    static const char path[] = "/etc/secprof/profiles.d/x.json";
    static const char text[] = "x.json:3:5: error: no\nx.json:4:1: warning: hm\n";
    struct wire_daemon_status *daemon = (void *)reply->bytes;
    struct wire_profile_status *profile = (void *)reply->bytes;

    if (!request->name[0]) {
        uint64_t *first = &daemon->generation;

        /* Every counter has its own value: 100, 101, … */
        for (uint64_t i = 0; i < 12; i++)
            first[i] = 100 + i;
        for (uint32_t i = 0; i < 8; i++)
            (&daemon->profiles)[i] = 200 + i;
        strcpy(daemon->version, "0.1.0");
        strcpy(daemon->libseccomp, "2.5.4");
        memset(daemon->instance, 0xd5, sizeof(daemon->instance));
        daemon->features = WIRE_FEATURE_HELPER;
        for (uint32_t i = 0; i < 10; i++)
            (&daemon->limits.max_connections)[i] = 300 + i;
        reply->len = sizeof(*daemon);
        return;
    }
    profile->generation = 9;
    memset(profile->digest, 0xd3, sizeof(profile->digest));
    memset(profile->source_digest, 0xd4, sizeof(profile->source_digest));
    profile->n_insns = 198;
    profile->filter_flags = 1;
    profile->state = WIRE_PROFILE_STALE;
    profile->variants = 3;
    profile->path_offset = sizeof(*profile);
    profile->path_len = sizeof(path) - 1;
    profile->text_offset = profile->path_offset + profile->path_len;
    profile->text_len = sizeof(text) - 1;
    memcpy(reply->bytes + sizeof(*profile), path, sizeof(path) - 1);
    memcpy(reply->bytes + sizeof(*profile) + sizeof(path) - 1, text, sizeof(text) - 1);
    reply->len = sizeof(*profile) + sizeof(path) - 1 + sizeof(text) - 1;
}

static void make_reply(const struct fake_server *server, const union wire_request *request, int fd,
                       struct fake_reply *reply)
{
    struct wire_reload_reply *reload = (void *)reply->bytes;
    struct wire_subscribe_reply *subscribe = (void *)reply->bytes;

    memset(reply, 0, sizeof(*reply));
    reply->seals = FAKE_SEALS;
    switch (request->header.opcode) {
    case WIRE_GET:
        make_get(&request->get, reply);
        break;
    case WIRE_LIST:
        make_list(server, &request->list, reply);
        break;
    case WIRE_STATUS:
        make_status(&request->status, reply);
        break;
    case WIRE_RELOAD:
        reload->generation = 43;
        reload->profiles = 12;
        reload->broken = 2;
        reply->len = sizeof(*reload);
        break;
    case WIRE_COMPILE:
        make_compile(&request->compile, fd, reply);
        break;
    case WIRE_SUBSCRIBE:
        subscribe->generation = 44;
        reply->len = sizeof(*subscribe);
        break;
    }
    wire_reply_header(fake_header(reply), &request->header, WIRE_OK, reply->len);
}

/* Serves one request; returns false where the connection is to end. */
static bool serve(struct fake_server *server, int sock)
{
    unsigned char packet[WIRE_MAX_REQUEST];
    uint32_t field;
    union wire_request request;
    struct fake_reply *reply = malloc(sizeof(*reply));
    cleanup_close int fd = -1;
    size_t n_fds;
    ssize_t len = packet_recv(sock, packet, sizeof(packet), &fd, 1, &n_fds, 0);

    if (len <= 0) {
        free(reply);
        return false;
    }
    atomic_fetch_add(&server->requests, 1);
    ck_assert_int_eq(wire_request_decode(&request, packet, (size_t)len, n_fds, &field), 0);
    server->in_fd = fd;
    server->in_sock = sock;
    make_reply(server, &request, fd, reply);
    if (server->spoil)
        server->spoil(server, &request, reply);
    for (size_t i = 0; i < reply->n_fds; i++)
        fcntl(reply->fds[i], F_ADD_SEALS, reply->seals);
    wire_reply_to_wire(reply->bytes, reply->len, request.status.name[0] != '\0');
    for (size_t i = 0; i < reply->n_changes; i++)
        wire_change_to_wire(&reply->changes[i], sizeof(reply->changes[i]));
    if (!reply->silent)
        packet_send(sock, &(struct iovec){reply->bytes, reply->len}, 1, reply->fds, reply->n_fds,
                    0);
    for (size_t i = 0; i < reply->n_fds; i++)
        close(reply->fds[i]);
    if (!reply->silent)
        for (size_t i = 0; i < reply->n_changes; i++)
            packet_send(sock, &(struct iovec){&reply->changes[i], sizeof(reply->changes[i])}, 1,
                        NULL, 0, 0);

    bool go_on = !reply->end;

    free(reply);
    return go_on;
}

static bool wait_or_stop(struct fake_server *server, int sock)
{
    struct pollfd fds[] = {{sock, POLLIN, 0}, {server->stop[0], POLLIN, 0}};

    ck_assert_int_gt(poll(fds, 2, -1), 0);
    return fds[1].revents == 0;
}

static void *connection_thread(void *data)
{
    struct connection *connection = data;

    while (wait_or_stop(connection->server, connection->sock) &&
           serve(connection->server, connection->sock))
        ;
    close(connection->sock);
    atomic_fetch_sub(&connection->server->open, 1);
    free(connection);
    return NULL;
}

static void *accept_thread(void *data)
{
    struct fake_server *server = data;

    while (wait_or_stop(server, server->listener)) {
        struct connection *connection = malloc(sizeof(*connection));
        pthread_t thread;

        connection->server = server;
        connection->sock = accept(server->listener, NULL, NULL);
        atomic_fetch_add(&server->connections, 1);
        atomic_fetch_add(&server->open, 1);
        ck_assert_int_eq(pthread_create(&thread, NULL, connection_thread, connection), 0);
        pthread_detach(thread);
    }
    return NULL;
}

void fake_server_start(struct fake_server *server, int n_profiles)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memset(server, 0, sizeof(*server));
    server->n_profiles = n_profiles;
    snprintf(server->dir, sizeof(server->dir), "/tmp/secprof-test.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(server->dir));
    snprintf(server->path, sizeof(server->path), "%s/sock", server->dir);
    strcpy(address.sun_path, server->path);
    server->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(server->listener, (void *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(server->listener, 16), 0);
    ck_assert_int_eq(pipe(server->stop), 0);
    ck_assert_int_eq(pthread_create(&server->thread, NULL, accept_thread, server), 0);
}

void fake_server_stop(struct fake_server *server)
{
    close(server->stop[1]);
    pthread_join(server->thread, NULL);
    while (server->open > 0)
        sched_yield();
    close(server->stop[0]);
    close(server->listener);
    unlink(server->path);
    rmdir(server->dir);
}

int fake_get(struct secprof *handle, const char *name)
{
    cleanup_free void *filter = NULL;
    struct sock_filter right[2];
    size_t len;
    int r = secprof_get_bytes(handle, name, NULL, &filter, &len, NULL);

    if (r < 0) {
        ck_assert_ptr_null(filter);
        return r;
    }
    fake_filter(name, right);
    ck_assert_uint_eq(len, sizeof(right));
    ck_assert_mem_eq(filter, right, sizeof(right));
    return r;
}
