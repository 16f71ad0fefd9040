/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon, as the commands see it. */
#include "config.h"

#include "client/secprofctl/subject/remote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/text.h"
#include "compiler/facts/abi.h"
#include "protocol/codec.h"
#include "util/cleanup.h"

enum {
    /* The first request of a socket-activated daemon waits until it has compiled its profiles. */
    REMOTE_TIMEOUT_MS = 30 * 1000,
};

/* The exit code for each code of the library; CTL_SYSTEM for any other. */
static const struct {
    int error;
    enum ctl_exit code;
} exits[] = {
    {EINVAL, CTL_USAGE},
    {ENXIO, CTL_USAGE},
    {ENODATA, CTL_NO},
    {EOPNOTSUPP, CTL_NO},
    {ENOENT, CTL_NO_PROFILE},
    {EPERM, CTL_FORBIDDEN},
    {EBUSY, CTL_DAEMON},
    {EAGAIN, CTL_DAEMON},
    {ETIME, CTL_DAEMON},
    {EPROTO, CTL_DAEMON},
    {EREMOTEIO, CTL_DAEMON},
    {ESHUTDOWN, CTL_DAEMON},
    {ECONNREFUSED, CTL_NO_DAEMON},
    {EACCES, CTL_NO_DAEMON},
    {EPROTOTYPE, CTL_NO_DAEMON},
    {ENAMETOOLONG, CTL_NO_DAEMON},
    {ECONNRESET, CTL_NO_DAEMON},
    {ETIMEDOUT, CTL_NO_DAEMON},
    {EBADMSG, CTL_NO_DAEMON},
    {EPROTONOSUPPORT, CTL_NO_DAEMON},
    {EBADRQC, CTL_NO_DAEMON},
    {EBADR, CTL_NO_DAEMON},
    {EMSGSIZE, CTL_NO_DAEMON},
};

static int exit_code(int r)
{
    for (size_t i = 0; i < ARRAY_SIZE(exits); i++)
        if (r == -exits[i].error)
            return exits[i].code;
    return CTL_SYSTEM;
}

const char *remote_socket(const struct ctl_options *options)
{
    const char *path = options->socket ? options->socket : secure_getenv(SECPROF_SOCKET_ENV);

    return path && *path ? path : SECPROF_DEFAULT_SOCKET;
}

int remote_open(const struct ctl_options *options, struct secprof **handle)
{
    const char *path = options->socket;
    int r =
        secprof_open(handle, path, options->timeout_ms ? options->timeout_ms : REMOTE_TIMEOUT_MS);

    if (r == 0)
        return CTL_OK;
    path = remote_socket(options);
    return ctl_fail(exit_code(r), "cannot reach secprofd at %s: %s%s", path, secprof_strerror(r),
                    r == -ECONNREFUSED && !strcmp(path, SECPROF_DEFAULT_SOCKET)
                        ? " (systemctl start secprofd.socket starts it)"
                        : "");
}

int remote_fail(struct secprof *handle, const char *what, int r)
{
    size_t len = secprof_last_message(handle, NULL, 0);
    cleanup_free char *words = malloc(len + 1);

    ctl_warn("%s: %s", what, secprof_strerror(r));
    if (words && secprof_last_message(handle, words, len + 1) > 0 &&
        strcmp(words, secprof_strerror(r)) != 0) {
        text_print_lines(stderr, words);
        if (words[strlen(words) - 1] != '\n')
            fputc('\n', stderr);
    }
    return exit_code(r);
}

int remote_check_name(const char *name)
{
    enum wire_mode mode;
    size_t len = wire_name_split(name, &mode);

    if (wire_name_is_valid(name))
        return CTL_OK;
    if (mode != WIRE_MODE_ENFORCE)
        return ctl_fail(CTL_USAGE, "a mode is of one filter, not of the whole profile: '%.*s'",
                        (int)len, name);
    return ctl_fail(CTL_USAGE,
                    "'%s' is no profile name: that is 1 to %d characters of A-Z a-z 0-9 . _ - + @, "
                    "the first a letter, digit or _",
                    name, WIRE_NAME_SIZE - 1);
}

int remote_check_variant(const struct ctl_options *options, const char *name,
                         enum variant_mode *mode)
{
    enum wire_mode named;
    size_t len = wire_name_split(name, &named);
    cleanup_free char *profile = strndup(name, len);

    if (!profile)
        return ctl_fail(CTL_SYSTEM, "out of memory");
    *mode = named == WIRE_MODE_ENFORCE ? options->mode : (enum variant_mode)named;
    if (options->mode != VARIANT_ENFORCE && options->mode != *mode)
        return ctl_fail(CTL_USAGE, "'%s' has a mode already, and --mode is another one", name);
    return remote_check_name(profile);
}

void remote_options(const struct ctl_options *options, struct secprof_options *out)
{
    *out = (struct secprof_options)SECPROF_OPTIONS_INIT;
    out->caps = options->caps;
    out->kernel = options->kernel;
    out->mode = options->mode;
    if (options->target)
        out->audit_arch = target_native_abi(options->target)->audit_arch;
}

const char *remote_state_name(uint32_t state)
{
    static const char *const names[] = {
        [SECPROF_SERVED] = "served",
        [SECPROF_STALE] = "stale",
        [SECPROF_BROKEN] = "broken",
        [SECPROF_PENDING] = "pending",
    };

    if (state >= ARRAY_SIZE(names) || !names[state])
        return "unknown";
    return names[state];
}
