/*
 * The public functions of libsecprof: each fills a request, sends it through the handle's
 * connection, and copies what came back to memory of the caller.
 */
#include "config.h"

#include "client/secprof.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "client/connection.h"
#include "client/errors.h"
#include "client/install.h"
#include "protocol/codec.h"
#include "util/cleanup.h"

static_assert((int)SECPROF_SERVED == (int)WIRE_PROFILE_SERVED, "state");
static_assert((int)SECPROF_STALE == (int)WIRE_PROFILE_STALE, "state");
static_assert((int)SECPROF_BROKEN == (int)WIRE_PROFILE_BROKEN, "state");
static_assert((int)SECPROF_PENDING == (int)WIRE_PROFILE_PENDING, "state");

/* hold() locks a handle until the end of the block that it stands in. */
static void leave_ptr(struct secprof **handle)
{
    connection_leave(*handle);
}

static struct secprof *enter(struct secprof *handle)
{
    connection_enter(handle);
    return handle;
}

#define hold(handle) \
    struct secprof *held __attribute__((cleanup(leave_ptr), unused)) = enter(handle)

int secprof_open(struct secprof **handle, const char *path, int timeout_ms)
{
    cleanup_free struct secprof *made = NULL;
    size_t len;
    int r;

    if (!handle)
        return -EINVAL;
    *handle = NULL;
    if (!path)
        path = secure_getenv(SECPROF_SOCKET_ENV);
    if (!path || !path[0])
        path = SECPROF_DEFAULT_SOCKET;
    made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    len = strlen(path);
    if (len >= sizeof(made->address.sun_path))
        return -ENAMETOOLONG;
    made->address.sun_family = AF_UNIX;
    memcpy(made->address.sun_path, path, len + 1);
    r = connection_init(made);
    if (r < 0)
        return r;
    r = secprof_set_timeout(made, timeout_ms);
    if (r == 0)
        r = connection_open(made);
    if (r < 0) {
        connection_free(made);
        return r;
    }
    *handle = steal_ptr(&made);
    return 0;
}

void secprof_close(struct secprof *handle)
{
    if (!handle)
        return;
    /* In a child of the one that opened it, this drops what is the parent's first. */
    connection_enter(handle);
    connection_leave(handle);
    connection_free(handle);
    free(handle);
}

int secprof_set_timeout(struct secprof *handle, int timeout_ms)
{
    if (!handle || (timeout_ms < 0 && timeout_ms != SECPROF_NO_TIMEOUT))
        return -EINVAL;
    hold(handle);
    handle->timeout_ms = timeout_ms ? timeout_ms : SECPROF_DEFAULT_TIMEOUT;
    return 0;
}

/*
 * Copies OPTIONS, which may be of an older or newer caller, to *KNOWN. Fields that we do not know
 * must be 0, so that nothing that the caller wants is passed over. Returns 0, -EINVAL or -E2BIG.
 */
static int options_read(const struct secprof_options *options, struct secprof_options *known)
{
    const unsigned char *bytes = (const unsigned char *)options;

    *known = (struct secprof_options)SECPROF_OPTIONS_INIT;
    if (!options)
        return 0;
    if (options->size < sizeof(*known))
        return -EINVAL;
    for (size_t i = sizeof(*known); i < options->size; i++)
        if (bytes[i] != 0)
            return -E2BIG;
    *known = *options;
    return known->zero == 0 ? 0 : -EINVAL;
}

/* Fills INFO, which may be NULL or of a newer caller. */
static void info_write(struct secprof_info *info, const struct wire_get_reply *reply)
{
    uint32_t size;

    if (!info)
        return;
    size = info->size;
    memset(info, 0, size);
    info->size = size;
    info->n_insns = reply->n_insns;
    info->generation = reply->generation;
    memcpy(info->digest, reply->digest, sizeof(info->digest));
    info->filter_flags = reply->filter_flags;
    info->audit_arch = reply->audit_arch;
    info->stale = reply->info & WIRE_GET_STALE ? 1 : 0;
}

static bool info_is_usable(const struct secprof_info *info)
{
    return !info || info->size >= sizeof(*info);
}

/* Fetches the filter NAME into HANDLE, which is locked, and its description into *REPLY. */
static int fetch(struct secprof *handle, const char *name, const struct secprof_options *options,
                 enum wire_delivery delivery, struct wire_get_reply *reply, int *fd)
{
    union wire_request request = {0};
    struct secprof_options known;
    size_t len;
    int r;

