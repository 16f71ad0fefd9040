/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where results go: stdout, or a file that is replaced whole. */
#include "config.h"

#include "client/secprofctl/show/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/secprofctl/ctl.h"
#include "client/secprofctl/number.h"
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

/* Whether a file can be made beside PATH. Returns 0 or -errno. */
static int check_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    cleanup_free char *directory = strndup(path, slash ? (size_t)(slash - path) + 1 : 0);

    if (!directory)
        return -ENOMEM;
    return access(*directory ? directory : ".", W_OK | X_OK) < 0 ? -errno : 0;
}

int output_check(const char *path)
{
    cleanup_free char *resolved = NULL;
    struct stat st;

    if (stat(path, &st) < 0)
        return errno == ENOENT ? check_directory(path) : -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (!S_ISREG(st.st_mode))
        return access(path, W_OK) < 0 ? -errno : 0;
    resolved = realpath(path, NULL);
    return resolved ? check_directory(resolved) : -errno;
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
    /* Who could read the old file may read the new one; of a program also execute it. */
    mode = (st.st_mode & 0777) | (mode & 0111 ? (st.st_mode & 0444) >> 2 : 0);
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

int output_fail(const char *path, int r)
{
    return ctl_fail(CTL_SYSTEM, "cannot write %s: %s", path ? path : "to stdout", strerror(-r));
}

bool output_is_terminal(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

size_t output_width(void)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    uint64_t number;

    if (columns && number_parse(columns, &number) && number > 0 && number <= UINT16_MAX)
        return (size_t)number;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
