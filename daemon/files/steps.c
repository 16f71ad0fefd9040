/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes paths apart. */
#include "daemon/files/steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int steps_begin(struct steps *steps, const char *path)
{
    const size_t len = strlen(path);

    if (len >= sizeof(steps->path))
        return -ENAMETOOLONG;
    memcpy(steps->path, path, len + 1);
    steps->rest = steps->path;
    steps->links = 0;
    return 0;
}

int steps_next(struct steps *steps, char name[NAME_MAX + 1])
{
    const char *at = steps->rest + strspn(steps->rest, "/");
    size_t len = strcspn(at, "/");

    if (len > NAME_MAX)
        return -ENAMETOOLONG;
    memcpy(name, at, len);
    name[len] = '\0';
    steps->rest = at + len;
    return len > 0;
}

bool steps_are_done(const struct steps *steps)
{
    return !steps->rest[strspn(steps->rest, "/")];
}

int steps_follow(struct steps *steps, int link_fd)
{
    char target[PATH_MAX], path[PATH_MAX];
    ssize_t len = readlinkat(link_fd, "", target, sizeof(target) - 1);

    if (len < 0)
        return -errno;
    target[len] = '\0';
    if (++steps->links > STEPS_LINKS_MAX)
        return -ELOOP;
    if ((size_t)snprintf(path, sizeof(path), "%s/%s", target, steps->rest) >= sizeof(path))
        return -ENAMETOOLONG;
    memcpy(steps->path, path, sizeof(path));
    steps->rest = steps->path;
    return target[0] == '/';
}
