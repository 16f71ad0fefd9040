/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofctl status: how the daemon is, or one profile. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/counters.h"
#include "client/secprofctl/show/format.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/show/text.h"
#include "client/secprofctl/subject/profiles.h"
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

/* What this daemon can do, by the names of PROTOCOL.md. */
static const struct {
    uint64_t bit;
    const char *name;
} features[] = {
    {SECPROF_FEATURE_HELPER, "helper"}, {SECPROF_FEATURE_RULES, "rules"},
    {SECPROF_FEATURE_MODES, "modes"},   {SECPROF_FEATURE_HISTORY, "history"},
    {SECPROF_FEATURE_LABELS, "labels"},
};

/* How much the daemon takes; 0 is no limit. */
static const struct {
    size_t offset; /* in struct secprof_limits */
    const char *key;
    const char *what;
} limits[] = {
#define LIMIT(member, what)                                    \
    {                                                          \
        offsetof(struct secprof_limits, member), #member, what \
    }
    LIMIT(max_connections, "connections"),
    LIMIT(max_connections_per_user, "connections of one user"),
    LIMIT(max_subscribers, "subscribers"),
    LIMIT(max_compiles_per_minute, "new filters a minute of one user"),
    LIMIT(max_profiles, "profiles"),
    LIMIT(max_request, "bytes of a request"),
    LIMIT(max_profile, "bytes of a profile"),
    LIMIT(max_entries, "profiles in one packet of a list"),
    LIMIT(idle_ms, "ms without a request"),
    LIMIT(compile_ms, "ms for one compile"),
#undef LIMIT
};

static const char *const cache_states[] = {
    [SECPROF_CACHE_NONE] = "none",
    [SECPROF_CACHE_USED] = "in use",
    [SECPROF_CACHE_FAILING] = "failing: it cannot be read or written, or is full",
};

enum {
    MAX_SHOWN = 20, /* profiles that are not in service; JSON has all */
};

static uint32_t limit_value(const struct secprof_status *status, size_t index)
{
    uint32_t value;

    memcpy(&value, (const char *)&status->limits + limits[index].offset, sizeof(value));
    return value;
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

static bool is_in_order(const struct served_profile *profile)
{
    return profile->state == SECPROF_SERVED;
}

static void json_not_served(struct json *json, const struct served_profiles *profiles)
{
    json_open_array(json, "not_served");
    for (size_t i = 0; i < profiles->n; i++) {
        const struct served_profile *profile = &profiles->items[i];

        if (is_in_order(profile))
            continue;
        json_open_map(json, NULL);
        json_text(json, "name", profile->name);
        json_text(json, "state", remote_state_name(profile->state));
        json_text(json, "path", profile->status ? profile->status->path : NULL);
        json_lines(json, "messages", profile->status ? profile->status->text : "");
        json_close_map(json);
    }
    json_close_array(json);
}

static int print_daemon_json(const struct ctl_options *options, const struct secprof_status *status,
                             const struct served_profiles *profiles)
{
    const struct counter *counter;
    struct json json;

    json_start(&json);
    json_open_map(&json, NULL);
    json_text(&json, "version", status->version);
    json_text(&json, "libseccomp", status->libseccomp);
    json_text(&json, "socket", remote_socket(options));
    json_hex(&json, "instance", status->instance, sizeof(status->instance));
    json_number(&json, "uptime_usec", status->uptime_usec);
    for (size_t i = 0; (counter = counter_at(i)); i++)
        json_number(&json, counter->key, counter_value(counter, status));
    json_open_array(&json, "lacks");
    for (size_t i = 0; i < ARRAY_SIZE(lacks); i++)
        if (status->lacks & lacks[i].bit)
            json_text(&json, NULL, lacks[i].key);
    json_close_array(&json);
    json_open_array(&json, "features");
    for (size_t i = 0; i < ARRAY_SIZE(features); i++)
        if (status->features & features[i].bit)
            json_text(&json, NULL, features[i].name);
    json_close_array(&json);
    json_open_map(&json, "limits");
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
        json_number(&json, limits[i].key, limit_value(status, i));
    json_close_map(&json);
    json_not_served(&json, profiles);
    json_close_map(&json);
    return json_finish(&json, NULL);
}

/* "3 profiles"; the plural of WHAT ends in s. */
static void print_count(uint32_t n, const char *what)
{
    printf("%" PRIu32 " %s%s", n, what, n == 1 ? "" : "s");
}

/* The sentence that a reader who reads no further needs. */
static void print_sentence(const struct secprof_status *status)
{
    uint32_t pending_or_good = status->profiles - status->profiles_stale - status->profiles_broken;

    printf("secprofd ");
    text_print(stdout, status->version);
    printf(" is running");
    if (status->profiles == 0) {
        printf(", and there is no profile to serve.\n");
        return;
    }
    if (pending_or_good == status->profiles) {
        printf(", and all is well with ");
        print_count(status->profiles, "profile");
        printf(".\n");
        return;
    }
    printf("; of ");
    print_count(status->profiles, "profile");
    if (status->profiles_broken)
        printf(", %" PRIu32 " %s broken", status->profiles_broken,
               status->profiles_broken == 1 ? "is" : "are");
    if (status->profiles_stale)
        printf("%s %" PRIu32 " %s stale", status->profiles_broken ? " and" : ",",
               status->profiles_stale, status->profiles_stale == 1 ? "is" : "are");
    printf(".\n");
}

static void print_since(const struct secprof_status *status)
{
    uint64_t seconds = status->uptime_usec / 1000000;
    time_t since = time(NULL) - (time_t)seconds;
    struct tm tm;
    char text[64] = "?";

    if (localtime_r(&since, &tm))
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &tm);
    printf("  since       %s, for %" PRIu64 " d %02u:%02u:%02u\n", text, seconds / 86400,
           (unsigned)(seconds % 86400 / 3600), (unsigned)(seconds % 3600 / 60),
           (unsigned)(seconds % 60));
}

