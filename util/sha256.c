/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names are those of FIPS 180-4, whose tables these are. */
#include "util/sha256.h"

#include <string.h>

enum {
    BLOCK_SIZE = 64,
    LENGTH_SIZE = 8, /* at the end of the last block: how many bits there were */
    WORDS = 8,
    ROUNDS = 64,
};

static const uint32_t K[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned int n)
{
    return x >> n | x << (32 - n);
}

static uint32_t load(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void add_block(uint32_t H[WORDS], const uint8_t block[BLOCK_SIZE])
{
    uint32_t W[ROUNDS], v[WORDS];

    for (size_t t = 0; t < 16; t++)
        W[t] = load(block + 4 * t);
    for (size_t t = 16; t < ROUNDS; t++) {
        uint32_t s0 = rotate(W[t - 15], 7) ^ rotate(W[t - 15], 18) ^ W[t - 15] >> 3;
        uint32_t s1 = rotate(W[t - 2], 17) ^ rotate(W[t - 2], 19) ^ W[t - 2] >> 10;

        W[t] = s1 + W[t - 7] + s0 + W[t - 16];
    }
    memcpy(v, H, sizeof(v));
    for (size_t t = 0; t < ROUNDS; t++) {
        uint32_t S1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
        uint32_t T1 = v[7] + S1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[t] + W[t];
        uint32_t S0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
        uint32_t T2 = S0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

        memmove(v + 1, v, (WORDS - 1) * sizeof(v[0]));
        v[4] += T1;
        v[0] = T1 + T2;
    }
    for (size_t i = 0; i < WORDS; i++)
        H[i] += v[i];
}

void sha256_of(const void *bytes, size_t len, uint8_t digest[SHA256_SIZE])
{
    uint32_t H[WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint8_t last[2 * BLOCK_SIZE] = {0};
    const uint8_t *at = bytes;
    uint64_t bits = (uint64_t)len * 8;
    size_t n = len;
    size_t end;

    for (; n >= BLOCK_SIZE; n -= BLOCK_SIZE, at += BLOCK_SIZE)
        add_block(H, at);
    if (n)
        memcpy(last, at, n);
    last[n] = 0x80;
    end = n + 1 + LENGTH_SIZE <= BLOCK_SIZE ? BLOCK_SIZE : 2 * BLOCK_SIZE;
    for (size_t i = 0; i < LENGTH_SIZE; i++)
        last[end - 1 - i] = (uint8_t)(bits >> (8 * i));
    for (size_t i = 0; i < end; i += BLOCK_SIZE)
        add_block(H, last + i);
    for (size_t i = 0; i < SHA256_SIZE; i++)
        digest[i] = (uint8_t)(H[i / 4] >> (24 - 8 * (i % 4)));
}
