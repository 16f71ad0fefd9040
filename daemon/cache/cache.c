/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ties directory, entries and writer together. */
#include "daemon/cache/cache.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "daemon/filters/background.h"
#include "daemon/log.h"

void cache_init(struct cache *cache)
{
    cache->dir = CACHE_DIR_NONE;
}

static bool is_open(void *user)
{
    const struct cache *cache = user;

    return cache->dir.fd >= 0;
}

static bool has_writer(void *user)
{
    const struct cache *cache = user;

    return cache_writer_is_alive(&cache->writer);
}

static enum cache_outcome read_entry(void *user, const uint8_t key[DIGEST_SIZE],
                                     const struct target *target, struct compiled *compiled)
{
    struct cache *cache = user;
    const struct cache_write *write = cache_writer_find(&cache->writer, key);

    /* What waits is newer than what is there. */
    if (write) {
        memcpy(cache->bytes, write->bytes, write->size);
        if (cache_entry_check(compiled, cache->bytes, write->size, key, target) == 0)
            return CACHE_HIT;
    }
    return cache_read(&cache->dir, key, target, cache->bytes, compiled);
}

/* How large the cache may become: as large as the profiles want, where nobody said it. */
static uint64_t size_limit(const struct cache *cache)
{
    const struct background *background = cache->background;
    const uint64_t each = (uint64_t)CACHE_SIZE_EACH * background->n_targets;
    const uint64_t all = background->service->registry.n * each;

    if (cache->size_limit)
        return cache->size_limit;
    if (all < CACHE_SIZE_MIN)
        return CACHE_SIZE_MIN;
    return all < CACHE_SIZE_MAX ? all : CACHE_SIZE_MAX;
}

static void write_entry(void *user, const struct compiled *compiled, const uint8_t key[DIGEST_SIZE],
                        enum cache_use use, bool costly)
{
    struct cache *cache = user;
    int r;

    cache->writer.size_limit = size_limit(cache);
    cache->writer.since = cache->background->since;
    r = cache_writer_add(&cache->writer, compiled, key, use, costly);
    if (r < 0)
        background_note_written(cache->background, r);
}

static void drop_entry(void *user, const uint8_t key[DIGEST_SIZE])
{
    struct cache *cache = user;

    /* Where this is not possible, it fails its check the next time as well. */
    (void)cache_writer_drop(&cache->writer, key);
}

static size_t count_waiting(void *user)
{
    const struct cache *cache = user;

    return cache_writer_waiting(&cache->writer);
}

static bool is_in_place(void *user)
{
    const struct cache *cache = user;

    return cache_dir_is_in_place(&cache->dir);
}

static void look(void *user)
{
    struct cache *cache = user;

    cache_writer_look(&cache->writer);
}

struct cache_ops cache_ops(struct cache *cache)
{
    return (struct cache_ops){
        .is_open = is_open,
        .has_writer = has_writer,
        .read = read_entry,
        .write = write_entry,
        .drop = drop_entry,
        .count_waiting = count_waiting,
        .is_in_place = is_in_place,
        .look = look,
        .user = cache,
    };
}

static void on_written(void *user, int result)
{
    struct cache *cache = user;

    background_note_written(cache->background, result);
    cache->written(cache->user);
}

static void on_lost(void *user, const char *why)
{
    struct cache *cache = user;

    log_write(cache->log, LOG_WARNING,
              "the process that writes the cache %s; nothing is written until %s", why,
              cache->writer.is_stopped ? "it goes on" : "a restart");
}

static void on_went_on(void *user)
{
    struct cache *cache = user;

    log_write(cache->log, LOG_NOTICE, "the process that writes the cache goes on");
    background_note_writer(cache->background);
}

static void on_failed(void *user, const char *why)
{
    struct cache *cache = user;

    background_note_failed(cache->background, why);
}

static void on_found(void *user)
{
    struct cache *cache = user;

    background_note_found(cache->background);
}

void cache_start(struct cache *cache, struct children *children, const char *path,
                 const struct own_filters *own)
{
    int r = cache_dir_find(&cache->dir, path, geteuid());

    if (r < 0) {
        log_write(cache->log, LOG_WARNING, "no cache on disk until a restart: %s: %s", path,
                  strerror(-r));
        return;
    }
    cache->writer.done = on_written;
    cache->writer.lost = on_lost;
    cache->writer.went_on = on_went_on;
    cache->writer.failed = on_failed;
    cache->writer.found = on_found;
    cache->writer.user = cache;
    r = cache_writer_start(&cache->writer, children, &cache->dir, own);
    if (r < 0)
        log_write(cache->log, LOG_WARNING, "the cache cannot be written: %s", strerror(-r));
}

/* Something happened where the cache lies: perhaps it is gone, or was put right. */
static int on_place(sd_event_source *source, const struct inotify_event *event, void *user)
{
    struct cache *cache = user;

    (void)source;
    /* Without a name it is the place itself, or too much happened. */
    if (!event->len || !strcmp(event->name, CACHE_ENTRIES))
        background_unpause(cache->background);
    return 0;
}

/* So that a lost directory is made again before somebody needs it: a restart may come first. */
static void watch_place(struct cache *cache)
{
    const uint32_t mask =
        IN_CREATE | IN_DELETE | IN_MOVE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    char path[32];
    int r;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", cache->dir.place_fd);
    r = sd_event_add_inotify(cache->event, &cache->place, path, mask, on_place, cache);
    if (r < 0)
        log_write(cache->log, LOG_NOTICE,
                  "cannot watch where the cache lies: %s; what happens to it is noticed when it is "
                  "written",
                  strerror(-r));
}

void cache_open(struct cache *cache)
{
    char why[TRUST_WHY_SIZE];
    bool other;
    int r;

    if (cache->dir.place_fd < 0)
        return;
    watch_place(cache);
    r = cache_dir_open(&cache->dir, &other, why);
    if (r == -ENOENT) {
        r = cache_dir_make(cache->dir.place_fd);
        if (r == 0)
            r = cache_dir_open(&cache->dir, &other, why);
    }
    if (r != TRUST_OK)
        background_note_failed(cache->background, r < 0 ? strerror(-r) : why);
    else
        cache_writer_look(&cache->writer);
}

void cache_unwatch(struct cache *cache)
{
    cache->place = sd_event_source_disable_unref(cache->place);
}

void cache_stop(struct cache *cache)
{
    cache_unwatch(cache);
    cache_writer_stop(&cache->writer);
    cache_dir_clear(&cache->dir);
}