    handle->message[0] = '\0';
    r = options_read(options, &known);
    if (r < 0)
        return r;
    if (!name || !wire_name_is_valid(name))
        return -EINVAL;
    wire_request_header(&request.header, WIRE_GET, sizeof(request.get), 0);
    request.get.caps = known.caps;
    request.get.audit_arch = known.audit_arch;
    request.get.kernel = known.kernel;
    request.get.delivery = delivery;
    memcpy(request.get.name, name, strlen(name));
    r = connection_call(handle, &request, &len, fd);
    if (r < 0)
        return r;
    memcpy(reply, handle->reply, sizeof(*reply));
    return 0;
}

int secprof_get_fd(struct secprof *handle, const char *name, const struct secprof_options *options,
                   struct secprof_info *info)
{
    cleanup_close int fd = -1;
    struct wire_get_reply reply;
    struct stat st;
    int r;

    if (!handle || !info_is_usable(info))
        return -EINVAL;
    hold(handle);
    r = fetch(handle, name, options, WIRE_DELIVER_FD, &reply, &fd);
    if (r < 0)
        return r;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
        st.st_size != (off_t)reply.n_insns * WIRE_INSN_SIZE)
        return -EBADMSG;
    info_write(info, &reply);
    return steal_fd(&fd);
}

int secprof_get_bytes(struct secprof *handle, const char *name,
                      const struct secprof_options *options, void **filter, size_t *len,
                      struct secprof_info *info)
{
    struct wire_get_reply reply;
    size_t size;
    int r;

    if (filter)
        *filter = NULL;
    if (!handle || !filter || !len || !info_is_usable(info))
        return -EINVAL;
    hold(handle);
    r = fetch(handle, name, options, WIRE_DELIVER_BYTES, &reply, NULL);
    if (r < 0)
        return r;
    size = (size_t)reply.n_insns * WIRE_INSN_SIZE;
    *filter = malloc(size);
    if (!*filter)
        return -ENOMEM;
    memcpy(*filter, handle->reply + sizeof(reply), size);
    *len = size;
    info_write(info, &reply);
    return 0;
}

int secprof_install(struct secprof *handle, const char *name, const struct secprof_options *options,
                    struct secprof_info *info)
{
    struct wire_get_reply reply;
    int r;

    if (!handle || !info_is_usable(info))
        return -EINVAL;
    hold(handle);
    r = fetch(handle, name, options, WIRE_DELIVER_BYTES, &reply, NULL);
    if (r < 0)
        return r;
    info_write(info, &reply);
    return install_filter(handle->reply + sizeof(reply), (size_t)reply.n_insns * WIRE_INSN_SIZE,
                          reply.filter_flags, reply.audit_arch);
}

int secprof_install_filter(const void *filter, size_t len, const struct secprof_info *info)
{
    if (!filter || !info || !info_is_usable(info))
        return -EINVAL;
    return install_filter(filter, len, info->filter_flags, info->audit_arch);
}

/* A whole list, page by page. */
struct list {
    struct wire_list_entry *entries;
    size_t n;
};

static void list_free(struct list *list)
{
    free(list->entries);
}

static int list_fetch(struct secprof *handle, struct list *list)
{
    union wire_request request = {0};
    struct wire_list_reply reply;

    handle->message[0] = '\0';
    wire_request_header(&request.header, WIRE_LIST, sizeof(request.list), 0);
    do {
        size_t len;
        int r = connection_call(handle, &request, &len, NULL);

        if (r < 0)
            return r;
        memcpy(&reply, handle->reply, sizeof(reply));
        if (reply.n_entries == 0)
            break;

        struct wire_list_entry *more =
            reallocarray(list->entries, list->n + reply.n_entries, sizeof(*more));

        if (!more)
            return -ENOMEM;
        list->entries = more;
        memcpy(more + list->n, handle->reply + sizeof(reply), reply.n_entries * sizeof(*more));
        list->n += reply.n_entries;
        memcpy(request.list.after, more[list->n - 1].name, sizeof(request.list.after));
    } while (reply.more);
    return 0;
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

/* Copies the LEN bytes at TEXT to *TO as a string, and moves *TO behind it. Returns the string. */
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
    };
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
    handle->message[0] = '\0';
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

    const unsigned char *behind = handle->reply + sizeof(from);
    char *texts = (char *)(made + 1);

    *made = (struct secprof_profile_status){
        .path = text_copy(&texts, behind, from.path_len),
        .text = text_copy(&texts, behind + from.path_len, from.text_len),
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

size_t secprof_last_message(struct secprof *handle, char *text, size_t size)
{
    size_t len;

    if (!handle) {
        if (size > 0)
            text[0] = '\0';
        return 0;
    }
    hold(handle);
    len = strlen(handle->message);
    if (size > 0) {
        size_t n = len < size ? len : size - 1;

        memcpy(text, handle->message, n);
        text[n] = '\0';
    }
    return len;
}
