/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line: one table of options, of which each command takes some.
 */
#ifndef CLIENT_SECPROFCTL_OPTIONS_H
#define CLIENT_SECPROFCTL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/secprofctl/show/format.h"
#include "compiler/parse/request.h"

struct abi;
struct ctl_command;
struct target;

/* An option, as a bit: each command takes a set of them. */
enum ctl_option {
    CTL_OPTION_SOCKET = 1 << 0,
    CTL_OPTION_JSON = 1 << 1,
    CTL_OPTION_HELP = 1 << 2,
    CTL_OPTION_VERSION = 1 << 3,
    CTL_OPTION_TARGET = 1 << 4,
    CTL_OPTION_CAPS = 1 << 5,
    CTL_OPTION_KERNEL = 1 << 6,
    CTL_OPTION_FORMAT = 1 << 7,
    CTL_OPTION_OUTPUT = 1 << 8,
    CTL_OPTION_STRICT = 1 << 9,
    CTL_OPTION_SUBSET = 1 << 10,
    CTL_OPTION_ABI = 1 << 11,
    CTL_OPTION_AGAINST_LIBSECCOMP = 1 << 12,
    CTL_OPTION_PROFILE = 1 << 13,
    CTL_OPTION_TIMEOUT = 1 << 14,
    CTL_OPTION_QUIET = 1 << 15,
    CTL_OPTION_UNDER = 1 << 16,
    CTL_OPTION_ALL = 1 << 17,
    CTL_OPTION_OUTDATED = 1 << 18,
    CTL_OPTION_FOLLOW = 1 << 19,
    CTL_OPTION_ALLOWS = 1 << 20,
    CTL_OPTION_WEAKER_THAN = 1 << 21,
    CTL_OPTION_SINCE = 1 << 22,
    CTL_OPTION_METRICS = 1 << 23,
    CTL_OPTION_MODE = 1 << 29,
    CTL_OPTION_AUDIT = 1 << 30,
    CTL_OPTION_COUNTERS = 1 << 24,

    /* what a filter is made for */
    CTL_OPTIONS_VARIANT = CTL_OPTION_TARGET | CTL_OPTION_CAPS | CTL_OPTION_KERNEL | CTL_OPTION_MODE,
};

/* The values of all options, and the arguments. */
struct ctl_options {
    const struct ctl_command *command; /* NULL: only the options before it were read */
    const char *socket;                /* or NULL */
    int timeout_ms;                    /* how long the daemon may take to answer; 0: not said */
    bool json;
    bool help;
    bool version;
    const struct target *target; /* or NULL: none was named */
    bool all_targets;
    const struct abi *abi; /* or NULL */
    uint64_t caps;
    uint32_t kernel;        /* 0: none was named */
    enum variant_mode mode; /* the same, VARIANT_ENFORCE, where none was named */
    enum format format;
    bool has_format;
    size_t own_format;  /* of a command with FORMATS: which of them */
    const char *output; /* a path, or NULL: stdout */
    bool has_output;    /* also with - for stdout */
    bool strict;
    bool quiet;
    bool subset;
    bool audit; /* the same as the mode VARIANT_AUDIT, which it sets */
    bool counters;
    bool profile;
    bool follow;       /* goes on with what comes */
    const char *under; /* the operand that the question is about, or NULL */
    bool against_libseccomp;
    bool all;
    bool outdated;
    const char *allows;      /* a call, or NULL */
    const char *weaker_than; /* an operand, or NULL */
    const char *since;       /* a time, or NULL */
    bool metrics;
    bool names_only; /* operands are names of profiles, whatever files there are */
    char **args;     /* what is no option */
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
