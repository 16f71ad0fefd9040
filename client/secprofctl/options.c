/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line: one table of options, of which each command takes some. */
#include "config.h"

#include "client/secprofctl/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/number.h"
#include "compiler/facts/abi.h"
#include "compiler/facts/capability.h"
#include "compiler/facts/kernel-version.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/proc-status.h"
#include "util/suggest.h"

enum {
    TIMEOUT_MAX_SEC = 24 * 60 * 60,
};

enum {
    TAKEN_BY_ALL = CTL_OPTION_SOCKET | CTL_OPTION_TIMEOUT | CTL_OPTION_JSON | CTL_OPTION_HELP,
    TAKEN_BEFORE_THE_COMMAND = TAKEN_BY_ALL | CTL_OPTION_VERSION,
};

static char *target_names(struct arena *arena)
{
    const struct target *target;
    char *names = NULL;

    for (size_t i = 0; (target = target_at(i)) != NULL; i++)
        names = names ? arena_printf(arena, "%s, %s", names, target->name)
                      : arena_printf(arena, "%s", target->name);
    return names;
}

static int take_target(struct ctl_options *options, const char *name)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const bool may_be_all = options->command && options->command->all_targets;
    const char *names;

    options->all_targets = may_be_all && strcmp(name, "all") == 0;
    options->target = options->all_targets ? NULL : target_by_name(name);
    if (options->all_targets || options->target)
        return 0;
    names = target_names(&arena);
    ctl_warn("unknown target '%s'; there are: %s%s", name, names ? names : "?",
             may_be_all ? ", all" : "");
    return -EINVAL;
}

static int take_abi(struct ctl_options *options, const char *name)
{
    options->abi = abi_by_scmp_name(name);
    for (int id = 0; !options->abi && id < ABI_COUNT; id++)
        if (!strcmp(abi_get((enum abi_id)id)->name, name))
            options->abi = abi_get((enum abi_id)id);
    if (options->abi)
        return 0;
    ctl_warn("unknown ABI '%s'; one looks like x86_64, x32 or SCMP_ARCH_ARM", name);
    return -EINVAL;
}

static void unknown_capability(const char *name, size_t len)
{
    cleanup_free char *word = strndup(name, len);
    struct suggestion suggestion = suggest_begin(word ? word : "");

    for (int number = 0; capability_name(number); number++) {
        suggest_offer(&suggestion, capability_name(number));
        if (!word || strncasecmp(word, "CAP_", strlen("CAP_")) != 0)
            suggest_offer(&suggestion, capability_name(number) + strlen("CAP_"));
    }
    if (suggestion.best)
        ctl_warn("unknown capability '%.*s' in --caps; did you mean '%s'?", (int)len, name,
                 suggestion.best);
    else
        ctl_warn("unknown capability '%.*s' in --caps; a list looks like CAP_CHOWN,CAP_SYS_ADMIN, "
                 "a set like 0xa80425fb, and pid:N stands for that of a process",
                 (int)len, name);
}

/*
 * "0xa80425fb", or the 16 digits of /proc/PID/status. Bits that are no capability here are ones
 * that no profile can name.
 */
static bool take_caps_set(struct ctl_options *options, const char *text)
{
    bool as_status_has_it = strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
    bool as_in_c = !strncasecmp(text, "0x", 2) && number_parse(text, &options->caps);

    if (as_status_has_it)
        options->caps = strtoull(text, NULL, 16);
    return as_status_has_it || as_in_c;
}

/* What a container engine gave the process: its bounding set, as Docker and Podman decide by it. */
static int take_caps_of(struct ctl_options *options, const char *pid)
{
    uint64_t number;
    char value[32];

    if (!number_parse(pid, &number) || number > INT32_MAX ||
        proc_status((pid_t)number, "CapBnd", value, sizeof(value)) < 0) {
        ctl_warn("--caps: there is no process %s", pid);
        return -EINVAL;
    }
    options->caps = strtoull(value, NULL, 16);
    return 0;
}

