/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of secprofd. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "compiler/facts/abi.h"
#include "daemon/files/scan.h"

struct options {
    const char *socket_path;                 /* NULL: the service manager passes the socket */
    char *directories[SCAN_MAX_DIRECTORIES]; /* absolute, owned */
    size_t n_directories;
    bool shared_directories; /* they may be writable by others */
    const char *cache_path;  /* NULL: no cache on disk */
    uint64_t cache_size;     /* bytes; 0: as the number of profiles wants it */
    const struct target *targets[ABI_COUNT];
    size_t n_targets;
    unsigned workers;
    uint64_t compile_timeout_usec;
    uint64_t idle_timeout_usec; /* 0: none */
    unsigned max_connections;
    unsigned max_connections_per_uid;
    unsigned max_variants;
    unsigned max_contents;
    unsigned max_compiles; /* in a minute, for one user */
    unsigned max_subscribers;
    unsigned max_profiles;
    unsigned log_burst; /* lines that the clients of one user may cause in a few seconds */
    int log_level;
};

/* What the command line asks for. */
enum options_outcome {
    OPTIONS_RUN = 0,
    OPTIONS_EXIT = 1, /* --help or --version, which was printed */
};

/*
 * Reads the command line. $CACHE_DIRECTORY is the default of --cache. Other strings are borrowed
 * from ARGV and the environment. OPTIONS is to be released in each case. Returns an enum
 * options_outcome; or -EINVAL, and what is wrong was said on ERRORS. --help and --version go to
 * OUT.
 */
int options_parse(struct options *options, int argc, char **argv, FILE *out, FILE *errors);
void options_clear(struct options *options);

#endif
