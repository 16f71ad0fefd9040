/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests: one table of who may make which, and the handlers. */
#include "daemon/serve/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "daemon/daemon.h"
#include "daemon/filters/lines.h"
#include "daemon/filters/service.h"
#include "daemon/serve/client.h"
#include "daemon/serve/fetch.h"
#include "daemon/serve/subscribe.h"
#include "util/cleanup.h"

enum right {
    RIGHT_ANYONE,     /* what it says may still depend on the client */
    RIGHT_ADMINISTER, /* root and the daemon's own user */
};

static void handle_list(struct daemon *daemon, struct client *client);
static void handle_status(struct daemon *daemon, struct client *client);
static void handle_reload(struct daemon *daemon, struct client *client);

/* Indexed by opcode. The lengths were checked by protocol/codec.c, whose table is their place. */
static const struct operation {
    enum right right;
    void (*handle)(struct daemon *daemon, struct client *client);
} operations[] = {
    [WIRE_GET] = {RIGHT_ANYONE, fetch_get},
    [WIRE_LIST] = {RIGHT_ANYONE, handle_list},
    [WIRE_STATUS] = {RIGHT_ANYONE, handle_status},
    [WIRE_RELOAD] = {RIGHT_ADMINISTER, handle_reload},
    [WIRE_SUBSCRIBE] = {RIGHT_ANYONE, subscribe_begin},
    [WIRE_COMPILE] = {RIGHT_ADMINISTER, fetch_compile},
};

void dispatch(struct client *client)
{
    struct daemon *daemon = client->daemon;
    const uint16_t opcode = client->request.header.opcode;
    const struct operation *operation =
        opcode < ARRAY_SIZE(operations) ? &operations[opcode] : NULL;

    if (!operation || !operation->handle) {
        client_refuse(client, WIRE_BAD_OPCODE, "%s", "");
        return;
    }
    if (operation->right == RIGHT_ADMINISTER &&
        !access_may_administer(&client->peer, daemon->uid)) {
        client_refuse(client, WIRE_FORBIDDEN, "this is for root and uid %u", daemon->uid);
        return;
    }
    operation->handle(daemon, client);
}

struct profile_entry *dispatch_find_profile(struct client *client, const char *name)
{
    struct profile_entry *entry = registry_find(&client->daemon->service.registry, name);

    if (entry && entry_may_read(entry, &client->peer))
        return entry;
    client_refuse(client, WIRE_NOT_FOUND, "%s", "");
    return NULL;
}

/* LIST */

static void list_entry(const struct profile_entry *entry, struct wire_list_entry *out)
{
    *out = (struct wire_list_entry){.generation = entry->generation, .state = entry_state(entry)};
    memcpy(out->name, entry->name, sizeof(out->name));
    if (!entry->served)
        return;
    memcpy(out->digest, entry->native->digest, DIGEST_SIZE);
    out->n_insns = entry->native->n_insns;
}

static void handle_list(struct daemon *daemon, struct client *client)
{
    const struct registry *registry = &daemon->service.registry;
    struct wire_list_reply reply = {.generation = daemon->service.generation};
    size_t size = sizeof(reply);

    for (size_t i = registry_after(registry, client->request.list.after); i < registry->n; i++) {
        struct wire_list_entry entry;

        if (!entry_may_read(registry->entries[i], &client->peer))
            continue;
        if (reply.n_entries == WIRE_LIST_MAX_ENTRIES) {
            reply.more = 1;
            break;
        }
        list_entry(registry->entries[i], &entry);
        memcpy(daemon->reply + size, &entry, sizeof(entry));
        size += sizeof(entry);
        reply.n_entries++;
    }
    memcpy(daemon->reply, &reply, sizeof(reply));
    client_reply(client, daemon->reply, size, -1);
}

/* STATUS */

static void count_profiles(const struct daemon *daemon, struct wire_daemon_status *status)
{
    status->profiles = (uint32_t)daemon->service.registry.n;
    for (size_t i = 0; i < daemon->service.registry.n; i++) {
        enum wire_profile_state state = entry_state(daemon->service.registry.entries[i]);

        status->profiles_stale += state == WIRE_PROFILE_STALE;
        status->profiles_broken += state == WIRE_PROFILE_BROKEN;
    }
}

static uint32_t count_waiting(const struct daemon *daemon)
{
    const struct client *client;
    uint32_t n = 0;

    TAILQ_FOREACH(client, &daemon->server.clients, in_server)
    {
        n += client->state == CLIENT_WAITING;
    }
    return n;
}

