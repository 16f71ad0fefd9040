/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the profile directories, in the order of their precedence. Touches only the disk. */
#include "daemon/files/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/parse/profile.h"
#include "daemon/files/trust-path.h"
#include "protocol/codec.h"
#include "util/cleanup.h"
#include "util/io.h"

enum {
    OPEN_TRIES = 5, /* for a link that is exchanged while it is followed */
    READ_TRIES = 3, /* for a file that changes while it is read */
};

static void cleanup_closedir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

static void item_clear(struct scan_item *item)
{
    free(item->path);
    free(item->place);
    free(item->bytes);
    free(item->why);
}

void scan_clear(struct scan *scan)
{
    for (size_t i = 0; i < scan->n; i++)
        item_clear(&scan->items[i]);
    free(scan->items);
    *scan = (struct scan){0};
}

int scan_profile_name(const char *file_name, char name[WIRE_NAME_SIZE])
{
    static const char suffix[] = ".json";
    size_t len = strlen(file_name);

    /* Hidden files; and the backups and locks of editors, which do not end in ".json" or start so.
     */
    if (file_name[0] == '.' || file_name[0] == '#' || len < sizeof(suffix) ||
        strcmp(file_name + len - strlen(suffix), suffix))
        return -ENOENT;
    len -= strlen(suffix);
    if (len >= WIRE_NAME_SIZE)
        return -EINVAL;
    memset(name, 0, WIRE_NAME_SIZE);
    memcpy(name, file_name, len);
    return wire_name_is_valid(name) ? 0 : -EINVAL;
}

/* Finds the place of NAME among the first N items. Returns true where it is taken. */
static bool find_place(const struct scan *scan, size_t n, const char *name, size_t *place)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(scan->items[middle].name, name);

        if (order == 0) {
            *place = middle;
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *place = low;
    return false;
}

/* Puts ITEM in at PLACE; SCAN owns what is in it then. */
static int insert(struct scan *scan, size_t place, const struct scan_item *item)
{
    if (scan->n == scan->room) {
        size_t room = scan->room ? scan->room * 2 : 16;
        struct scan_item *items = reallocarray(scan->items, room, sizeof(*items));

        if (!items)
            return -ENOMEM;
        scan->items = items;
        scan->room = room;
    }
    memmove(&scan->items[place + 1], &scan->items[place], (scan->n - place) * sizeof(*item));
    scan->items[place] = *item;
    scan->n++;
    return 0;
}

/*
 * Reads the file behind FD in one piece: what it holds did not change on the way. Returns 0;
 * -EAGAIN where it is being written all the time; -errno.
 */
static int read_stable(int fd, struct scan_item *item)
{
    for (int i = 0; i < READ_TRIES; i++) {
        struct timespec now;
        struct file_id id;
        struct stat before, after;
        int r;

        if (fstat(fd, &before) < 0)
            return -errno;
        clock_gettime(CLOCK_REALTIME, &now);
        file_id_of(&item->id, &before);
        r = io_pread_file(fd, PROFILE_MAX_BYTES, &item->bytes, &item->size);
        /* It got shorter. */
        if (r == -EIO)
            continue;
        if (r < 0)
            return r;
        if (fstat(fd, &after) < 0)
            return -errno;
        file_id_of(&id, &after);
        if (file_id_equal(&id, &item->id)) {
            /* Owner and mode may have changed since it was opened. */
            item->access.uid = after.st_uid;
            item->access.gid = after.st_gid;
            item->access.mode = after.st_mode & 07777;
            item->settled = file_id_is_settled(&id, &now);
            return 0;
        }
        free(steal_ptr(&item->bytes));
    }
    return -EAGAIN;
}

static int refuse(struct scan_item *item, const char *why)
{
    item->kind = SCAN_REFUSED;
    item->why = strdup(why);
    return item->why ? 0 : -ENOMEM;
}

/* What one file is read for. */
struct look {
    const struct scan_input *input;
    size_t directory;
    int dir_fd;
    const struct access_way *way; /* to the directory, which is on it */
    const char *distrust;         /* why the directory is not trusted; NULL where it is */
};

/* Opens the file FILE_NAME, and fills in what is known of it even where it is refused. */
static int open_file(const struct look *look, const char *file_name, struct scan_item *item,
                     int *fd, char why[TRUST_WHY_SIZE])
{
    struct trusted_file file = {.fd = -1};
    int r = -EAGAIN;

    for (int i = 0; i < OPEN_TRIES && r == -EAGAIN; i++) {
        free(steal_ptr(&item->place));
        r = trust_open(&file, look->dir_fd, look->way, file_name, look->input->own_uid, why);
        item->place = file.place;
    }
    item->seen = file.seen;
    item->access = file.access;
    item->id = file.id;
    *fd = file.fd;
    return r;
}

