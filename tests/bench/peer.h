/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libseccomp as the peer: the rules of a profile, already parsed and with the conditions decided,
 * go in as crun and runc put them in, and its filter comes out.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <linux/filter.h>
#include <stddef.h>

#include "compiler/policy/resolve.h"

enum {
    PEER_LINEAR = 1, /* libseccomp's default */
    PEER_TREE = 2,   /* its binary tree, SCMP_FLTATR_CTL_OPTIMIZE=2 */
};

/*
 * Builds the filter of VARIANT, whose target is the host's, with libseccomp into PROGRAM, which has
 * room for ROOM instructions. Returns their number, or -errno.
 */
int peer_compile(const struct variant *variant, int optimize, struct sock_filter *program,
                 size_t room);

#endif
