/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofctl list: the profiles that this user may fetch. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/show/output.h"
#include "client/secprofctl/show/text.h"
#include "client/secprofctl/subject/profiles.h"
#include "client/secprofctl/subject/remote.h"
#include "util/cleanup.h"
#include "util/hex.h"

enum {
    SHORT_DIGEST = 6, /* bytes of a digest in the table */
    /* What stands between the names and the paths. */
    FIXED_WIDTH = 2 + 7 + 2 + 12 + 2 + 10 + 2 + 2 * SHORT_DIGEST + 2 + 4 + 2,
    MIN_PATH = 16, /* of a path less would tell nothing */
};

/* How many characters of the paths are shown beside names of NAME_WIDTH; 0: none of them. */
static size_t path_room(size_t name_width)
{
    size_t width = output_width();

    if (width == 0)
        return SIZE_MAX;
    return width >= name_width + FIXED_WIDTH + MIN_PATH ? width - name_width - FIXED_WIDTH : 0;
}

static void print_table(const struct served_profiles *profiles)
{
    size_t width = strlen("NAME");
    size_t room;

    for (size_t i = 0; i < profiles->n; i++)
        if (strlen(profiles->items[i].name) > width)
            width = strlen(profiles->items[i].name);
    room = path_room(width);
    printf("%-*s  %-7s  %12s  %10s  %-12s  %4s%s\n", (int)width, "NAME", "STATE", "INSTRUCTIONS",
           "GENERATION", "DIGEST", "WARN", room ? "  PATH" : "");
    for (size_t i = 0; i < profiles->n; i++) {
        const struct served_profile *profile = &profiles->items[i];
        char digest[HEX_SIZE(SHORT_DIGEST)] = "-";

        if (profile->n_insns)
            hex_encode(profile->digest, SHORT_DIGEST, digest);
        printf("%-*s  %-7s  %12" PRIu32 "  %10" PRIu64 "  %-12s  %4zu", (int)width, profile->name,
               remote_state_name(profile->state), profile->n_insns, profile->generation, digest,
               profile->n_warnings);
        if (room) {
            printf("  ");
            text_print_end(stdout, profile->status ? profile->status->path : "-", room);
        }
        putchar('\n');
    }
}

static int print_json(const struct served_profiles *profiles)
{
    struct json json;

    json_start(&json);
    json_open_map(&json, NULL);
    json_open_array(&json, "profiles");
    for (size_t i = 0; i < profiles->n; i++) {
        const struct served_profile *profile = &profiles->items[i];

        json_open_map(&json, NULL);
        json_text(&json, "name", profile->name);
        json_text(&json, "state", remote_state_name(profile->state));
        json_number(&json, "instructions", profile->n_insns);
        json_number(&json, "generation", profile->generation);
        if (profile->n_insns)
            json_hex(&json, "digest", profile->digest, sizeof(profile->digest));
        else
            json_text(&json, "digest", NULL);
        json_number(&json, "warnings", profile->n_warnings);
        json_text(&json, "path", profile->status ? profile->status->path : NULL);
        json_close_map(&json);
    }
    json_close_array(&json);
    json_close_map(&json);
    return json_finish(&json, NULL);
}

static int list(const struct ctl_options *options)
{
    cleanup_profiles struct served_profiles profiles = {.n = 0};
    cleanup_remote struct secprof *handle = NULL;
    int code = remote_open(options, &handle);
    int r;

    if (code != CTL_OK)
        return code;
    r = profiles_list(handle, &profiles);
    if (r == 0)
        r = profiles_ask_all(handle, &profiles);
    if (r < 0)
        return remote_fail(handle, "list", r);
    if (options->json)
        return print_json(&profiles);
    print_table(&profiles);
    return CTL_OK;
}

const struct ctl_command command_list = {
    .name = "list",
    .wants = "nothing",
    .run = list,
    .help =
        "usage: secprofctl list [--json]\n"
        "\n"
        "Lists the profiles that this user may fetch. States: served; stale (the file is broken,\n"
        "its last good filter is in service); broken (nothing is in service); pending (the\n"
        "first compile is under way). Instructions and digest are those of the filter for the\n"
        "daemon's own architecture, without capabilities. WARN counts the warnings of the last\n"
        "compile: 'secprofctl status NAME' has their texts. On a terminal a long PATH loses its\n"
        "beginning.\n",
};
