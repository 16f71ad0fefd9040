/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notices changes of the profile directories (inotify): of what is in them, of the directories
 * themselves, and of the way to them, which may not exist yet. It says which names in the profile
 * directories changed, where that is all and they are few; what became of them a scan finds out.
 */
#ifndef DAEMON_FILES_WATCH_H
#define DAEMON_FILES_WATCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

enum {
    WATCH_DEBOUNCE_USEC = 20000,  /* of silence, before a change is told */
    WATCH_PATIENCE_USEC = 200000, /* after this it is told without silence */
    WATCH_ACCURACY_USEC = 1000,
    WATCH_AGAIN_USEC = 100000,
    WATCH_POLL_USEC = 5000000, /* between scans where the kernel cannot watch */
    WATCH_NAMES_MAX = 64,      /* changed names that are told one by one */
};

/* What one inotify watch is for. */
struct watch_item {
    int wd;
    char *path;
    char *component;  /* the one name in PATH that matters; NULL: all of them */
    bool is_profiles; /* PATH is a profile directory: a name in it can be told alone */
};

struct watch {
    sd_event *event;
    int fd; /* inotify, or -1 */
    sd_event_source *io;
    sd_event_source *timer;
    struct watch_item *items;
    size_t n;
    bool pending;        /* the timer runs for a change that is to be told */
    bool polling;        /* some place cannot be watched */
    uint64_t since_usec; /* of the first change that is to be told */

    /* What changed since watch_forget(). */
    bool everything; /* events were lost: nothing that is known can be relied on */
    bool all;        /* more than the names in profile directories that follow */
    char names[WATCH_NAMES_MAX][NAME_MAX + 1];
    size_t n_names;

    /* Told of changes; takes them, or leaves them for later. */
    void (*changed)(void *user);
    void *user;
};

/* Starts watching; nothing is watched before watch_arm(). Returns 0 or -errno. */
int watch_start(struct watch *watch, sd_event *event);
void watch_stop(struct watch *watch);

/*
 * Watches the N directories at DIRECTORIES (absolute paths) with the way to each, and the
 * N_PLACES other directories at PLACES; what was watched before and is none of these is no longer
 * watched. To be called before each scan, so that nothing that changes after it goes unnoticed.
 * Returns 0, or -errno for the first place that cannot be watched: then changes are looked for
 * from time to time.
 */
int watch_arm(struct watch *watch, char *const *directories, size_t n, char *const *places,
              size_t n_places);

/* True where everything directly in the directory PATH is watched. */
bool watch_covers(const struct watch *watch, const char *path);

/* What changed was taken. */
void watch_forget(struct watch *watch);

/* Has changed() called after WATCH_AGAIN_USEC, for all there is. */
void watch_again(struct watch *watch);

#endif