static void print_features(const struct secprof_status *status)
{
    const char *between = "";

    printf("  features    ");
    for (size_t i = 0; i < ARRAY_SIZE(features); i++)
        if (status->features & features[i].bit) {
            printf("%s%s", between, features[i].name);
            between = ", ";
        }
    printf("%s\n", *between ? "" : "none");
}

static void print_limits(const struct secprof_status *status)
{
    printf("  limits\n");
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        uint32_t value = limit_value(status, i);

        if (value)
            printf("%10" PRIu32 "  %s\n", value, limits[i].what);
        else
            printf("%10s  %s\n", "none", limits[i].what);
    }
}

/* What keeps the profiles that this user may see from being served, a line each. */
static void print_not_served(const struct served_profiles *profiles)
{
    size_t n = 0;

    for (size_t i = 0; i < profiles->n; i++) {
        const struct served_profile *profile = &profiles->items[i];
        const char *text;

        if (is_in_order(profile) || n++ >= MAX_SHOWN)
            continue;
        printf("\n%s is %s: ", profile->name, remote_state_name(profile->state));
        text_print(stdout, profile->status ? profile->status->path : "gone since");
        putchar('\n');
        text = profile->status ? profile->status->text : "";
        text_print_lines(stdout, text);
        if (*text && text[strlen(text) - 1] != '\n')
            putchar('\n');
    }
    if (n > MAX_SHOWN)
        printf("\n%zu more are not served: 'secprofctl list' has them\n", n - MAX_SHOWN);
}

static void print_daemon(const struct ctl_options *options, const struct secprof_status *status,
                         const struct served_profiles *profiles)
{
    char instance[HEX_SIZE(sizeof(status->instance))];
    const struct counter *counter;

    print_sentence(status);
    print_since(status);
    printf("  socket      ");
    text_print(stdout, remote_socket(options));
    printf("\n  libseccomp  ");
    text_print(stdout, status->libseccomp);
    printf("\n  cache       %s\n", status->cache_state < ARRAY_SIZE(cache_states)
                                       ? cache_states[status->cache_state]
                                       : "in a state that this program does not know");
    print_features(status);
    printf("  instance    %s\n", hex_encode(status->instance, sizeof(status->instance), instance));
    for (size_t i = 0; i < ARRAY_SIZE(lacks); i++)
        if (status->lacks & lacks[i].bit)
            printf("  without %s: %s\n", lacks[i].key, lacks[i].what);
    if (status->profiles_left_out)
        printf("  left out    %" PRIu32 " file%s over the limit of %" PRIu32
               " profiles (--max-profiles); the log names them\n",
               status->profiles_left_out, status->profiles_left_out == 1 ? "" : "s",
               status->limits.max_profiles);
    if (options->counters) {
        print_limits(status);
        printf("  counters\n");
        for (size_t i = 0; (counter = counter_at(i)); i++)
            printf("%10" PRIu64 "  %s\n", counter_value(counter, status), counter->what);
    }
    print_not_served(profiles);
}

static int daemon_status(const struct ctl_options *options, struct secprof *handle)
{
    cleanup_free struct secprof_status *status = NULL;
    cleanup_profiles struct served_profiles profiles = {.n = 0};
    int r = secprof_status(handle, &status);

    if (r == 0)
        r = profiles_list(handle, &profiles);
    for (size_t i = 0; r == 0 && i < profiles.n; i++)
        if (!is_in_order(&profiles.items[i]))
            r = profiles_ask(handle, &profiles.items[i]);
    if (r < 0)
        return remote_fail(handle, "status", r);
    if (options->json)
        return print_daemon_json(options, status, &profiles);
    print_daemon(options, status, &profiles);
    return CTL_OK;
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
    if (name && options->counters)
        return ctl_fail(CTL_USAGE, "--counters is about the daemon, not about a profile");
    return name ? profile_status(options, handle, name) : daemon_status(options, handle);
}

const struct ctl_command command_status = {
    .name = "status",
    .options = CTL_OPTION_COUNTERS,
    .max_args = 1,
    .wants = "at most the name of a profile",
    .run = status,
    .help =
        "usage: secprofctl status [NAME] [--counters] [--json]\n"
        "\n"
        "Says how the daemon is, and what keeps profiles from being served; with --counters also\n"
        "its limits and counters. Or how profile NAME is: its file, its filter, and the errors "
        "and\n"
        "warnings of its last compile. The exit code for a profile is 1 unless it is served as\n"
        "its file is now.\n",
};
