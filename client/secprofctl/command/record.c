/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofctl record: a profile of the calls that a command makes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/json.h"
#include "client/secprofctl/show/output.h"
#include "client/secprofctl/subject/recorder.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/syscalls.h"
#include "util/cleanup.h"

enum {
    SIGNAL_BASE = 128, /* of the exit code of a command that a signal ended, as shells have it */
};

/* The names of what was recorded, and the ABIs through which it came. */
struct names {
    const char **items;
    size_t n;
    abi_set abis;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Finds the names in SYSCALLS. What has none is told, and left out. */
static int find_names(struct names *names, const struct recording *recording,
                      struct syscalls *syscalls)
{
    const struct target *target = target_host();
    size_t n = 0;

    names->items = calloc(recording->n + 1, sizeof(*names->items));
    if (!names->items)
        return -ENOMEM;
    if (!target)
        return -ENOTSUP;
    for (size_t i = 0; i < recording->n; i++) {
        const struct recorded *call = &recording->calls[i];
        const struct abi *abi = target_abi_of_call(target, call->audit_arch, call->nr);
        const char *name = abi ? syscalls_name(syscalls, abi->id, call->nr) : NULL;

        if (name) {
            names->items[n++] = name;
            names->abis |= 1U << abi->id;
        } else {
            ctl_warn("call %u of architecture 0x%x has no known name and is left out", call->nr,
                     call->audit_arch);
        }
    }
    qsort(names->items, n, sizeof(*names->items), compare_names);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(names->items[i], names->items[names->n - 1]))
            names->items[names->n++] = names->items[i];
    return 0;
}

static int write_profile(const struct ctl_options *options, const struct names *names)
{
    struct json json;

    json_start(&json);
    json_open_map(&json, NULL);
    json_text(&json, "defaultAction", "SCMP_ACT_ERRNO");
    json_number(&json, "defaultErrnoRet", EPERM);
    json_open_array(&json, "architectures");
    for (int id = 0; id < ABI_COUNT; id++)
        if (names->abis & 1U << id)
            json_text(&json, NULL, abi_get((enum abi_id)id)->scmp_name);
    json_close_array(&json);
    json_open_array(&json, "syscalls");
    json_open_map(&json, NULL);
    json_open_array(&json, "names");
    for (size_t i = 0; i < names->n; i++)
        json_text(&json, NULL, names->items[i]);
    json_close_array(&json);
    json_text(&json, "action", "SCMP_ACT_ALLOW");
    json_close_map(&json);
    json_close_array(&json);
    json_close_map(&json);
    return json_finish(&json, options->output);
}

static void names_free(struct names *names)
{
    free(names->items);
}

static void recording_free(struct recording *recording)
{
    free(recording->calls);
}

/* Writes the profile of RECORDING. Returns the exit code: the command's, where all went well. */
static int finish(const struct ctl_options *options, const struct recording *recording)
{
    __attribute__((cleanup(names_free))) struct names names = {0};
    struct syscalls *syscalls = syscalls_new();
    int r = syscalls ? find_names(&names, recording, syscalls) : -ENOMEM;
    int code = r < 0 ? output_fail(options->output, r) : write_profile(options, &names);

    syscalls_free(syscalls);
    if (code != CTL_OK)
        return CTL_RUN_FAILED;
    fprintf(stderr, "secprofctl: %zu system calls recorded in %s\n", names.n, options->output);
    return WIFSIGNALED(recording->status) ? SIGNAL_BASE + WTERMSIG(recording->status)
                                          : WEXITSTATUS(recording->status);
}

static int record(const struct ctl_options *options)
{
    __attribute__((cleanup(recording_free))) struct recording recording = {0};
    int r;

    if (options->json || !options->output) {
        ctl_fail(CTL_RUN_FAILED, options->json ? "a profile is JSON already; leave out --json"
                                               : "name a file for the profile: -o FILE");
        return CTL_RUN_FAILED;
    }
    r = output_check(options->output);
    if (r < 0) {
        output_fail(options->output, r);
        return CTL_RUN_FAILED;
    }
    r = recorder_run(&recording, options->args);
    if (r == -ENOEXEC) {
        ctl_warn("cannot start %s: %s", options->args[0], strerror(recording.status));
        return recording.status == ENOENT ? CTL_RUN_NOT_FOUND : CTL_RUN_NOT_STARTED;
    }
    if (r < 0) {
        ctl_warn("cannot record: %s%s", strerror(-r),
                 r == -EINVAL || r == -EBUSY ? " (this needs Linux 5.8, and no listener above)"
                                             : "");
        return CTL_RUN_FAILED;
    }
    return finish(options, &recording);
}

const struct ctl_command command_record = {
    .name = "record",
    .options = CTL_OPTION_OUTPUT,
    .min_args = 1,
    .max_args = -1,
    .wants = "a command",
    .runs = true,
    .runs_first = true,
    .run = record,
    .help =
        "usage: secprofctl record -o FILE -- COMMAND [ARGUMENT…]\n"
        "\n"
        "Runs COMMAND, and writes a profile that allows the system calls that it and its children\n"
        "made, and no other. It is a start to be read and edited: what COMMAND did not do this "
        "time\n"
        "is not in it. COMMAND runs with no_new_privs, and slower than usual. Background "
        "processes\n"
        "are waited for; SIGTERM and SIGHUP are passed on, and the second signal ends all.\n"
        "\n"
        "  -o, --output FILE   replaces FILE in one step\n"
        "\n"
        "Exit codes: that of COMMAND (128 + N where signal N ended it); 125 where nothing was\n"
        "recorded or written, 126 where COMMAND could not be started, 127 where it was not "
        "found.\n",
};
