/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which libseccomp this process runs with. */
#ifndef COMPILER_FACTS_LIBSECCOMP_H
#define COMPILER_FACTS_LIBSECCOMP_H

#include <stddef.h>

/*
 * Its version, "2.5.4": its tables decide numbers, so the keys of caches hold it. Written to
 * BUFFER, which is returned.
 */
const char *libseccomp_version(char *buffer, size_t size);

#endif
