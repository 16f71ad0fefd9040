/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Constants of the kernel's headers of this machine, by name. */
#ifndef TESTS_COMPILER_FACTS_KERNEL_CONSTANTS_H
#define TESTS_COMPILER_FACTS_KERNEL_CONSTANTS_H

#include <stdint.h>

struct kernel_constant {
    const char *name; /* NULL behind the last */
    uint64_t value;
};

extern const struct kernel_constant kernel_constants[];

#endif
