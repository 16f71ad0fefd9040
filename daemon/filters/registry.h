/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The profiles by name: which file stands for each, which version of it is in service, and what
 * became of the newest one. Data and its rules; service.c drives it.
 */
#ifndef DAEMON_FILTERS_REGISTRY_H
#define DAEMON_FILTERS_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/digest.h"
#include "daemon/files/access.h"
#include "daemon/files/trust.h"
#include "daemon/filters/store.h"
#include "protocol/protocol.h"

/* What became of the content that was last read from a profile's file. */
enum newest {
    NEWEST_UNKNOWN,   /* it cannot be used, or has to be read again */
    NEWEST_COMPILING, /* it is being compiled, or waits for it */
    NEWEST_SERVED,    /* it is in service */
    NEWEST_FAILED,    /* the compiler refused it */
};

struct profile_entry {
    char name[WIRE_NAME_SIZE];
    char *path;       /* the file that stands for it */
    char *place;      /* the directory where that file really lies, if links lead there */
    size_t directory; /* the place of its directory in the order of precedence */
    bool linked;      /* its name there is a link */
    enum wire_profile_state counted; /* as what the registry counts it */
    struct access_list access;       /* of that file, as it is now */
    struct file_id id;               /* of the content that was last read, where CONTENT_KNOWN */
    bool content_known;
    enum newest newest;
    uint8_t newest_digest[DIGEST_SIZE];

    struct source *served;         /* the version in service, or NULL; a reference */
    struct stored_variant *native; /* its filter for this machine, without capabilities */
    uint64_t generation;           /* in which that came into service */
    struct source *compiling;      /* the version that is being compiled, or NULL; a reference */
    struct source *next;           /* the one to be compiled after it, or NULL; a reference */
    bool failed;                   /* what is on disk is not in service, and will not be as it is */
    char *error;                   /* why it FAILED, for people; NULL: there was no memory for it */
    bool no_result;                /* FAILED: its compile came to no result, and is tried again */
    uint64_t error_at;             /* the number of the scan that it FAILED with */
};

/* Who may know of a profile: who could read its file as it is, and the file of what is served. */
struct entry_access {
    struct access_list file;
    struct access_list served; /* that of FILE where nothing is */
};

/* All profiles, in strcmp() order of their names. */
struct registry {
    struct profile_entry **entries;
    size_t n;
    size_t room;
    size_t n_in[WIRE_PROFILE_PENDING + 1]; /* in each state: see registry_count() */
};

void registry_clear(struct registry *registry);

/* The profile NAME, or NULL. */
struct profile_entry *registry_find(const struct registry *registry, const char *name);

/* The index of the first profile whose name is behind NAME. */
size_t registry_after(const struct registry *registry, const char *name);

/* Adds a profile NAME, which is not there yet. Returns it, or NULL (no memory). */
struct profile_entry *registry_add(struct registry *registry, const char *name);

/* Removes the profile at INDEX and gives back all that it held. */
void registry_remove(struct registry *registry, size_t index);

/* Counts ENTRY, whose state may have changed, as what it is now. */
void registry_count(struct registry *registry, struct profile_entry *entry);

enum wire_profile_state entry_state(const struct profile_entry *entry);

struct entry_access entry_access(const struct profile_entry *entry);
bool entry_access_allows(const struct entry_access *access, const struct peer *peer);

/*
 * True where PEER may know of ENTRY and have its filter: it could read the file as it is now, and
 * could read the file that the version in service was made from.
 */
bool entry_may_read(const struct profile_entry *entry, const struct peer *peer);

/*
 * Sets LINES as the error of the scan AT, unless there is a newer one: lines as the compiler
 * renders them, in front of which PATH is put.
 */
void entry_set_lines(struct profile_entry *entry, const char *path, const char *lines, uint64_t at);

/* The same with one line that says WHY the file at PATH is not in service. NO_RESULT: its compile
 * came to none. */
void entry_set_reason(struct profile_entry *entry, const char *path, const char *why,
                      bool no_result, uint64_t at);

/* SCAN found that the content of ENTRY's file is that of the version in service. */
void entry_settle(struct profile_entry *entry, uint64_t scan);

/* Clears an error that is not newer than the scan AT. */
void entry_clear_error(struct profile_entry *entry, uint64_t at);

#endif
