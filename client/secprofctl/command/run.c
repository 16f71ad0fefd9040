/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* secprofctl run: becomes a command under a profile's filter. Whatever fails before that is 125. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/options.h"
#include "client/secprofctl/subject/remote.h"
#include "util/cleanup.h"

/* Fetches the filter of profile NAME. Returns CTL_OK, or another code after a message. */
static int fetch(const struct ctl_options *options, const char *name, void **filter, size_t *len,
                 struct secprof_info *info)
{
    cleanup_remote struct secprof *handle = NULL;
    struct secprof_options wanted;
    enum variant_mode mode;
    int code = remote_check_variant(options, name, &mode);
    int r;

    if (code == CTL_OK)
        code = remote_open(options, &handle);
    if (code != CTL_OK)
        return code;
    remote_options(options, &wanted);
    r = secprof_get_bytes(handle, name, &wanted, filter, len, info);
    return r < 0 ? remote_fail(handle, name, r) : CTL_OK;
}

/* Puts the filter of profile NAME into this process, and does nothing after that. Returns CTL_OK,
 * or another code after a message. */
static int install(const struct ctl_options *options, const char *name)
{
    struct secprof_info info = SECPROF_INFO_INIT;
    cleanup_free void *filter = NULL;
    size_t len;
    int code = fetch(options, name, &filter, &len, &info);
    int r;

    if (code != CTL_OK)
        return code;
    if (info.stale)
        ctl_warn("%s: its file is broken; this is the last good filter", name);
    r = secprof_install_filter(filter, len, &info);
    if (r == -EOPNOTSUPP)
        return ctl_fail(CTL_NO,
                        "%s: some of its calls are for a listener to decide (SCMP_ACT_NOTIFY), "
                        "and 'run' has none; start the command with a container runtime",
                        name);
    return r < 0 ? ctl_fail(CTL_NO, "%s: %s", name, secprof_strerror(r)) : CTL_OK;
}

static int run(const struct ctl_options *options)
{
    char **command = options->args + 1;

    if (options->json)
        return ctl_fail(CTL_RUN_FAILED, "'run' prints nothing itself; leave out --json");
    if (install(options, options->args[0]) != CTL_OK)
        return CTL_RUN_FAILED;
    execvp(command[0], command);

    int error = errno;

    ctl_warn("cannot start %s: %s%s", command[0], strerror(error),
             error == EPERM || error == EACCES ? " (or the filter forbids execve)" : "");
    return error == ENOENT ? CTL_RUN_NOT_FOUND : CTL_RUN_NOT_STARTED;
}

const struct ctl_command command_run = {
    .name = "run",
    .options = CTL_OPTION_CAPS | CTL_OPTION_KERNEL | CTL_OPTION_MODE | CTL_OPTION_AUDIT,
    .min_args = 2,
    .max_args = -1,
    .wants = "the name of a profile and a command",
    .runs = true,
    .run = run,
    .help =
        "usage: secprofctl run NAME [OPTION…] -- COMMAND [ARGUMENT…]\n"
        "\n"
        "Sets no_new_privs, installs the filter of profile NAME, and becomes COMMAND.\n"
        "\n"
        "  --caps CAP_A,CAP_B  the filter for a process with these capabilities (default: none);\n"
        "                      it does not give them\n"
        "  --kernel 6.1        as if the daemon ran on this kernel\n"
        "  --mode audit|log    audit: let through and log what would be denied; log: log that\n"
        "  --audit             the same as --mode audit\n"
        "\n"
        "Exit codes: that of COMMAND; 125 where the filter could not be installed (COMMAND was\n"
        "not started), 126 where COMMAND could not be started, 127 where it was not found.\n",
};
