/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the registry follow the disk. Reads directories through scan.c; compiles through service.c.
 */
#include "daemon/files/follow.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"
#include "daemon/files/scan.h"
#include "daemon/filters/lines.h"
#include "daemon/filters/service.h"
#include "daemon/phase.h"
#include "daemon/serve/subscribe.h"
#include "util/cleanup.h"

enum {
    SCAN_BYTES_MANY = 1024 * 1024,
};

/* Sets WHY as the reason for which the file of ENTRY is not looked into. */
static void refuse(struct daemon *daemon, struct profile_entry *entry, const char *why)
{
    const struct log_subject subject = {.profile = entry->name};
    const struct entry_access access = entry_access(entry);
    cleanup_free char *before = steal_ptr(&entry->error);

    entry_set_reason(entry, entry->path, why, daemon->scans);
    entry->newest = NEWEST_UNKNOWN;
    entry->content_known = false;
    if (entry->next)
        entry->next->entry = NULL;
    source_unref(steal_ptr(&entry->next));
    if (entry->error && before && !strcmp(before, entry->error))
        return;
    if (entry->error)
        log_about(&daemon->log, LOG_WARNING, &subject, "%s: %.*s", entry->name,
                  (int)text_first_line(entry->error), entry->error);
    changes_note(daemon, entry, &access);
}

/* Has a new version of ENTRY compiled, now or after the one that is being compiled. */
static void enqueue(struct daemon *daemon, struct profile_entry *entry, struct source *source)
{
    source->entry = entry;
    source->access = entry->access;
    source->changed_at = daemon->scans;
    entry->newest = NEWEST_COMPILING;
    memcpy(entry->newest_digest, source->digest, DIGEST_SIZE);
    if (!entry->compiling) {
        service_compile(daemon, entry, source);
        return;
    }
    if (entry->next) {
        /* Whoever waits for the older content gets by with the newer. */
        source->changed_at = entry->next->changed_at;
        entry->next->entry = NULL;
        source_unref(entry->next);
    }
    entry->next = source;
}

/* The content on the disk is (again) that of the version in service. */
static void settle(struct daemon *daemon, struct profile_entry *entry)
{
    entry->newest = NEWEST_SERVED;
    memcpy(entry->newest_digest, entry->served->digest, DIGEST_SIZE);
    entry->served->access = entry->access;
    entry_clear_error(entry, daemon->scans);
}

/* Takes in what was read from ENTRY's file. */
static void take_content(struct daemon *daemon, struct profile_entry *entry,
                         const struct scan_item *item)
{
    uint8_t digest[DIGEST_SIZE];
    struct source *source;
    int r;

    entry->id = item->id;
    entry->content_known = item->settled;
    digest_of(item->bytes, item->size, digest);
    if (entry->newest != NEWEST_UNKNOWN && !memcmp(digest, entry->newest_digest, DIGEST_SIZE)) {
        if (entry->newest == NEWEST_SERVED)
            settle(daemon, entry);
        else if (entry->newest == NEWEST_COMPILING)
            (entry->next ? entry->next : entry->compiling)->access = entry->access;
        return;
    }
    if (!entry->compiling && entry->served && !memcmp(digest, entry->served->digest, DIGEST_SIZE)) {
        settle(daemon, entry);
        return;
    }
    r = source_new(&source, &daemon->store, item->bytes, item->size, entry->path);
    if (r < 0) {
        refuse(daemon, entry, strerror(-r));
        watch_again(&daemon->watch);
        return;
    }
    enqueue(daemon, entry, source);
}

static bool list_equal(const struct access_list *a, const struct access_list *b)
{
    return a->uid == b->uid && a->gid == b->gid && a->mode == b->mode;
}

/* Takes over the owner and mode of ENTRY's file. */
static void take_access(struct daemon *daemon, struct profile_entry *entry,
                        const struct access_list *access)
{
    if (list_equal(&entry->access, access))
        return;
    entry->access = *access;
    if (entry->served)
        daemon->generation++;
}

