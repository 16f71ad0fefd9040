/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a call gets its verdict, in a few words: for a line of a table. */
#ifndef CLIENT_SECPROFCTL_SHOW_EXPLAIN_SHORT_H
#define CLIENT_SECPROFCTL_SHOW_EXPLAIN_SHORT_H

#include <stdint.h>

struct explaining;

/*
 * Why number NR gets ACTION, SECCOMP_RET_* without data, from WHAT's profile, of which the answers
 * were found. In WHAT's arena; NULL: no memory.
 */
const char *explain_short(struct explaining *what, uint32_t nr, uint32_t action);

#endif
