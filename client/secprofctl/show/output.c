/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where results go: stdout, or a file that is replaced whole. */
#include "config.h"

#include "client/secprofctl/show/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/io.h"
#include "util/replace.h"

enum {
    OUTPUT_MODE = 0644,
    OUTPUT_PROGRAM_MODE = 0755,
};

static int write_special(const char *path, const void *bytes, size_t size)
{
    cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

    return fd < 0 ? -errno : io_write_all(fd, bytes, size);
}

/* MODE without the bits that the umask takes away. */
static mode_t masked(mode_t mode)
{
    mode_t mask = umask(0);

    umask(mask);
    return mode & ~mask;
}

static int write_with_mode(const char *path, const void *bytes, size_t size, mode_t mode)
{
    cleanup_free char *resolved = NULL;
    struct stat st;

    if (!path)
        return io_write_all(STDOUT_FILENO, bytes, size);
    mode = masked(mode);
    if (stat(path, &st) < 0)
        return errno == ENOENT ? replace_file(AT_FDCWD, path, bytes, size, mode, NULL) : -errno;
    /* Who could read the old file may read the new one; and a program stays, or becomes, one. */
    mode = (st.st_mode & 0666) | ((st.st_mode | mode) & 0111);
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (!S_ISREG(st.st_mode))
        return write_special(path, bytes, size);
    resolved = realpath(path, NULL);
    return resolved ? replace_file(AT_FDCWD, resolved, bytes, size, mode, NULL) : -errno;
}

int output_write(const char *path, const void *bytes, size_t size)
{
    return write_with_mode(path, bytes, size, OUTPUT_MODE);
}

int output_write_program(const char *path, const void *bytes, size_t size)
{
    return write_with_mode(path, bytes, size, OUTPUT_PROGRAM_MODE);
}

bool output_is_terminal(void)
{
    return isatty(STDOUT_FILENO) == 1;
}