static void take_item(struct daemon *daemon, struct profile_entry *entry, struct scan_item *item)
{
    free(entry->path);
    free(entry->place);
    entry->path = steal_ptr(&item->path);
    entry->place = steal_ptr(&item->place);
    entry->directory = item->directory;
    /* Of a file that cannot be looked at it stays as it was: at first, nobody's but root's. */
    if (item->seen)
        take_access(daemon, entry, &item->access);
    switch (item->kind) {
    case SCAN_REFUSED:
        refuse(daemon, entry, item->why ? item->why : "no memory");
        break;
    case SCAN_READ:
        take_content(daemon, entry, item);
        break;
    case SCAN_SAME:
        if (entry->newest == NEWEST_SERVED)
            settle(daemon, entry);
        break;
    case SCAN_MASKED:
        break;
    }
}

/* Makes ENTRY what ITEM says, and tells of it. */
static void follow_item(struct daemon *daemon, struct profile_entry *entry, struct scan_item *item)
{
    const struct entry_access before = entry_access(entry);
    const enum wire_profile_state state = entry_state(entry);
    const uint64_t told = daemon->changes.n;
    struct entry_access after;

    take_item(daemon, entry, item);
    after = entry_access(entry);
    if (daemon->changes.n == told &&
        (entry_state(entry) != state || !list_equal(&before.file, &after.file) ||
         !list_equal(&before.served, &after.served)))
        changes_note(daemon, entry, &before);
}

/* The profile at INDEX is gone from the disk. */
static void forget(struct daemon *daemon, size_t index)
{
    struct profile_entry *entry = daemon->registry.entries[index];
    const struct variant_request request = service_default_request(daemon);
    const struct log_subject subject = {.profile = entry->name};
    struct job *job =
        entry->compiling ? jobs_find(&daemon->jobs, entry->compiling, &request) : NULL;

    log_about(&daemon->log, LOG_INFO, &subject, "%s: gone", entry->name);
    if (entry->served)
        daemon->generation++;
    changes_note_gone(daemon, entry);
    registry_remove(&daemon->registry, index);
    if (job)
        jobs_drop_unwanted(&daemon->jobs, job);
}

/* Nobody knows whether ENTRY is still there: it stays as it is, marked. */
static void doubt(struct daemon *daemon, const struct scan *scan, struct profile_entry *entry)
{
    char why[TRUST_WHY_SIZE];

    snprintf(why, sizeof(why), "its directory cannot be read: %s",
             strerror(-scan->failed[entry->directory]));
    refuse(daemon, entry, why);
}

/* The registry has ENTRY, and the scan found nothing of that name. Returns true where it stays. */
static bool follow_missing(struct daemon *daemon, const struct scan *scan, size_t at)
{
    struct profile_entry *entry = daemon->registry.entries[at];

    if (scan->failed[entry->directory]) {
        doubt(daemon, scan, entry);
        return true;
    }
    forget(daemon, at);
    return false;
}

/*
 * Makes ITEM a refused one where a directory before its own cannot be read: that may have another
 * file of this name, or mask it. Returns true where it does not have to.
 */
static bool is_first(const struct daemon *daemon, const struct scan *scan, struct scan_item *item)
{
    for (size_t i = 0; i < item->directory; i++) {
        char *why;

        if (!scan->failed[i])
            continue;
        if (asprintf(&why, "%s, which comes before its directory, cannot be read: %s",
                     daemon->options->directories[i], strerror(-scan->failed[i])) < 0)
            why = NULL;
        free(item->why);
        item->why = why;
        item->kind = SCAN_REFUSED;
        return false;
    }
    return true;
}

static void follow_found(struct daemon *daemon, const struct scan *scan, struct scan_item *item,
                         struct profile_entry *entry)
{
    /* A file of lesser precedence does not take over while the better directory is unreadable. */
    if (entry->path && scan->failed[entry->directory] && item->directory > entry->directory) {
        doubt(daemon, scan, entry);
        return;
    }
    /* What had its place while all could be read keeps it. */
    entry->placed = entry->placed || is_first(daemon, scan, item);
    follow_item(daemon, entry, item);
}

/* Merges what the scan found into the registry; both are in the order of the names. */
static void merge(struct daemon *daemon, struct scan *scan)
{
    struct registry *registry = &daemon->registry;
    size_t at = 0;

    for (size_t i = 0; i < scan->n; i++) {
        struct scan_item *item = &scan->items[i];

        while (at < registry->n && strcmp(registry->entries[at]->name, item->name) < 0)
            at += follow_missing(daemon, scan, at);
        if ((at == registry->n || strcmp(registry->entries[at]->name, item->name)) &&
            !registry_add(registry, item->name)) {
            log_write(&daemon->log, LOG_ERR, "%s: no memory", item->name);
            watch_again(&daemon->watch);
            continue;
        }
        follow_found(daemon, scan, item, registry->entries[at++]);
    }
    while (at < registry->n)
        at += follow_missing(daemon, scan, at);
}

