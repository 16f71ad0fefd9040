/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cache on disk: its keys, the format of an entry, and reading. Entries are written by a
 * process of its own: writer.h. Where they lie: dir.h.
 */
#ifndef DAEMON_CACHE_ENTRY_H
#define DAEMON_CACHE_ENTRY_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/digest.h"
#include "daemon/filters/packed.h"

struct cache_dir;
struct target;
struct variant_request;

/*
 * Begins an entry, in the host's byte order (a file from another machine fails its check by the
 * magic). Behind it: what came of the compile, as daemon/filters/packed.h has it; a filter, or the
 * compiler's refusal.
 */
struct cache_header {
    uint32_t magic;
    uint32_t format;
    uint8_t checksum[DIGEST_SIZE]; /* SHA-256 of the whole entry with zeros in this place */
    uint8_t key[DIGEST_SIZE];
};
static_assert(sizeof(struct cache_header) == 8 + 64, "cache_header");

#define CACHE_MAGIC UINT32_C(0x45435053) /* "SPCE" on a little-endian machine */

enum {
    CACHE_FORMAT = 2,
    CACHE_ENTRY_MAX = (int)sizeof(struct cache_header) + PACKED_MAX,
    CACHE_NAME_SIZE = DIGEST_HEX_SIZE, /* an entry's file is named by its key */
};

/*
 * Begins the key of all variants of the profile whose SIZE bytes are at BYTES: the versions of
 * everything that turns it into a filter, and the bytes.
 */
void cache_key_begin(struct digest *key, const void *bytes, size_t size);

/* The key of one variant: BEGUN goes on to be usable. */
void cache_key_finish(const struct digest *begun, const struct variant_request *request,
                      uint8_t key[DIGEST_SIZE]);

/* The key of what is remembered of that profile's failures for TARGET. */
void cache_key_failure(const struct digest *begun, const struct target *target,
                       uint8_t key[DIGEST_SIZE]);

/* Writes the entry with KEY for COMPILED to BYTES (CACHE_ENTRY_MAX of them). Returns its size. */
size_t cache_entry_build(const struct compiled *compiled, const uint8_t key[DIGEST_SIZE],
                         uint8_t *bytes);

/*
 * Checks the SIZE bytes at BYTES as the entry with KEY for TARGET. Returns 0 and *COMPILED, which
 * points into BYTES; or -EBADMSG. What passes is whole, belongs to the key, and passed
 * packed_check(). That it means what the profile says is not checked again: that rests on who can
 * write the directory, the daemon's user and root.
 */
int cache_entry_check(struct compiled *compiled, uint8_t *bytes, size_t size,
                      const uint8_t key[DIGEST_SIZE], const struct target *target);

enum cache_outcome {
    CACHE_HIT = 0,
    CACHE_MISS = 1,
    CACHE_BAD = 2, /* there is one, but it failed its check: see cache_writer_drop() */
};

/*
 * Reads the entry with KEY for TARGET into BYTES (CACHE_ENTRY_MAX + 1 of them), and marks it as
 * used just now. Returns an enum cache_outcome; with CACHE_HIT *COMPILED points into BYTES.
 */
enum cache_outcome cache_read(const struct cache_dir *dir, const uint8_t key[DIGEST_SIZE],
                              const struct target *target, uint8_t *bytes,
                              struct compiled *compiled);

#endif
