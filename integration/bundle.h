/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration file of an OCI bundle: read once, and replaced as a whole or not at all. */
#ifndef INTEGRATION_BUNDLE_H
#define INTEGRATION_BUNDLE_H

#include <stddef.h>
#include <sys/stat.h>

struct arena;

struct bundle {
    int dir;          /* that the file is in */
    const char *name; /* of the file there */
    struct stat st;   /* of the file that was read */
    char *text;
    size_t len;
};

#define BUNDLE_INIT                      \
    {                                    \
        -1, NULL, {.st_dev = 0}, NULL, 0 \
    }

/*
 * Reads the file NAME (NULL: config.json; relative to PATH) of the bundle at PATH (NULL: the
 * working directory) into *BUNDLE, whose text lives in ARENA and which goes to bundle_close() in
 * any case. Returns 0 or -errno: -EINVAL for what is no regular file, -EFBIG for what is too long.
 */
int bundle_read(struct bundle *bundle, const char *path, const char *name, struct arena *arena);

/*
 * Puts the LEN bytes at TEXT in the place of the file, with its owner and mode. Others see the old
 * file or the new one, also after a crash; where it fails, the old one. Returns 0 or -errno.
 */
int bundle_replace(const struct bundle *bundle, const char *text, size_t len);

void bundle_close(struct bundle *bundle);

#define cleanup_bundle __attribute__((cleanup(bundle_close)))

#endif
