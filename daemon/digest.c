/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA-256 by nettle, and the framing of keys. Pure functions over memory. */
#include "daemon/digest.h"

#include "util/hex.h"

void digest_init(struct digest *digest)
{
    sha256_init(&digest->context);
}

void digest_add(struct digest *digest, const void *bytes, size_t len)
{
    sha256_update(&digest->context, len, bytes);
}

static void add_number(struct digest *digest, uint64_t number)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
    digest_add(digest, bytes, sizeof(bytes));
}

void digest_frame(struct digest *digest, const void *bytes, size_t len)
{
    add_number(digest, len);
    digest_add(digest, bytes, len);
}

void digest_frame_number(struct digest *digest, uint64_t number)
{
    add_number(digest, sizeof(number));
    add_number(digest, number);
}

void digest_finish(struct digest *digest, uint8_t out[DIGEST_SIZE])
{
    sha256_digest(&digest->context, DIGEST_SIZE, out);
}

void digest_of(const void *bytes, size_t len, uint8_t out[DIGEST_SIZE])
{
    struct digest digest;

    digest_init(&digest);
    digest_add(&digest, bytes, len);
    digest_finish(&digest, out);
}

void digest_hex(const uint8_t digest[DIGEST_SIZE], char out[DIGEST_HEX_SIZE])
{
    hex_encode(digest, DIGEST_SIZE, out);
}