static int take_caps(struct ctl_options *options, const char *list)
{
    const char *bad;
    size_t bad_len;

    if (!strncmp(list, "pid:", strlen("pid:")))
        return take_caps_of(options, list + strlen("pid:"));
    if (take_caps_set(options, list))
        return 0;
    if (capability_set_parse(list, &options->caps, &bad, &bad_len) == 0)
        return 0;
    unknown_capability(bad, bad_len);
    return -EINVAL;
}

static int take_kernel(struct ctl_options *options, const char *text)
{
    if (kernel_version_parse(text, &options->kernel) == 0 && options->kernel != 0)
        return 0;
    ctl_warn("'%s' is no kernel version; one looks like 6.1", text);
    return -EINVAL;
}

/* --format of a command that has FORMATS of its own. */
static int take_own_format(struct ctl_options *options, const char *const *formats,
                           const char *name)
{
    cleanup_arena struct arena arena = ARENA_INIT;
    const char *names = formats[0];

    for (size_t i = 0; formats[i]; i++) {
        if (strcmp(formats[i], name) == 0) {
            options->own_format = i;
            options->has_format = true;
            return 0;
        }
        if (i && names)
            names = arena_printf(&arena, "%s, %s", names, formats[i]);
    }
    ctl_warn("unknown format '%s'; there are: %s", name, names ? names : "?");
    return -EINVAL;
}

static int take_mode(struct ctl_options *options, const char *name)
{
    int mode = variant_mode_by_name(name);

    if (mode < 0) {
        ctl_warn("unknown mode '%s'; there are: %s", name, variant_mode_names());
        return -EINVAL;
    }
    options->mode = (enum variant_mode)mode;
    return 0;
}

static int take_format(struct ctl_options *options, const char *name)
{
    const char *const *own = options->command ? options->command->formats : NULL;
    int format;

    if (own)
        return take_own_format(options, own, name);
    format = format_by_name(name);
    if (format < 0) {
        ctl_warn("unknown format '%s'; there are: %s", name, format_names());
        return -EINVAL;
    }
    options->format = (enum format)format;
    options->has_format = true;
    return 0;
}

static int take_socket(struct ctl_options *options, const char *path)
{
    options->socket = path;
    if (*path)
        return 0;
    ctl_warn("--socket needs a path");
    return -EINVAL;
}

static int take_timeout(struct ctl_options *options, const char *text)
{
    uint64_t seconds;

    if (!number_parse(text, &seconds) || seconds < 1 || seconds > TIMEOUT_MAX_SEC) {
        ctl_warn("--timeout needs a number of seconds from 1 to %d, not '%s'", TIMEOUT_MAX_SEC,
                 text);
        return -EINVAL;
    }
    options->timeout_ms = (int)seconds * 1000;
    return 0;
}

static int take_under(struct ctl_options *options, const char *operand)
{
    options->under = operand;
    if (*operand)
        return 0;
    ctl_warn("--under needs the name of a profile, a file or pid:N");
    return -EINVAL;
}

static int take_allows(struct ctl_options *options, const char *call)
{
    options->allows = call;
    if (*call)
        return 0;
    ctl_warn("--allows needs a call, such as unshare or 'socket(AF_ALG)'");
    return -EINVAL;
}

static int take_weaker_than(struct ctl_options *options, const char *operand)
{
    options->weaker_than = operand;
    if (*operand)
        return 0;
    ctl_warn("--weaker-than needs the name of a profile, a file or pid:N");
    return -EINVAL;
}

static int take_since(struct ctl_options *options, const char *time)
{
    options->since = time;
    return 0;
}

static int take_output(struct ctl_options *options, const char *path)
{
    options->output = strcmp(path, "-") == 0 ? NULL : path;
    options->has_output = true;
    if (*path)
        return 0;
    ctl_warn("--output needs a path, or - for stdout");
    return -EINVAL;
}

/* What an option does: with a value, TAKE returns 0, or -EINVAL after a message; without one, the
 * bool at FLAG in struct ctl_options becomes true. */
struct row {
    const char *name;
    enum ctl_option option;
    char letter; /* its short form; 0: it has none */
    int (*take)(struct ctl_options *options, const char *value);
    size_t flag;
};

