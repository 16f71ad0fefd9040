/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory that `export` keeps files in. */
#include "config.h"

#include "client/secprofctl/subject/export-dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/secprofctl/ctl.h"
#include "protocol/codec.h"
#include "util/cleanup.h"
#include "util/io.h"
#include "util/replace.h"

/* A line for each of our files: the name of its profile. No profile's file is called so. */
#define LIST ".exported"

enum {
    LIST_MAX = 16 * 1024 * 1024,
    TEXT_MAX = 16 * 1024 * 1024, /* rules are longer than the profile that they come from */
    FILE_NAME_SIZE = WIRE_NAME_SIZE + sizeof(".json"),
};

static size_t find(const struct export_dir *dir, const char *name)
{
    size_t i = 0;

    while (i < dir->n_names && strcmp(dir->names[i], name) != 0)
        i++;
    return i;
}

bool export_dir_has(const struct export_dir *dir, const char *name)
{
    return find(dir, name) < dir->n_names;
}

static int add_name(struct export_dir *dir, const char *name)
{
    char **names = reallocarray(dir->names, dir->n_names + 1, sizeof(*names));

    if (!names)
        return -ENOMEM;
    dir->names = names;
    names[dir->n_names] = strdup(name);
    if (!names[dir->n_names])
        return -ENOMEM;
    dir->n_names++;
    return 0;
}

static void remove_name(struct export_dir *dir, size_t at)
{
    free(dir->names[at]);
    dir->names[at] = dir->names[--dir->n_names];
}

static int take_list(struct export_dir *dir, char *text, size_t len)
{
    for (char *line = text; line < text + len;) {
        char *end = memchr(line, '\n', (size_t)(text + len - line));

        if (!end)
            return -EBADMSG;
        *end = '\0';
        if (!wire_name_is_valid(line))
            return -EBADMSG;

        int r = add_name(dir, line);

        if (r < 0)
            return r;
        line = end + 1;
    }
    return 0;
}

/* Reads the file NAME of DIR. Returns 0 and *TEXT (the caller's to free), or -errno. */
static int read_file(const struct export_dir *dir, const char *name, size_t max, char **text,
                     size_t *len)
{
    cleanup_close int fd = openat(dir->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -ENOTSUP;
    return io_pread_file(fd, max, text, len);
}

static int load_list(struct export_dir *dir)
{
    cleanup_free char *text = NULL;
    size_t len = 0;
    int r = read_file(dir, LIST, LIST_MAX, &text, &len);

    if (r == -ENOENT)
        return 0;
    return r < 0 ? r : take_list(dir, text, len);
}

int export_dir_save(const struct export_dir *dir)
{
    cleanup_free char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    int r;

    if (!stream)
        return -ENOMEM;
    for (size_t i = 0; i < dir->n_names; i++)
        fprintf(stream, "%s\n", dir->names[i]);
    r = ferror(stream) ? -ENOMEM : 0;
    if (fclose(stream) != 0)
        r = -ENOMEM;
    return r < 0 ? r : replace_file(dir->fd, LIST, text, len, 0644, NULL);
}

int export_dir_open(struct export_dir *dir, const char *path)
{
    int r;

    *dir = (struct export_dir)EXPORT_DIR_INIT;
    dir->path = path;
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return ctl_fail(CTL_SYSTEM, "cannot make the directory %s: %s", path, strerror(errno));
    dir->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir->fd < 0)
        return ctl_fail(CTL_SYSTEM, "cannot open %s: %s", path, strerror(errno));
    if (flock(dir->fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK
                   ? ctl_fail(CTL_NO, "%s: another secprofctl export writes there", path)
                   : ctl_fail(CTL_SYSTEM, "cannot lock %s: %s", path, strerror(errno));
    r = load_list(dir);
    if (r == -EBADMSG)
        return ctl_fail(CTL_SYSTEM,
                        "%s/" LIST " is not a list of names of profiles, a line each: which files "
                        "are secprofctl's is not known, so none is touched",
                        path);
    return r < 0 ? ctl_fail(CTL_SYSTEM, "cannot read %s/" LIST ": %s", path, strerror(-r)) : CTL_OK;
}

void export_dir_close(struct export_dir *dir)
{
    for (size_t i = 0; i < dir->n_names; i++)
        free(dir->names[i]);
    free(dir->names);
    if (dir->fd >= 0)
        close(dir->fd);
    *dir = (struct export_dir)EXPORT_DIR_INIT;
}

static void file_name(char file[FILE_NAME_SIZE], const char *name)
{
    snprintf(file, FILE_NAME_SIZE, "%s.json", name);
}

static bool is_free(const struct export_dir *dir, const char *name)
{
    char file[FILE_NAME_SIZE];
    struct stat st;

    file_name(file, name);
    return fstatat(dir->fd, file, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

/* The list first: a file that it names in vain harms nobody, one that it misses would stay. */
int export_dir_claim(struct export_dir *dir, char *const *names, size_t n)
{
    size_t before = dir->n_names;
    int r = 0;

    for (size_t i = 0; i < n && r == 0; i++)
        if (!export_dir_has(dir, names[i]) && is_free(dir, names[i]))
            r = add_name(dir, names[i]);
    if (r == 0 && dir->n_names > before)
        r = export_dir_save(dir);
    while (r < 0 && dir->n_names > before)
        remove_name(dir, dir->n_names - 1);
    return r;
}

int export_dir_put(struct export_dir *dir, const char *name, const char *text, size_t len)
{
    cleanup_free char *old = NULL;
    char file[FILE_NAME_SIZE];
    size_t old_len = 0;
    int r;

    if (!export_dir_has(dir, name))
        return -EEXIST;
    file_name(file, name);
    if (read_file(dir, file, TEXT_MAX, &old, &old_len) == 0 && old_len == len &&
        memcmp(old, text, len) == 0)
        return 0;
    r = replace_file(dir->fd, file, text, len, 0644, NULL);
    return r < 0 ? r : 1;
}

int export_dir_drop(struct export_dir *dir, const char *name)
{
    size_t at = find(dir, name);
    char file[FILE_NAME_SIZE];

    if (at == dir->n_names)
        return 0;
    file_name(file, name);
    if (unlinkat(dir->fd, file, 0) < 0 && errno != ENOENT)
        return -errno;
    remove_name(dir, at);
    return 1;
}
