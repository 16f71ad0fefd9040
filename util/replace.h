/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replaces a file as a whole: others see the old file or the new one, never a part, even after a
 * crash. What the new file may be and where it belongs is the caller's business.
 */
#ifndef UTIL_REPLACE_H
#define UTIL_REPLACE_H

#include <stddef.h>
#include <sys/stat.h>

/*
 * Writes the SIZE bytes at BYTES to a new file beside PATH (relative to the directory DIR, or
 * AT_FDCWD), and renames it to PATH when it is on the disk. The new file gets MODE, and the owner
 * and group of OWNER (borrowed; NULL: those of this process). Returns 0, or -errno: then what was
 * at PATH is still there.
 */
int replace_file(int dir, const char *path, const void *bytes, size_t size, mode_t mode,
                 const struct stat *owner);

#endif
