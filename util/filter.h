/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one must know about a filter's instructions before installing it or passing it on.
 */
#ifndef UTIL_FILTER_H
#define UTIL_FILTER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * True if a verdict of the N_INSNS struct sock_filter at FILTER (at any address), in this
 * machine's byte order, is for a listener. Installed without one, the kernel would answer these
 * calls with ENOSYS, which is not what the profile says.
 */
bool filter_needs_listener(const void *filter, size_t n_insns);

#endif
