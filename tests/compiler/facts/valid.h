/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of compiler/facts/bpf.c share. */
#ifndef TESTS_COMPILER_FACTS_VALID_H
#define TESTS_COMPILER_FACTS_VALID_H

#include <check.h>
#include <errno.h>
#include <stdbool.h>

#include "compiler/facts/bpf.h"

/* What bpf_check() says of the N instructions at PROGRAM, without the reason. */
static inline bool is_valid(const struct sock_filter *program, size_t n)
{
    size_t bad;
    const char *why;
    int r = bpf_check(program, n, &bad, &why);

    if ((r == 0) != (why == NULL) || (r != 0 && r != -EINVAL))
        ck_abort_msg("bpf_check() returned %d and \"%s\"", r, why ? why : "nothing");
    return r == 0;
}

#endif