/* Reads the file behind FD into ITEM. */
static int read_file(struct scan *scan, int fd, struct scan_item *item)
{
    char why[TRUST_WHY_SIZE];
    int r = read_stable(fd, item);

    item->kind = SCAN_READ;
    scan->n_bytes += item->size;
    if (r >= 0 || r == -ENOMEM)
        return r;
    if (r == -EAGAIN) {
        scan->again = true;
        return refuse(item, "it is being written");
    }
    snprintf(why, sizeof(why), "it cannot be read: %s", strerror(-r));
    return refuse(item, why);
}

/* Fills in ITEM (name and path are there) from the file FILE_NAME. Returns 0, or TRUST_GONE. */
static int look_at_file(struct scan *scan, const struct look *look, const char *file_name,
                        struct scan_item *item)
{
    const struct scan_input *input = look->input;
    cleanup_close int fd = -1;
    char why[TRUST_WHY_SIZE];
    int r = open_file(look, file_name, item, &fd, why);

    if (r == TRUST_GONE)
        return TRUST_GONE;
    if (look->distrust)
        return refuse(item, look->distrust);
    if (r == -EAGAIN) {
        r = TRUST_REFUSED;
        snprintf(why, sizeof(why), "it is a link to nothing");
    } else if (r < 0) {
        snprintf(why, sizeof(why), "it cannot be opened: %s", strerror(-r));
        scan->again = true;
    }
    if (r < 0 || r == TRUST_REFUSED)
        return refuse(item, why);
    if (r == TRUST_MASKED) {
        item->kind = SCAN_MASKED;
        return 0;
    }
    if (input->known && input->known(input->user, item->name, item->path, &item->id)) {
        item->kind = SCAN_SAME;
        return 0;
    }
    return read_file(scan, fd, item);
}

/* NAME is one too many. */
static void leave_out(struct scan *scan, const char *name)
{
    size_t used = strlen(scan->left_out);

    scan->n_left_out++;
    /* Whole names only. */
    if (used + strlen(name) + sizeof(", ") <= sizeof(scan->left_out))
        sprintf(scan->left_out + used, "%s%s", used ? ", " : "", name);
}

/* Takes in the file FILE_NAME, unless an earlier directory has the name. */
static int scan_file(struct scan *scan, const struct look *look, const char *file_name)
{
    const char *directory = look->input->directories[look->directory];
    struct scan_item item = {.directory = look->directory};
    const struct scan_input *input = look->input;
    size_t place;
    bool is_new;
    int r = scan_profile_name(file_name, item.name);

    if (r < 0) {
        scan->n_ignored += r == -EINVAL;
        return 0;
    }
    if (find_place(scan, scan->n, item.name, &place))
        return 0;
    is_new = !input->has || !input->has(input->user, item.name);
    if (is_new && scan->n_new >= input->max_new) {
        leave_out(scan, item.name);
        return 0;
    }
    if (asprintf(&item.path, "%s/%s", directory, file_name) < 0)
        return -ENOMEM;
    r = look_at_file(scan, look, file_name, &item);
    if (r == 0)
        r = insert(scan, place, &item);
    scan->n_new += r == 0 && is_new;
    if (r != 0)
        item_clear(&item);
    return r < 0 ? r : 0;
}

/* Reads one directory through. Returns 0, or -errno where what is in it is not all known. */
static int scan_directory(struct scan *scan, const struct scan_input *input, size_t i)
{
    __attribute__((cleanup(cleanup_closedir))) DIR *dir = NULL;
    char why[TRUST_WHY_SIZE];
    struct access_way way = {0};
    struct look look = {.input = input, .directory = i, .way = &way};
    int fd, r = trust_open_directory(input->directories[i], input->own_uid, input->shared, &way,
                                     &fd, why);

    if (r < 0) {
        scan->missing[i] = r == -ENOENT || r == -ENOTDIR;
        return scan->missing[i] ? 0 : r;
    }
    look.distrust = r == TRUST_OK ? NULL : why;
    dir = fdopendir(fd);
    if (!dir) {
        r = -errno;
        close(fd);
        return r;
    }
    look.dir_fd = fd;
    for (;;) {
        errno = 0;

        const struct dirent *entry = readdir(dir);

        if (!entry)
            return -errno;
        r = scan_file(scan, &look, entry->d_name);
        if (r < 0)
            return r;
    }
}

static void drop_masked(struct scan *scan)
{
    size_t kept = 0;

    for (size_t i = 0; i < scan->n; i++) {
        if (scan->items[i].kind == SCAN_MASKED)
            item_clear(&scan->items[i]);
        else
            scan->items[kept++] = scan->items[i];
    }
    scan->n = kept;
}

int scan_run(struct scan *scan, const struct scan_input *input)
{
    *scan = (struct scan){0};
    for (size_t i = 0; i < input->n_directories; i++) {
        int r = scan_directory(scan, input, i);

        if (r == -ENOMEM)
            return r;
        scan->failed[i] = r;
        /* This says nothing about the directory. */
        if (r == -EMFILE || r == -ENFILE)
            scan->again = true;
    }
    drop_masked(scan);
    return 0;
}
