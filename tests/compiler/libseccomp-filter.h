/*
 * A filter as libseccomp makes it of a profile when runc asks: the other opinion in comparisons.
 */
#ifndef TESTS_COMPILER_LIBSECCOMP_FILTER_H
#define TESTS_COMPILER_LIBSECCOMP_FILTER_H

#include <linux/filter.h>
#include <stddef.h>

#include "compiler/compile.h"

enum libseccomp_outcome {
    LIBSECCOMP_REFUSES = 1, /* a rule, for example one whose condition has another action already */
    LIBSECCOMP_TOO_SLOW = 2, /* no program within a second */
};

/*
 * Adds the active rules of PROFILE as runc does (libcontainer/seccomp) for all ABIs of the profile
 * on REQUEST's target, without runc's own ENOSYS prefix, and exports the program to *INSNS (host
 * byte order, in ARENA). Returns 0, an enum libseccomp_outcome, or -errno.
 */
int libseccomp_filter(const struct profile *profile, const struct variant_request *request,
                      struct arena *arena, struct sock_filter **insns, size_t *n_insns);

#endif
