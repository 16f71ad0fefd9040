/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofctl list: the profiles that this user may fetch. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/subject/remote.h"
#include "util/cleanup.h"
#include "util/hex.h"

enum {
    SHORT_DIGEST = 6, /* bytes of a digest in the table */
};

struct entries {
    struct secprof_entry *items; /* each owns its name */
    size_t n;
};

static void entries_free(struct entries *entries)
{
    for (size_t i = 0; i < entries->n; i++)
        free((char *)entries->items[i].name);
    free(entries->items);
}

static int collect(const struct secprof_entry *entry, void *data)
{
    struct entries *entries = data;
    struct secprof_entry *more =
        reallocarray(entries->items, entries->n + 1, sizeof(*entries->items));

    if (!more)
        return -ENOMEM;
    entries->items = more;

    struct secprof_entry *own = &more[entries->n];

    *own = *entry;
    own->name = strdup(entry->name);
    entries->n += own->name != NULL;
    return own->name ? 0 : -ENOMEM;
}

static void print_table(const struct entries *entries)
{
    int width = (int)strlen("NAME");

    for (size_t i = 0; i < entries->n; i++)
        if ((int)strlen(entries->items[i].name) > width)
            width = (int)strlen(entries->items[i].name);
    printf("%-*s  %-7s  %12s  %10s  %s\n", width, "NAME", "STATE", "INSTRUCTIONS", "GENERATION",
           "DIGEST");
    for (size_t i = 0; i < entries->n; i++) {
        const struct secprof_entry *entry = &entries->items[i];
        char digest[HEX_SIZE(SHORT_DIGEST)] = "-";

        if (entry->n_insns)
            hex_encode(entry->digest, SHORT_DIGEST, digest);
        printf("%-*s  %-7s  %12" PRIu32 "  %10" PRIu64 "  %s\n", width, entry->name,
               remote_state_name(entry->state), entry->n_insns, entry->generation, digest);
    }
}

static int print_json(const struct entries *entries)
{
    struct json json;

    json_start(&json);
    json_open_map(&json, NULL);
    json_open_array(&json, "profiles");
    for (size_t i = 0; i < entries->n; i++) {
        const struct secprof_entry *entry = &entries->items[i];

        json_open_map(&json, NULL);
        json_text(&json, "name", entry->name);
        json_text(&json, "state", remote_state_name(entry->state));
        json_number(&json, "instructions", entry->n_insns);
        json_number(&json, "generation", entry->generation);
        if (entry->n_insns)
            json_hex(&json, "digest", entry->digest, sizeof(entry->digest));
        else
            json_text(&json, "digest", NULL);
        json_close_map(&json);
    }
    json_close_array(&json);
    json_close_map(&json);
    return json_finish(&json, NULL);
}

static int list(const struct ctl_options *options)
{
    __attribute__((cleanup(entries_free))) struct entries entries = {0};
    cleanup_remote struct secprof *handle = NULL;
    int code = remote_open(options, &handle);

    if (code != CTL_OK)
        return code;

    int r = secprof_list(handle, collect, &entries);

    if (r < 0)
        return remote_fail(handle, "list", r);
    if (options->json)
        return print_json(&entries);
    print_table(&entries);
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
        "daemon's own architecture, without capabilities.\n",
};
