/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where results go: stdout, or a file that is replaced whole.
 */
#ifndef CLIENT_SECPROFCTL_SHOW_OUTPUT_H
#define CLIENT_SECPROFCTL_SHOW_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes the SIZE bytes at BYTES to stdout (PATH is NULL) or to the file PATH. A regular file is
 * replaced in one step, by one with its mode: nobody sees half of it, and where the writing fails
 * the old one stays. A new file gets mode 0644 without the umask. A link is followed; a device,
 * pipe or socket is written to. Returns 0 or -errno.
 */
int output_write(const char *path, const void *bytes, size_t size);

/* The same for a program: who may read the file may execute it too. */
int output_write_program(const char *path, const void *bytes, size_t size);

/*
 * Whether output_write() could write the file PATH, as far as permissions tell: for what takes long
 * before it has something to write. Returns 0 or -errno.
 */
int output_check(const char *path);

/* Says that a result could not be written to PATH, as output_write() has it; R is its -errno.
 * Returns the exit code. */
int output_fail(const char *path, int r);

/* True if stdout is a terminal. */
bool output_is_terminal(void);

/*
 * How many characters a line of stdout may have: what COLUMNS says in the environment, else the
 * width of the terminal. 0: any number, since it is no terminal, or nobody knows.
 */
size_t output_width(void);

#endif
