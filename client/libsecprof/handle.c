/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public functions about a handle itself. Those that ask the daemon are in fetch.c, status.c
 * and subscribe.c. */
#include "config.h"

#include "client/libsecprof/secprof.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "client/libsecprof/connection.h"
#include "util/cleanup.h"

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

int secprof_trust_only(struct secprof *handle, const uid_t *users, size_t n)
{
    if (!handle || !users || n == 0 || n > CONNECTION_MAX_USERS)
        return -EINVAL;
    hold(handle);
    memcpy(handle->users, users, n * sizeof(*users));
    handle->n_users = n;
    return connection_check_users(handle);
}

int secprof_last_refusal(struct secprof *handle, struct secprof_refusal *refusal)
{
    uint32_t size;

    if (!handle || !refusal || refusal->size < sizeof(*refusal))
        return -EINVAL;
    hold(handle);
    if (handle->refusal.status == 0)
        return 0;
    size = refusal->size;
    memset(refusal, 0, size);
    memcpy(refusal, &handle->refusal, sizeof(*refusal));
    refusal->size = size;
    return 1;
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
