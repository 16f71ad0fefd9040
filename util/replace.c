/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The new file has a name of its own until it is complete. A failure removes it. */
#include "config.h"

#include "util/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/io.h"

/* A random name in the directory of PATH, which the caller frees. It does not begin with the name
 * in PATH: that one may be as long as names can be. */
static char *temporary_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    uint64_t random;
    char *name;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        errno = EIO;
        return NULL;
    }
    if (asprintf(&name, "%.*s.secprof-%016" PRIx64, slash ? (int)(slash + 1 - path) : 0, path,
                 random) < 0) {
        errno = ENOMEM;
        return NULL;
    }
    return name;
}

static int fill(int fd, const void *bytes, size_t size, mode_t mode, const struct stat *owner)
{
    struct stat st;
    int r = io_write_all(fd, bytes, size);

    if (r < 0)
        return r;
    if (fstat(fd, &st) < 0)
        return -errno;
    /* Only where it changes something: a user namespace may not know the ids at all. */
    if (owner && (st.st_uid != owner->st_uid || st.st_gid != owner->st_gid) &&
        fchown(fd, owner->st_uid, owner->st_gid) < 0)
        return -errno;
    /* After fchown(), which takes the set-user-ID bit away. */
    if (fchmod(fd, mode) < 0)
        return -errno;
    return fsync(fd) < 0 ? -errno : 0;
}

int replace_file(int dir, const char *path, const void *bytes, size_t size, mode_t mode,
                 const struct stat *owner)
{
    cleanup_free char *temporary = temporary_name(path);
    int r;

    if (!temporary)
        return -errno;

    cleanup_close int fd =
        openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return -errno;
    r = fill(fd, bytes, size, mode, owner);
    if (r == 0 && renameat(dir, temporary, dir, path) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(dir, temporary, 0);
    return r;
}
