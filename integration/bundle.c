/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the file in its bundle, and keeps the directory open: the file is replaced where it was
 * read.
 */
#include "integration/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "integration/oci-config.h"
#include "integration/whole-file.h"
#include "util/arena.h"
#include "util/cleanup.h"
#include "util/deadline.h"
#include "util/replace.h"

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
    bundle->text = whole_file_read(fd, OCI_CONFIG_MAX_BYTES, DEADLINE_NEVER, arena, &bundle->len);
    return bundle->text ? 0 : -errno;
}

int bundle_replace(const struct bundle *bundle, const char *text, size_t len)
{
    return replace_file(bundle->dir, bundle->name, text, len, bundle->st.st_mode & 07777,
                        &bundle->st);
}

void bundle_close(struct bundle *bundle)
{
    if (bundle->dir >= 0)
        close(bundle->dir);
    bundle->dir = -1;
}
