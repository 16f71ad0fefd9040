/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the profile directories. Names are sorted where they are read, some hundred at a time, and
 * these runs are merged while they are looked at: no step of it takes long. Touches only the disk.
 */
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

#define SUFFIX ".json"

enum {
    RUN_NAMES = 512, /* that are read and sorted in one step */
    OPEN_TRIES = 5,  /* for a link that is exchanged while it is followed */
    READ_TRIES = 3,  /* for a file that changes while it is read */
};

void scan_item_clear(struct scan_item *item)
{
    free(item->path);
    free(item->place);
    free(item->bytes);
    free(item->why);
    *item = (struct scan_item){0};
}

void scan_clear(struct scan *scan)
{
    if (scan->dir)
        closedir(scan->dir);
    for (size_t i = 0; i < scan->input.n_directories; i++)
        if (scan->places[i].fd >= 0)
            close(scan->places[i].fd);
    arena_free(&scan->arena);
    *scan = (struct scan){0};
}

int scan_profile_name(const char *file_name, char name[WIRE_NAME_SIZE])
{
    static const char suffix[] = SUFFIX;
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

/* Finds the file FILE_NAME of PLACE, and fills in what is known of it even where it is refused. */
static int find_file(const struct scan *scan, const struct scan_place *place, const char *file_name,
                     struct scan_item *item, struct trusted_file *file, char why[TRUST_WHY_SIZE])
{
    int r = -EAGAIN;

    for (int i = 0; i < OPEN_TRIES && r == -EAGAIN; i++) {
        free(steal_ptr(&item->place));
        r = trust_find(file, place->fd, &place->way, file_name, scan->input.own_uid, why);
        item->place = file->place;
    }
    item->seen = file->seen;
    item->linked = file->linked;
    item->access = file->access;
    item->id = file->id;
    return r;
}

/* Reads the file behind FD into ITEM. */
static int read_file(struct scan *scan, int fd, struct scan_item *item)
{
    char why[TRUST_WHY_SIZE];
    int r = read_stable(fd, item);

    item->kind = SCAN_READ;
    if (r >= 0 || r == -ENOMEM)
        return r;
    if (r == -EAGAIN) {
        scan->again = true;
        return refuse(item, "it is being written");
    }
    snprintf(why, sizeof(why), "it cannot be read: %s", strerror(-r));
    return refuse(item, why);
}

/* The file of ITEM was found (R: TRUST_OK), or not, and WHY. Opens and reads it. */
static int take_file(struct scan *scan, const struct scan_place *place, struct scan_item *item,
                     struct trusted_file *file, int r, char why[TRUST_WHY_SIZE])
{
    const struct scan_input *input = &scan->input;

    if (place->distrust)
        return refuse(item, place->distrust);
    if (r == TRUST_OK && input->known &&
        input->known(input->user, item->name, item->path, &item->id)) {
        item->kind = SCAN_SAME;
        return 0;
    }
    if (r == TRUST_OK)
        r = trust_open(file, why);
    if (r == TRUST_OK)
        return read_file(scan, file->fd, item);
    if (r == -EAGAIN) {
        snprintf(why, TRUST_WHY_SIZE, "it is a link to nothing");
    } else if (r < 0) {
        snprintf(why, TRUST_WHY_SIZE, "it cannot be opened: %s", strerror(-r));
        scan->again = true;
    }
    return refuse(item, why);
}

/*
 * Fills in ITEM (its name is there) from the file of that name in the directory AT. Returns 0;
 * TRUST_GONE, TRUST_MASKED: there is none to take, and in the second case nowhere else either; or
 * -ENOMEM.
 */
static int look_in(struct scan *scan, size_t at, struct scan_item *item)
{
    const struct scan_place *place = &scan->places[at];
    struct trusted_file file = {.fd = -1};
    char why[TRUST_WHY_SIZE], file_name[WIRE_NAME_SIZE + sizeof(SUFFIX)];
    int r;

    snprintf(file_name, sizeof(file_name), "%s" SUFFIX, item->name);
    r = find_file(scan, place, file_name, item, &file, why);
    if (r == TRUST_GONE || (r == TRUST_MASKED && !place->distrust))
        return r;
    item->directory = at;
    if (asprintf(&item->path, "%s/%s", scan->input.directories[at], file_name) < 0) {
        item->path = NULL; /* it is undefined then */
        r = -ENOMEM;
    } else {
        r = take_file(scan, place, item, &file, r, why);
    }
    if (file.fd >= 0)
        close(file.fd);
    return r;
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

/* Looks for the file that stands for ITEM's name: that of the first directory that has one. */
static int look(struct scan *scan, struct scan_item *item)
{
    const struct scan_input *input = &scan->input;
    const bool is_new = !input->has || !input->has(input->user, item->name);
    int r = TRUST_GONE;

    if (is_new && scan->n_new >= input->max_new) {
        leave_out(scan, item->name);
        item->kind = SCAN_LEFT_OUT;
        return 0;
    }
    for (size_t i = 0; i < input->n_directories && r == TRUST_GONE; i++)
        if (scan->places[i].fd >= 0)
            r = look_in(scan, i, item);
    scan->n_new += r == 0 && is_new;
    return r < 0 ? r : 0;
}

/* Puts the last of the N names at NAMES, which are in order else, in its place. */
static void sort_in(const char **names, size_t n)
{
    const char *name = names[n - 1];
    size_t low = 0, high = n - 1;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(names[middle], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(&names[low + 1], &names[low], (n - 1 - low) * sizeof(*names));
    names[low] = name;
}

/* Adds NAME to the run that begins at AT and is being made, in its place. A run is short. */
static int add_name(struct scan *scan, size_t at, const char *name)
{
    int r =
        arena_grow(&scan->arena, &scan->names, scan->n_names, &scan->room, sizeof(*scan->names));

    if (r < 0)
        return r;
    scan->names[scan->n_names] = arena_strndup(&scan->arena, name, strlen(name));
    if (!scan->names[scan->n_names])
        return -ENOMEM;
    scan->n_names++;
    sort_in(&scan->names[at], scan->n_names - at);
    return 0;
}

/* The names from AT on are a run. */
static int end_run(struct scan *scan, size_t at)
{
    int r;

    if (at == scan->n_names)
        return 0;
    r = arena_grow(&scan->arena, &scan->runs, scan->n_runs, &scan->room_runs, sizeof(*scan->runs));
    if (r < 0)
        return r;
    scan->runs[scan->n_runs++] = (struct scan_run){at, scan->n_names};
    return 0;
}

int scan_add(struct scan *scan, char (*names)[WIRE_NAME_SIZE], size_t n)
{
    const size_t at = scan->n_names;

    for (size_t i = 0; i < n; i++) {
        int r = add_name(scan, at, names[i]);

        if (r < 0)
            return r;
    }
    return end_run(scan, at);
}

/* Reads up to RUN_NAMES entries of DIR. Returns 1; 0: that was the last; -errno. */
static int read_names(struct scan *scan, DIR *dir)
{
    const size_t at = scan->n_names;
    char name[WIRE_NAME_SIZE];

    for (int i = 0; i < RUN_NAMES; i++) {
        const struct dirent *entry;
        int r;

        errno = 0;
        entry = readdir(dir);
        if (!entry)
            return -errno;
        r = scan_profile_name(entry->d_name, name);
        scan->n_ignored += r == -EINVAL;
        if (r == 0)
            r = add_name(scan, at, name);
        if (r == -ENOMEM)
            return r;
    }
    return 1;
}

/* The directory AT cannot be read through: R. */
static void fail_place(struct scan *scan, size_t at, int r)
{
    scan->failed[at] = r;
    /* This says nothing about the directory. */
    if (r == -EMFILE || r == -ENFILE)
        scan->again = true;
}

/* Opens the next directory for reading its names. Returns 1; 0: there is none left; -errno. */
static int open_listing(struct scan *scan)
{
    int fd;

    while (scan->listing < scan->input.n_directories && scan->places[scan->listing].fd < 0)
        scan->listing++;
    if (scan->dir || scan->listing == scan->input.n_directories)
        return scan->dir != NULL;
    fd = openat(scan->places[scan->listing].fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scan->dir = fd < 0 ? NULL : fdopendir(fd);
    if (scan->dir)
        return 1;
    if (fd < 0)
        return -errno;
    close(fd);
    return -ENOMEM;
}

int scan_list(struct scan *scan)
{
    const size_t at = scan->n_names;
    int ended, r = open_listing(scan);

    if (r == 0)
        return 0;
    if (r > 0)
        r = read_names(scan, scan->dir);
    ended = end_run(scan, at);
    if (r == -ENOMEM || ended < 0)
        return -ENOMEM;
    if (r < 0)
        fail_place(scan, scan->listing, r);
    if (r > 0)
        return 1;
    if (scan->dir)
        closedir(scan->dir);
    scan->dir = NULL;
    scan->listing++;
    return 1;
}

/* The lesser of two names; each may be NULL. */
static const char *lesser(const char *a, const char *b)
{
    if (!a || !b)
        return a ? a : b;
    return strcmp(a, b) <= 0 ? a : b;
}

/* Finds the next name of all, in strcmp() order; NULL: there is none. */
static const char *next_name(struct scan *scan)
{
    const struct scan_input *input = &scan->input;
    const char *next = NULL;

    if (input->whole && input->behind)
        next = input->behind(input->user, scan->last);
    for (size_t i = 0; i < scan->n_runs; i++) {
        struct scan_run *run = &scan->runs[i];

        /* Several directories may have it. */
        while (run->at < run->end && strcmp(scan->names[run->at], scan->last) <= 0)
            run->at++;
        if (run->at < run->end)
            next = lesser(next, scan->names[run->at]);
    }
    return next;
}

int scan_next(struct scan *scan, struct scan_item *item)
{
    const char *name = next_name(scan);
    int r;

    *item = (struct scan_item){0};
    if (!name)
        return 0;
    strncpy(item->name, name, sizeof(item->name) - 1);
    memcpy(scan->last, item->name, sizeof(scan->last));
    r = look(scan, item);
    return r < 0 ? r : 1;
}

/* Opens the directory AT. Returns 0 or -errno. */
static int open_place(struct scan *scan, size_t at)
{
    const struct scan_input *input = &scan->input;
    struct scan_place *place = &scan->places[at];
    char why[TRUST_WHY_SIZE];
    int r = trust_open_directory(input->directories[at], input->own_uid, input->shared, &place->way,
                                 &place->fd, why);

    if (r < 0)
        place->fd = -1;
    if (r <= 0)
        return r;
    place->distrust = arena_strndup(&scan->arena, why, strlen(why));
    return place->distrust ? 0 : -ENOMEM;
}

int scan_begin(struct scan *scan, const struct scan_input *input)
{
    *scan = (struct scan){.input = *input, .arena = ARENA_INIT};
    for (size_t i = 0; i < input->n_directories; i++)
        scan->places[i].fd = -1;
    for (size_t i = 0; i < input->n_directories; i++) {
        int r = open_place(scan, i);

        if (r == -ENOMEM)
            return r;
        scan->missing[i] = r == -ENOENT || r == -ENOTDIR;
        if (r < 0 && !scan->missing[i])
            fail_place(scan, i, r);
    }
    return 0;
}
