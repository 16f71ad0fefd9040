/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SHA-256 (FIPS 180-4) of bytes in memory. For libsecprof, which needs no library but libc; the
 * daemon uses nettle, so that the two check each other.
 */
#ifndef UTIL_SHA256_H
#define UTIL_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum {
    SHA256_SIZE = 32,
};

/* Writes the digest of the LEN bytes at BYTES to DIGEST. */
void sha256_of(const void *bytes, size_t len, uint8_t digest[SHA256_SIZE]);

#endif
