/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which directories and files the daemon believes: those that only root and its own user can
 * change. Opens profiles so that nothing else is ever opened, however the directory is made up.
 */
#ifndef DAEMON_FILES_TRUST_H
#define DAEMON_FILES_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "daemon/files/access.h"

enum {
    TRUST_WHY_SIZE = 256,
};

/* What a look at a directory or file came to. */
enum trust {
    TRUST_OK = 0,
    TRUST_REFUSED = 1, /* it is there, but not to be believed (or read); there is a reason */
    TRUST_MASKED = 2,  /* a link to /dev/null: there is to be no profile of this name */
    TRUST_GONE = 3,    /* it is not there */
};

/* What changes when a file does. */
struct file_id {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
    struct timespec changed;
};

void file_id_of(struct file_id *id, const struct stat *st);
bool file_id_equal(const struct file_id *a, const struct file_id *b);

/*
 * True where ID, taken at NOW (CLOCK_REALTIME), tells every later change: the file's time stamps
 * lie far enough back that another change could not leave them as they are.
 */
bool file_id_is_settled(const struct file_id *id, const struct timespec *now);

/* A profile's file that was found. */
struct trusted_file {
    int fd;      /* O_PATH at first, then open for reading; the caller's; -1 unless TRUST_OK */
    bool seen;   /* the file was looked at: ACCESS and ID are known, even if refused */
    bool linked; /* its name is a link: what becomes of other names can change the file */
    struct access_list access;
    struct file_id id;
    char *place; /* the directory where it really lies, where a link led there; else NULL; owned */
};

/*
 * Checks the directory behind DIR_FD: owned by root or OWN_UID, writable by its owner only (SHARED:
 * by whomever). Returns TRUST_OK; or TRUST_REFUSED and the reason in WHY; or -errno.
 */
int trust_directory(int dir_fd, uid_t own_uid, bool shared, char why[TRUST_WHY_SIZE]);

/*
 * Adds the directory behind FD (O_PATH will do) with ST to WAY. Returns TRUST_OK; or TRUST_REFUSED
 * where mode bits do not say who may pass, and the reason in WHY: what it has; then nobody may but
 * root.
 */
int trust_pass(struct access_way *way, int fd, const struct stat *st, char why[TRUST_WHY_SIZE]);

/*
 * Finds the file NAME of the directory DIR_FD, which is trusted, and to which WAY leads, and opens
 * it with O_PATH. It may be a link that stays inside of the directory, through directories that are
 * trusted too. It has to be a regular file of at most PROFILE_MAX_BYTES, of root or OWN_UID,
 * writable by its owner only. Returns an enum trust, with the reason in WHY for TRUST_REFUSED;
 * -EAGAIN for a link to nothing, which may be one of a moment only; or -errno for what says nothing
 * about the file: a failure of our own (no memory, no fd).
 */
int trust_find(struct trusted_file *file, int dir_fd, const struct access_way *way,
               const char *name, uid_t own_uid, char why[TRUST_WHY_SIZE]);

/*
 * Opens FILE, which was found, for reading. It may have no ACL. One whose id is that of a file that
 * was opened before has none: an ACL changes the id. Returns as trust_find() does.
 */
int trust_open(struct trusted_file *file, char why[TRUST_WHY_SIZE]);

#endif