/* Says what is odd about the directories. */
static void log_scan(struct daemon *daemon, const struct scan *scan, bool everything)
{
    const int usual = everything ? LOG_INFO : LOG_DEBUG;

    for (size_t i = 0; i < daemon->options->n_directories; i++) {
        const char *directory = daemon->options->directories[i];

        if (scan->failed[i] < 0)
            log_write(&daemon->log, LOG_ERR, "%s cannot be read: %s", directory,
                      strerror(-scan->failed[i]));
        else if (scan->missing[i])
            log_write(&daemon->log, usual, "there is no directory %s (yet)", directory);
    }
    if (scan->n_ignored)
        log_write(&daemon->log, everything ? LOG_WARNING : LOG_DEBUG,
                  "%zu files end in .json but their stems cannot name profiles", scan->n_ignored);
    if (scan->n_left_out)
        log_write(&daemon->log, LOG_ERR, "%zu profiles are left out: there are more than %u",
                  scan->n_left_out, daemon->options->max_profiles);
}

/* For scan.c: true where the content of the file is what ENTRY's is. */
static bool is_known(void *user, const char *name, const char *path, const struct file_id *id)
{
    const struct daemon *daemon = user;
    const struct profile_entry *entry = registry_find(&daemon->registry, name);

    return entry && entry->content_known && entry->path && !strcmp(entry->path, path) &&
           file_id_equal(&entry->id, id);
}

/* Watches everything that the next scan looks at. */
static void arm_watch(struct daemon *daemon)
{
    const struct registry *registry = &daemon->registry;
    cleanup_free char **places = calloc(registry->n + 1, sizeof(*places));
    bool was_polling = daemon->watch.polling;
    size_t n = 0;
    int r;

    for (size_t i = 0; places && i < registry->n; i++) {
        char *place = registry->entries[i]->place;

        if (place && (n == 0 || strcmp(places[n - 1], place)))
            places[n++] = place;
    }
    r = watch_arm(&daemon->watch, daemon->options->directories, daemon->options->n_directories,
                  places, n);
    if (r < 0 && !was_polling)
        log_write(&daemon->log, LOG_WARNING,
                  "the kernel cannot watch all directories (%s): looking every %d s", strerror(-r),
                  WATCH_POLL_USEC / 1000000);
}

/* Where a link led to a directory that is not watched yet: watches it, and looks once more. */
static void watch_places(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->registry.n; i++) {
        const char *place = daemon->registry.entries[i]->place;

        if (place && !daemon->watch.polling && !watch_covers(&daemon->watch, place)) {
            arm_watch(daemon);
            watch_again(&daemon->watch);
            return;
        }
    }
}

/*
 * The texts of many profiles were in memory at once, between what is to stay there: without this,
 * the room would stay with malloc, as much again as all the profiles.
 */
static void give_back_memory(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

uint64_t follow_scan(struct daemon *daemon, bool everything)
{
    const struct scan_input input = {
        .directories = daemon->options->directories,
        .n_directories = daemon->options->n_directories,
        .max_profiles = daemon->options->max_profiles,
        .own_uid = daemon->uid,
        .shared = daemon->options->shared_directories,
        .known = everything ? NULL : is_known,
        .user = daemon,
    };
    struct scan scan;
    bool many;
    int r;

    daemon->scans++;
    arm_watch(daemon);
    r = scan_run(&scan, &input);
    if (r < 0) {
        log_write(&daemon->log, LOG_ERR, "the profiles cannot be read: %s", strerror(-r));
        watch_again(&daemon->watch);
    } else {
        log_scan(daemon, &scan, everything);
        daemon->counters.profiles_left_out = (uint32_t)scan.n_left_out;
        merge(daemon, &scan);
        watch_places(daemon);
        if (scan.again)
            watch_again(&daemon->watch);
    }
    many = scan.n_bytes > SCAN_BYTES_MANY;
    scan_clear(&scan);
    if (many)
        give_back_memory();
    background_kick(daemon);
    phase_check(daemon);
    return daemon->scans;
}
