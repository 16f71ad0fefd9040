/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel versions "K.M" as numbers that compare. */
#ifndef COMPILER_FACTS_KERNEL_VERSION_H
#define COMPILER_FACTS_KERNEL_VERSION_H

#include <stdint.h>

/* A kernel version as one number that compares. */
#define KERNEL_VERSION(major, minor) (((uint32_t)(major) << 16) | (uint32_t)(minor))

/* The first kernel with SECCOMP_FILTER_FLAG_SPEC_ALLOW. */
#define KERNEL_SPEC_ALLOW KERNEL_VERSION(4, 17)

/* Parses "K.M" (more parts, as in "6.1.0-18-amd64", are ignored): 0 and *VERSION, or -EINVAL. */
int kernel_version_parse(const char *text, uint32_t *version);

/* The version of the running kernel, from uname(2). */
uint32_t kernel_version_host(void);

#endif
