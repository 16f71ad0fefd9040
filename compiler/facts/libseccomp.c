/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which libseccomp this process runs with. */
#include "compiler/facts/libseccomp.h"

#include <seccomp.h>
#include <stdio.h>

const char *libseccomp_version(char *buffer, size_t size)
{
    const struct scmp_version *version = seccomp_version();

    snprintf(buffer, size, "%u.%u.%u", version->major, version->minor, version->micro);
    return buffer;
}
