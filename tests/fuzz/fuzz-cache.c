/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entries of the disk cache: the input is one byte of options, the number of a target, and the
 * bytes of a file. What is believed must hold a filter that the target's kernel takes, with a
 * proof, or a refusal; and written again it must say the same.
 */
#include <errno.h>
#include <string.h>

#include "compiler/facts/bpf.h"
#include "compiler/prove/prove.h"
#include "daemon/cache/entry.h"
#include "tests/fuzz/check-text.h"
#include "util/cleanup.h"

enum {
    OPTION_IS_ENTRY = 1,  /* magic, format, key and checksum are right */
    OPTION_IS_PROVEN = 2, /* so is the version of the proof */
    OPTION_FITS = 4,      /* the text fills the entry up */
    FLAGS_KNOWN = 0x3f,   /* SECCOMP_FILTER_FLAG_* so far */
};

static const uint8_t key[DIGEST_SIZE] = {1, 2, 3};

/* Makes what chance would hardly hit right, as OPTIONS say. */
static void repair(uint8_t *bytes, size_t size, uint8_t options)
{
    struct cache_header header;
    size_t rest;

    if (size < sizeof(header))
        return;
    memcpy(&header, bytes, sizeof(header));
    rest = size - sizeof(header);
    if (options & OPTION_IS_PROVEN)
        header.proof_version = header.refused ? 0 : PROOF_VERSION;
    if (options & OPTION_FITS) {
        header.n_insns %= (uint32_t)(rest / WIRE_INSN_SIZE) + 1;
        header.text_len = (uint32_t)(rest - header.n_insns * WIRE_INSN_SIZE);
    }
    if (options & OPTION_IS_ENTRY) {
        header.magic = CACHE_MAGIC;
        header.format = CACHE_FORMAT;
        memcpy(header.key, key, sizeof(key));
        /* The checksum is that of the entry with zeroes in its place. */
        memset(header.checksum, 0, sizeof(header.checksum));
        memcpy(bytes, &header, sizeof(header));
        digest_of(bytes, size, header.checksum);
    }
    memcpy(bytes, &header, sizeof(header));
}

static void check_filter(const struct filter_bytes *filter, const struct target *target)
{
    struct sock_filter insns[WIRE_MAX_INSNS];
    const char *why;
    size_t bad;

    FUZZ_CHECK(filter->flags <= FLAGS_KNOWN, "flags %#x", filter->flags);
    FUZZ_CHECK(filter->n_insns <= WIRE_MAX_INSNS && filter->text_len <= WIRE_TEXT_MAX,
               "over a limit");
    check_text(filter->text, filter->text_len);
    if (!filter->bytes) {
        FUZZ_CHECK(filter->n_insns == 0 && filter->proof.version == 0, "a refusal with a filter");
        return;
    }
    bpf_load(filter->bytes, filter->n_insns, target_native_abi(target)->big_endian, insns);
    FUZZ_CHECK(bpf_check(insns, filter->n_insns, &bad, &why) == 0, "%zu: %s", bad, why);
    FUZZ_CHECK(filter->proof.version == PROOF_VERSION && filter->proof.ranges > 0,
               "a filter without a proof");
}

/* ENTRY, written and read again, is the same. */
static void check_again(const struct cache_entry *entry, size_t size, const struct target *target)
{
    cleanup_free uint8_t *bytes = malloc(CACHE_ENTRY_MAX);
    struct cache_entry again;

    FUZZ_CHECK(bytes, "no memory");
    FUZZ_CHECK(cache_entry_build(entry, key, bytes) == size, "another size");
    FUZZ_CHECK(cache_entry_check(&again, bytes, size, key, target) == 0, "it is not believed");
    FUZZ_CHECK(!entry->filter.bytes == !again.filter.bytes &&
                   entry->filter.n_insns == again.filter.n_insns &&
                   entry->filter.flags == again.filter.flags &&
                   entry->filter.proof.ranges == again.filter.proof.ranges &&
                   entry->filter.text_len == again.filter.text_len &&
                   entry->axes.caps == again.axes.caps &&
                   entry->axes.n_kernels == again.axes.n_kernels &&
                   entry->axes.all_kernels == again.axes.all_kernels,
               "another entry");
    FUZZ_CHECK(!memcmp(entry->filter.text, again.filter.text, again.filter.text_len) &&
                   !memcmp(entry->axes.kernels, again.axes.kernels,
                           again.axes.n_kernels * sizeof(*again.axes.kernels)),
               "another text or other kernels");
    if (entry->filter.bytes)
        FUZZ_CHECK(!memcmp(entry->filter.bytes, again.filter.bytes,
                           again.filter.n_insns * (size_t)WIRE_INSN_SIZE),
                   "another filter");
}

/* An entry of which one bit is another one is not believed. */
static void check_damaged(const uint8_t *entry, size_t size, const struct target *target,
                          uint64_t seed)
{
    cleanup_free uint8_t *bytes = malloc(size);
    struct cache_entry damaged;

    FUZZ_CHECK(bytes, "no memory");
    memcpy(bytes, entry, size);
    bytes[seed / 8 % size] ^= (uint8_t)(1u << seed % 8);
    FUZZ_CHECK(cache_entry_check(&damaged, bytes, size, key, target) == -EBADMSG,
               "bit %u of byte %zu is another one", (unsigned)(seed % 8),
               (size_t)(seed / 8 % size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cache_entry entry;
    size_t n_targets = 0;

    if (size < 2)
        return 0;
    while (target_at(n_targets))
        n_targets++;

    const struct target *target = target_at(data[1] % n_targets);
    size_t len = size - 2;
    cleanup_free uint8_t *bytes = malloc(len ? len : 1);

    FUZZ_CHECK(bytes, "no memory");
    memcpy(bytes, data + 2, len);
    repair(bytes, len, data[0]);

    cleanup_free uint8_t *copy = malloc(len ? len : 1);

    FUZZ_CHECK(copy, "no memory");
    memcpy(copy, bytes, len);

    int r = cache_entry_check(&entry, bytes, len, key, target);

    FUZZ_CHECK(r == 0 || r == -EBADMSG, "%d", r);
    if (r == 0) {
        check_filter(&entry.filter, target);
        check_again(&entry, len, target);
        check_damaged(copy, len, target, fuzz_hash(data, size));
    }
    return 0;
}
