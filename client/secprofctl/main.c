/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * secprofctl: the command line of secprof. Here: the global options, the table of commands, and
 * what holds for all of them (messages, closed standard files, what was written to stdout).
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/names.h"
#include "client/secprofctl/options.h"
#include "util/cleanup.h"
#include "util/io.h"
#include "util/suggest.h"

static const struct ctl_command *const commands[] = {
    &command_get,     &command_list,    &command_status, &command_reload,   &command_run,
    &command_compile, &command_check,   &command_disasm, &command_diff,     &command_explain,
    &command_watch,   &command_metrics, &command_record, &command_simulate, &command_helper,
    &command_why,     &command_denials, &command_ps,     &command_export,
};

static const char usage[] =
    "usage: secprofctl [--socket PATH] [--timeout SECONDS] [--json] COMMAND [ARGUMENT…]\n"
    "\n"
    "What is served\n"
    "  get NAME            writes a profile's seccomp filter\n"
    "  run NAME -- COMMAND runs a command under a profile's filter\n"
    "  helper NAME …       the same by an executable with the filter in it, or keeps that\n"
    "  list                lists the profiles\n"
    "  status [NAME]       says how the daemon is, or a profile\n"
    "  watch [NAME…]       prints what changes, as it changes\n"
    "  reload              waits until what is on disk is in service\n"
    "  metrics             the daemon's numbers for Prometheus\n"
    "  export DIRECTORY    writes the profiles as plain OCI rules, for Kubernetes\n"
    "\n"
    "Writing profiles\n"
    "  check FILE…         checks profiles for every architecture\n"
    "  compile FILE        compiles a profile without a daemon\n"
    "  record -- COMMAND   writes a profile of the calls that a command makes\n"
    "\n"
    "Questions\n"
    "  why LINE            a line of a log about a denied call, explained\n"
    "  denials             the calls that were denied, and why\n"
    "  ps                  the processes that have filters, and whose these are\n"
    "  explain NAME CALL   what a call gets, and why\n"
    "  diff A B            what two filters decide differently\n"
    "  simulate A [TABLE]  what a filter answers to a table of calls\n"
    "  disasm FILE|NAME    a filter as readable instructions\n"
    "\n"
    "  help [COMMAND]      this text, or the help of a command; syscalls, capabilities,\n"
    "                      symbols CALL N: these names\n"
    "  version             the version\n"
    "\n"
    "  --socket PATH       the daemon's socket (default: $SECPROF_SOCKET, else\n"
    "                      /run/secprof/secprof.sock)\n"
    "  --timeout SECONDS   how long the daemon may take to answer (default: 30; for reload and\n"
    "                      watch: as long as it wants)\n"
    "  --json              results as JSON\n"
    "  -h, --help          this text; after a command: the help of that command\n"
    "  --version           the version\n"
    "\n"
    "Exit codes: 0 done; 1 the answer is no; 2 wrong usage; 3 the daemon cannot be reached;\n"
    "4 no such profile, or not readable; 5 not permitted; 6 the daemon failed; 7 the system\n"
    "failed (files, memory). 'run', 'helper', 'record' and 'diff' have their own: see their\n"
    "--help.\n";

static const struct ctl_command *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    struct suggestion suggestion = suggest_begin(name);

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        suggest_offer(&suggestion, commands[i]->name);
    suggest_offer(&suggestion, "help");
    suggest_offer(&suggestion, "version");
    return ctl_fail(CTL_USAGE, "unknown command '%s'%s%s%s (try secprofctl help)", name,
                    suggestion.best ? "; did you mean '" : "",
                    suggestion.best ? suggestion.best : "", suggestion.best ? "'?" : "");
}

/* secprofctl help [COMMAND] */
static int run_help(int argc, char **argv)
{
    const struct ctl_command *command = argc > 1 ? find_command(argv[1]) : NULL;

    if (argc > 1 && names_is_topic(argv[1]))
        return names_print(argc - 1, argv + 1);
    if (argc > 2)
        return ctl_fail(CTL_USAGE, "'help' does not know what to do with '%s'", argv[2]);
    if (argc > 1 && !command)
        return unknown_command(argv[1]);
    fputs(command ? command->help : usage, stdout);
    return CTL_OK;
}

static int run_version(void)
{
    printf("secprofctl %s\n", PACKAGE_VERSION);
    return CTL_OK;
}

static int run_command(struct ctl_options *options, const struct ctl_command *command, int argc,
                       char **argv)
{
    if (!command && !strcmp(argv[0], "help"))
        return run_help(argc, argv);
    if (!command && !strcmp(argv[0], "version") && argc == 1)
        return run_version();
    if (!command)
        return unknown_command(argv[0]);
    if (options_parse(options, command, argc, argv) < 0) {
        ctl_warn("try secprofctl %s --help", command->name);
        return command->runs && !(command->may_keep && options->has_output) ? CTL_RUN_FAILED
                                                                            : CTL_USAGE;
    }
    if (options->help) {
        fputs(command->help, stdout);
        return CTL_OK;
    }
    return command->run(options);
}

int main(int argc, char **argv)
{
    struct ctl_options options = {0};
    const struct ctl_command *command = NULL;
    int first;
    int code;

    if (io_occupy_standard_files() < 0)
        return CTL_SYSTEM;
    first = options_parse_global(&options, argc, argv);
    if (first < 0) {
        ctl_warn("try secprofctl --help");
        code = CTL_USAGE;
    } else if (options.help) {
        fputs(usage, stdout);
        code = CTL_OK;
    } else if (options.version) {
        code = run_version();
    } else if (first == argc) {
        fputs(usage, stderr);
        code = CTL_USAGE;
    } else {
        command = find_command(argv[first]);
        code = run_command(&options, command, argc - first, argv + first);
    }
    /* Filters do not go through stdio, but all else does: a failed write must not go unnoticed. */
    if (fflush(stdout) != 0 || ferror(stdout))
        code = ctl_fail(command && command->failure ? command->failure : CTL_SYSTEM,
                        "cannot write to stdout: %s", strerror(errno));
    return code;
}
