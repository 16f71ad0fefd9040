/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers on the command line and in tables of calls. */
#ifndef CLIENT_SECPROFCTL_NUMBER_H
#define CLIENT_SECPROFCTL_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Reads a number of 64 bits in C's syntax, which may be negative: 38, 0x26, -1. Returns false if
 * TEXT is no number. */
bool number_parse(const char *text, uint64_t *number);

#endif
