/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line: one table of options, of which each command takes some. */
#include "config.h"

#include "client/secprofctl/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/number.h"
#include "compiler/facts/action.h"
#include "compiler/parse/profile.h"
#include "util/arena.h"
#include "util/cleanup.h"

enum {
    TIMEOUT_MAX_SEC = 24 * 60 * 60,
};

/* The letters of ctl_command.accepts; "sTjh" are taken everywhere, V before the command only. N is
 * no option: the command's arguments may be negative numbers. */
static const struct option long_options[] = {
    {"socket", required_argument, NULL, 's'}, {"timeout", required_argument, NULL, 'T'},
    {"json", no_argument, NULL, 'j'},         {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},      {"target", required_argument, NULL, 't'},
    {"caps", required_argument, NULL, 'c'},   {"kernel", required_argument, NULL, 'k'},
    {"format", required_argument, NULL, 'f'}, {"output", required_argument, NULL, 'o'},
    {"strict", no_argument, NULL, 'S'},       {"subset", no_argument, NULL, 'U'},
    {"abi", required_argument, NULL, 'a'},    {"against-libseccomp", no_argument, NULL, 'L'},
    {"profile", no_argument, NULL, 'P'},      {NULL, 0, NULL, 0},
};
static const char short_options[] = "+:ho:";
static const char accepted_globally[] = "sTjhV";
static const char accepted_by_all[] = "sTjh";

static const char *option_name(int letter)
{
    for (size_t i = 0; long_options[i].name; i++)
        if (long_options[i].val == letter)
            return long_options[i].name;
    return "?";
}

static char *target_names(struct arena *arena)
{
    const struct target *target;
    char *names = NULL;

    for (size_t i = 0; (target = target_at(i)) != NULL; i++)
        names = names ? arena_printf(arena, "%s, %s", names, target->name)
                      : arena_printf(arena, "%s", target->name);
    return names;
}

