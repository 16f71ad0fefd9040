/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofctl metrics: the daemon's numbers as Prometheus reads them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/counters.h"
#include "client/secprofctl/show/output.h"
#include "client/secprofctl/subject/profiles.h"
#include "client/secprofctl/subject/remote.h"
#include "util/cleanup.h"

enum {
    MAX_LABELLED = 1000, /* profiles with numbers of their own: each is a series for Prometheus */
};

/* Text for a label: a backslash before what would end it. */
static void put_label(FILE *file, const char *name, const char *value)
{
    fprintf(file, "%s=\"", name);
    for (; *value; value++) {
        if (*value == '"' || *value == '\\')
            fputc('\\', file);
        fputc(*value == '\n' ? ' ' : *value, file);
    }
    fputc('"', file);
}

/* What the name of a counter ends with, by Prometheus' rules. */
static const char *suffix(bool is_gauge)
{
    return is_gauge ? "" : "_total";
}

/* The lines before the value of KEY. */
static void put_head(FILE *file, const char *key, bool is_gauge, const char *what)
{
    const char *end = suffix(is_gauge);

    fprintf(file, "# HELP secprof_%s%s %s\n# TYPE secprof_%s%s %s\n", key, end, what, key, end,
            is_gauge ? "gauge" : "counter");
}

/* What is known of each profile that this user may fetch, of the first MAX_LABELLED by name. */
static void put_profiles(FILE *file, const struct served_profiles *profiles)
{
    size_t n = profiles->n < MAX_LABELLED ? profiles->n : MAX_LABELLED;

    put_head(file, "profile_state", true, "the state that a profile is in has the value 1");
    for (size_t i = 0; i < n; i++) {
        fprintf(file, "secprof_profile_state{");
        put_label(file, "profile", profiles->items[i].name);
        fputc(',', file);
        put_label(file, "state", remote_state_name(profiles->items[i].state));
        fprintf(file, "} 1\n");
    }
    put_head(file, "profile_generation", true, "in which a profile's filter came into service");
    for (size_t i = 0; i < n; i++) {
        fprintf(file, "secprof_profile_generation{");
        put_label(file, "profile", profiles->items[i].name);
        fprintf(file, "} %" PRIu64 "\n", profiles->items[i].generation);
    }
    put_head(file, "profile_instructions", true, "of a profile's filter; 0: none is in service");
    for (size_t i = 0; i < n; i++) {
        fprintf(file, "secprof_profile_instructions{");
        put_label(file, "profile", profiles->items[i].name);
        fprintf(file, "} %" PRIu32 "\n", profiles->items[i].n_insns);
    }
    put_head(file, "profiles_without_labels", true,
             "profiles that have no numbers of their own here, since there are too many");
    fprintf(file, "secprof_profiles_without_labels %zu\n", profiles->n - n);
}

static void put_all(FILE *file, const struct secprof_status *status,
                    const struct served_profiles *profiles)
{
    const struct counter *counter;

    put_head(file, "build_info", true, "versions; the value is 1");
    fprintf(file, "secprof_build_info{");
    put_label(file, "version", status->version);
    fputc(',', file);
    put_label(file, "libseccomp", status->libseccomp);
    fprintf(file, "} 1\n");
    put_head(file, "uptime_seconds", true, "since the daemon's start");
    fprintf(file, "secprof_uptime_seconds %" PRIu64 ".%06u\n", status->uptime_usec / 1000000,
            (unsigned)(status->uptime_usec % 1000000));
    for (size_t i = 0; (counter = counter_at(i)); i++) {
        put_head(file, counter->key, counter->is_gauge, counter->what);
        fprintf(file, "secprof_%s%s %" PRIu64 "\n", counter->key, suffix(counter->is_gauge),
                counter_value(counter, status));
    }
    put_profiles(file, profiles);
}

static int metrics(const struct ctl_options *options)
{
    cleanup_free struct secprof_status *status = NULL;
    cleanup_profiles struct served_profiles profiles = {.n = 0};
    cleanup_remote struct secprof *handle = NULL;
    cleanup_free char *text = NULL;
    cleanup_fclose FILE *file = NULL;
    size_t size;
    int code;
    int r;

    if (options->json)
        return ctl_fail(CTL_USAGE, "metrics have their own format; 'secprofctl status --json' "
                                   "has the same numbers");
    code = remote_open(options, &handle);
    if (code != CTL_OK)
        return code;
    r = secprof_status(handle, &status);
    if (r == 0)
        r = profiles_list(handle, &profiles);
    if (r < 0)
        return remote_fail(handle, "metrics", r);
    file = open_memstream(&text, &size);
    if (!file)
        return output_fail(options->output, -ENOMEM);
    put_all(file, status, &profiles);
    if (fflush(file) != 0)
        return output_fail(options->output, -ENOMEM);
    r = output_write(options->output, text, size);
    return r < 0 ? output_fail(options->output, r) : CTL_OK;
}

const struct ctl_command command_metrics = {
    .name = "metrics",
    .options = CTL_OPTION_OUTPUT,
    .wants = "nothing",
    .run = metrics,
    .help =
        "usage: secprofctl metrics [-o FILE]\n"
        "\n"
        "Writes the daemon's numbers in the text format of Prometheus, and the state, generation\n"
        "and instructions of each profile that this user may fetch, up to 1000. With -o, FILE is\n"
        "replaced in one step: a file for node_exporter's textfile collector.\n",
};
