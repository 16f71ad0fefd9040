/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds, makes and opens the cache directory. Reads nothing in it. */
#include "daemon/cache/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/files/trust-path.h"
#include "util/cleanup.h"

/* PATH from the root, without slashes at its end; NULL: no memory, or no working directory. */
static char *absolute_path(const char *path)
{
    cleanup_free char *here = *path == '/' ? NULL : getcwd(NULL, 0);
    char *absolute;

    if (*path != '/' && !here)
        return NULL;
    if (asprintf(&absolute, "%s%s%s", here ? here : "", here ? "/" : "", path) < 0)
        return NULL;
    for (size_t len = strlen(absolute); len > 1 && absolute[len - 1] == '/'; len--)
        absolute[len - 1] = '\0';
    return absolute;
}

/* Keeps the directory PARENT open, in which the cache has the name NAME. */
static int keep_place(struct cache_dir *dir, const char *parent, const char *name)
{
    if (!*name)
        return -EINVAL;
    if (strlen(name) >= sizeof(dir->name))
        return -ENAMETOOLONG;
    memcpy(dir->name, name, strlen(name) + 1);
    dir->in_root = !strcmp(parent, "/");
    dir->parent_fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return dir->parent_fd < 0 ? -errno : 0;
}

int cache_dir_find(struct cache_dir *dir, const char *path, uid_t own_uid)
{
    cleanup_free char *real = NULL;
    char *name;

    *dir = CACHE_DIR_NONE;
    dir->own_uid = own_uid;
    dir->path = absolute_path(path);
    if (!dir->path)
        return -ENOMEM;
    /* Links may lead there: healing is possible where they end, in that one directory. */
    real = realpath(dir->path, NULL);
    if (!real && errno != ENOENT)
        return -errno;
    if (!real)
        real = strdup(dir->path);
    if (!real)
        return -ENOMEM;
    name = strrchr(real, '/');
    *name++ = '\0';
    return keep_place(dir, *real ? real : "/", name);
}

void cache_dir_clear(struct cache_dir *dir)
{
    cache_dir_close(dir);
    if (dir->parent_fd >= 0)
        close(dir->parent_fd);
    free(dir->path);
    *dir = CACHE_DIR_NONE;
}

int cache_dir_make(const struct cache_dir *dir)
{
    return mkdirat(dir->parent_fd, dir->name, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* True where FD is what lies there. Links are not followed: what is behind one lies elsewhere. */
static bool is_there(const struct cache_dir *dir, int fd)
{
    struct stat is, should;

    return fstat(fd, &is) == 0 &&
           fstatat(dir->parent_fd, dir->name, &should, AT_SYMLINK_NOFOLLOW) == 0 &&
           is_same(&is, &should);
}

int cache_dir_open(struct cache_dir *dir, bool *other, char why[TRUST_WHY_SIZE])
{
    struct stat now, before;
    int r, fd = -1;

    /* Whoever can write there, or put another one in its place, could hand out filters. */
    r = trust_open_directory(dir->path, dir->own_uid, false, &fd, why);
    if (r == TRUST_OK && !is_there(dir, fd)) {
        snprintf(why, TRUST_WHY_SIZE,
                 "its path leads to another place than at the start; only a restart follows it");
        r = TRUST_REFUSED;
    }
    /* While one is open, no other can have its number. */
    *other = dir->fd < 0 || fd < 0 || fstat(dir->fd, &before) < 0 || fstat(fd, &now) < 0 ||
             !is_same(&before, &now);
    cache_dir_close(dir);
    if (r == TRUST_OK)
        dir->fd = fd;
    else if (fd >= 0)
        close(fd);
    return r;
}

void cache_dir_close(struct cache_dir *dir)
{
    if (dir->fd >= 0)
        close(dir->fd);
    dir->fd = -1;
}

bool cache_dir_is_in_place(const struct cache_dir *dir)
{
    char why[TRUST_WHY_SIZE];

    return dir->fd >= 0 && is_there(dir, dir->fd) &&
           trust_directory(dir->fd, dir->own_uid, false, why) == TRUST_OK;
}
