/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crun parses with argp, runc with Go's flag package, and what both take is common ground: "--name
 * VALUE" and "--name=VALUE". Where they differ (-bDIR, -b=DIR, --help=false, options after the
 * container's name, abbreviations), one of them reads what another does not, or reads it in another
 * way: then the shim does not guess.
 */
#include "integration/runtime-args.h"

#include <stdarg.h>
#include <string.h>

#include "util/arena.h"
#include "util/cleanup.h"

enum {
    GLOBAL = 1,  /* before the command */
    STARTING = 2 /* after "create" or "run" */
};

/* What the shim wants to know of an option's value. */
enum meaning {
    NOTHING,
    HELP,
    BUNDLE,
    CONFIG,
    LOG,
    LOG_FORMAT,
    OWN_SETTINGS,
    OWN_PROFILE,
};

/* The options of crun, runc and youki. */
static const struct runtime_option {
    const char *name; /* without its dashes */
    int where;
    bool has_value;
    enum meaning meaning;
} options[] = {
    {"cgroup-manager", GLOBAL, true, NOTHING},
    {"criu", GLOBAL, true, NOTHING},
    {"debug", GLOBAL, false, NOTHING},
    {"help", GLOBAL | STARTING, false, HELP},
    {"log", GLOBAL, true, LOG},
    {"log-format", GLOBAL, true, LOG_FORMAT},
    {"log-level", GLOBAL, true, NOTHING},
    {"root", GLOBAL, true, NOTHING},
    {"rootless", GLOBAL, true, NOTHING},
    {"secprof-config", GLOBAL, true, OWN_SETTINGS},
    {"secprof-profile", GLOBAL, true, OWN_PROFILE},
    {"systemd-cgroup", GLOBAL, false, NOTHING},
    {"usage", GLOBAL | STARTING, false, HELP},
    {"version", GLOBAL, false, NOTHING},
    {"bundle", STARTING, true, BUNDLE},
    {"config", STARTING, true, CONFIG},
    {"console-socket", STARTING, true, NOTHING},
    {"detach", STARTING, false, NOTHING},
    {"keep", STARTING, false, NOTHING},
    {"no-new-keyring", STARTING, false, NOTHING},
    {"no-pivot", GLOBAL | STARTING, false, NOTHING},
    {"no-subreaper", STARTING, false, NOTHING},
    {"pid-file", STARTING, true, NOTHING},
    {"pidfd-socket", STARTING, true, NOTHING},
    {"preserve-fds", STARTING, true, NOTHING},
    {"?", GLOBAL | STARTING, false, HELP},
    {"V", GLOBAL, false, NOTHING},
    {"b", STARTING, true, BUNDLE},
    {"d", STARTING, false, NOTHING},
    {"f", STARTING, true, CONFIG},
    {"h", GLOBAL | STARTING, false, HELP},
    {"v", GLOBAL, false, NOTHING},
};

/* Where the parse is. */
struct cursor {
    struct runtime_args *args;
    struct arena *arena;
    char **argv;
    size_t at;
    int where;
    const char *wrong;
};

static bool is_option(const char *arg)
{
    return arg[0] == '-' && arg[1] != '\0';
}

/* The row of the option that ARG is, with or without "=VALUE" (in *VALUE then), or NULL. */
static const struct runtime_option *find_option(const char *arg, int where, const char **value)
{
    const char *name = arg + (arg[1] == '-' ? 2 : 1);
    size_t len = strcspn(name, "=");

    *value = name[len] == '=' ? name + len + 1 : NULL;
    for (size_t i = 0; i < ARRAY_SIZE(options); i++)
        if (options[i].where & where && strlen(options[i].name) == len &&
            !memcmp(options[i].name, name, len))
            return &options[i];
    return NULL;
}

/* True where argp takes ARG, which is no option's whole name, for the beginning of one. */
static bool is_abbreviation(const char *arg, int where)
{
    const char *name = arg + 2;
    size_t len = strcspn(name, "=");

    for (size_t i = 0; arg[1] == '-' && len > 0 && i < ARRAY_SIZE(options); i++)
        if (options[i].where & where && !strncmp(options[i].name, name, len))
            return true;
    return false;
}

static void note(struct runtime_args *args, enum meaning meaning, const char *value)
{
    switch (meaning) {
    case NOTHING:
        break;
    case HELP:
        args->starts = false;
        break;
    case BUNDLE:
        args->bundle = value;
        break;
    case CONFIG:
        args->config = value;
        break;
    case LOG:
        args->log = value;
        break;
    case LOG_FORMAT:
        args->log_json = !strcmp(value, "json");
        break;
    case OWN_SETTINGS:
        args->settings = value;
        break;
    case OWN_PROFILE:
        args->profile = value;
        break;
    }
}

