/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The new file is made beside the old one, under a name of its own, and renamed when it is whole.
 */
#include "integration/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "integration/oci-config.h"
#include "integration/text-file.h"
#include "util/cleanup.h"
#include "util/io.h"

/* The directory of NAME below the bundle at PATH. */
static int open_directory(const char *path, const char *name, size_t dir_len, struct arena *arena)
{
    const char *part = arena_strndup(arena, name, dir_len);
    cleanup_close int bundle = open(path ? path : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int dir;

    if (!part)
        return -ENOMEM;
    if (bundle < 0)
        return -errno;
    dir = openat(bundle, dir_len ? part : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir < 0 ? -errno : dir;
}

int bundle_read(struct bundle *bundle, const char *path, const char *name, struct arena *arena)
{
    const char *slash;
    size_t dir_len;

    name = name ? name : "config.json";
    slash = strrchr(name, '/');
    dir_len = slash ? (size_t)(slash + 1 - name) : 0;
    bundle->name = name + dir_len;
    bundle->dir = open_directory(path, name, dir_len, arena);
    if (bundle->dir < 0)
        return bundle->dir;

    cleanup_close int fd =
        openat(bundle->dir, bundle->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &bundle->st) < 0)
        return -errno;
    if (!S_ISREG(bundle->st.st_mode))
        return -EINVAL;
    bundle->text = text_read_all(fd, OCI_CONFIG_MAX_BYTES, arena, &bundle->len);
    return bundle->text ? 0 : -errno;
}

/* Makes the open file FD what the old one was, but for what is in it. */
static int fill(const struct bundle *bundle, int fd, const char *text, size_t len)
{
    struct stat st;
    int r = io_write_all(fd, text, len);

    if (r < 0)
        return r;
    if (fstat(fd, &st) < 0)
        return -errno;
    if ((st.st_uid != bundle->st.st_uid || st.st_gid != bundle->st.st_gid) &&
        fchown(fd, bundle->st.st_uid, bundle->st.st_gid) < 0)
        return -errno;
    if (fchmod(fd, bundle->st.st_mode & 07777) < 0)
        return -errno;
    return fsync(fd) < 0 ? -errno : 0;
}

int bundle_replace(const struct bundle *bundle, const char *text, size_t len)
{
    char temporary[sizeof(".secprof-") + 16];
    uint64_t random;
    int r;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return -EIO;
    snprintf(temporary, sizeof(temporary), ".secprof-%016" PRIx64, random);

    cleanup_close int fd =
        openat(bundle->dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return -errno;
    r = fill(bundle, fd, text, len);
    if (r == 0 && renameat(bundle->dir, temporary, bundle->dir, bundle->name) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(bundle->dir, temporary, 0);
    return r;
}

void bundle_close(struct bundle *bundle)
{
    if (bundle->dir >= 0)
        close(bundle->dir);
    bundle->dir = -1;
}