static int parse_target(struct ctl_options *options, const char *name, bool may_be_all)
{
    cleanup_arena struct arena arena = ARENA_INIT;
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

static int parse_abi(struct ctl_options *options, const char *name)
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

static int parse_caps(struct ctl_options *options, const char *list)
{
    const char *bad;
    size_t bad_len;

    if (capability_set_parse(list, &options->caps, &bad, &bad_len) == 0)
        return 0;
    ctl_warn("unknown capability '%.*s' in --caps; a list looks like CAP_CHOWN,CAP_SYS_ADMIN",
             (int)bad_len, bad);
    return -EINVAL;
}

static int parse_kernel(struct ctl_options *options, const char *text)
{
    if (kernel_version_parse(text, &options->kernel) == 0 && options->kernel != 0)
        return 0;
    ctl_warn("'%s' is no kernel version; one looks like 6.1", text);
    return -EINVAL;
}

static int parse_timeout(struct ctl_options *options, const char *text)
{
    uint64_t seconds;

    if (!number_parse(text, &seconds) || seconds < 1 || seconds > TIMEOUT_MAX_SEC) {
        ctl_warn("--timeout wants a number of seconds from 1 to %d, not '%s'", TIMEOUT_MAX_SEC,
                 text);
        return -EINVAL;
    }
    options->timeout_ms = (int)seconds * 1000;
    return 0;
}

static int parse_format(struct ctl_options *options, const char *name)
{
    int format = format_by_name(name);

    if (format < 0) {
        ctl_warn("unknown format '%s'; there are: %s", name, format_names());
        return -EINVAL;
    }
    options->format = (enum format)format;
    options->has_format = true;
    return 0;
}

/* Takes the option LETTER with the argument TEXT. Returns 0, or -EINVAL after a message. */
static int take(struct ctl_options *options, int letter, const char *text, bool may_be_all)
{
    switch (letter) {
    case 's':
        options->socket = text;
        if (*text)
            return 0;
        ctl_warn("--socket wants a path");
        return -EINVAL;
    case 'T':
        return parse_timeout(options, text);
    case 'j':
        options->json = true;
        return 0;
    case 'h':
        options->help = true;
        return 0;
    case 'V':
        options->version = true;
        return 0;
    case 't':
        return parse_target(options, text, may_be_all);
    case 'c':
        return parse_caps(options, text);
    case 'k':
        return parse_kernel(options, text);
    case 'f':
        return parse_format(options, text);
    case 'o':
        options->output = strcmp(text, "-") == 0 ? NULL : text;
        options->has_output = true;
        if (*text)
            return 0;
        ctl_warn("--output wants a path, or - for stdout");
        return -EINVAL;
    case 'S':
        options->strict = true;
        return 0;
    case 'a':
        return parse_abi(options, text);
    case 'L':
        options->against_libseccomp = true;
        return 0;
    case 'P':
        options->profile = true;
        return 0;
    case 'U':
        options->subset = true;
        return 0;
    default:
        return -EINVAL;
    }
}

static bool is_negative_number(const char *text)
{
    return text[0] == '-' && text[1] >= '0' && text[1] <= '9';
}

/*
 * Reads options from ARGV, behind its first string, up to the first that is none, or past "--".
 * Takes those in ACCEPTED. Returns the index of what comes next, or -EINVAL after a message.
 */
static int take_options(struct ctl_options *options, const char *accepted, int argc, char **argv)
{
    bool may_be_all = strchr(accepted, 'S') != NULL;

    opterr = 0;
    optind = 0;
    for (;;) {
        int at = optind ? optind : 1;
        int letter = getopt_long(argc, argv, short_options, long_options, NULL);

        if (letter == -1)
            return optind;
        if (letter == '?' && strchr(accepted, 'N') && is_negative_number(argv[at]))
            return at;
        if (letter == '?' || letter == ':') {
            ctl_warn(letter == '?' ? "unknown option '%s'" : "'%s' wants a value",
                     argv[optind - 1]);
            return -EINVAL;
        }
        if (!strchr(accepted, letter)) {
            ctl_warn("--%s does not fit here", option_name(letter));
            return -EINVAL;
        }
        if (take(options, letter, optarg, may_be_all) < 0)
            return -EINVAL;
    }
}

int options_parse_global(struct ctl_options *options, int argc, char **argv)
{
    return take_options(options, accepted_globally, argc, argv);
}

/*
 * Moves what is no option to the front of ARGV, behind its first string. What stands behind "--" is
 * none, and, where an argument is a command to run, nothing from there on. A NULL ends it.
 */
static int split_arguments(struct ctl_options *options, const char *accepted,
                           const struct ctl_command *command, int argc, char **argv)
{
    const int begins = command->runs_first ? 0 : 1;
    int i = 1;

    options->args = argv + 1;
    options->n_args = 0;
    for (;;) {
        int behind = take_options(options, accepted, argc - (i - 1), argv + (i - 1));

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
            rest = rest || (command->runs && options->n_args == begins);
            options->args[options->n_args++] = argv[i++];
        } while (rest);
    }
}

/* True where -o is among the options in ARGV, behind its first string. */
static bool names_output(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
        if (!strncmp(argv[i], "-o", 2) || !strncmp(argv[i], "--output", strlen("--output")))
            return true;
    return false;
}

int options_parse(struct ctl_options *options, const struct ctl_command *command, int argc,
                  char **argv)
{
    char accepted[32];
    int r;

    snprintf(accepted, sizeof(accepted), "%s%s", accepted_by_all, command->accepts);
    r = split_arguments(options, accepted, command, argc, argv);
    /* The exit code hangs on -o also where a mistake stands before it. */
    if (r < 0 && command->may_keep)
        options->has_output = options->has_output || names_output(argc, argv);
    if (r < 0 || options->help)
        return r;
    if (options->n_args < command->min_args) {
        ctl_warn("'%s' wants %s", command->name, command->wants);
        return -EINVAL;
    }
    if (command->max_args >= 0 && options->n_args > command->max_args) {
        ctl_warn("'%s' does not know what to do with '%s'", command->name,
                 options->args[command->max_args]);
        return -EINVAL;
    }
    return 0;
}