#define FLAG(member) NULL, offsetof(struct ctl_options, member)

static const struct row rows[] = {
    {"socket", CTL_OPTION_SOCKET, 0, take_socket, 0},
    {"timeout", CTL_OPTION_TIMEOUT, 0, take_timeout, 0},
    {"json", CTL_OPTION_JSON, 0, FLAG(json)},
    {"help", CTL_OPTION_HELP, 'h', FLAG(help)},
    {"version", CTL_OPTION_VERSION, 0, FLAG(version)},
    {"target", CTL_OPTION_TARGET, 0, take_target, 0},
    {"caps", CTL_OPTION_CAPS, 0, take_caps, 0},
    {"kernel", CTL_OPTION_KERNEL, 0, take_kernel, 0},
    {"format", CTL_OPTION_FORMAT, 0, take_format, 0},
    {"output", CTL_OPTION_OUTPUT, 'o', take_output, 0},
    {"strict", CTL_OPTION_STRICT, 0, FLAG(strict)},
    {"quiet", CTL_OPTION_QUIET, 0, FLAG(quiet)},
    {"counters", CTL_OPTION_COUNTERS, 0, FLAG(counters)},
    {"subset", CTL_OPTION_SUBSET, 0, FLAG(subset)},
    {"abi", CTL_OPTION_ABI, 0, take_abi, 0},
    {"against-libseccomp", CTL_OPTION_AGAINST_LIBSECCOMP, 0, FLAG(against_libseccomp)},
    {"profile", CTL_OPTION_PROFILE, 0, FLAG(profile)},
    {"follow", CTL_OPTION_FOLLOW, 0, FLAG(follow)},
    {"under", CTL_OPTION_UNDER, 0, take_under, 0},
    {"all", CTL_OPTION_ALL, 0, FLAG(all)},
    {"outdated", CTL_OPTION_OUTDATED, 0, FLAG(outdated)},
    {"since", CTL_OPTION_SINCE, 0, take_since, 0},
    {"metrics", CTL_OPTION_METRICS, 0, FLAG(metrics)},
    {"allows", CTL_OPTION_ALLOWS, 0, take_allows, 0},
    {"weaker-than", CTL_OPTION_WEAKER_THAN, 0, take_weaker_than, 0},
    {"mode", CTL_OPTION_MODE, 0, take_mode, 0},
    {"audit", CTL_OPTION_AUDIT, 0, FLAG(audit)},
};

/* The short forms in ROWS. "+" stops at the first argument; ":" tells a missing value apart. */
static const char short_options[] = "+:ho:";

enum {
    FIRST_LONG = 256, /* what getopt_long(3) returns for the first row: more than any letter */
};

static void make_long_options(struct option long_options[ARRAY_SIZE(rows) + 1])
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        long_options[i] = (struct option){
            .name = rows[i].name,
            .has_arg = rows[i].take ? required_argument : no_argument,
            .val = FIRST_LONG + (int)i,
        };
    long_options[ARRAY_SIZE(rows)] = (struct option){0};
}

/* The row for what getopt_long() returned; NULL: it was no option. */
static const struct row *find_row(int returned)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (returned == FIRST_LONG + (int)i || (rows[i].letter && returned == rows[i].letter))
            return &rows[i];
    return NULL;
}

static int take(struct ctl_options *options, const struct row *row, const char *value)
{
    if (row->take)
        return row->take(options, value);
    *(bool *)((char *)options + row->flag) = true;
    return 0;
}

static bool is_negative_number(const char *text)
{
    return text[0] == '-' && text[1] >= '0' && text[1] <= '9';
}

/* ARG begins like an option, and is none. TAKEN: those that can be meant. */
static void unknown_option(const char *arg, unsigned int taken)
{
    size_t len = strcspn(arg, "=");
    cleanup_free char *word = len > 2 ? strndup(arg + 2, len - 2) : NULL;
    struct suggestion suggestion = suggest_begin(word ? word : "");

    for (size_t i = 0; word && i < ARRAY_SIZE(rows); i++)
        if (taken & rows[i].option)
            suggest_offer(&suggestion, rows[i].name);
    ctl_warn("unknown option '%s'%s%s%s", arg, suggestion.best ? "; did you mean '--" : "",
             suggestion.best ? suggestion.best : "", suggestion.best ? "'?" : "");
}

