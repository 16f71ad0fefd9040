/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where secprof-helper, the executable, has its filter: an ELF note (a PT_NOTE segment), which is
 * the last thing in the file and in its last PT_LOAD segment. make links the program with an empty
 * note; secprofd appends the instructions. Both sides read this header; the program has no libc.
 */
#ifndef UTIL_HELPER_NOTE_H
#define UTIL_HELPER_NOTE_H

#include <stdint.h>

#define HELPER_NOTE_NAME "secprof" /* with its NUL 8 bytes, so that nothing has to be padded */

enum {
    HELPER_NOTE_NAME_SIZE = 8,
    HELPER_NOTE_TYPE = 0x5350,
    HELPER_NOTE_FIXED = 8,       /* bytes of the descriptor before the instructions */
    HELPER_NOTE_MAX_INSNS = 4096 /* the kernel's limit for one filter */
};

/* In the byte order of the machine. N_INSNS struct sock_filter follow. */
struct helper_note {
    uint32_t name_size; /* HELPER_NOTE_NAME_SIZE */
    uint32_t desc_size; /* HELPER_NOTE_FIXED + 8 * n_insns */
    uint32_t type;      /* HELPER_NOTE_TYPE */
    char name[HELPER_NOTE_NAME_SIZE];
    uint32_t filter_flags; /* SECCOMP_FILTER_FLAG_* */
    uint32_t n_insns;      /* 0: nothing is built in, and the program refuses to run anything */
};

#endif
