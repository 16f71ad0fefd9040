/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the profile directories a piece at a time: which names there are, which file stands for
 * each, and what is in it. Looks at the disk only; what follows from it is for others.
 */
#ifndef DAEMON_FILES_SCAN_H
#define DAEMON_FILES_SCAN_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/files/access.h"
#include "daemon/files/trust.h"
#include "protocol/protocol.h"
#include "util/arena.h"

enum {
    SCAN_MAX_DIRECTORIES = 32,
    SCAN_MAX_PROFILES = 65536, /* that can be asked for */
    SCAN_LEFT_OUT_SIZE = 256,
};

enum scan_kind {
    SCAN_GONE,     /* no file has this name, or one that masks it */
    SCAN_SAME,     /* as the caller knows it */
    SCAN_READ,     /* its bytes are here */
    SCAN_REFUSED,  /* not to be believed, or not readable: WHY says it */
    SCAN_LEFT_OUT, /* a new name, one too many */
};

/* One profile name and the file that stands for it. */
struct scan_item {
    char name[WIRE_NAME_SIZE];
    char *path;       /* not with SCAN_GONE */
    char *place;      /* the directory where a link led to; NULL: it lies in its own */
    size_t directory; /* the place of its directory in the list */
    enum scan_kind kind;
    bool seen;   /* the file could be looked at: ACCESS and ID are known */
    bool linked; /* the file's name is a link */
    struct access_list access;
    struct file_id id;
    bool settled; /* an equal id later means an unchanged file: see file_id_is_settled() */
    char *bytes;  /* SCAN_READ: SIZE of them */
    size_t size;
    char *why; /* SCAN_REFUSED */
};

struct scan_input {
    char *const *directories; /* in the order of precedence */
    size_t n_directories;     /* at most SCAN_MAX_DIRECTORIES */
    size_t max_new;           /* names that the caller does not have; more are left out */
    uid_t own_uid;
    bool shared; /* the directories themselves may be writable by others */
    bool whole;  /* all names: those in the directories, and those that the caller has */
    /* Says whether the caller has a profile NAME. NULL: it has none. */
    bool (*has)(void *user, const char *name);
    /* WHOLE: the first name that the caller has behind NAME. NULL, or returns NULL: there is none.
     */
    const char *(*behind)(void *user, const char *name);
    /*
     * Says whether the caller knows the content of the file at PATH that has ID, under
     * NAME: then it is not read again. NULL: everything is read.
     */
    bool (*known)(void *user, const char *name, const char *path, const struct file_id *id);
    void *user;
};

/* A profile directory. */
struct scan_place {
    int fd; /* -1: not open */
    struct access_way way;
    const char *distrust; /* why it is not trusted; NULL where it is */
};

/* Names in strcmp() order, those from AT to END. */
struct scan_run {
    size_t at;
    size_t end;
};

struct scan {
    struct scan_input input;
    struct scan_place places[SCAN_MAX_DIRECTORIES];
    struct arena arena; /* has the names, the runs, and why a place is not trusted */
    size_t listing;     /* the directory whose names are being read */
    DIR *dir;           /* that one, once reading has begun; or NULL */
    const char **names; /* that were read */
    size_t n_names;
    size_t room;
    struct scan_run *runs;
    size_t n_runs;
    size_t room_runs;
    char last[WIRE_NAME_SIZE]; /* the name that was looked at last */

    size_t n_ignored;                  /* files named *.json whose stem cannot name a profile */
    size_t n_new;                      /* of names that the caller did not have */
    size_t n_left_out;                 /* over the limit on these */
    char left_out[SCAN_LEFT_OUT_SIZE]; /* the first of their names, for people */
    bool again;                       /* a file was being written, or no fd left: look again soon */
    int failed[SCAN_MAX_DIRECTORIES]; /* by directory: -errno where it could not be read through */
    bool missing[SCAN_MAX_DIRECTORIES]; /* by directory: it does not exist */
};

/*
 * Begins a scan as INPUT says, and opens the directories. What is wrong with one is said in SCAN,
 * which is to be released with scan_clear(). Returns 0; or -ENOMEM.
 */
int scan_begin(struct scan *scan, const struct scan_input *input);
void scan_clear(struct scan *scan);

/* Without WHOLE: has the N names at NAMES looked at. They are copied. Returns 0; or -ENOMEM. */
int scan_add(struct scan *scan, char (*names)[WIRE_NAME_SIZE], size_t n);

/* WHOLE: reads some names more, in well under a millisecond. Returns 1; 0: that was all; -ENOMEM.
 */
int scan_list(struct scan *scan);

/*
 * Looks at the next name, in strcmp() order, and fills in ITEM, to be released with
 * scan_item_clear(). What the caller has may change between calls. Returns 1; 0: there is no name
 * left; -ENOMEM.
 */
int scan_next(struct scan *scan, struct scan_item *item);
void scan_item_clear(struct scan_item *item);

/*
 * The profile name that the file FILE_NAME of a profile directory stands for, in NAME: its stem
 * where it ends in ".json". Returns 0; -ENOENT where it is no profile (hidden, an editor's, another
 * ending); -EINVAL where it would be one but its stem cannot name a profile.
 */
int scan_profile_name(const char *file_name, char name[WIRE_NAME_SIZE]);

#endif
