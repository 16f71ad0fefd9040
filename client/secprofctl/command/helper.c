/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * secprofctl helper: fetches an executable with a filter built in, and becomes it, or keeps it in a
 * file. What fails before the command runs is 125, as with `run`; with -o the exit codes are those
 * of `get`.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/show/output.h"
#include "client/secprofctl/subject/remote.h"
#include "util/cleanup.h"
#include "util/io.h"

enum {
    HELPER_MAX_BYTES = 1024 * 1024, /* many times what one has: 4,096 instructions are 32 KiB */
};

/* Checks what the options ask for. Returns CTL_OK, or CTL_USAGE after a message. */
static int check(const struct ctl_options *options)
{
    bool has_command = options->n_args > 1;
    enum variant_mode mode;

    if (options->json)
        return ctl_fail(CTL_USAGE, "'helper' has nothing to say as JSON; leave out --json");
    if (has_command == options->has_output)
        return ctl_fail(CTL_USAGE, has_command
                                       ? "'helper' either runs a command or keeps a file (-o)"
                                       : "'helper' needs a command to run, or -o FILE");
    if (options->has_output && !options->output && output_is_terminal())
        return ctl_fail(CTL_USAGE, "an executable is not for a terminal: name a file with -o FILE");
    return remote_check_variant(options, options->args[0], &mode);
}

/* Fetches the helper of profile NAME. Returns CTL_OK and *FD, or another code after a message. */
static int fetch(const struct ctl_options *options, const char *name, int *fd)
{
    cleanup_remote struct secprof *handle = NULL;
    struct secprof_info info = SECPROF_INFO_INIT;
    struct secprof_options wanted;
    int code = remote_open(options, &handle);
    int r;

    if (code != CTL_OK)
        return code;
    remote_options(options, &wanted);
    r = secprof_get_helper(handle, name, &wanted, &info);
    if (r < 0)
        return remote_fail(handle, name, r);
    *fd = r;
    if (info.stale)
        ctl_warn("%s: its file is broken; this is the last good filter ('secprofctl status %s' "
                 "has the errors)",
                 name, name);
    return CTL_OK;
}

/* Becomes the executable FD, with COMMAND for it. Returns only where that fails: CTL_RUN_FAILED. */
static int execute(int fd, char **command, int n)
{
    cleanup_free const char **argv = calloc((size_t)n + 3, sizeof(*argv));

    if (!argv)
        return ctl_fail(CTL_RUN_FAILED, "out of memory");
    argv[0] = "secprof-helper";
    argv[1] = "--";
    for (int i = 0; i < n; i++)
        argv[2 + i] = command[i];
    fexecve(fd, (char **)argv, environ);
    return ctl_fail(CTL_RUN_FAILED, "cannot execute the helper: %s", strerror(errno));
}

/* Copies the executable FD to the file that OPTIONS name. */
static int keep(const struct ctl_options *options, int fd)
{
    cleanup_free char *bytes = NULL;
    size_t size;
    int r = io_pread_file(fd, HELPER_MAX_BYTES, &bytes, &size);

    if (r == -EFBIG)
        return ctl_fail(CTL_NO_DAEMON, "the daemon's executable is too large");
    if (r < 0)
        return ctl_fail(CTL_SYSTEM, "cannot read the executable: %s", strerror(-r));
    r = output_write_program(options->output, bytes, size);
    if (r < 0)
        return output_fail(options->output, r);
    return CTL_OK;
}

static int helper(const struct ctl_options *options)
{
    cleanup_close int fd = -1;
    int code = check(options);

    if (code == CTL_OK)
        code = fetch(options, options->args[0], &fd);
    if (options->has_output)
        return code == CTL_OK ? keep(options, fd) : code;
    return code == CTL_OK ? execute(fd, options->args + 1, options->n_args - 1) : CTL_RUN_FAILED;
}

const struct ctl_command command_helper = {
    .name = "helper",
    .options = CTL_OPTION_CAPS | CTL_OPTION_KERNEL | CTL_OPTION_MODE | CTL_OPTION_OUTPUT,
    .min_args = 1,
    .max_args = -1,
    .wants = "the name of a profile, and a command or -o FILE",
    .runs = true,
    .may_keep = true,
    .run = helper,
    .help =
        "usage: secprofctl helper NAME [OPTION…] -- COMMAND [ARGUMENT…]\n"
        "       secprofctl helper NAME [OPTION…] -o FILE\n"
        "\n"
        "Fetches secprof-helper with the filter of profile NAME built in, an executable of a few\n"
        "KiB that needs nothing where it runs, and becomes it; or keeps it in FILE, to be run\n"
        "later, in a container or on another machine of this architecture:\n"
        "  FILE [--] COMMAND [ARGUMENT…]\n"
        "It sets no_new_privs, installs the filter, and becomes COMMAND.\n"
        "\n"
        "  --caps CAP_A,CAP_B  the filter for a process with these capabilities (default: none);\n"
        "                      it does not give them\n"
        "  --kernel 6.1        as if the daemon ran on this kernel\n"
        "  --mode audit|log    audit: let through and log what would be denied; log: log that\n"
        "  -o, --output FILE   replaces FILE in one step; - is stdout\n"
        "\n"
        "Exit codes: that of COMMAND; 125 where the filter was not fetched or installed (COMMAND\n"
        "was not started), 126 where COMMAND could not be started, 127 where it was not found.\n"
        "With -o: those of 'get'.\n",
};
