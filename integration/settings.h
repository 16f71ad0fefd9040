/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The settings of hook and shim, and the file that the shim reads them from:
 * KEY = VALUE lines; a # at the start of a line or after a blank begins a comment.
 */
#ifndef INTEGRATION_SETTINGS_H
#define INTEGRATION_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "integration/oci-seccomp.h"
#include "integration/source.h"

struct settings {
    const char *runtime; /* the real runtime: a path, or a name to look for in PATH */
    const char *profile; /* of every container, or NULL */
    const char *allow;   /* profiles that annotations may ask for; NULL: none */
    const char *socket;  /* NULL: libsecprof's default */
    bool named_only;
    int timeout_ms;
};

#define SETTINGS_INIT                                            \
    {                                                            \
        "crun", NULL, NULL, NULL, false, SECPROF_DEFAULT_TIMEOUT \
    }

/* Reads the milliseconds in VALUE. Returns NULL, or what would be right. */
const char *settings_timeout(struct settings *settings, const char *value);

/*
 * Reads the LEN bytes at TEXT over SETTINGS; its values live in ARENA. Returns NULL, or what is
 * wrong: "PATH:LINE: …", in ARENA.
 */
const char *settings_parse(struct settings *settings, const char *path, const char *text,
                           size_t len, struct arena *arena);

/*
 * Reads the file PATH over SETTINGS. OPTIONAL: it may be missing. Since it says what a privileged
 * program executes, nobody but root, the owner of "/" and the user who runs this may be able to
 * change it. Returns
 * NULL, or what is wrong, in ARENA.
 */
const char *settings_read(struct settings *settings, const char *path, bool optional,
                          struct arena *arena);

struct source settings_source(const struct settings *settings);

/* The policy of SETTINGS on this host, with filters from SOURCE (kept by the caller). */
struct oci_policy settings_policy(const struct settings *settings, const struct oci_source *source);

#endif
