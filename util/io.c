/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole reads and writes. Knows nothing of what they are for. */
#include "util/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"

int io_write_all(int fd, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, (const char *)bytes + done, size - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t)n;
    }
    return 0;
}

ssize_t io_read_up_to(int fd, void *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = read(fd, (char *)bytes + done, size - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

int io_pread_all(int fd, void *bytes, size_t size)
{
    return io_pread_all_at(fd, bytes, size, 0);
}

int io_pread_all_at(int fd, void *bytes, size_t size, off_t offset)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pread(fd, (char *)bytes + done, size - done, offset + (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t)n;
    }
    return 0;
}

int io_pwrite_all(int fd, const void *bytes, size_t size, off_t offset)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pwrite(fd, (const char *)bytes + done, size - done, offset + (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t)n;
    }
    return 0;
}

int io_pread_file(int fd, size_t max, char **bytes, size_t *size)
{
    cleanup_free char *made = NULL;
    struct stat st;
    int r;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size < 0 || (uintmax_t)st.st_size > max)
        return -EFBIG;
    made = malloc((size_t)st.st_size + 1); /* malloc(0) may return NULL */
    if (!made)
        return -ENOMEM;
    r = io_pread_all(fd, made, (size_t)st.st_size);
    if (r < 0)
        return r;
    *bytes = steal_ptr(&made);
    *size = (size_t)st.st_size;
    return 0;
}

int io_occupy_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC) < 0)
            return -errno;
    return 0;
}
