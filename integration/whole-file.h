/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole files, with a limit and a deadline. */
#ifndef INTEGRATION_WHOLE_FILE_H
#define INTEGRATION_WHOLE_FILE_H

#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * Reads FD to its end, into ARENA and ended by a NUL that does not count. Returns the text and in
 * *LEN its length, or NULL and errno: EFBIG where there is more than MAX,
 * ETIMEDOUT where a pipe has not ended at DEADLINE (or DEADLINE_NEVER).
 */
char *whole_file_read(int fd, size_t max, int64_t deadline, struct arena *arena, size_t *len);

#endif
