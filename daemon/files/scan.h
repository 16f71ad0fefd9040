/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the profile directories: which names there are, which file stands for each, and what is
 * in it. Looks at the disk only; what follows from it is for others.
 */
#ifndef DAEMON_FILES_SCAN_H
#define DAEMON_FILES_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/files/access.h"
#include "daemon/files/trust.h"
#include "protocol/protocol.h"

enum {
    SCAN_MAX_DIRECTORIES = 32,
    SCAN_MAX_PROFILES = 65536, /* that can be asked for */
    SCAN_LEFT_OUT_SIZE = 256,
};

enum scan_kind {
    SCAN_SAME,    /* as the caller knows it */
    SCAN_READ,    /* its bytes are here */
    SCAN_REFUSED, /* not to be believed, or not readable: WHY says it */
    SCAN_MASKED,  /* only while scanning: no profile of this name */
};

/* One profile name and the file that stands for it. */
struct scan_item {
    char name[WIRE_NAME_SIZE];
    char *path;
    char *place;      /* the directory where a link led to; NULL: it lies in its own */
    size_t directory; /* the place of its directory in the list */
    enum scan_kind kind;
    bool seen; /* the file could be looked at: ACCESS and ID are known */
    struct access_list access;
    struct file_id id;
    bool settled; /* an equal id later means an unchanged file: see file_id_is_settled() */
    char *bytes;  /* SCAN_READ: SIZE of them */
    size_t size;
    char *why; /* SCAN_REFUSED */
};

struct scan {
    struct scan_item *items; /* one for each name, in strcmp() order */
    size_t n;
    size_t room;
    size_t n_ignored;                  /* files named *.json whose stem cannot name a profile */
    size_t n_new;                      /* of names that the caller did not have */
    size_t n_left_out;                 /* over the limit on these */
    char left_out[SCAN_LEFT_OUT_SIZE]; /* the first of their names, for people */
    size_t n_bytes;                    /* that were read */
    bool again;                       /* a file was being written, or no fd left: look again soon */
    int failed[SCAN_MAX_DIRECTORIES]; /* by directory: -errno where it could not be read through */
    bool missing[SCAN_MAX_DIRECTORIES]; /* by directory: it does not exist */
};

struct scan_input {
    char *const *directories; /* in the order of precedence */
    size_t n_directories;     /* at most SCAN_MAX_DIRECTORIES */
    size_t max_new;           /* names that the caller does not have; more are left out */
    uid_t own_uid;
    bool shared; /* the directories themselves may be writable by others */
    /* Says whether the caller has a profile NAME. NULL: it has none. */
    bool (*has)(void *user, const char *name);
    /*
     * Says whether the caller knows the content of the file at PATH that has ID, under
     * NAME: then it is not read again. NULL: everything is read.
     */
    bool (*known)(void *user, const char *name, const char *path, const struct file_id *id);
    void *user;
};

/*
 * Fills SCAN. Returns 0; or -ENOMEM. Whatever else is wrong is said per directory or file.
 * SCAN is to be released with scan_clear() in each case.
 */
int scan_run(struct scan *scan, const struct scan_input *input);
void scan_clear(struct scan *scan);

/*
 * The profile name that the file FILE_NAME of a profile directory stands for, in NAME: its stem
 * where it ends in ".json". Returns 0; -ENOENT where it is no profile (hidden, an editor's, another
 * ending); -EINVAL where it would be one but its stem cannot name a profile.
 */
int scan_profile_name(const char *file_name, char name[WIRE_NAME_SIZE]);

#endif
