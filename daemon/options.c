/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the command line of secprofd: one table of options, each with its parser and its help. */
#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/compile.h"
#include "compiler/facts/libseccomp.h"
#include "config.h"
#include "daemon/log.h"
#include "daemon/process/pool.h"
#include "util/cleanup.h"

static const char *const default_directories[] = {
    SYSCONF_DIR "/secprof/profiles.d",
    RUN_DIR "/secprof/profiles.d",
    VENDOR_DIR "/secprof/profiles.d",
};

enum {
    USEC_PER_SEC = 1000000,
    COMPILE_SECONDS_MAX = 120, /* well under WORKER_CPU_SECONDS */
    IDLE_SECONDS_MAX = 365 * 24 * 3600,
    MIB = 1024 * 1024,
    LIMIT_MAX = 1000000,
    DIRECTORY_MAX = 3839, /* bytes of a path: with "/NAME" behind it it is one, too (PATH_MAX) */
};

/* Parses the value of one option into OPTIONS. Returns NULL, or what would be right. */
typedef const char *option_parse(struct options *options, const char *value);

/* Returns false where VALUE is no number from LEAST to MOST. */
static bool parse_number(const char *value, unsigned least, unsigned most, unsigned *number)
{
    char *end;

    errno = 0;

    unsigned long parsed = strtoul(value, &end, 10);

    if (*value < '0' || *value > '9' || *end || errno || parsed < least || parsed > most)
        return false;
    *number = (unsigned)parsed;
    return true;
}

static const char *parse_socket(struct options *options, const char *value)
{
    options->socket_path = value;
    return *value ? NULL : "a path";
}

/* Adds the directory PATH, made absolute, without slashes at its end. */
static int add_directory(struct options *options, const char *path)
{
    cleanup_free char *here = *path == '/' ? NULL : getcwd(NULL, 0);
    char *absolute;

    if (*path != '/' && !here)
        return -errno;
    if (asprintf(&absolute, "%s%s%s", here ? here : "", here ? "/" : "", path) < 0)
        return -ENOMEM;
    for (size_t len = strlen(absolute); len > 1 && absolute[len - 1] == '/'; len--)
        absolute[len - 1] = '\0';
    if (strlen(absolute) > DIRECTORY_MAX) {
        free(absolute);
        return -ENAMETOOLONG;
    }
    options->directories[options->n_directories++] = absolute;
    return 0;
}

static const char *parse_profiles(struct options *options, const char *value)
{
    if (options->n_directories == SCAN_MAX_DIRECTORIES)
        return "given at most 32 times";
    return *value && add_directory(options, value) == 0
               ? NULL
               : "a directory, whose path has at most 3839 bytes";
}

static const char *parse_cache(struct options *options, const char *value)
{
    options->cache_path = *value ? value : NULL;
    return NULL;
}

static const char *parse_no_cache(struct options *options, const char *value)
{
    (void)value;
    options->cache_path = NULL;
    return NULL;
}

static const char *parse_cache_size(struct options *options, const char *value)
{
    unsigned mib;

    if (!parse_number(value, 1, 1024 * 1024, &mib))
        return "a number of MiB, from 1 to 1048576";
    options->cache_size = (uint64_t)mib * MIB;
    return NULL;
}

static void add_target(struct options *options, const struct target *target)
{
    for (size_t i = 0; i < options->n_targets; i++)
        if (options->targets[i] == target)
            return;
    options->targets[options->n_targets++] = target;
}

static void add_all_targets(struct options *options)
{
    const struct target *target;

    for (size_t i = 0; (target = target_at(i)); i++)
        if (abi_is_installed(target_native_abi(target)))
            add_target(options, target);
}

static const char *parse_targets(struct options *options, const char *value)
{
    static const char right[] =
        "\"native\", \"all\", or names of targets separated by commas, which "
        "the installed libseccomp has (x86_64,aarch64)";
    cleanup_free char *list = strdup(value);
    char *state, *word;

    options->n_targets = 0;
    if (!strcmp(value, "all"))
        add_all_targets(options);
    if (!strcmp(value, "all") || !strcmp(value, "native"))
        return NULL;
    word = list ? strtok_r(list, ",", &state) : NULL;
    if (!word)
        return right;
    for (; word; word = strtok_r(NULL, ",", &state)) {
        const struct target *target = target_by_name(word);

        if (!target || !abi_is_installed(target_native_abi(target)))
            return right;
        add_target(options, target);
    }
    return NULL;
}

