/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * secprof-oci-hook: an OCI precreate hook, for Podman. The proposed config.json comes on standard
 * input; the one to use goes to standard output, whole. Where the container must not start, nothing
 * goes there and the exit status is 1: Podman then refuses the container.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "integration/oci-config.h"
#include "integration/settings.h"
#include "integration/source.h"
#include "integration/system-log.h"
#include "integration/whole-file.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/deadline.h"
#include "util/io.h"

enum {
    EXIT_REFUSED = 1,
    EXIT_USAGE = 2,
};

static const char help[] =
    "usage: secprof-oci-hook [OPTION…] < config.json\n"
    "\n"
    "An OCI precreate hook: puts a container's seccomp filter into its configuration, and writes\n"
    "the whole configuration to standard output. The filter is that of the profile which the\n"
    "annotation io.secprof.profile names, else that of the container's own rules.\n"
    "\n"
    "  --allow NAMES    the profiles that annotations may ask for, with commas between; '*': all\n"
    "  --profile NAME   the profile of every container\n"
    "  --named-only     leave containers alone that ask for no profile\n"
    "  --socket PATH    where secprofd listens\n"
    "  --timeout MS     how long it may take to answer, in milliseconds (5000)\n"
    "  -h, --help       show this\n"
    "  -V, --version    show the version\n";

static const struct option options[] = {
    {"allow", required_argument, NULL, 'a'},   {"profile", required_argument, NULL, 'p'},
    {"named-only", no_argument, NULL, 'n'},    {"socket", required_argument, NULL, 's'},
    {"timeout", required_argument, NULL, 't'}, {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},       {NULL, 0, NULL, 0},
};

/* Reads the command line into SETTINGS. Returns 0 (go on) or 1 + the exit status. */
static int read_options(int argc, char **argv, struct settings *settings)
{
    for (;;) {
        const char *wrong = NULL;

        switch (getopt_long(argc, argv, "hV", options, NULL)) {
        case -1:
            if (optind == argc)
                return 0;
            system_log_error("unexpected argument %s (try --help)", argv[optind]);
            return 1 + EXIT_USAGE;
        case 'a':
            settings->allow = optarg;
            break;
        case 'p':
            settings->profile = optarg;
            break;
        case 'n':
            settings->named_only = true;
            break;
        case 's':
            settings->socket = optarg;
            if (*optarg)
                break;
            system_log_error("--socket needs a path");
            return 1 + EXIT_USAGE;
        case 't':
            wrong = settings_timeout(settings, optarg);
            break;
        case 'h':
            fputs(help, stdout);
            return 1;
        case 'V':
            puts(PACKAGE_STRING);
            return 1;
        default:
            system_log_error("wrong command line (try --help)");
            return 1 + EXIT_USAGE;
        }
        if (wrong) {
            system_log_error("--timeout: %s: %s was expected", optarg, wrong);
            return 1 + EXIT_USAGE;
        }
    }
}

static int run(const struct settings *settings)
{
    cleanup_arena struct arena arena = {.limit = OCI_CONFIG_MEMORY};
    cleanup_source struct source source = settings_source(settings);
    const struct oci_source from = source_interface(&source);
    const struct oci_policy policy = settings_policy(settings, &from);
    struct oci_result result;
    size_t len;
    char *text = whole_file_read(STDIN_FILENO, OCI_CONFIG_MAX_BYTES,
                                 deadline_after(settings->timeout_ms), &arena, &len);
    int64_t deadline;
    int r;

    if (!text) {
        system_log_error("cannot read the configuration from standard input: %s", strerror(errno));
        return EXIT_REFUSED;
    }
    oci_seccomp_apply(&result, &policy, text, len, &arena);
    system_log_result(&result, NULL, true);
    if (result.outcome == OCI_REFUSED)
        return EXIT_REFUSED;
    deadline = deadline_after(settings->timeout_ms);
    if (result.outcome == OCI_CHANGED)
        r = deadline_write(STDOUT_FILENO, result.text, result.len, deadline);
    else
        r = deadline_write(STDOUT_FILENO, text, len, deadline);
    if (r < 0)
        system_log_error("cannot write the configuration: %s", strerror(-r));
    return r < 0 ? EXIT_REFUSED : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct settings settings = SETTINGS_INIT;
    int end;

    if (io_occupy_standard_files() < 0)
        return EXIT_REFUSED;
    end = read_options(argc, argv, &settings);
    return end ? end - 1 : run(&settings);
}
