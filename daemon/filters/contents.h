/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The profiles that came with COMPILE, by the SHA-256 of their text: no file, no name, only
 * content. The least recently used ones go first.
 */
#ifndef DAEMON_FILTERS_CONTENTS_H
#define DAEMON_FILTERS_CONTENTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "daemon/filters/store.h"

enum {
    CONTENTS_BYTES_MAX = 64 * 1024 * 1024, /* of all texts together */
};

struct content;
TAILQ_HEAD(content_list, content);

struct contents {
    struct content_list order; /* the least recently used first */
    size_t n;
    size_t max;
    size_t bytes;
};

void contents_init(struct contents *contents, size_t max);
void contents_clear(struct contents *contents);

/*
 * Finds the profile whose text is the SIZE bytes at BYTES, or makes it a source of STORE, and drops
 * those for which there is no room any more (who uses one keeps it). Returns 0 and in *SOURCE a
 * reference; -errno.
 */
int contents_take(struct contents *contents, struct store *store, const void *bytes, size_t size,
                  struct source **source);

#endif