static void reply_daemon_status(struct daemon *daemon, struct client *client)
{
    const struct counters *counters = &daemon->counters;
    struct wire_daemon_status status = {
        .generation = daemon->service.generation,
        .uptime_usec = daemon_now(daemon) - daemon->started_usec,
        .requests = counters->requests,
        .refused = counters->refused,
        .compiles = daemon->service.compiles,
        .compile_errors = daemon->service.compile_errors,
        .worker_failures = counters->worker_failures,
        .memory_hits = counters->memory_hits,
        .cache_hits = daemon->service.cache_hits,
        .cache_misses = daemon->service.cache_misses,
        .cache_bad = daemon->service.cache_bad,
        .cache_errors = daemon->background.errors,
        .variants = (uint32_t)daemon->service.store.n,
        .connections = (uint32_t)daemon->server.n_clients,
        .connections_refused = counters->connections_refused,
        .jobs = (uint32_t)daemon->service.jobs.n + background_left(&daemon->background),
        .workers = (uint32_t)workers_alive(&daemon->workers),
        .contents = (uint32_t)daemon->service.contents.n,
        .subscribers = (uint32_t)daemon->subscribers.n_clients,
        .lacks = daemon->lacks,
        .cache_state = background_cache_state(&daemon->background),
        .waiting = count_waiting(daemon),
        .limited = counters->limited,
        .connections_idle = counters->connections_idle,
        .profiles_left_out = daemon->follow.left_out,
        .log_dropped = daemon->log.dropped,
    };

    count_profiles(daemon, &status);
    strncpy(status.version, PACKAGE_VERSION, sizeof(status.version) - 1);
    compiler_libseccomp_version(status.libseccomp, sizeof(status.libseccomp));
    client_reply(client, &status, sizeof(status), -1);
}

/* What there is to say about ENTRY: why it is not in service, else the compiler's warnings. */
static char *entry_text(const struct profile_entry *entry)
{
    if (entry->failed)
        return strdup(entry->error ? entry->error : "");
    if (entry->served)
        return lines_prefix(entry->served->path, entry->native->text, WIRE_TEXT_MAX);
    return strdup("");
}

static void reply_profile_status(struct daemon *daemon, struct client *client,
                                 const struct profile_entry *entry)
{
    cleanup_free char *text = entry_text(entry);
    struct wire_profile_status status = {
        .generation = entry->generation,
        .state = entry_state(entry),
        .path_len = (uint32_t)strlen(entry->path),
        .text_len = text ? (uint32_t)strlen(text) : 0,
    };
    size_t size = sizeof(status);

    if (entry->served) {
        memcpy(status.digest, entry->native->digest, DIGEST_SIZE);
        memcpy(status.source_digest, entry->served->digest, DIGEST_SIZE);
        status.n_insns = entry->native->n_insns;
        status.filter_flags = entry->native->flags;
        status.variants = (uint32_t)entry->served->n_variants;
    }
    memcpy(daemon->reply, &status, size);
    memcpy(daemon->reply + size, entry->path, status.path_len);
    size += status.path_len;
    if (status.text_len)
        memcpy(daemon->reply + size, text, status.text_len);
    client_reply(client, daemon->reply, size + status.text_len, -1);
}

static void handle_status(struct daemon *daemon, struct client *client)
{
    const char *name = client->request.status.name;
    const struct profile_entry *entry;

    if (!*name) {
        reply_daemon_status(daemon, client);
        return;
    }
    entry = dispatch_find_profile(client, name);
    if (entry)
        reply_profile_status(daemon, client, entry);
}

/* RELOAD */

static void handle_reload(struct daemon *daemon, struct client *client)
{
    const struct log_subject subject = {.peer = &client->peer};

    log_about(&daemon->log, LOG_INFO, &subject, "pid %d, uid %u asks for a reload",
              client->peer.pid, client->peer.uid);
    client_wait_for_scan(client, daemon_reload(daemon));
}

void dispatch_reloaded(struct client *client)
{
    struct daemon *daemon = client->daemon;
    struct wire_daemon_status counted = {0};
    struct wire_reload_reply reply = {.generation = daemon->service.generation};

    count_profiles(daemon, &counted);
    reply.profiles = counted.profiles;
    reply.broken = counted.profiles_stale + counted.profiles_broken;
    client_reply(client, &reply, sizeof(reply), -1);
}
