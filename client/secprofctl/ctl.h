/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What all parts of secprofctl share: exit codes, the command table's rows, and how to complain.
 */
#ifndef CLIENT_SECPROFCTL_CTL_H
#define CLIENT_SECPROFCTL_CTL_H

#include <stdbool.h>

struct ctl_options;

/* Exit codes, the same for every command; docs/secprofctl.1 has them too. */
enum ctl_exit {
    CTL_OK = 0,
    CTL_NO = 1,        /* the answer is no: profile refused, not in service, not to be used in this
                          way, or check found errors */
    CTL_USAGE = 2,     /* wrong command line; among it unknown targets, capabilities and syscalls */
    CTL_NO_DAEMON = 3, /* the daemon cannot be reached, or does not answer as it should */
    CTL_NO_PROFILE = 4, /* no such profile or process, or none that this user may read */
    CTL_FORBIDDEN = 5, /* the daemon, or the kernel for a process, does not let this user do that */
    CTL_DAEMON = 6,    /* the daemon itself failed, or one of its limits is reached */
    CTL_SYSTEM = 7,    /* a file cannot be read or written, or there is no memory */
    CTL_DIFFERENT = 1, /* of `diff`: its answer; all that went wrong is 2 there, as in diff(1) */
    CTL_DIFF_FAILED = 2,
    /* of `run`, `helper` and `record`, as env(1) has them */
    CTL_RUN_FAILED = 125,      /* the filter is not installed, for whatever reason */
    CTL_RUN_NOT_STARTED = 126, /* the filter is installed, but the command cannot be started */
    CTL_RUN_NOT_FOUND = 127,   /* the filter is installed, but the command was not found */
};

/* A command: what main() looks up. */
struct ctl_command {
    const char *name;
    unsigned int options;       /* those that it takes, besides the ones that every command takes */
    bool all_targets;           /* --target may be "all" */
    const char *const *formats; /* what --format takes, ended by NULL; NULL: a filter's formats */
    bool negative_args; /* an argument may be a negative number, which begins like an option */
    int min_args;
    int max_args;      /* -1: no limit */
    const char *wants; /* what its arguments are: "the name of a profile" */
    bool runs;         /* what follows its first argument is a command with options of its own */
    bool runs_first;   /* RUNS, and that command is its first argument already */
    bool may_keep;     /* RUNS, but with -o it keeps a file instead */
    int failure;       /* the one exit code for all that goes wrong; 0: there are several */
    int (*run)(const struct ctl_options *options);
    const char *help;
};

extern const struct ctl_command command_get;
extern const struct ctl_command command_list;
extern const struct ctl_command command_status;
extern const struct ctl_command command_reload;
extern const struct ctl_command command_run;
extern const struct ctl_command command_helper;
extern const struct ctl_command command_compile;
extern const struct ctl_command command_check;
extern const struct ctl_command command_disasm;
extern const struct ctl_command command_diff;
extern const struct ctl_command command_explain;
extern const struct ctl_command command_watch;
extern const struct ctl_command command_metrics;
extern const struct ctl_command command_record;
extern const struct ctl_command command_simulate;
extern const struct ctl_command command_why;
extern const struct ctl_command command_ps;
extern const struct ctl_command command_denials;
extern const struct ctl_command command_export;

/* Prints "secprofctl: …" to stderr, control characters escaped; returns CODE. */
int ctl_fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same without an exit code. */
void ctl_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
