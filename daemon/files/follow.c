/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the registry follow the disk. Reads directories through scan.c; compiles through service.c.
 */
#include "daemon/files/follow.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/files/scan.h"
#include "daemon/log.h"
#include "util/cleanup.h"

enum {
    SCAN_BYTES_MANY = 1024 * 1024,
};

/*
 * False where a directory before DIRECTORY cannot be read, and WHY: it may have another file of the
 * same name, or mask it.
 */
static bool has_precedence(const struct follow *follow, const struct scan *scan, size_t directory,
                           char why[TRUST_WHY_SIZE])
{
    for (size_t i = 0; i < directory; i++) {
        if (!scan->failed[i])
            continue;
        snprintf(why, TRUST_WHY_SIZE,
                 "%.160s, which comes before its directory, cannot be read: %s",
                 follow->directories[i], strerror(-scan->failed[i]));
        return false;
    }
    return true;
}

/* Takes in what was read from ENTRY's file. */
static void take_content(struct follow *follow, const struct scan *scan,
                         struct profile_entry *entry, const struct scan_item *item)
{
    struct service *service = follow->service;
    uint8_t digest[DIGEST_SIZE];
    char why[TRUST_WHY_SIZE];
    struct source *source;
    int r;

    entry->id = item->id;
    entry->content_known = item->settled;
    digest_of(item->bytes, item->size, digest);
    if (entry->newest != NEWEST_UNKNOWN && !memcmp(digest, entry->newest_digest, DIGEST_SIZE)) {
        if (entry->newest == NEWEST_SERVED)
            entry_settle(entry, follow->scans);
        else if (entry->newest == NEWEST_COMPILING)
            (entry->next ? entry->next : entry->compiling)->access = entry->access;
        return;
    }
    if (!entry->compiling && entry->served && !memcmp(digest, entry->served->digest, DIGEST_SIZE)) {
        entry_settle(entry, follow->scans);
        return;
    }
    /* What is in service stays so, but nothing comes newly into service. */
    if (!has_precedence(follow, scan, entry->directory, why)) {
        service_refuse(service, entry, why, follow->scans);
        return;
    }
    r = source_new(&source, &service->store, item->bytes, item->size, entry->path);
    if (r < 0) {
        service_refuse(service, entry, strerror(-r), follow->scans);
        watch_again(&follow->watch);
        return;
    }
    service_offer(service, entry, source, follow->scans);
}

/* Takes over the owner and mode of ENTRY's file. */
static void take_access(struct follow *follow, struct profile_entry *entry,
                        const struct access_list *access)
{
    if (access_list_equal(&entry->access, access))
        return;
    entry->access = *access;
    if (entry->served)
        follow->service->generation++;
}

static void take_item(struct follow *follow, const struct scan *scan, struct profile_entry *entry,
                      struct scan_item *item)
{
    free(entry->path);
    free(entry->place);
    entry->path = steal_ptr(&item->path);
    entry->place = steal_ptr(&item->place);
    entry->directory = item->directory;
    /* Of a file that cannot be looked at it stays as it was: at first, nobody's but root's. */
    if (item->seen)
        take_access(follow, entry, &item->access);
    switch (item->kind) {
    case SCAN_REFUSED:
        service_refuse(follow->service, entry, item->why ? item->why : "no memory", follow->scans);
        break;
    case SCAN_READ:
        take_content(follow, scan, entry, item);
        break;
    case SCAN_SAME:
        if (entry->newest == NEWEST_SERVED)
            entry_settle(entry, follow->scans);
        break;
    case SCAN_MASKED:
        break;
    }
}

/* Makes ENTRY what ITEM says, and tells of it. */
static void follow_item(struct follow *follow, const struct scan *scan, struct profile_entry *entry,
                        struct scan_item *item)
{
    const struct entry_access before = entry_access(entry);
    const enum wire_profile_state state = entry_state(entry);
    struct changes *changes = &follow->service->changes;
    const uint64_t told = changes->n;
    struct entry_access after;

    take_item(follow, scan, entry, item);
    after = entry_access(entry);
    if (changes->n == told &&
        (entry_state(entry) != state || !access_list_equal(&before.file, &after.file) ||
         !access_list_equal(&before.served, &after.served)))
        changes_note(changes, follow->service->generation, entry, &before);
}

/* Nobody knows whether ENTRY is still there: it stays as it is, marked. */
static void doubt(struct follow *follow, const struct scan *scan, struct profile_entry *entry)
{
    char why[TRUST_WHY_SIZE];

    snprintf(why, sizeof(why), "its directory cannot be read: %s",
             strerror(-scan->failed[entry->directory]));
    service_refuse(follow->service, entry, why, follow->scans);
}

/* The registry has ENTRY, and the scan found nothing of that name. Returns true where it stays. */
static bool follow_missing(struct follow *follow, const struct scan *scan, size_t at)
{
    struct profile_entry *entry = follow->service->registry.entries[at];

    if (scan->failed[entry->directory]) {
        doubt(follow, scan, entry);
        return true;
    }
    service_remove(follow->service, at);
    /* Its place is free for one that was left out. */
    if (scan->n_left_out)
        watch_again(&follow->watch);
    return false;
}