static const char *parse_compile_timeout(struct options *options, const char *value)
{
    unsigned seconds;

    if (!parse_number(value, 1, COMPILE_SECONDS_MAX, &seconds))
        return "a number of seconds, from 1 to 120";
    options->compile_timeout_usec = (uint64_t)seconds * USEC_PER_SEC;
    return NULL;
}

static const char *parse_idle_timeout(struct options *options, const char *value)
{
    unsigned seconds;

    if (!parse_number(value, 0, IDLE_SECONDS_MAX, &seconds))
        return "a number of seconds, 0 for none";
    options->idle_timeout_usec = (uint64_t)seconds * USEC_PER_SEC;
    return NULL;
}

static const char *parse_debug(struct options *options, const char *value)
{
    (void)value;
    options->log_level = LOG_DEBUG;
    return NULL;
}

static const char *parse_log_level(struct options *options, const char *value)
{
    int level = log_level_by_name(value);

    if (level < 0)
        return "error, warning, notice, info or debug";
    options->log_level = level;
    return NULL;
}

static const char *parse_shared_directories(struct options *options, const char *value)
{
    (void)value;
    options->shared_directories = true;
    return NULL;
}

/* A number from LEAST to MOST, to be put into the unsigned MEMBER of struct options. */
#define NUMBER(member, least, most) NULL, offsetof(struct options, member), least, most
#define OTHER(parse)                parse, 0, 0, 0

static const struct {
    const char *name;
    const char *value;   /* what the help calls it; NULL: it takes none */
    option_parse *parse; /* NULL: it takes a number */
    size_t member;
    unsigned least, most;
    const char *help;
} table[] = {
    {"socket", "PATH", OTHER(parse_socket), "make and serve this socket (without systemd)"},
    {"profiles", "DIR", OTHER(parse_profiles),
     "read profiles from DIR; repeatable, the first one wins"},
    {"shared-directories", NULL, OTHER(parse_shared_directories),
     "these may be writable by others, as Kubernetes' volumes are"},
    {"cache", "DIR", OTHER(parse_cache), "keep compiled filters in DIR; '' for none"},
    {"no-cache", NULL, OTHER(parse_no_cache), "keep no filters on disk"},
    {"cache-size", "MIB", OTHER(parse_cache_size),
     "keep at most this much on disk (default: 64 to 1024)"},
    {"targets", "LIST", OTHER(parse_targets), "serve these: native, all (default), or names"},
    {"workers", "N", NUMBER(workers, 1, POOL_WORKERS_MAX),
     "compile in N processes (default: one per core, up to 4)"},
    {"compile-timeout", "SEC", OTHER(parse_compile_timeout),
     "give up a compile after SEC (default 20)"},
    {"idle-timeout", "SEC", OTHER(parse_idle_timeout),
     "close idle connections (default 600; 0: never)"},
    {"max-connections", "N", NUMBER(max_connections, 1, LIMIT_MAX), "in all (default 1024)"},
    {"max-connections-per-uid", "N", NUMBER(max_connections_per_uid, 1, LIMIT_MAX),
     "of one user (default 256)"},
    {"max-variants", "N", NUMBER(max_variants, 1, LIMIT_MAX),
     "filters in memory besides those of this machine (default 512)"},
    {"max-contents", "N", NUMBER(max_contents, 1, LIMIT_MAX),
     "profiles in memory that came as content (default 256)"},
    {"max-compiles-per-minute", "N", NUMBER(max_compiles, 1, LIMIT_MAX),
     "that one user's requests cause (default 120)"},
    {"max-profiles", "N", NUMBER(max_profiles, 1, SCAN_MAX_PROFILES),
     "profiles; new ones beyond are left out (default 4096)"},
    {"max-subscribers", "N", NUMBER(max_subscribers, 0, LIMIT_MAX),
     "clients that hear of changes (default 64)"},
    {"log-burst", "N", NUMBER(log_burst, 0, LIMIT_MAX),
     "lines about the clients of one user in 5 seconds (default 10)"},
    {"debug", NULL, OTHER(parse_debug), "log everything"},
    {"log-level", "LEVEL", OTHER(parse_log_level),
     "error, warning, notice, info (default) or debug"},
};

enum {
    OPTION_BASE = 256, /* getopt's values of the table's options */
    OPTION_HELP = 'h',
    OPTION_VERSION = 'V',
};

