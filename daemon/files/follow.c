/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the registry follow the disk. Reads directories through scan.c; compiles through service.c.
 */
#include "daemon/files/follow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/files/scan.h"
#include "daemon/log.h"
#include "util/cleanup.h"

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
    follow->n_linked += item->linked - (size_t)entry->linked;
    entry->linked = item->linked;
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
    case SCAN_GONE:
    case SCAN_LEFT_OUT:
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
    registry_count(&follow->service->registry, entry);
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

/* The registry has ENTRY, and the scan found nothing of that name. */
static void follow_missing(struct follow *follow, struct profile_entry *entry)
{
    const struct scan *scan = &follow->scan;

    if (scan->failed[entry->directory]) {
        doubt(follow, scan, entry);
        return;
    }
    follow->n_linked -= entry->linked;
    service_remove(follow->service, registry_after(&follow->service->registry, entry->name) - 1);
    /* Its place is free for one that was left out. */
    if (scan->n_left_out)
        watch_again(&follow->watch);
}

static void follow_found(struct follow *follow, struct scan_item *item, struct profile_entry *entry)
{
    const struct scan *scan = &follow->scan;

    /* A file of lesser precedence does not take over while the better directory is unreadable. */
    if (entry->path && scan->failed[entry->directory] && item->directory > entry->directory) {
        doubt(follow, scan, entry);
        return;
    }
    follow_item(follow, scan, entry, item);
    if (entry->place && !follow->watch.polling && !watch_covers(&follow->watch, entry->place))
        follow->is_unwatched = true;
}

/* Makes the registry say what ITEM does. */
static void follow_name(struct follow *follow, struct scan_item *item)
{
    struct registry *registry = &follow->service->registry;
    struct profile_entry *entry = registry_find(registry, item->name);

    if (item->kind == SCAN_LEFT_OUT)
        return;
    if (item->kind == SCAN_GONE) {
        if (entry)
            follow_missing(follow, entry);
        return;
    }
    if (!entry)
        entry = registry_add(registry, item->name);
    if (entry) {
        follow_found(follow, item, entry);
        return;
    }
    log_write(follow->service->log, LOG_ERR, "%s: no memory", item->name);
    watch_again(&follow->watch);
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

/* For scan.c: the first profile behind NAME. */
static const char *behind(void *user, const char *name)
{
    const struct follow *follow = user;
    const struct registry *registry = &follow->service->registry;
    const size_t i = registry_after(registry, name);

    return i < registry->n ? registry->entries[i]->name : NULL;
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

/* The scan under way has come to its end: R. */
static void end(struct follow *follow, int r)
{
    struct service *service = follow->service;
    struct scan *scan = &follow->scan;

    if (r < 0) {
        log_write(service->log, LOG_ERR, "the profiles cannot be read: %s", strerror(-r));
        watch_again(&follow->watch);
    } else {
        log_scan(follow, scan, follow->everything);
        follow->left_out = (uint32_t)scan->n_left_out;
        follow->doubtful = false;
        for (size_t i = 0; i < follow->n_directories; i++)
            follow->doubtful |= scan->failed[i] != 0;
        /* It is looked at once more when it is watched. */
        if (follow->is_unwatched)
            arm_watch(follow);
        if (scan->again || follow->is_unwatched)
            watch_again(&follow->watch);
    }
    scan_clear(scan);
    follow->scanning = false;
    service->scanning = UINT64_MAX;
    service->hooks.changed(service->hooks.user);
}

/* Begins a scan: of the N names at NAMES, or N being 0 of all. */
static void begin(struct follow *follow, bool everything, char (*names)[WIRE_NAME_SIZE], size_t n)
{
    struct service *service = follow->service;
    const struct scan_input input = {
        .directories = follow->directories,
        .n_directories = follow->n_directories,
        .max_new = follow->max_profiles - service->registry.n,
        .own_uid = follow->own_uid,
        .shared = follow->shared,
        .whole = n == 0,
        .has = has_entry,
        .behind = behind,
        .known = everything ? NULL : is_known,
        .user = follow,
    };
    int r;

    service->scanning = ++follow->scans;
    follow->scanning = true;
    follow->everything = everything;
    follow->is_listed = n > 0;
    follow->is_unwatched = false;
    if (n == 0) {
        service->retry_usec = UINT64_MAX;
        arm_watch(follow);
    }
    r = scan_begin(&follow->scan, &input);
    if (r == 0 && n > 0)
        r = scan_add(&follow->scan, names, n);
    if (r < 0)
        end(follow, r);
    else
        follow->begun(follow->user);
}

uint64_t follow_scan(struct follow *follow, bool everything)
{
    if (!follow->scanning) {
        begin(follow, everything, NULL, 0);
        return follow->scans;
    }
    follow->wanted = true;
    follow->wanted_everything |= everything;
    return follow->scans + 1;
}

/*
 * The profiles that the changed names are about, in NAMES; *N: how many. Returns false where all
 * files have to be looked at.
 */
static bool find_changed(const struct follow *follow, char names[WATCH_NAMES_MAX][WIRE_NAME_SIZE],
                         size_t *n)
{
    const struct watch *watch = &follow->watch;

    *n = 0;
    if (watch->all || watch->everything || watch->polling || follow->doubtful || follow->left_out)
        return false;
    for (size_t i = 0; i < watch->n_names; i++) {
        int r = scan_profile_name(watch->names[i], names[*n]);

        /* Whatever else lies there matters where links may lead to it only. */
        if (r == -ENOENT && follow->n_linked)
            return false;
        *n += r == 0;
    }
    return true;
}

void follow_changes(struct follow *follow)
{
    struct watch *watch = &follow->watch;
    char names[WATCH_NAMES_MAX][WIRE_NAME_SIZE];
    const bool everything = watch->everything;
    bool few;
    size_t n;

    /* When the scan ends it is asked what changed meanwhile. */
    if (follow->scanning)
        return;
    few = find_changed(follow, names, &n);
    /* Before it begins: a scan that cannot is wanted again. */
    watch_forget(watch);
    if (!few)
        begin(follow, everything, NULL, 0);
    else if (n > 0)
        begin(follow, false, names, n);
}

/* True where something changed that is due, or another scan is wanted: then that has begun. */
static bool go_on(struct follow *follow)
{
    const struct watch *watch = &follow->watch;

    if (follow->wanted) {
        begin(follow, follow->wanted_everything, NULL, 0);
        follow->wanted = follow->wanted_everything = false;
    } else if (!watch->pending && (watch->all || watch->everything || watch->n_names)) {
        follow_changes(follow);
    }
    return follow->scanning;
}

static uint64_t now_usec(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Does a small piece of the scan. Returns 1; 0: that was the last; -ENOMEM. */
static int do_piece(struct follow *follow)
{
    struct scan_item item;
    int r;

    if (!follow->is_listed) {
        r = scan_list(&follow->scan);
        follow->is_listed = r == 0;
        return r < 0 ? r : 1;
    }
    r = scan_next(&follow->scan, &item);
    if (r > 0)
        follow_name(follow, &item);
    scan_item_clear(&item);
    return r;
}

bool follow_step(struct follow *follow)
{
    const uint64_t until = now_usec() + FOLLOW_STEP_USEC;
    int r = 1;

    if (!follow->scanning)
        return false;
    do
        r = do_piece(follow);
    while (r > 0 && now_usec() < until);
    if (r > 0)
        return true;
    end(follow, r);
    return go_on(follow);
}

void follow_stop(struct follow *follow)
{
    scan_clear(&follow->scan);
    follow->scanning = false;
}
