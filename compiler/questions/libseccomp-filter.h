/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The filter that libseccomp makes of a profile when runc uses it, to compare with ours. It is made
 * in a child process, so that a crash of libseccomp, or rules that take it forever, do no harm.
 */
#ifndef COMPILER_QUESTIONS_LIBSECCOMP_FILTER_H
#define COMPILER_QUESTIONS_LIBSECCOMP_FILTER_H

#include <linux/filter.h>
#include <stddef.h>

struct arena;
struct variant;

enum libseccomp_outcome {
    LIBSECCOMP_REFUSES = 1, /* a rule, for example one whose condition has another action already */
    LIBSECCOMP_TOO_SLOW = 2, /* no program within the time */
    LIBSECCOMP_CRASHES = 3,
};

/*
 * Adds the rules of VARIANT as runc does (libcontainer/seccomp) for all its ABIs, without runc's
 * own ENOSYS prefix, and exports the program to *INSNS (host byte order, in ARENA). It may take
 * SECONDS of processor time. Returns 0, an enum libseccomp_outcome, or -errno.
 */
int libseccomp_filter(const struct variant *variant, unsigned int seconds, struct arena *arena,
                      struct sock_filter **insns, size_t *n_insns);

#endif
