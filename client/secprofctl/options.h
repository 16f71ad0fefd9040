/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line: one table of options, of which each command takes some.
 */
#ifndef CLIENT_SECPROFCTL_OPTIONS_H
#define CLIENT_SECPROFCTL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/secprofctl/show/format.h"
#include "compiler/facts/abi.h"

struct ctl_command;

struct ctl_options {
    const char *socket; /* or NULL */
    int timeout_ms;     /* how long the daemon may take to answer; 0: not said */
    bool json;
    bool help;
    bool version;
    const struct target *target; /* or NULL: none was named */
    bool all_targets;
    const struct abi *abi; /* or NULL */
    uint64_t caps;
    uint32_t kernel; /* 0: none was named */
    enum format format;
    bool has_format;
    const char *output; /* a path, or NULL: stdout */
    bool has_output;    /* also with - for stdout */
    bool strict;
    bool subset;
    bool profile;
    bool against_libseccomp;
    char **args; /* what is no option */
    int n_args;
};

/*
 * Reads the global options before the command into OPTIONS. Returns the index of the command in
 * ARGV (ARGC: there is none), or -EINVAL after a message.
 */
int options_parse_global(struct ctl_options *options, int argc, char **argv);

/*
 * Reads the options of COMMAND, whose name is ARGV[0]. Returns 0, or -EINVAL after a message. With
 * OPTIONS->help set, nothing else was checked.
 */
int options_parse(struct ctl_options *options, const struct ctl_command *command, int argc,
                  char **argv);

#endif
