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
    BLOCK = 4096, /* what a file takes on the disk grows by this */
    /* What an eviction leaves of the limit, in percent, so that not every write needs one. */
    EVICT_TO_PERCENT = 90,
    MODE_NEEDED = 0600,
    MODE_OTHER = 0400,
};

#define TEMPORARY_PREFIX ".new-"

/* What has to go first; less than what an entry is for, so that it may be compared with it. */
enum rank {
    RANK_UNUSED = CACHE_AHEAD, /* it was not used since DISK->since */
    RANK_OTHER = CACHE_ASKED,
    RANK_NEEDED = CACHE_NEEDED,
};

struct old_entry {
    char name[DIGEST_HEX_SIZE];
    enum rank rank;
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

static int by_rank_and_use(const void *a, const void *b)
{
    const struct old_entry *one = a, *other = b;
    const struct timespec *x = &one->used, *y = &other->used;

    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? -1 : 1;
    return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

static enum rank rank_of(const struct cache_disk *disk, const struct stat *st)
{
    if (st->st_mtim.tv_sec < disk->since)
        return RANK_UNUSED;
    return (st->st_mode & 07777) == MODE_NEEDED ? RANK_NEEDED : RANK_OTHER;
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
        list[*n].rank = rank_of(disk, &st);
        list[*n].size = disk_size(&st);
        memcpy(list[*n].name, item->d_name, DIGEST_HEX_SIZE);
        *size += list[(*n)++].size;
    }
    closedir(dir);
    *entries = steal_ptr(&list);
    return 0;
}

/*
 * Removes entries that matter less than what is for USE, so that SIZE bytes more fit the limit
 * well; of what each start needs no more than has to be.
 */
static void evict(struct cache_disk *disk, enum cache_use use, uint64_t size)
{
    cleanup_free struct old_entry *entries = NULL;
    const uint64_t well = disk->size_limit / 100 * EVICT_TO_PERCENT;
    size_t n;

    if (list_entries(disk, &entries, &n, &disk->size) < 0)
        return;
    disk->counted = true;
    if (disk->size + size <= disk->size_limit)
        return;
    if (n > 1)
        qsort(entries, n, sizeof(*entries), by_rank_and_use);
    for (size_t i = 0; i < n && (int)entries[i].rank <= (int)use; i++) {
        if (disk->size + size <= (entries[i].rank == RANK_NEEDED ? disk->size_limit : well))
            break;
        if (unlinkat(disk->dir_fd, entries[i].name, 0) == 0)
            disk->size -= entries[i].size;
    }
    disk->is_full = disk->size + size > disk->size_limit;
    disk->full_use = use;
    disk->full_since = disk->since;
}

/* Makes room for SIZE bytes more for USE. Returns false where that is not possible. */
static bool make_room(struct cache_disk *disk, enum cache_use use, uint64_t size)
{
    if (disk->counted && disk->size + size <= disk->size_limit)
        return true;
    /* To look through all of them once more each time would take long. */
    if (disk->counted && disk->is_full && use <= disk->full_use && disk->full_since == disk->since)
        return false;
    evict(disk, use, size);
    /* Where nothing can be counted, one more does no harm. */
    return !disk->counted || disk->size + size <= disk->size_limit;
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

static int write_whole(int fd, const void *bytes, size_t size, bool costly)
{
    int r = io_write_all(fd, bytes, size);

    if (r < 0 || !costly)
        return r;
    return fsync(fd) < 0 ? -errno : 0;
}

/* Writes the temporary file and gives it its name. */
static int write_file(const struct cache_disk *disk, const char *temporary, const char *name,
                      const void *bytes, size_t size, enum cache_use use, bool costly)
{
    cleanup_close int fd =
        openat(disk->dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
               use == CACHE_NEEDED ? MODE_NEEDED : MODE_OTHER);
    int r;

    if (fd < 0)
        return -errno;
    r = write_whole(fd, bytes, size, costly);
    if (r == 0 && renameat(disk->dir_fd, temporary, disk->dir_fd, name) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(disk->dir_fd, temporary, 0);
    return r;
}

/* What the entry NAME takes on the disk; 0: there is none. */
static uint64_t size_of(const struct cache_disk *disk, const char *name)
{
    struct stat st;

    return fstatat(disk->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? disk_size(&st) : 0;
}

int cache_disk_write(struct cache_disk *disk, const uint8_t key[DIGEST_SIZE], const void *bytes,
                     size_t size, enum cache_use use, bool costly)
{
    char name[DIGEST_HEX_SIZE], temporary[64];
    uint64_t before;
    int r;

    if (!cache_dir_is_below(disk->place_fd, disk->dir_fd))
        return -ESTALE;
    if (!make_room(disk, use, (size + BLOCK - 1) / BLOCK * BLOCK) && use != CACHE_NEEDED)
        return CACHE_FULL;
    digest_hex(key, name);
    snprintf(temporary, sizeof(temporary), TEMPORARY_PREFIX "%d", (int)getpid());
    /* One that an error left behind. */
    (void)unlinkat(disk->dir_fd, temporary, 0);
    before = size_of(disk, name);
    r = write_file(disk, temporary, name, bytes, size, use, costly);
    /* A full disk: perhaps it is this very directory that is too large. */
    if (r == -ENOSPC || r == -EDQUOT)
        disk->counted = false;
    if (r < 0)
        return r;
    disk->size += size_of(disk, name);
    disk->size -= before < disk->size ? before : disk->size;
    return CACHE_WRITTEN;
}

void cache_disk_remove(struct cache_disk *disk, const uint8_t key[DIGEST_SIZE])
{
    char name[DIGEST_HEX_SIZE];
    uint64_t size;

    digest_hex(key, name);
    size = size_of(disk, name);
    if (unlinkat(disk->dir_fd, name, 0) < 0)
        return;
    disk->size -= size < disk->size ? size : disk->size;
    disk->is_full = false;
}
