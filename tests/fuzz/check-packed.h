/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What came of a compile, as a worker or the disk gives it: made right in part, and checked. */
#ifndef TESTS_FUZZ_CHECK_PACKED_H
#define TESTS_FUZZ_CHECK_PACKED_H

#include <string.h>

#include "compiler/facts/abi.h"
#include "compiler/facts/bpf.h"
#include "compiler/prove/prove.h"
#include "daemon/filters/packed.h"
#include "tests/fuzz/check-text.h"

enum {
    OPTION_IS_OURS = 1,   /* what is in front is right */
    OPTION_IS_PROVEN = 2, /* so is the version of the proof */
    OPTION_FITS = 4,      /* the text fills it up */
    FLAGS_KNOWN = 0x3f,   /* SECCOMP_FILTER_FLAG_* so far */
};

/* The target with NUMBER, whatever that is. */
static inline const struct target *target_of(uint8_t number)
{
    size_t n = 0;

    while (target_at(n))
        n++;
    return target_at(number % n);
}

/* Makes what chance would hardly hit right, as OPTIONS say. */
static inline void repair_packed(uint8_t *bytes, size_t size, uint8_t options)
{
    struct packed_header header;
    size_t rest;

    if (size < sizeof(header))
        return;
    memcpy(&header, bytes, sizeof(header));
    rest = size - sizeof(header);
    if (options & OPTION_IS_PROVEN)
        header.proof_version = header.result == 0 ? PROOF_VERSION : 0;
    if (options & OPTION_FITS) {
        header.n_insns %= (uint32_t)(rest / WIRE_INSN_SIZE) + 1;
        header.text_len = (uint32_t)(rest - header.n_insns * (size_t)WIRE_INSN_SIZE);
    }
    memcpy(bytes, &header, sizeof(header));
}

/* COMPILED was found in the SIZE bytes at BYTES. */
static inline void check_compiled(const struct compiled *compiled, const uint8_t *bytes,
                                  size_t size, const struct target *target)
{
    const struct filter_bytes *filter = &compiled->filter;
    const uint8_t *code = bytes + sizeof(struct packed_header);
    struct sock_filter insns[WIRE_MAX_INSNS];
    const char *why;
    size_t bad;

    FUZZ_CHECK(filter->text_len <= WIRE_TEXT_MAX && filter->n_insns <= WIRE_MAX_INSNS,
               "over a limit");
    FUZZ_CHECK((const uint8_t *)filter->text == code + filter->n_insns * (size_t)WIRE_INSN_SIZE &&
                   (const uint8_t *)filter->text + filter->text_len == bytes + size,
               "the parts are not where they should be");
    FUZZ_CHECK(filter->flags <= FLAGS_KNOWN, "flags %#x", filter->flags);
    check_text(filter->text, filter->text_len);
    FUZZ_CHECK(compiled->axes.n_kernels <= VARIANT_KERNELS_MAX, "too many kernels");
    for (uint32_t i = 1; i < compiled->axes.n_kernels; i++)
        FUZZ_CHECK(compiled->axes.kernels[i] > compiled->axes.kernels[i - 1], "kernels fall");
    if (compiled->result < 0) {
        FUZZ_CHECK(!filter->bytes && filter->n_insns == 0 && filter->flags == 0 &&
                       filter->proof.version == 0 && filter->proof.ranges == 0,
                   "a refusal (%d) with a filter", compiled->result);
        return;
    }
    FUZZ_CHECK(compiled->result == 0 && filter->bytes == code, "result %d", compiled->result);
    bpf_load(code, filter->n_insns, target_native_abi(target)->big_endian, insns);
    FUZZ_CHECK(bpf_check(insns, filter->n_insns, &bad, &why) == 0, "%zu: %s", bad, why);
    FUZZ_CHECK(filter->proof.version == PROOF_VERSION && filter->proof.ranges > 0,
               "a filter without a proof");
}

#endif
