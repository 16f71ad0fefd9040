/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole reads and writes of files, pipes and memfds: started again where a signal interrupts them,
 * and gone on with where the kernel takes or gives a part. And the three files that all begin with.
 */
#ifndef UTIL_IO_H
#define UTIL_IO_H

#include <stddef.h>

/* Writes the SIZE bytes at BYTES to FD. Returns 0 or -errno; then a part of them may be written. */
int io_write_all(int fd, const void *bytes, size_t size);

/*
 * Reads the first SIZE bytes of the file FD to BYTES, and leaves its offset where it is. Returns 0;
 * -EIO where there are fewer; another -errno.
 */
int io_pread_all(int fd, void *bytes, size_t size);

/*
 * Puts something that cannot be used in the place of each standard file that is closed: the next
 * file that is opened would take its number, a socket for example, and get what is written to
 * stdout or stderr. For the begin of main(). Returns 0 or -errno.
 */
int io_occupy_standard_files(void);

#endif