static void print_help(FILE *out)
{
    fprintf(out, "usage: secprofd [OPTION…]\n"
                 "Compiles seccomp profiles and serves the filters over a socket.\n\n");
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        char left[48];

        snprintf(left, sizeof(left), "--%s%s%s", table[i].name, table[i].value ? " " : "",
                 table[i].value ? table[i].value : "");
        fprintf(out, "  %-28s %s\n", left, table[i].help);
    }
    fprintf(out, "  %-28s %s\n  %-28s %s\n", "--version", "print the version", "--help",
            "print this");
    fprintf(out, "\nWithout --profiles, profiles are read from:\n");
    for (size_t i = 0; i < ARRAY_SIZE(default_directories); i++)
        fprintf(out, "  %s\n", default_directories[i]);
}

static void print_version(FILE *out)
{
    char libseccomp[32];

    fprintf(out, "secprofd %s (compiler %d, libseccomp %s)\n", PACKAGE_VERSION, COMPILER_VERSION,
            libseccomp_version(libseccomp, sizeof(libseccomp)));
}

static unsigned default_workers(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores < 1 ? 1 : cores > 4 ? 4 : (unsigned)cores;
}

static void set_defaults(struct options *options)
{
    const char *cache = getenv("CACHE_DIRECTORY");

    *options = (struct options){
        .cache_path = cache && *cache ? cache : CACHE_DIR,
        .workers = default_workers(),
        .compile_timeout_usec = (uint64_t)20 * USEC_PER_SEC,
        .idle_timeout_usec = (uint64_t)600 * USEC_PER_SEC,
        .max_connections = 1024,
        .max_connections_per_uid = 256,
        .max_variants = 512,
        .max_contents = 256,
        .max_compiles = 120,
        .max_subscribers = 64,
        .max_profiles = 4096,
        .log_burst = LOG_PEER_BURST,
        .log_level = LOG_INFO,
    };
    add_all_targets(options);
}

/* Fills in getopt's table from ours. */
static void make_getopt_table(struct option *longopts)
{
    size_t n = ARRAY_SIZE(table);

    for (size_t i = 0; i < n; i++)
        longopts[i] =
            (struct option){table[i].name, table[i].value ? required_argument : no_argument, NULL,
                            OPTION_BASE + (int)i};
    longopts[n] = (struct option){"help", no_argument, NULL, OPTION_HELP};
    longopts[n + 1] = (struct option){"version", no_argument, NULL, OPTION_VERSION};
    longopts[n + 2] = (struct option){0};
}

static int parse_one(struct options *options, int option, FILE *errors)
{
    const size_t i = (size_t)(option - OPTION_BASE);
    const char *value = optarg ? optarg : "";
    char range[64];
    const char *right;

    if (option < OPTION_BASE || i >= ARRAY_SIZE(table)) {
        fprintf(errors, "try: secprofd --help\n");
        return -EINVAL;
    }
    if (table[i].parse) {
        right = table[i].parse(options, value);
    } else {
        unsigned *number = (unsigned *)((char *)options + table[i].member);

        snprintf(range, sizeof(range), "a number from %u to %u", table[i].least, table[i].most);
        right = parse_number(value, table[i].least, table[i].most, number) ? NULL : range;
    }
    if (!right)
        return 0;
    fprintf(errors, "secprofd: --%s: \"%s\" is not right: it has to be %s\n", table[i].name, value,
            right);
    return -EINVAL;
}

int options_parse(struct options *options, int argc, char **argv, FILE *out, FILE *errors)
{
    struct option longopts[ARRAY_SIZE(table) + 3];
    int option;

    make_getopt_table(longopts);
    set_defaults(options);
    optind = 0;
    while ((option = getopt_long(argc, argv, "hV", longopts, NULL)) >= 0) {
        if (option == OPTION_HELP || option == OPTION_VERSION) {
            option == OPTION_HELP ? print_help(out) : print_version(out);
            return OPTIONS_EXIT;
        }
        if (parse_one(options, option, errors) < 0)
            return -EINVAL;
    }
    if (optind < argc) {
        fprintf(errors, "secprofd: \"%s\": it takes options only; try: secprofd --help\n",
                argv[optind]);
        return -EINVAL;
    }
    if (!OWN_FILTERS && !options->socket_path) {
        fprintf(errors, "secprofd: this build has no filters of its own (--disable-own-filters): "
                        "it serves --socket PATH, and no service manager\n");
        return -EINVAL;
    }
    if (options->n_directories == 0)
        for (size_t i = 0; i < ARRAY_SIZE(default_directories); i++)
            if (add_directory(options, default_directories[i]) < 0)
                return -EINVAL;
    return OPTIONS_RUN;
}

void options_clear(struct options *options)
{
    for (size_t i = 0; i < options->n_directories; i++)
        free(options->directories[i]);
    options->n_directories = 0;
}