static void follow_found(struct follow *follow, const struct scan *scan, struct scan_item *item,
                         struct profile_entry *entry)
{
    /* A file of lesser precedence does not take over while the better directory is unreadable. */
    if (entry->path && scan->failed[entry->directory] && item->directory > entry->directory) {
        doubt(follow, scan, entry);
        return;
    }
    follow_item(follow, scan, entry, item);
}

/* Merges what the scan found into the registry; both are in the order of the names. */
static void merge(struct follow *follow, struct scan *scan)
{
    struct registry *registry = &follow->service->registry;
    size_t at = 0;

    for (size_t i = 0; i < scan->n; i++) {
        struct scan_item *item = &scan->items[i];

        while (at < registry->n && strcmp(registry->entries[at]->name, item->name) < 0)
            at += follow_missing(follow, scan, at);
        if ((at == registry->n || strcmp(registry->entries[at]->name, item->name)) &&
            !registry_add(registry, item->name)) {
            log_write(follow->service->log, LOG_ERR, "%s: no memory", item->name);
            watch_again(&follow->watch);
            continue;
        }
        follow_found(follow, scan, item, registry->entries[at++]);
    }
    while (at < registry->n)
        at += follow_missing(follow, scan, at);
}

/* Says what is odd about the directories. */
static void log_scan(struct follow *follow, const struct scan *scan, bool everything)
{
    const int usual = everything ? LOG_INFO : LOG_DEBUG;
    struct log *log = follow->service->log;

    for (size_t i = 0; i < follow->n_directories; i++) {
        const char *directory = follow->directories[i];

        if (scan->failed[i] < 0)
            log_write(log, LOG_ERR, "%s cannot be read: %s", directory, strerror(-scan->failed[i]));
        else if (scan->missing[i])
            log_write(log, usual, "there is no directory %s (yet)", directory);
    }
    if (scan->n_ignored)
        log_write(log, everything ? LOG_WARNING : LOG_DEBUG,
                  "%zu files end in .json but their stems cannot name profiles", scan->n_ignored);
    if (scan->n_left_out)
        log_write(
            log, LOG_ERR,
            "%zu profiles are left out, for there would be more than %zu (--max-profiles): %s",
            scan->n_left_out, follow->max_profiles, scan->left_out);
}

/* For scan.c: true where there is a profile NAME already, which is never left out. */
static bool has_entry(void *user, const char *name)
{
    const struct follow *follow = user;

    return registry_find(&follow->service->registry, name) != NULL;
}

/* For scan.c: true where the content of the file is what ENTRY's is. */
static bool is_known(void *user, const char *name, const char *path, const struct file_id *id)
{
    const struct follow *follow = user;
    const struct profile_entry *entry = registry_find(&follow->service->registry, name);

    return entry && entry->content_known && entry->path && !strcmp(entry->path, path) &&
           file_id_equal(&entry->id, id);
}

/* Watches everything that the next scan looks at. */
static void arm_watch(struct follow *follow)
{
    const struct registry *registry = &follow->service->registry;
    cleanup_free char **places = calloc(registry->n + 1, sizeof(*places));
    bool was_polling = follow->watch.polling;
    size_t n = 0;
    int r;

    for (size_t i = 0; places && i < registry->n; i++) {
        char *place = registry->entries[i]->place;

        if (place && (n == 0 || strcmp(places[n - 1], place)))
            places[n++] = place;
    }
    r = watch_arm(&follow->watch, follow->directories, follow->n_directories, places, n);
    if (r < 0 && !was_polling)
        log_write(follow->service->log, LOG_WARNING,
                  "the kernel cannot watch all directories (%s): looking every %d s", strerror(-r),
                  WATCH_POLL_USEC / 1000000);
}

/* Where a link led to a directory that is not watched yet: watches it, and looks once more. */
static void watch_places(struct follow *follow)
{
    for (size_t i = 0; i < follow->service->registry.n; i++) {
        const char *place = follow->service->registry.entries[i]->place;

        if (place && !follow->watch.polling && !watch_covers(&follow->watch, place)) {
            arm_watch(follow);
            watch_again(&follow->watch);
            return;
        }
    }
}

/*
 * The texts of many profiles were in memory at once. Without this malloc would keep their memory,
 * as much as all the profiles take.
 */
static void give_back_memory(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

uint64_t follow_scan(struct follow *follow, bool everything)
{
    struct service *service = follow->service;
    const struct scan_input input = {
        .directories = follow->directories,
        .n_directories = follow->n_directories,
        .max_new = follow->max_profiles - service->registry.n,
        .own_uid = follow->own_uid,
        .shared = follow->shared,
        .has = has_entry,
        .known = everything ? NULL : is_known,
        .user = follow,
    };
    struct scan scan;
    bool many;
    int r;

    follow->scans++;
    service->retry_usec = UINT64_MAX;
    arm_watch(follow);
    r = scan_run(&scan, &input);
    if (r < 0) {
        log_write(service->log, LOG_ERR, "the profiles cannot be read: %s", strerror(-r));
        watch_again(&follow->watch);
    } else {
        log_scan(follow, &scan, everything);
        follow->left_out = (uint32_t)scan.n_left_out;
        merge(follow, &scan);
        watch_places(follow);
        if (scan.again)
            watch_again(&follow->watch);
    }
    many = scan.n_bytes > SCAN_BYTES_MANY;
    scan_clear(&scan);
    if (many)
        give_back_memory();
    service->hooks.changed(service->hooks.user);
    return follow->scans;
}
