/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line of an OCI runtime, as far as the shim has to understand it: which command it is,
 * and where the bundle of a container that starts is. Everything else passes through.
 */
#ifndef INTEGRATION_RUNTIME_ARGS_H
#define INTEGRATION_RUNTIME_ARGS_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* All texts are parts of the arguments. */
struct runtime_args {
    char **passed;        /* the arguments for the real runtime, ended by NULL, from its name on */
    bool starts;          /* the command creates a container: "create" or "run" */
    bool restores;        /* the command is "restore": the container was checkpointed before */
    const char *bundle;   /* of that container; NULL: the working directory */
    const char *config;   /* the file in it that has the configuration; NULL: config.json */
    const char *id;       /* the container's name, or NULL */
    const char *log;      /* where the runtime is to write errors, or NULL */
    bool log_json;        /* in JSON */
    const char *settings; /* --secprof-config: the shim's own file, or NULL */
    const char *profile;  /* --secprof-profile, or NULL */
};

/*
 * Reads ARGV, ended by NULL. The shim's own options, which begin with --secprof-, stand before the
 * command and are not passed on. Returns NULL; or what is wrong, in ARENA: where a container starts
 * and it is not sure which, it must not start.
 */
const char *runtime_args_parse(struct runtime_args *args, char **argv, struct arena *arena);

#endif
