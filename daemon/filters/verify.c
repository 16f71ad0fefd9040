/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks what came from elsewhere. Pure functions over memory. */
#include "daemon/filters/verify.h"

#include <linux/seccomp.h>

#include "compiler/facts/bpf.h"
#include "compiler/parse/request.h"
#include "compiler/prove/prove.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) /* linux/seccomp.h, since 5.19 */
#endif

bool verify_program(const struct sock_filter *program, size_t n)
{
    const char *why;
    size_t bad;

    return n >= 1 && n <= BPF_MAX_INSNS && bpf_check(program, n, &bad, &why) == 0;
}

bool verify_flags(uint32_t flags)
{
    const uint32_t known = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
                           SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_NEW_LISTENER |
                           SECCOMP_FILTER_FLAG_TSYNC_ESRCH | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

    return !(flags & ~known);
}

bool verify_proof(struct proof_record record, bool filter)
{
    return filter ? record.version == PROOF_VERSION && record.ranges > 0
                  : record.version == 0 && record.ranges == 0;
}

bool verify_axes(const struct variant_axes *axes)
{
    if (axes->n_kernels > VARIANT_KERNELS_MAX)
        return false;
    for (uint32_t i = 1; i < axes->n_kernels; i++)
        if (axes->kernels[i] <= axes->kernels[i - 1])
            return false;
    return true;
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

void verify_text(char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t size = sequence_length((const unsigned char *)text + i, len - i);

        if (size == 0)
            text[i++] = '?';
        else
            i += size;
    }
}
