/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A filter as text, one instruction a line. Knows the instructions of classic BPF and what seccomp
 * lets them load and return; what its numbers are called on an ABI it is told (annotate.h).
 */
#ifndef CLIENT_SECPROFCTL_SHOW_DISASM_H
#define CLIENT_SECPROFCTL_SHOW_DISASM_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Prints the N instructions of PROGRAM to FILE. They are in the host's byte order; BIG_ENDIAN says
 * where the target has the halves of 64-bit fields. A line that some jump goes to begins with its
 * label "L<number of the instruction>:". A jump past the end is shown as one, never followed.
 * NOTES has a note for each instruction, or NULL, which ends its line; NOTES may be NULL.
 */
void disasm_print(FILE *file, const struct sock_filter *program, size_t n, bool big_endian,
                  const char *const *notes);

#endif
