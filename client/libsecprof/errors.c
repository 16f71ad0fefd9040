/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The closed set of codes that libsecprof returns, with a text for each. Two tables: what the
 * daemon answers, and what the library finds by itself.
 */
#include "client/libsecprof/errors.h"

#include <errno.h>
#include <stddef.h>

#include "client/libsecprof/secprof.h"
#include "protocol/reason.h"
#include "util/cleanup.h"

/* Indexed by enum wire_status; no two are the same. */
static const int status_errors[WIRE_STATUS_COUNT] = {
    [WIRE_BAD_VERSION] = EPROTONOSUPPORT,
    [WIRE_BAD_OPCODE] = EBADRQC,
    [WIRE_BAD_LENGTH] = EMSGSIZE,
    [WIRE_BAD_REQUEST] = EBADR,
    [WIRE_BAD_NAME] = EINVAL,
    [WIRE_NOT_FOUND] = ENOENT,
    [WIRE_BAD_TARGET] = ENXIO,
    [WIRE_FORBIDDEN] = EPERM,
    [WIRE_BROKEN] = ENODATA,
    [WIRE_LIMIT] = EBUSY,
    [WIRE_STOPPING] = ESHUTDOWN,
    [WIRE_FAILED] = EREMOTEIO,
    [WIRE_UNDELIVERABLE] = EOPNOTSUPP,
    [WIRE_RATE] = EAGAIN,
    [WIRE_NO_RESULT] = ETIME,
};

static const struct {
    int error;
    const char *text;
} own_errors[] = {
    {EINVAL, "not a profile name, or another argument has no valid value"},
    {ECONNREFUSED, "no daemon listens at the socket"},
    {EACCES, "no permission to reach the socket"},
    {EKEYREJECTED, "the socket, or who serves it, is of a user that must not be the daemon"},
    {EPROTOTYPE, "the socket is not one of secprofd"},
    {ECONNRESET, "the daemon closed the connection without an answer"},
    {ETIMEDOUT, "the daemon did not answer in time"},
    {EBADMSG, "the daemon's answer breaks the protocol"},
    {EPROTO, "the daemon refused for a reason that this version of libsecprof does not know"},
    {ENOEXEC, "the filter is for another architecture"},
    {ENOSYS, "the kernel refuses the filter or one of its flags"},
    {ESRCH, "a thread of this process could not be given the filter"},
    {EFBIG, "the profile is longer than 1 MiB"},
    {E2BIG, "a field is set that this version of libsecprof does not know"},
    {ENAMETOOLONG, "the path of the socket is too long"},
    {ENOMEM, "out of memory"},
    {EMFILE, "too many open files in this process"},
    {ENFILE, "too many open files in the system"},
};

int error_from_status(int status)
{
    if (status <= WIRE_OK || status >= WIRE_STATUS_COUNT)
        return -EPROTO;
    return -status_errors[status];
}

int error_from_connect(int error)
{
    switch (error) {
    case ENOENT: /* ENOENT and EPERM are answers of the daemon: no such profile, not permitted */
    case ENOTDIR:
    case ELOOP:
        return -ECONNREFUSED;
    case EPERM:
    case EAFNOSUPPORT: /* what seccomp filters and namespaces keep this process from */
        return -EACCES;
    case ENOBUFS:
        return -ENOMEM;
    case EAGAIN: /* the time ran out while its queue was full */
        return -ETIMEDOUT;
    default:
        return -error;
    }
}

const char *secprof_strerror(int error)
{
    if (error == 0)
        return "success";
    for (size_t i = 0; i < ARRAY_SIZE(own_errors); i++)
        if (error == -own_errors[i].error)
            return own_errors[i].text;
    for (int status = WIRE_OK + 1; status < WIRE_STATUS_COUNT; status++)
        if (error == -status_errors[status])
            return wire_status_text(status);
    return "unknown error";
}
