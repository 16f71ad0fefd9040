/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What came of a compile, in one piece of memory: a worker's answer, an entry of the cache and the
 * daemon's own filters are all this, behind a header of their own. There is one writer and one
 * checker; both are pure functions over memory.
 *
 * Byte order: packed_write_filter(), in the process that compiles, turns the instructions into the
 * target's order, and nobody turns them again. All else is in the host's.
 */
#ifndef DAEMON_FILTERS_PACKED_H
#define DAEMON_FILTERS_PACKED_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/parse/request.h"
#include "daemon/filters/store.h"
#include "protocol/protocol.h"

struct filter;

/* Behind it: n_insns * WIRE_INSN_SIZE bytes of instructions, then text_len bytes of text. */
struct packed_header {
    int32_t result; /* as in struct compiled; there is a filter where it is 0 */
    uint32_t n_insns;
    uint32_t flags;
    uint32_t text_len;
    uint64_t axis_caps; /* struct variant_axes */
    uint32_t axis_kernels[VARIANT_KERNELS_MAX];
    uint32_t n_axis_kernels;
    uint32_t all_axis_kernels; /* 0 or 1 */
    uint32_t proof_version;    /* struct proof_record; zeroes without a filter */
    uint32_t proof_ranges;
};
static_assert(sizeof(struct packed_header) == 24 + 64 + 16, "packed_header");

enum {
    PACKED_MAX =
        (int)sizeof(struct packed_header) + WIRE_MAX_INSNS * WIRE_INSN_SIZE + WIRE_TEXT_MAX,
};

/* What came of a compile. */
struct compiled {
    int result; /* 0; -EINVAL: the compiler refused the profile; another -errno: no compile */
    struct filter_bytes filter; /* without bytes unless RESULT is 0 */
    struct variant_axes axes;
};

/*
 * Writes COMPILED to BYTES (PACKED_MAX of them). Text that is too long is cut at the end of a line.
 * Returns the size.
 */
size_t packed_write(const struct compiled *compiled, void *bytes);

/*
 * The same for what the compiler made for TARGET: its RESULT, FILTER where that is 0, AXES, and
 * TEXT as diags_render() makes it (may be NULL).
 */
size_t packed_write_filter(int result, const struct filter *filter, const struct variant_axes *axes,
                           const char *text, const struct target *target, void *bytes);

/*
 * Checks the SIZE bytes at BYTES, written for TARGET, before they are believed. In the text, what
 * is not valid UTF-8, and each control character but the newline, becomes '?'. Returns 0 and
 * *COMPILED, which points into BYTES; or -EBADMSG and in *WHY what is wrong (static text).
 *
 * What passes is a whole filter that the kernel takes, or none. That it means what the profile
 * says, and that the proof was made, is the word of whoever wrote it: it is no seal.
 */
int packed_check(struct compiled *compiled, void *bytes, size_t size, const struct target *target,
                 const char **why);

#endif
