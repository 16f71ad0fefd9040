/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofctl status: how the daemon is, or one profile. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/counters.h"
#include "client/secprofctl/show/format.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/show/text.h"
#include "client/secprofctl/subject/remote.h"
#include "util/cleanup.h"
#include "util/hex.h"

/* What the daemon has to do without. */
static const struct {
    uint32_t bit;
    const char *key; /* in JSON */
    const char *what;
} lacks[] = {
    {SECPROF_LACKS_SECCOMP, "seccomp",
     "the daemon and its workers have no filters of their own: its kernel has none, or it was "
     "built for debugging"},
    {SECPROF_LACKS_LANDLOCK, "landlock",
     "its kernel has no Landlock: which files the daemon reaches, its user decides alone"},
};

static int print_daemon_json(const struct secprof_status *status)
{
    const struct counter *counter;
    struct json json;

    json_start(&json);
    json_open_map(&json, NULL);
    json_text(&json, "version", status->version);
    json_text(&json, "libseccomp", status->libseccomp);
    json_number(&json, "uptime_usec", status->uptime_usec);
    for (size_t i = 0; (counter = counter_at(i)); i++)
        json_number(&json, counter->key, counter_value(counter, status));
    json_open_array(&json, "lacks");
    for (size_t i = 0; i < ARRAY_SIZE(lacks); i++)
        if (status->lacks & lacks[i].bit)
            json_text(&json, NULL, lacks[i].key);
    json_close_array(&json);
    json_close_map(&json);
    return json_finish(&json, NULL);
}

static int daemon_status(const struct ctl_options *options, struct secprof *handle)
{
    cleanup_free struct secprof_status *status = NULL;
    const struct counter *counter;
    int r = secprof_status(handle, &status);

    if (r < 0)
        return remote_fail(handle, "status", r);
    if (options->json)
        return print_daemon_json(status);

    uint64_t seconds = status->uptime_usec / 1000000;

    printf("secprofd ");
    text_print(stdout, status->version);
    printf(" with libseccomp ");
    text_print(stdout, status->libseccomp);
    printf(", up %" PRIu64 " d %02u:%02u:%02u\n", seconds / 86400,
           (unsigned)(seconds % 86400 / 3600), (unsigned)(seconds % 3600 / 60),
           (unsigned)(seconds % 60));
    for (size_t i = 0; (counter = counter_at(i)); i++)
        printf("%10" PRIu64 "  %s\n", counter_value(counter, status), counter->what);
    for (size_t i = 0; i < ARRAY_SIZE(lacks); i++)
        if (status->lacks & lacks[i].bit)
            printf("%s\n", lacks[i].what);
    return CTL_OK;
}

/* The lines of TEXT as an array. */
static void json_lines(struct json *json, const char *key, const char *text)
{
    cleanup_free char *copy = strdup(text);
    char *rest = copy;

    if (!copy)
        json->failed = true;
    json_open_array(json, key);
    while (rest && *rest)
        json_text(json, NULL, strsep(&rest, "\n"));
    json_close_array(json);
}

/* A digest of what is in service since GENERATION; null where nothing is. */
static void json_digest(struct json *json, const char *key, uint64_t generation,
                        const unsigned char digest[32])
{
    if (generation)
        json_hex(json, key, digest, 32);
    else
        json_text(json, key, NULL);
}

static int print_profile_json(const char *name, const struct secprof_profile_status *status)
{
    struct json json;

    json_start(&json);
    json_open_map(&json, NULL);
    json_text(&json, "name", name);
    json_text(&json, "state", remote_state_name(status->state));
    json_text(&json, "path", status->path);
    json_number(&json, "generation", status->generation);
    json_number(&json, "instructions", status->n_insns);
    json_number(&json, "filter_flags", status->filter_flags);
    json_flags(&json, "flags", status->filter_flags);
    json_number(&json, "variants", status->variants);
    json_digest(&json, "digest", status->generation, status->digest);
    json_digest(&json, "source_digest", status->generation, status->source_digest);
    json_lines(&json, "messages", status->text);
    json_close_map(&json);
    return json_finish(&json, NULL);
}

static void print_profile(const char *name, const struct secprof_profile_status *status)
{
    cleanup_free char *flags = format_flags(status->filter_flags, " | ", "none");
    char digest[HEX_SIZE(sizeof(status->digest))];

    printf("%s: %s\n", name, remote_state_name(status->state));
    printf("  file          ");
    text_print(stdout, status->path);
    putchar('\n');
    if (status->generation) {
        printf("  compiled from %s\n",
               hex_encode(status->source_digest, sizeof(status->source_digest), digest));
        printf("  filter        %" PRIu32 " instructions, flags %s, since generation %" PRIu64 "\n",
               status->n_insns, flags ? flags : "?", status->generation);
        printf("  its SHA-256   %s\n", hex_encode(status->digest, sizeof(status->digest), digest));
    }
    printf("  in memory     %" PRIu32 "\n", status->variants);
    text_print_lines(stdout, status->text);
}

static int profile_status(const struct ctl_options *options, struct secprof *handle,
                          const char *name)
{
    cleanup_free struct secprof_profile_status *status = NULL;
    int r = secprof_profile_status(handle, name, &status);
    int code = CTL_OK;

    if (r < 0)
        return remote_fail(handle, name, r);
    if (options->json)
        code = print_profile_json(name, status);
    else
        print_profile(name, status);
    if (code == CTL_OK && status->state != SECPROF_SERVED)
        code = CTL_NO;
    return code;
}

static int status(const struct ctl_options *options)
{
    const char *name = options->n_args > 0 ? options->args[0] : NULL;
    cleanup_remote struct secprof *handle = NULL;
    int code = name ? remote_check_name(name) : CTL_OK;

    if (code == CTL_OK)
        code = remote_open(options, &handle);
    if (code != CTL_OK)
        return code;
    return name ? profile_status(options, handle, name) : daemon_status(options, handle);
}

const struct ctl_command command_status = {
    .name = "status",
    .max_args = 1,
    .wants = "at most the name of a profile",
    .run = status,
    .help =
        "usage: secprofctl status [NAME] [--json]\n"
        "\n"
        "Says how the daemon is, or how profile NAME is: its file, its filter, and the errors and\n"
        "warnings of its last compile. The exit code for a profile is 1 unless it is served as\n"
        "its file is now.\n",
};
