/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole reads and writes of files, pipes and memfds: a signal does not end them, nor does a kernel
 * that takes or gives only a part at a time. And the three standard files of a process.
 */
#ifndef UTIL_IO_H
#define UTIL_IO_H

#include <stddef.h>
#include <sys/types.h>

/* Writes the SIZE bytes at BYTES to FD. Returns 0 or -errno; then a part of them may be written. */
int io_write_all(int fd, const void *bytes, size_t size);

/*
 * Reads FD from its offset on until it ends, but no more than SIZE bytes, to BYTES. Returns how
 * many it read, or -errno. With room for one byte more than is allowed, SIZE bytes mean: it is too
 * long.
 */
ssize_t io_read_up_to(int fd, void *bytes, size_t size);

/*
 * Reads the first SIZE bytes of the file FD to BYTES, and does not move its offset. Returns 0; -EIO
 * if the file is shorter; another -errno.
 */
int io_pread_all(int fd, void *bytes, size_t size);

/* The same for the SIZE bytes from OFFSET on. */
int io_pread_all_at(int fd, void *bytes, size_t size, off_t offset);

/* Writes the SIZE bytes at BYTES from OFFSET on, and does not move FD's own. Returns as
 * io_write_all(). */
int io_pwrite_all(int fd, const void *bytes, size_t size, off_t offset);

/*
 * Reads the whole file FD, which has no more than MAX bytes, and does not move its offset. Returns
 * 0, with *SIZE bytes at *BYTES, which the caller frees; -EFBIG if there are more; -EIO if the file
 * got shorter meanwhile; another -errno.
 */
int io_pread_file(int fd, size_t max, char **bytes, size_t *size);

/*
 * Opens /dev/null for each standard file that is closed, the wrong way round, so that using it
 * fails. Otherwise the next file that is opened, perhaps a socket, would get that number, and with
 * it all that is printed. To be called first in main(). Returns 0 or -errno.
 */
int io_occupy_standard_files(void);

#endif
