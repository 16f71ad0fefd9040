/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel versions "K.M" as numbers that compare. */
#include "compiler/facts/kernel-version.h"

#include <ctype.h>
#include <errno.h>
#include <sys/utsname.h>

enum {
    PART_MAX = 65535, /* KERNEL_VERSION() has 16 bits for each part */
};

/* Reads a decimal number at *TEXT and moves *TEXT behind it. */
static int parse_part(const char **text, uint32_t *part)
{
    uint32_t value = 0;

    if (!isdigit((unsigned char)**text))
        return -EINVAL;
    for (; isdigit((unsigned char)**text); (*text)++) {
        value = value * 10 + (uint32_t)(**text - '0');
        if (value > PART_MAX)
            return -EINVAL;
    }
    *part = value;
    return 0;
}

int kernel_version_parse(const char *text, uint32_t *version)
{
    uint32_t major, minor;

    if (parse_part(&text, &major) < 0 || *text != '.')
        return -EINVAL;
    text++;
    if (parse_part(&text, &minor) < 0)
        return -EINVAL;
    /* A release may go on: "6.1.0-18-amd64", "6.1-rc1", "6.1+"; "6.1x" is none. */
    if (isalpha((unsigned char)*text) || *text == '_')
        return -EINVAL;
    *version = KERNEL_VERSION(major, minor);
    return 0;
}

uint32_t kernel_version_host(void)
{
    struct utsname name;
    uint32_t version;

    if (uname(&name) < 0 || kernel_version_parse(name.release, &version) < 0)
        return 0;
    return version;
}