__attribute__((format(printf, 2, 3))) static bool fail(struct cursor *cursor, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    cursor->wrong = arena_vprintf(cursor->arena, fmt, args);
    va_end(args);
    if (!cursor->wrong)
        cursor->wrong = "out of memory";
    return false;
}

/* True where the command that follows may create or restore a container. */
static bool may_start(char *const *argv)
{
    for (; *argv; argv++)
        if (!strcmp(*argv, "create") || !strcmp(*argv, "run") || !strcmp(*argv, "restore"))
            return true;
    return false;
}

/*
 * Reads the option at CURSOR and moves past it. *OWN: it is the shim's. Returns false after an
 * error.
 */
static bool read_option(struct cursor *cursor, bool *own)
{
    const char *arg = cursor->argv[cursor->at++];
    const char *value;
    const struct runtime_option *option = find_option(arg, cursor->where, &value);

    *own = option && (option->meaning == OWN_SETTINGS || option->meaning == OWN_PROFILE);
    if (!option && is_abbreviation(arg, cursor->where))
        return fail(cursor, "the option %s is an abbreviation; write it in full", arg);
    if (!option)
        /* The next word may be its value, or the command: there is no way to know. */
        return value || !may_start(&cursor->argv[cursor->at]) ||
               fail(cursor,
                    "the option %s is not known to secprof-runtime, and a container is to "
                    "be created; write it as --NAME=VALUE if it has a value",
                    arg);
    /* crun refuses a value here; for runc --help=false asks for no help. */
    if (option->meaning == HELP && value)
        return fail(cursor, "the option %s takes no value that all runtimes read alike", arg);
    if (!option->has_value || value) {
        note(cursor->args, option->meaning, value ? value : "");
        return true;
    }
    value = cursor->argv[cursor->at];
    if (!value)
        return fail(cursor, "the option %s needs a value", arg);
    cursor->at++;
    note(cursor->args, option->meaning, value);
    return true;
}

/* The options before the command. Returns false after an error. */
static bool read_global(struct cursor *cursor, size_t *n_passed)
{
    struct runtime_args *args = cursor->args;

    while (cursor->argv[cursor->at] && is_option(cursor->argv[cursor->at])) {
        size_t first = cursor->at;
        bool own;

        if (!strcmp(cursor->argv[first], "--")) {
            args->passed[(*n_passed)++] = cursor->argv[cursor->at++];
            break;
        }
        if (!read_option(cursor, &own))
            return false;
        for (size_t i = first; !own && i < cursor->at; i++)
            args->passed[(*n_passed)++] = cursor->argv[i];
    }
    return true;
}

/* The options and the name after "create" or "run". Returns false after an error. */
static bool read_starting(struct cursor *cursor)
{
    struct runtime_args *args = cursor->args;
    const char *arg;
    bool own;

    while ((arg = cursor->argv[cursor->at]) && is_option(arg)) {
        if (!strcmp(arg, "--")) {
            cursor->at++;
            break;
        }
        if (arg[1] != '-' && arg[2] != '\0')
            return fail(cursor, "%s: write each option and its value as words of their own", arg);
        if (!read_option(cursor, &own))
            return false;
    }
    args->id = arg = cursor->argv[cursor->at];
    for (size_t i = cursor->at + 1; arg && cursor->argv[i]; i++) {
        if (is_option(cursor->argv[i]))
            return fail(cursor,
                        "%s stands behind the container's name, where some runtimes read "
                        "it and others do not; put it before",
                        cursor->argv[i]);
    }
    return true;
}

const char *runtime_args_parse(struct runtime_args *args, char **argv, struct arena *arena)
{
    struct cursor cursor = {.args = args, .arena = arena, .argv = argv, .where = GLOBAL};
    size_t n = 0, n_passed = 0;
    const char *command;

    while (argv[n])
        n++;
    *args = (struct runtime_args){.passed = arena_calloc(arena, n + 1, sizeof(char *))};
    if (!args->passed)
        return "out of memory";
    if (argv[0])
        args->passed[n_passed++] = argv[cursor.at++];
    if (!read_global(&cursor, &n_passed))
        return cursor.wrong;
    for (size_t i = cursor.at; i < n; i++)
        args->passed[n_passed++] = argv[i];
    command = argv[cursor.at];
    args->starts = command && (!strcmp(command, "create") || !strcmp(command, "run"));
    args->restores = command && !strcmp(command, "restore");
    if (args->restores)
        args->id = argv[n - 1]; /* of its many options none is read; the name comes last */
    if (!args->starts)
        return NULL;
    cursor.at++;
    cursor.where = STARTING;
    return read_starting(&cursor) ? NULL : cursor.wrong;
}
