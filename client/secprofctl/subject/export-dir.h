/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directory that `export` keeps files in, one for each profile. A list beside them says which
 * files are its own, so that no file of somebody else is replaced or removed.
 */
#ifndef CLIENT_SECPROFCTL_SUBJECT_EXPORT_DIR_H
#define CLIENT_SECPROFCTL_SUBJECT_EXPORT_DIR_H

#include <stdbool.h>
#include <stddef.h>

struct export_dir {
    const char *path; /* for messages; the caller's */
    int fd;
    char **names; /* of the profiles whose files are ours, in no order */
    size_t n_names;
};

#define EXPORT_DIR_INIT        \
    {                          \
        .path = NULL, .fd = -1 \
    }

/*
 * Opens the directory PATH, which is made where it is missing, for this process alone. Returns
 * CTL_OK, or another exit code after a message. Either way the caller gives DIR to
 * export_dir_close().
 */
int export_dir_open(struct export_dir *dir, const char *path);
void export_dir_close(struct export_dir *dir);

#define cleanup_export_dir __attribute__((cleanup(export_dir_close)))

/* True where the file of profile NAME is ours. */
bool export_dir_has(const struct export_dir *dir, const char *name);

/*
 * Makes the files of the N profiles NAMES ours, where there is no such file yet. To be called
 * before they are written. Returns 0 or -errno; then none of them is new in the list.
 */
int export_dir_claim(struct export_dir *dir, char *const *names, size_t n);

/*
 * Writes the LEN bytes at TEXT to the file of profile NAME, in one step. Returns 1; 0 where the
 * file was like that already; -EEXIST where there is a file that is not ours; another -errno: then
 * what was there is still there.
 */
int export_dir_put(struct export_dir *dir, const char *name, const char *text, size_t len);

/*
 * Removes the file of profile NAME, if it is ours, and forgets it; export_dir_save() is to follow.
 * The last name of DIR takes its place. Returns 1, 0 (it was not) or -errno.
 */
int export_dir_drop(struct export_dir *dir, const char *name);

/* Writes down which files are ours. Returns 0 or -errno. */
int export_dir_save(const struct export_dir *dir);

#endif
