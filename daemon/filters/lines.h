/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines for people: the compiler's, with the name of the file put in front of each. */
#ifndef DAEMON_FILTERS_LINES_H
#define DAEMON_FILTERS_LINES_H

#include <stddef.h>

/*
 * Puts PREFIX in front of each line of LINES (which end in newlines; the last one may lack it).
 * At most MAX bytes come out: whole lines, and a last one that says that there are more.
 * Returns a string that the caller frees; NULL where there is no memory.
 */
char *lines_prefix(const char *prefix, const char *lines, size_t max);

/* The length of the first line of TEXT, without its newline. */
size_t lines_first_length(const char *text);

#endif
