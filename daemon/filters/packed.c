/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes and checks what came of a compile. Pure functions over memory. */
#include "daemon/filters/packed.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "compiler/compile.h"
#include "compiler/facts/bpf.h"
#include "compiler/prove/prove.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* linux/seccomp.h, since 5.19 */
#endif

enum {
    ERRNO_MAX = 4095,
    FLAGS_KNOWN = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
                  SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_NEW_LISTENER |
                  SECCOMP_FILTER_FLAG_TSYNC_ESRCH | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
};

/* How much of the LEN bytes of TEXT is kept. */
static size_t text_length(const char *text, size_t len)
{
    if (len <= WIRE_TEXT_MAX)
        return len;
    for (len = WIRE_TEXT_MAX; len > 0 && text[len - 1] != '\n'; len--)
        ;
    return len;
}

size_t packed_write(const struct compiled *compiled, void *bytes)
{
    const struct variant_axes *axes = &compiled->axes;
    const struct filter_bytes *filter = &compiled->filter;
    struct packed_header header = {
        .result = compiled->result,
        .text_len = (uint32_t)text_length(filter->text, filter->text_len),
        .axis_caps = axes->caps,
        .n_axis_kernels = axes->n_kernels,
        .all_axis_kernels = axes->all_kernels,
    };
    uint8_t *at = (uint8_t *)bytes + sizeof(header);

    memcpy(header.axis_kernels, axes->kernels, sizeof(header.axis_kernels));
    if (compiled->result == 0) {
        header.n_insns = filter->n_insns;
        header.flags = filter->flags;
        header.proof_version = filter->proof.version;
        header.proof_ranges = filter->proof.ranges;
        /* They may lie there already. */
        memmove(at, filter->bytes, filter->n_insns * (size_t)WIRE_INSN_SIZE);
        at += filter->n_insns * (size_t)WIRE_INSN_SIZE;
    }
    if (header.text_len)
        memcpy(at, filter->text, header.text_len);
    memcpy(bytes, &header, sizeof(header));
    return (size_t)(at - (uint8_t *)bytes) + header.text_len;
}

size_t packed_write_filter(int result, const struct filter *filter, const struct variant_axes *axes,
                           const char *text, const struct target *target, void *bytes)
{
    uint8_t *code = (uint8_t *)bytes + sizeof(struct packed_header);
    struct compiled compiled = {
        .result = result,
        .filter = {.text = text, .text_len = text ? strlen(text) : 0},
        .axes = *axes,
    };

    if (result == 0) {
        bpf_store(filter->program.insns, filter->program.n_insns,
                  target_native_abi(target)->big_endian, code);
        compiled.filter.bytes = code;
        compiled.filter.n_insns = (uint32_t)filter->program.n_insns;
        compiled.filter.flags = filter->flags;
        compiled.filter.proof = filter->proof;
    }
    return packed_write(&compiled, bytes);
}

/* The length of the UTF-8 sequence that starts at TEXT (LEN bytes are there); 0: it is none. */
static size_t sequence_length(const unsigned char *text, size_t len)
{
    static const struct {
        unsigned char mask, value, size;
        uint32_t least; /* shorter forms of a character are not allowed */
    } forms[] = {{0x80, 0x00, 1, 0},
                 {0xe0, 0xc0, 2, 0x80},
                 {0xf0, 0xe0, 3, 0x800},
                 {0xf8, 0xf0, 4, 0x10000}};

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        uint32_t c = text[0] & (unsigned char)~forms[i].mask;

        if ((text[0] & forms[i].mask) != forms[i].value)
            continue;
        if (forms[i].size > len)
            return 0;
        for (size_t k = 1; k < forms[i].size; k++) {
            if ((text[k] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (text[k] & 0x3f);
        }
        if (c < forms[i].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return 0;
        /* C0 (but the newline), DEL and C1. */
        if ((c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0))
            return 0;
        return forms[i].size;
    }
    return 0;
}

/* What is not valid UTF-8, and each control character but the newline, becomes '?'. */
static void make_harmless(char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t size = sequence_length((const unsigned char *)text + i, len - i);

        if (size == 0)
            text[i++] = '?';
        else
            i += size;
    }
}

static int wrong(const char **why, const char *text)
{
    *why = text;
    return -EBADMSG;
}

/* Checks the fixed part: whether it can be true, and fits SIZE bytes in all. */
static int check_header(const struct packed_header *header, size_t size, const char **why)
{
    if (header->result > 0 || header->result < -ERRNO_MAX || header->all_axis_kernels > 1)
        return wrong(why, "an unknown result");
    if (header->n_insns > WIRE_MAX_INSNS || header->text_len > WIRE_TEXT_MAX ||
        size != sizeof(*header) + header->n_insns * (size_t)WIRE_INSN_SIZE + header->text_len)
        return wrong(why, "a wrong length");
    if (header->result < 0 &&
        (header->n_insns || header->flags || header->proof_version || header->proof_ranges))
        return wrong(why, "a filter for a refused profile");
    if (header->flags & ~(uint32_t)FLAGS_KNOWN)
        return wrong(why, "unknown filter flags");
    if (header->result == 0 && (header->proof_version != PROOF_VERSION || !header->proof_ranges))
        return wrong(why, "a filter that it does not say is proven");
    if (header->n_axis_kernels > VARIANT_KERNELS_MAX)
        return wrong(why, "conditions that no profile has");
    for (uint32_t i = 1; i < header->n_axis_kernels; i++)
        if (header->axis_kernels[i] <= header->axis_kernels[i - 1])
            return wrong(why, "conditions that no profile has");
    return 0;
}

/* True where seccomp(2) on TARGET would take the N instructions at BYTES. */
static bool is_program(const void *bytes, size_t n, const struct target *target)
{
    struct sock_filter program[WIRE_MAX_INSNS];
    const char *why;
    size_t bad;

    if (n == 0)
        return false;
    bpf_load(bytes, n, target_native_abi(target)->big_endian, program);
    return bpf_check(program, n, &bad, &why) == 0;
}

int packed_check(struct compiled *compiled, void *bytes, size_t size, const struct target *target,
                 const char **why)
{
    uint8_t *code = (uint8_t *)bytes + sizeof(struct packed_header);
    struct packed_header header;
    int r;

    if (size < sizeof(header))
        return wrong(why, "too few bytes");
    memcpy(&header, bytes, sizeof(header));
    r = check_header(&header, size, why);
    if (r < 0)
        return r;
    if (header.result == 0 && !is_program(code, header.n_insns, target))
        return wrong(why, "a filter that the kernel would not take");

    char *text = (char *)code + header.n_insns * (size_t)WIRE_INSN_SIZE;

    make_harmless(text, header.text_len);
    *compiled = (struct compiled){
        .result = header.result,
        .filter = {.bytes = header.result == 0 ? code : NULL,
                   .n_insns = header.n_insns,
                   .flags = header.flags,
                   .proof = {header.proof_version, header.proof_ranges},
                   .text = text,
                   .text_len = header.text_len},
        .axes = {.caps = header.axis_caps,
                 .n_kernels = header.n_axis_kernels,
                 .all_kernels = header.all_axis_kernels},
    };
    memcpy(compiled->axes.kernels, header.axis_kernels, sizeof(header.axis_kernels));
    return 0;
}
