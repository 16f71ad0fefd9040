/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Watches directories with inotify. Reads no file. */
#include "daemon/files/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/loop.h"
#include "util/cleanup.h"

enum {
    BUFFER_SIZE = 32 * 1024,
    READS_MAX = 32, /* in one round of the event loop */
    WAY_MASK = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB,
    DIRECTORY_MASK = WAY_MASK | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF,
};

static void items_free(struct watch_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(items[i].path);
        free(items[i].component);
    }
    free(items);
}

/*
 * Watches PATH for MASK. COMPONENT is its one name that matters, or NULL; IS_PROFILES: it is a
 * profile directory.
 */
static int add(struct watch *watch, const char *path, const char *component, uint32_t mask,
               bool is_profiles)
{
    cleanup_free char *own_path = strdup(path);
    cleanup_free char *own_component = component ? strdup(component) : NULL;
    /* There are few, and the allocator has room behind most. */
    struct watch_item *items = reallocarray(watch->items, watch->n + 1, sizeof(*items));
    int wd;

    if (!items)
        return -ENOMEM;
    watch->items = items;
    if (!own_path || (component && !own_component))
        return -ENOMEM;
    /* One inode has one watch, whatever it is watched for: add to what it has. */
    wd = inotify_add_watch(watch->fd, path, mask | IN_ONLYDIR | IN_MASK_ADD);
    if (wd < 0)
        return -errno;
    items[watch->n++] =
        (struct watch_item){wd, steal_ptr(&own_path), steal_ptr(&own_component), is_profiles};
    return 0;
}

/* Watches each directory on the way to PATH, as far as they exist, and PATH itself. */
static int add_way(struct watch *watch, const char *path)
{
    cleanup_free char *way = strdup(path);
    int result = 0;

    if (!way)
        return -ENOMEM;
    for (char *slash = way; slash; slash = strchr(slash + 1, '/')) {
        char *component = slash + 1;
        size_t len = strcspn(component, "/");
        char name[NAME_MAX + 1];
        int r;

        if (len == 0 || len > NAME_MAX)
            continue;
        memcpy(name, component, len);
        name[len] = '\0';
        *slash = '\0';
        r = add(watch, slash == way ? "/" : way, name, WAY_MASK, false);
        *slash = '/';
        /* What is not there yet shows up in the directory before it. */
        if (r == -ENOENT || r == -ENOTDIR)
            return result;
        /* A directory that may be passed but not read cannot be watched: go on behind it. */
        if (r < 0 && r != -EACCES)
            result = r;
    }

    int r = add(watch, path, NULL, DIRECTORY_MASK, true);

    if (r < 0 && r != -ENOENT && r != -ENOTDIR)
        result = r;
    return result;
}

/* True where one of the items watches WD. */
static bool is_watched(const struct watch *watch, int wd)
{
    for (size_t i = 0; i < watch->n; i++)
        if (watch->items[i].wd == wd)
            return true;
    return false;
}

static void set_timer(struct watch *watch, uint64_t usec)
{
    if (sd_event_source_set_time_relative(watch->timer, usec) >= 0)
        sd_event_source_set_enabled(watch->timer, SD_EVENT_ONESHOT);
}

int watch_arm(struct watch *watch, char *const *directories, size_t n, char *const *places,
              size_t n_places)
{
    struct watch_item *old = watch->items;
    size_t n_old = watch->n;
    int result = watch->fd < 0 ? -EMFILE : 0;

    watch->items = NULL;
    watch->n = 0;
    for (size_t i = 0; watch->fd >= 0 && i < n + n_places; i++) {
        int r = i < n ? add_way(watch, directories[i])
                      : add(watch, places[i - n], NULL, DIRECTORY_MASK, false);

        if (r < 0 && !(i >= n && (r == -ENOENT || r == -ENOTDIR)) && result == 0)
            result = r;
    }
    for (size_t i = 0; i < n_old; i++)
        if (!is_watched(watch, old[i].wd))
            inotify_rm_watch(watch->fd, old[i].wd);
    items_free(old, n_old);
    watch->polling = result < 0;
    if (watch->polling && !watch->pending)
        set_timer(watch, WATCH_POLL_USEC);
    return result;
}

bool watch_covers(const struct watch *watch, const char *path)
{
    for (size_t i = 0; i < watch->n; i++)
        if (!watch->items[i].component && !strcmp(watch->items[i].path, path))
            return true;
    return false;
}

static uint64_t now_usec(const struct watch *watch)
{
    uint64_t now = 0;

    sd_event_now(watch->event, CLOCK_MONOTONIC, &now);
    return now;
}

