/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists and states: each function fills a request, sends it through the handle's connection, and
 * copies what came back to memory of the caller.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/libsecprof/connection.h"
#include "client/libsecprof/secprof.h"
#include "protocol/codec.h"

static_assert((int)SECPROF_SERVED == (int)WIRE_PROFILE_SERVED, "state");
static_assert((int)SECPROF_STALE == (int)WIRE_PROFILE_STALE, "state");
static_assert((int)SECPROF_BROKEN == (int)WIRE_PROFILE_BROKEN, "state");
static_assert((int)SECPROF_PENDING == (int)WIRE_PROFILE_PENDING, "state");

/* A whole list, page by page. */
struct list {
    struct wire_list_entry *entries;
    size_t n;
};

static void list_free(struct list *list)
{
    free(list->entries);
}

/* Entry I of REPLY, which is HANDLE's: what this version knows of it. */
static struct wire_list_entry entry_at(const struct secprof *handle,
                                       const struct wire_list_reply *reply, size_t i)
{
    struct wire_list_entry entry;

    memcpy(&entry, handle->reply + reply->entries_offset + i * reply->entry_size, sizeof(entry));
    return entry;
}

/* Adds the entries of the reply that HANDLE has to LIST. */
static int list_add(struct list *list, const struct secprof *handle,
                    const struct wire_list_reply *reply)
{
    struct wire_list_entry *more =
        reallocarray(list->entries, list->n + reply->n_entries, sizeof(*more));

    if (!more)
        return -ENOMEM;
    list->entries = more;
    for (size_t i = 0; i < reply->n_entries; i++)
        more[list->n++] = entry_at(handle, reply, i);
    return 0;
}

static int list_fetch(struct secprof *handle, struct list *list)
{
    const int64_t deadline = connection_deadline(handle);
    union wire_request request = {0};
    struct wire_list_reply reply = {0};
    size_t len;
    int r;

    connection_forget_refusal(handle);
    wire_request_header(&request.header, WIRE_LIST, sizeof(request.list), 0);
    do {
        r = connection_call_until(handle, &request, -1, deadline, &len, NULL);
        if (r < 0)
            break;
        memcpy(&reply, handle->reply, sizeof(reply));
        if (reply.n_entries == 0)
            break;
        r = list_add(list, handle, &reply);
        if (r < 0)
            break;
        memcpy(request.list.after, list->entries[list->n - 1].name, sizeof(request.list.after));
    } while (reply.more);
    return r;
}

int secprof_list(struct secprof *handle, secprof_list_fn fn, void *data)
{
    __attribute__((cleanup(list_free))) struct list list = {0};
    int r;

    if (!handle || !fn)
        return -EINVAL;
    connection_enter(handle);
    r = list_fetch(handle, &list);
    connection_leave(handle);
    for (size_t i = 0; r == 0 && i < list.n; i++) {
        const struct wire_list_entry *from = &list.entries[i];

        /* Of a state that later daemons have nothing is known that the caller could rely on. */
        if (from->state < WIRE_PROFILE_SERVED || from->state > WIRE_PROFILE_PENDING)
            continue;

        struct secprof_entry entry = {
            .name = from->name,
            .generation = from->generation,
            .n_insns = from->n_insns,
            .state = from->state,
        };

        memcpy(entry.digest, from->digest, sizeof(entry.digest));
        r = fn(&entry, data);
    }
    return r;
}

/* Copies the LEN bytes at TEXT to *TO as a string, and moves *TO past it. Returns the string. */
static char *text_copy(char **to, const void *text, size_t len)
{
    char *copy = *to;

    memcpy(copy, text, len);
    copy[len] = '\0';
    *to += len + 1;
    return copy;
}

