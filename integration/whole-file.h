/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole files, with a limit. */
#ifndef INTEGRATION_WHOLE_FILE_H
#define INTEGRATION_WHOLE_FILE_H

#include <stddef.h>

struct arena;

/*
 * Reads FD to its end, into ARENA and ended by a NUL that does not count. Returns the text and in
 * *LEN its length, or NULL and errno: EFBIG where there is more than MAX.
 */
char *whole_file_read(int fd, size_t max, struct arena *arena, size_t *len);

#endif
