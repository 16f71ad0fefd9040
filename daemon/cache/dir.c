/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds, makes and opens the cache's directories. Reads nothing in them. */
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
    cleanup_free char *here = *path == '/' ? NULL : realpath(".", NULL);
    char *absolute;

    if (*path != '/' && !here)
        return NULL;
    if (asprintf(&absolute, "%s%s%s", here ? here : "", here ? "/" : "", path) < 0)
        return NULL;
    for (size_t len = strlen(absolute); len > 1 && absolute[len - 1] == '/'; len--)
        absolute[len - 1] = '\0';
    return absolute;
}

/* Makes the directory PATH, and the one that it lies in, where they are missing. */
static int make_place(const char *path)
{
    cleanup_free char *above = strdup(path);

    if (!above)
        return -ENOMEM;
    *strrchr(above, '/') = '\0';
    if (*above && mkdir(above, 0755) < 0 && errno != EEXIST)
        return -errno;
    return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

int cache_dir_find(struct cache_dir *dir, const char *path, uid_t own_uid)
{
    int made = 0;

    *dir = CACHE_DIR_NONE;
    dir->own_uid = own_uid;
    dir->path = absolute_path(path);
    if (!dir->path || asprintf(&dir->entries_path, "%s/" CACHE_ENTRIES, dir->path) < 0)
        return -ENOMEM;
    dir->place_fd = open(dir->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir->place_fd < 0 && errno == ENOENT) {
        made = make_place(dir->path);
        dir->place_fd = open(dir->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    if (dir->place_fd < 0)
        return made < 0 ? made : -errno;
    return 0;
}

void cache_dir_close(struct cache_dir *dir)
{
    if (dir->fd >= 0)
        close(dir->fd);
    dir->fd = -1;
}

void cache_dir_clear(struct cache_dir *dir)
{
    cache_dir_close(dir);
    if (dir->place_fd >= 0)
        close(dir->place_fd);
    free(dir->path);
    free(dir->entries_path);
    *dir = CACHE_DIR_NONE;
}

int cache_dir_make(int place_fd)
{
    return mkdirat(place_fd, CACHE_ENTRIES, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* True where what was found is still what its path leads to. */
static bool is_found(const struct cache_dir *dir)
{
    struct stat is, should;

    return fstat(dir->place_fd, &is) == 0 && stat(dir->path, &should) == 0 && is_same(&is, &should);
}

bool cache_dir_is_below(int place_fd, int fd)
{
    struct stat is, should;

    return fd >= 0 && fstat(fd, &is) == 0 &&
           fstatat(place_fd, CACHE_ENTRIES, &should, AT_SYMLINK_NOFOLLOW) == 0 &&
           is_same(&is, &should);
}

int cache_dir_check(const struct cache_dir *dir, char why[TRUST_WHY_SIZE])
{
    if (is_found(dir))
        return trust_directory(dir->place_fd, dir->own_uid, false, why);
    snprintf(why, TRUST_WHY_SIZE,
             "it was removed or exchanged; a restart makes it anew, or takes the other one");
    return TRUST_REFUSED;
}

/* Opens the subdirectory to *FD, and looks at all that leads there. */
static int open_trusted(const struct cache_dir *dir, int *fd, char why[TRUST_WHY_SIZE])
{
    int r = cache_dir_check(dir, why);

    /* Whoever can write there, or put another one in its place, could hand out filters. */
    if (r == TRUST_OK)
        r = trust_open_directory(dir->entries_path, dir->own_uid, false, NULL, fd, why);
    if (r == TRUST_OK && !cache_dir_is_below(dir->place_fd, *fd)) {
        snprintf(why, TRUST_WHY_SIZE, CACHE_ENTRIES " in it leads to another place");
        r = TRUST_REFUSED;
    }
    return r;
}

int cache_dir_open(struct cache_dir *dir, bool *other, char why[TRUST_WHY_SIZE])
{
    struct stat now, before;
    cleanup_close int fd = -1;
    int r = open_trusted(dir, &fd, why);

    /* While one is open, no other can have its number. */
    *other = dir->fd < 0 || fd < 0 || fstat(dir->fd, &before) < 0 || fstat(fd, &now) < 0 ||
             !is_same(&before, &now);
    cache_dir_close(dir);
    if (r == TRUST_OK)
        dir->fd = steal_fd(&fd);
    return r;
}

bool cache_dir_is_in_place(const struct cache_dir *dir)
{
    char why[TRUST_WHY_SIZE];

    return cache_dir_is_below(dir->place_fd, dir->fd) && cache_dir_check(dir, why) == TRUST_OK &&
           trust_directory(dir->fd, dir->own_uid, false, why) == TRUST_OK;
}
