/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entries of the disk cache: the input is one byte of options, the number of a target, and the
 * bytes of a file. What is believed must hold a filter that the target's kernel takes, with a
 * proof, or a refusal; and written again it must say the same.
 */
#include <errno.h>
#include <string.h>

#include "daemon/cache/entry.h"
#include "tests/fuzz/check-packed.h"
#include "util/cleanup.h"

static const uint8_t key[DIGEST_SIZE] = {1, 2, 3};

/* Makes what chance would hardly hit right, as OPTIONS say. */
static void repair(uint8_t *bytes, size_t size, uint8_t options)
{
    struct cache_header header = {.magic = CACHE_MAGIC, .format = CACHE_FORMAT};

    if (size < sizeof(header))
        return;
    repair_packed(bytes + sizeof(header), size - sizeof(header), options);
    if (!(options & OPTION_IS_OURS))
        return;
    memcpy(header.key, key, sizeof(key));
    memcpy(bytes, &header, sizeof(header));
    /* The checksum is that of the entry with zeroes in its place. */
    digest_of(bytes, size, header.checksum);
    memcpy(bytes, &header, sizeof(header));
}

/* COMPILED, written again, is the SIZE bytes of ENTRY. */
static void check_again(const struct compiled *compiled, const uint8_t *entry, size_t size,
                        const struct target *target)
{
    cleanup_free uint8_t *bytes = malloc(CACHE_ENTRY_MAX);
    const size_t head = sizeof(struct cache_header);
    struct compiled again;

    FUZZ_CHECK(bytes, "no memory");
    FUZZ_CHECK(cache_entry_build(compiled, key, bytes) == size, "another size");
    /* The text was made harmless, so the checksum is another one. */
    FUZZ_CHECK(!memcmp(bytes + head, entry + head, size - head), "another entry");
    FUZZ_CHECK(cache_entry_check(&again, bytes, size, key, target) == 0, "it is not believed");
}

/* An entry of which one bit is another one is not believed. */
static void check_damaged(const uint8_t *entry, size_t size, const struct target *target,
                          uint64_t seed)
{
    cleanup_free uint8_t *bytes = malloc(size);
    struct compiled damaged;

    FUZZ_CHECK(bytes, "no memory");
    memcpy(bytes, entry, size);
    bytes[seed / 8 % size] ^= (uint8_t)(1u << seed % 8);
    FUZZ_CHECK(cache_entry_check(&damaged, bytes, size, key, target) == -EBADMSG,
               "bit %u of byte %zu is another one", (unsigned)(seed % 8),
               (size_t)(seed / 8 % size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t head = sizeof(struct cache_header);
    struct compiled compiled;

    if (size < 2)
        return 0;

    const struct target *target = target_of(data[1]);
    size_t len = size - 2;
    cleanup_free uint8_t *bytes = malloc(len ? len : 1);

    FUZZ_CHECK(bytes, "no memory");
    memcpy(bytes, data + 2, len);
    repair(bytes, len, data[0]);

    cleanup_free uint8_t *copy = malloc(len ? len : 1);

    FUZZ_CHECK(copy, "no memory");
    memcpy(copy, bytes, len);

    int r = cache_entry_check(&compiled, bytes, len, key, target);

    FUZZ_CHECK(r == 0 || r == -EBADMSG, "%d", r);
    if (r == 0) {
        check_compiled(&compiled, bytes + head, len - head, target);
        check_again(&compiled, bytes, len, target);
        check_damaged(copy, len, target, fuzz_hash(data, size));
    }
    return 0;
}
