/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Puts a filter into the kernel: what may go in, and for which process.
 */
#ifndef CLIENT_LIBSECPROF_INSTALL_H
#define CLIENT_LIBSECPROF_INSTALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True where this process can run under a filter for the target of AUDIT_ARCH. */
bool install_arch_is_native(uint32_t audit_arch);

/*
 * Installs the LEN bytes at FILTER with FLAGS, made for AUDIT_ARCH, in the calling thread, after
 * setting its no_new_privs. Takes no lock and no memory. Returns 0 or a code of secprof.h.
 */
int install_filter(const void *filter, size_t len, uint32_t flags, uint32_t audit_arch);

#endif
