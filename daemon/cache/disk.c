/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes entries to the cache directory and keeps it bounded. Touches nothing else. */
#include "daemon/cache/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/cache/dir.h"
#include "util/cleanup.h"
#include "util/io.h"

enum {
    STAT_BLOCK = 512,
    /* What an eviction leaves of the limit, in percent, so that not every write needs one. */
    EVICT_TO_PERCENT = 90,
};

#define TEMPORARY_PREFIX ".new-"

struct old_entry {
    char name[DIGEST_HEX_SIZE];
    struct timespec used;
    uint64_t size;
};

static bool is_entry_name(const char *name)
{
    return strlen(name) == DIGEST_HEX_SIZE - 1 &&
           strspn(name, "0123456789abcdef") == DIGEST_HEX_SIZE - 1;
}

static uint64_t disk_size(const struct stat *st)
{
    return (uint64_t)st->st_blocks * STAT_BLOCK;
}

/* Opens the directory DIR_FD for reading through, from its start. */
static DIR *open_directory(int dir_fd)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir && fd >= 0)
        close(fd);
    return dir;
}

static int by_use(const void *a, const void *b)
{
    const struct timespec *x = &((const struct old_entry *)a)->used;
    const struct timespec *y = &((const struct old_entry *)b)->used;

    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? -1 : 1;
    return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

/* Lists all entries and sums up their sizes. *ENTRIES is the caller's to free. */
static int list_entries(const struct cache_disk *disk, struct old_entry **entries, size_t *n,
                        uint64_t *size)
{
    DIR *dir = open_directory(disk->dir_fd);
    cleanup_free struct old_entry *list = NULL;
    size_t room = 0;

    *n = 0;
    *size = 0;
    if (!dir)
        return -errno;
    for (const struct dirent *item; (item = readdir(dir));) {
        struct stat st;

        if (!is_entry_name(item->d_name) ||
            fstatat(disk->dir_fd, item->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if (*n == room) {
            struct old_entry *more = reallocarray(list, room ? room * 2 : 64, sizeof(*more));

            if (!more) {
                closedir(dir);
                return -ENOMEM;
            }
            list = more;
            room = room ? room * 2 : 64;
        }
        list[*n].used = st.st_mtim;
        list[*n].size = disk_size(&st);
        memcpy(list[*n].name, item->d_name, DIGEST_HEX_SIZE);
        *size += list[(*n)++].size;
    }
    closedir(dir);
    *entries = steal_ptr(&list);
    return 0;
}

/* Removes the entries that were not used for longest until all fit the limit well. */
static void evict(struct cache_disk *disk)
{
    cleanup_free struct old_entry *entries = NULL;
    const uint64_t goal = disk->size_limit / 100 * EVICT_TO_PERCENT;
    size_t n;

    if (list_entries(disk, &entries, &n, &disk->size) < 0)
        return;
    disk->counted = true;
    if (disk->size <= disk->size_limit)
        return;
    if (n > 1)
        qsort(entries, n, sizeof(*entries), by_use);
    for (size_t i = 0; i < n && disk->size > goal; i++)
        if (unlinkat(disk->dir_fd, entries[i].name, 0) == 0)
            disk->size -= entries[i].size;
}

/* Removes all files in the directory DIR_FD whose names are such. */
static void remove_all(int dir_fd, bool (*is_such)(const char *name))
{
    DIR *dir = open_directory(dir_fd);

    if (!dir)
        return;
    for (const struct dirent *item; (item = readdir(dir));)
        if (is_such(item->d_name))
            unlinkat(dir_fd, item->d_name, 0);
    closedir(dir);
}

static bool is_temporary_name(const char *name)
{
    return !strncmp(name, TEMPORARY_PREFIX, strlen(TEMPORARY_PREFIX));
}

int cache_disk_open(struct cache_disk *disk)
{
    int r = cache_dir_make(disk->place_fd);

    /* The number that is free now is the one that the process's filter knows. */
    if (disk->dir_fd >= 0)
        close(disk->dir_fd);
    disk->dir_fd =
        openat(disk->place_fd, CACHE_ENTRIES, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    disk->counted = false;
    if (disk->dir_fd < 0)
        return r < 0 ? r : -errno;
    remove_all(disk->dir_fd, is_temporary_name);
    /* In older versions the entries lay in the cache's own directory. */
    remove_all(disk->place_fd, is_entry_name);
    return 0;
}

static int write_synced(int fd, const void *bytes, size_t size)
{
    int r = io_write_all(fd, bytes, size);

    if (r < 0)
        return r;
    return fsync(fd) < 0 ? -errno : 0;
}

/* Writes the temporary file and gives it its name. */
static int write_file(const struct cache_disk *disk, const char *temporary, const char *name,
                      const void *bytes, size_t size)
{
    cleanup_close int fd = openat(disk->dir_fd, temporary,
                                  O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r;

    if (fd < 0)
        return -errno;
    r = write_synced(fd, bytes, size);
    if (r == 0 && renameat(disk->dir_fd, temporary, disk->dir_fd, name) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(disk->dir_fd, temporary, 0);
    return r;
}

int cache_disk_write(struct cache_disk *disk, const uint8_t key[DIGEST_SIZE], const void *bytes,
                     size_t size)
{
    char name[DIGEST_HEX_SIZE], temporary[64];
    struct stat st;
    int r;

    if (!cache_dir_is_below(disk->place_fd, disk->dir_fd))
        return -ESTALE;
    digest_hex(key, name);
    snprintf(temporary, sizeof(temporary), TEMPORARY_PREFIX "%d", (int)getpid());
    r = write_file(disk, temporary, name, bytes, size);
    /* A full disk: perhaps it is this very directory that is too large. */
    if (r == -ENOSPC || r == -EDQUOT)
        evict(disk);
    if (r < 0)
        return r;
    if (!disk->counted)
        evict(disk);
    else if (fstatat(disk->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        disk->size += disk_size(&st);
    if (disk->size > disk->size_limit)
        evict(disk);
    return 0;
}

void cache_disk_remove(struct cache_disk *disk, const uint8_t key[DIGEST_SIZE])
{
    char name[DIGEST_HEX_SIZE];

    digest_hex(key, name);
    /* Sizes are counted anew with the next entry. */
    disk->counted = false;
    (void)unlinkat(disk->dir_fd, name, 0);
}