/* Has the change told soon: after some silence, but not too late either. */
static void note_change(struct watch *watch)
{
    uint64_t now = now_usec(watch), wait = WATCH_DEBOUNCE_USEC;

    if (!watch->pending)
        watch->since_usec = now;
    watch->pending = true;
    /* The time is up: setting the timer once more would only put it off. */
    if (now >= watch->since_usec + WATCH_PATIENCE_USEC)
        return;
    if (now + wait > watch->since_usec + WATCH_PATIENCE_USEC)
        wait = watch->since_usec + WATCH_PATIENCE_USEC - now;
    set_timer(watch, wait);
}

void watch_forget(struct watch *watch)
{
    watch->everything = false;
    watch->all = false;
    watch->n_names = 0;
}

void watch_again(struct watch *watch)
{
    watch->all = true;
    if (watch->pending)
        return;
    watch->since_usec = now_usec(watch);
    watch->pending = true;
    set_timer(watch, WATCH_AGAIN_USEC);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *user)
{
    struct watch *watch = user;

    (void)source;
    (void)usec;
    watch->pending = false;
    if (watch->polling) {
        watch->all = true;
        set_timer(watch, WATCH_POLL_USEC);
    }
    watch->changed(watch->user);
    return 0;
}

/* Names that a profile directory may hold without any meaning for us. */
static bool is_noise(const char *name)
{
    size_t len = strlen(name);

    /* Hidden files are, but "..data" of a ConfigMap is the link that all files go through. */
    if (name[0] == '.' && name[1] != '.')
        return true;
    return name[0] == '#' || name[len - 1] == '~';
}

/* True for a new file that is still to be written: its closing will be told, too. */
static bool is_unwritten(const struct watch_item *item, const struct inotify_event *event)
{
    cleanup_free char *path = NULL;
    struct stat st;

    if (!(event->mask & IN_CREATE) || (event->mask & IN_ISDIR))
        return false;
    if (asprintf(&path, "%s/%s", item->path, event->name) < 0) {
        path = NULL; /* it is undefined then */
        return false;
    }
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
}

static bool item_cares(const struct watch_item *item, const struct inotify_event *event)
{
    if (event->len == 0) /* about the directory itself */
        return !item->component || (event->mask & IN_ATTRIB);
    if (item->component)
        return !strcmp(item->component, event->name);
    return !is_noise(event->name) && !is_unwritten(item, event);
}

/* Notes that NAME in a profile directory changed. */
static void note_name(struct watch *watch, const char *name)
{
    for (size_t i = 0; i < watch->n_names; i++)
        if (!strcmp(watch->names[i], name))
            return;
    if (watch->n_names == WATCH_NAMES_MAX)
        watch->all = true;
    else
        strncpy(watch->names[watch->n_names++], name, NAME_MAX);
}

static void handle(struct watch *watch, const struct inotify_event *event)
{
    bool is_told = false;

    if (event->mask & IN_Q_OVERFLOW) {
        watch->everything = true;
        note_change(watch);
        return;
    }
    for (size_t i = 0; i < watch->n; i++) {
        const struct watch_item *item = &watch->items[i];

        if (item->wd != event->wd || !item_cares(item, event))
            continue;
        /* A directory changes what links through it lead to. */
        if (item->is_profiles && event->len > 0 && !(event->mask & IN_ISDIR))
            note_name(watch, event->name);
        else
            watch->all = true;
        is_told = true;
    }
    if (is_told)
        note_change(watch);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *user)
{
    alignas(struct inotify_event) char buffer[BUFFER_SIZE];
    struct watch *watch = user;

    (void)source;
    (void)revents;
    for (int i = 0; i < READS_MAX; i++) {
        ssize_t len = read(fd, buffer, sizeof(buffer));

        if (len <= 0)
            return 0;
        for (char *at = buffer; at < buffer + len;) {
            const struct inotify_event *event = (const struct inotify_event *)at;

            handle(watch, event);
            at += sizeof(*event) + event->len;
        }
    }
    return 0;
}

int watch_start(struct watch *watch, sd_event *event)
{
    int r;

    watch->event = event;
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    r = loop_add_timer(event, &watch->timer, WATCH_ACCURACY_USEC, on_timer, watch);
    /* No inotify instance is left: watch_arm() says so, and files are looked at from time to time.
     */
    if (r >= 0 && watch->fd >= 0)
        r = sd_event_add_io(event, &watch->io, watch->fd, EPOLLIN, on_io, watch);
    return r < 0 ? r : 0;
}

void watch_stop(struct watch *watch)
{
    if (!watch->event)
        return;
    watch->io = sd_event_source_disable_unref(watch->io);
    watch->timer = sd_event_source_disable_unref(watch->timer);
    items_free(watch->items, watch->n);
    watch->items = NULL;
    watch->n = 0;
    if (watch->fd >= 0)
        close(watch->fd);
    watch->fd = -1;
}