/*
 * Reads options from ARGV, after its first string, up to the first argument, or past "--".
 * Takes those of OPTIONS->command, or, where that is NULL, those that stand before a command.
 * Returns the index of what comes next, or -EINVAL after a message.
 */
static int take_options(struct ctl_options *options, int argc, char **argv)
{
    const struct ctl_command *command = options->command;
    const unsigned int taken = command ? TAKEN_BY_ALL | command->options : TAKEN_BEFORE_THE_COMMAND;
    struct option long_options[ARRAY_SIZE(rows) + 1];

    make_long_options(long_options);
    opterr = 0;
    optind = 0;
    for (;;) {
        int at = optind ? optind : 1;
        int returned = getopt_long(argc, argv, short_options, long_options, NULL);
        const struct row *row = find_row(returned);

        if (returned == -1)
            return optind;
        if (returned == '?' && command && command->negative_args && is_negative_number(argv[at]))
            return at;
        if (!row && returned == ':')
            ctl_warn("'%s' needs a value", argv[optind - 1]);
        else if (!row)
            unknown_option(argv[optind - 1], taken);
        if (!row)
            return -EINVAL;
        if (!(taken & row->option)) {
            ctl_warn("--%s cannot be used here", row->name);
            return -EINVAL;
        }
        if (take(options, row, optarg) < 0)
            return -EINVAL;
    }
}

int options_parse_global(struct ctl_options *options, int argc, char **argv)
{
    return take_options(options, argc, argv);
}

/*
 * Moves the arguments to the front of ARGV, after its first string, and ends them with a NULL. All
 * that follows "--" is an argument, and so is all that follows a command to run.
 */
static int split_arguments(struct ctl_options *options, int argc, char **argv)
{
    const int begins = options->command->runs_first ? 0 : 1;
    int i = 1;

    options->args = argv + 1;
    options->n_args = 0;
    for (;;) {
        int behind = take_options(options, argc - (i - 1), argv + (i - 1));

        if (behind < 0)
            return behind;
        behind += i - 1;

        bool rest = behind > i && strcmp(argv[behind - 1], "--") == 0;

        i = behind;
        do {
            if (i == argc || options->help) {
                options->args[options->n_args] = NULL;
                return 0;
            }
            rest = rest || (options->command->runs && options->n_args == begins);
            options->args[options->n_args++] = argv[i++];
        } while (rest);
    }
}

/* True if -o is among the options in ARGV, after its first string. */
static bool names_output(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
        if (!strncmp(argv[i], "-o", 2) || !strncmp(argv[i], "--output", strlen("--output")))
            return true;
    return false;
}

/* --audit is short for a mode. */
static int settle_mode(struct ctl_options *options)
{
    if (!options->audit)
        return 0;
    if (options->mode == VARIANT_LOG) {
        ctl_warn("--audit and --mode log cannot be used together");
        return -EINVAL;
    }
    options->mode = VARIANT_AUDIT;
    return 0;
}

int options_parse(struct ctl_options *options, const struct ctl_command *command, int argc,
                  char **argv)
{
    int r;

    options->command = command;
    r = split_arguments(options, argc, argv);
    /* The exit code depends on -o, even if there is a mistake before it. */
    if (r < 0 && command->may_keep)
        options->has_output = options->has_output || names_output(argc, argv);
    if (r < 0 || options->help)
        return r;
    r = settle_mode(options);
    if (r < 0)
        return r;
    if (options->n_args < command->min_args) {
        ctl_warn("'%s' needs %s", command->name, command->wants);
        return -EINVAL;
    }
    if (command->max_args >= 0 && options->n_args > command->max_args) {
        ctl_warn("'%s' does not know what to do with '%s'", command->name,
                 options->args[command->max_args]);
        return -EINVAL;
    }
    return 0;
}
