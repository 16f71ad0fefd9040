/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks through the instructions of a filter. */
#include "util/filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

bool filter_needs_listener(const void *filter, size_t n_insns)
{
    for (size_t i = 0; i < n_insns; i++) {
        struct sock_filter insn;

        memcpy(&insn, (const char *)filter + i * sizeof(insn), sizeof(insn));
        if (insn.code == (BPF_RET | BPF_K) &&
            (insn.k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
            return true;
    }
    return false;
}