int secprof_status(struct secprof *handle, struct secprof_status **status)
{
    union wire_request request = {0};
    struct wire_daemon_status from;
    size_t len;
    int r;

    if (!handle || !status)
        return -EINVAL;
    *status = NULL;
    wire_request_header(&request.header, WIRE_STATUS, sizeof(request.status), 0);
    connection_enter(handle);
    r = connection_call(handle, &request, &len, NULL);
    memcpy(&from, handle->reply, sizeof(from));
    connection_leave(handle);
    if (r < 0)
        return r;

    struct secprof_status *made =
        malloc(sizeof(*made) + sizeof(from.version) + sizeof(from.libseccomp));

    if (!made)
        return -ENOMEM;

    char *texts = (char *)(made + 1);

    *made = (struct secprof_status){
        .version = text_copy(&texts, from.version, strlen(from.version)),
        .libseccomp = text_copy(&texts, from.libseccomp, strlen(from.libseccomp)),
        .generation = from.generation,
        .uptime_usec = from.uptime_usec,
        .requests = from.requests,
        .refused = from.refused,
        .compiles = from.compiles,
        .compile_errors = from.compile_errors,
        .worker_failures = from.worker_failures,
        .memory_hits = from.memory_hits,
        .cache_hits = from.cache_hits,
        .cache_misses = from.cache_misses,
        .cache_bad = from.cache_bad,
        .cache_errors = from.cache_errors,
        .profiles = from.profiles,
        .profiles_stale = from.profiles_stale,
        .profiles_broken = from.profiles_broken,
        .variants = from.variants,
        .connections = from.connections,
        .connections_refused = from.connections_refused,
        .jobs = from.jobs,
        .workers = from.workers,
        .contents = from.contents,
        .subscribers = from.subscribers,
        .lacks = from.lacks,
        .cache_state = from.cache_state,
        .waiting = from.waiting,
        .limited = from.limited,
        .connections_idle = from.connections_idle,
        .profiles_left_out = from.profiles_left_out,
        .log_dropped = from.log_dropped,
        .features = from.features,
        .limits =
            {
                .max_connections = from.limits.max_connections,
                .max_connections_per_user = from.limits.max_connections_per_user,
                .max_subscribers = from.limits.max_subscribers,
                .max_compiles_per_minute = from.limits.max_compiles_per_minute,
                .max_profiles = from.limits.max_profiles,
                .max_request = from.limits.max_request,
                .max_profile = from.limits.max_profile,
                .max_entries = from.limits.max_entries,
                .idle_ms = from.limits.idle_ms,
                .compile_ms = from.limits.compile_ms,
            },
    };
    memcpy(made->instance, from.instance, sizeof(made->instance));
    *status = made;
    return 0;
}

int secprof_profile_status(struct secprof *handle, const char *name,
                           struct secprof_profile_status **status)
{
    union wire_request request = {0};
    struct wire_profile_status from;
    size_t len;
    int r;

    if (!handle || !status)
        return -EINVAL;
    *status = NULL;
    hold(handle);
    connection_forget_refusal(handle);
    if (!name || !wire_name_is_valid(name))
        return -EINVAL;
    wire_request_header(&request.header, WIRE_STATUS, sizeof(request.status), 0);
    memcpy(request.status.name, name, strlen(name));
    r = connection_call(handle, &request, &len, NULL);
    if (r < 0)
        return r;
    memcpy(&from, handle->reply, sizeof(from));

    struct secprof_profile_status *made =
        malloc(sizeof(*made) + from.path_len + 1 + from.text_len + 1);

    if (!made)
        return -ENOMEM;

    char *texts = (char *)(made + 1);

    *made = (struct secprof_profile_status){
        .path = text_copy(&texts, handle->reply + from.path_offset, from.path_len),
        .text = text_copy(&texts, handle->reply + from.text_offset, from.text_len),
        .generation = from.generation,
        .n_insns = from.n_insns,
        .filter_flags = from.filter_flags,
        .state = from.state,
        .variants = from.variants,
    };
    memcpy(made->digest, from.digest, sizeof(made->digest));
    memcpy(made->source_digest, from.source_digest, sizeof(made->source_digest));
    *status = made;
    return 0;
}

int secprof_reload(struct secprof *handle, uint64_t *generation, uint32_t *profiles,
                   uint32_t *broken)
{
    union wire_request request = {0};
    struct wire_reload_reply reply;
    size_t len;
    int r;

    if (!handle)
        return -EINVAL;
    wire_request_header(&request.header, WIRE_RELOAD, sizeof(request.reload), 0);
    hold(handle);
    r = connection_call(handle, &request, &len, NULL);
    if (r < 0)
        return r;
    memcpy(&reply, handle->reply, sizeof(reply));
    if (generation)
        *generation = reply.generation;
    if (profiles)
        *profiles = reply.profiles;
    if (broken)
        *broken = reply.broken;
    return 0;
}
