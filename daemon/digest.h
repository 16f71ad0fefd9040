/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SHA-256, and framed digests for keys: each part goes in behind its length, so that no two
 * lists of parts give the same bytes.
 */
#ifndef DAEMON_DIGEST_H
#define DAEMON_DIGEST_H

#include <nettle/sha2.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DIGEST_SIZE = 32,
    DIGEST_HEX_SIZE = 2 * DIGEST_SIZE + 1, /* with the ending NUL */
};

/* A digest that is being made. Copies of it go on independently. */
struct digest {
    struct sha256_ctx context;
};

void digest_init(struct digest *digest);

/* Adds the LEN bytes at BYTES as they are. */
void digest_add(struct digest *digest, const void *bytes, size_t len);

/* Adds one part of a key: its length (8 bytes, little-endian), then the LEN bytes at BYTES. */
void digest_frame(struct digest *digest, const void *bytes, size_t len);

/* Adds NUMBER as a part of its own: 8 bytes, little-endian. */
void digest_frame_number(struct digest *digest, uint64_t number);

/* Writes the digest of all that was added; DIGEST itself can be added to no longer. */
void digest_finish(struct digest *digest, uint8_t out[DIGEST_SIZE]);

/* The digest of the LEN bytes at BYTES alone. */
void digest_of(const void *bytes, size_t len, uint8_t out[DIGEST_SIZE]);

/* DIGEST in lower-case hexadecimal. */
void digest_hex(const uint8_t digest[DIGEST_SIZE], char out[DIGEST_HEX_SIZE]);

#endif
