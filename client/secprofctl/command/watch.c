/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofctl watch: what changes, as it changes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/subject/remote.h"
#include "util/cleanup.h"
#include "util/hex.h"

enum {
    SHORT_DIGEST = 6, /* bytes of a digest for people */
};

static void close_changes(struct secprof_changes **changes)
{
    secprof_changes_close(*changes);
}

static const char *kind_name(uint32_t kind)
{
    switch (kind) {
    case SECPROF_CHANGE_GONE:
        return "gone";
    case SECPROF_CHANGE_LOST:
        return "lost";
    default:
        return remote_state_name(kind);
    }
}

/* True where CHANGE has the digest of something in service. */
static bool has_filter(const struct secprof_change *change)
{
    return change->kind == SECPROF_CHANGE_SERVED || change->kind == SECPROF_CHANGE_STALE;
}

static int print_json(const struct secprof_change *change)
{
    struct json json;

    json_start_line(&json);
    json_open_map(&json, NULL);
    json_number(&json, "time", (uint64_t)time(NULL));
    json_text(&json, "name", change->name[0] ? change->name : NULL);
    json_text(&json, "change", kind_name(change->kind));
    json_number(&json, "generation", change->generation);
    if (has_filter(change))
        json_hex(&json, "digest", change->digest, sizeof(change->digest));
    else
        json_text(&json, "digest", NULL);
    json_close_map(&json);
    return json_finish(&json, NULL);
}

static int print_line(const struct secprof_change *change)
{
    char digest[HEX_SIZE(SHORT_DIGEST)] = "-";
    time_t now = time(NULL);
    struct tm tm;
    char clock[16] = "";

    if (localtime_r(&now, &tm))
        strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
    if (has_filter(change))
        hex_encode(change->digest, SHORT_DIGEST, digest);
    if (change->kind == SECPROF_CHANGE_LOST)
        printf("%s  some changes were lost: see secprofctl list\n", clock);
    else
        printf("%s  %-7s  %10" PRIu64 "  %-*s  %s\n", clock, kind_name(change->kind),
               change->generation, 2 * SHORT_DIGEST, digest, change->name);
    /* Who reads a pipe wants it now. */
    return fflush(stdout) == 0
               ? CTL_OK
               : ctl_fail(CTL_SYSTEM, "cannot write to stdout: %s", strerror(errno));
}

static bool is_wanted(const struct ctl_options *options, const struct secprof_change *change)
{
    if (options->n_args == 0 || change->kind == SECPROF_CHANGE_LOST)
        return true;
    for (int i = 0; i < options->n_args; i++)
        if (!strcmp(options->args[i], change->name))
            return true;
    return false;
}

static int watch(const struct ctl_options *options)
{
    __attribute__((cleanup(close_changes))) struct secprof_changes *changes = NULL;
    cleanup_remote struct secprof *handle = NULL;
    const struct secprof_change *change;
    int code = CTL_OK;
    int r;

    for (int i = 0; i < options->n_args && code == CTL_OK; i++)
        code = remote_check_name(options->args[i]);
    if (code == CTL_OK)
        code = remote_open(options, &handle);
    if (code != CTL_OK)
        return code;
    r = secprof_subscribe(handle, &changes);
    if (r < 0)
        return remote_fail(handle, "watch", r);
    /* The changes come over a connection of their own, and each user's are counted. */
    secprof_close(steal_ptr(&handle));
    while (code == CTL_OK) {
        r = secprof_changes_next(changes, SECPROF_NO_TIMEOUT, &change);
        if (r < 0)
            return remote_fail(handle, "watch", r);
        if (r > 0 && is_wanted(options, change))
            code = options->json ? print_json(change) : print_line(change);
    }
    return code;
}

const struct ctl_command command_watch = {
    .name = "watch",
    .max_args = -1,
    .wants = "names of profiles",
    .run = watch,
    .help =
        "usage: secprofctl watch [NAME…] [--json]\n"
        "\n"
        "Prints a line for each change of the profiles that this user may fetch (or of those\n"
        "named), as it happens: the time, what became of it (served, stale, broken, gone), the\n"
        "generation, the filter's digest, the name. It ends with code 3 when the daemon ends.\n"
        "\n"
        "  --json              an object a line\n",
};
