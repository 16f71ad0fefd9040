/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libseccomp's names of syscalls as constant data. list-syscalls writes library-names.c at build
 * time: asking the library for each number takes a fresh process as long as a compile. They are for
 * the version of the library that the build had, and for no other.
 */
#ifndef COMPILER_FACTS_LIBRARY_NAMES_H
#define COMPILER_FACTS_LIBRARY_NAMES_H

#include <stdint.h>

#include "compiler/facts/abi.h"

enum {
    SCAN_NUMBERS = 640, /* above the ABI's first number; the highest in use is below 600 */
    EXTRA_NUMBERS = 16, /* from ARM_PRIVATE_FIRST on */
    CALLS_MAX = SCAN_NUMBERS + EXTRA_NUMBERS,
};

struct library_names {
    unsigned int version[3];
    const char *names; /* each ends with NUL; the first is "" */
    /* By ABI and place, a position in NAMES; 0: no call. Behind the scanned numbers: the extra. */
    uint16_t at[ABI_COUNT][CALLS_MAX];
};

extern const struct library_names library_names;

#endif
