/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of profiles. Touches memory only. */
#include "daemon/filters/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/filters/lines.h"

static void source_release(struct source **source)
{
    if (*source) {
        (*source)->entry = NULL;
        source_leave(*source);
    }
    source_unref(*source);
    *source = NULL;
}

static void entry_free(struct profile_entry *entry)
{
    source_release(&entry->served);
    source_release(&entry->compiling);
    source_release(&entry->next);
    free(entry->path);
    free(entry->place);
    free(entry->error);
    free(entry);
}

void registry_clear(struct registry *registry)
{
    for (size_t i = 0; i < registry->n; i++)
        entry_free(registry->entries[i]);
    free(registry->entries);
    *registry = (struct registry){0};
}

/* The index of the first profile whose name is not before NAME. */
static size_t lower_bound(const struct registry *registry, const char *name)
{
    size_t low = 0, high = registry->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(registry->entries[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct profile_entry *registry_find(const struct registry *registry, const char *name)
{
    size_t i = lower_bound(registry, name);

    return i < registry->n && !strcmp(registry->entries[i]->name, name) ? registry->entries[i]
                                                                        : NULL;
}

size_t registry_after(const struct registry *registry, const char *name)
{
    size_t i = lower_bound(registry, name);

    return i < registry->n && !strcmp(registry->entries[i]->name, name) ? i + 1 : i;
}

struct profile_entry *registry_add(struct registry *registry, const char *name)
{
    struct profile_entry *entry;
    size_t i = lower_bound(registry, name);

    if (registry->n == registry->room) {
        size_t room = registry->room ? registry->room * 2 : 16;
        void *entries = reallocarray(registry->entries, room, sizeof(*registry->entries));

        if (!entries)
            return NULL;
        registry->entries = entries;
        registry->room = room;
    }
    entry = calloc(1, sizeof(*entry));
    if (!entry)
        return NULL;
    strncpy(entry->name, name, sizeof(entry->name) - 1);
    memmove(&registry->entries[i + 1], &registry->entries[i],
            (registry->n - i) * sizeof(*registry->entries));
    registry->entries[i] = entry;
    registry->n++;
    registry_count(registry, entry);
    return entry;
}

void registry_count(struct registry *registry, struct profile_entry *entry)
{
    /* A new one was not counted before. */
    if (entry->counted)
        registry->n_in[entry->counted]--;
    entry->counted = entry_state(entry);
    registry->n_in[entry->counted]++;
}

void registry_remove(struct registry *registry, size_t index)
{
    registry->n_in[registry->entries[index]->counted]--;
    entry_free(registry->entries[index]);
    registry->n--;
    memmove(&registry->entries[index], &registry->entries[index + 1],
            (registry->n - index) * sizeof(*registry->entries));
}

enum wire_profile_state entry_state(const struct profile_entry *entry)
{
    if (entry->served)
        return entry->failed ? WIRE_PROFILE_STALE : WIRE_PROFILE_SERVED;
    return entry->failed ? WIRE_PROFILE_BROKEN : WIRE_PROFILE_PENDING;
}

struct entry_access entry_access(const struct profile_entry *entry)
{
    return (struct entry_access){entry->access,
                                 entry->served ? entry->served->access : entry->access};
}

bool entry_access_allows(const struct entry_access *access, const struct peer *peer)
{
    return access_may_read(&access->file, peer) && access_may_read(&access->served, peer);
}

bool entry_may_read(const struct profile_entry *entry, const struct peer *peer)
{
    const struct entry_access access = entry_access(entry);

    return entry_access_allows(&access, peer);
}

/* TEXT is consumed; NULL is allowed. */
static void set_error(struct profile_entry *entry, char *text, bool no_result, uint64_t at)
{
    if (entry->failed && entry->error_at > at) {
        free(text);
        return;
    }
    free(entry->error);
    entry->error = text;
    entry->error_at = at;
    entry->failed = true;
    entry->no_result = no_result;
}

void entry_set_lines(struct profile_entry *entry, const char *path, const char *lines, uint64_t at)
{
    set_error(entry, lines_prefix(path, lines, WIRE_TEXT_MAX), false, at);
}

void entry_set_reason(struct profile_entry *entry, const char *path, const char *why,
                      bool no_result, uint64_t at)
{
    char *line;

    if (asprintf(&line, "%s: error: %s\n", path, why) < 0)
        line = NULL;
    set_error(entry, line, no_result, at);
}

void entry_clear_error(struct profile_entry *entry, uint64_t at)
{
    if (entry->error_at > at)
        return;
    free(entry->error);
    entry->error = NULL;
    entry->failed = false;
    entry->no_result = false;
}

void entry_settle(struct profile_entry *entry, uint64_t scan)
{
    entry->newest = NEWEST_SERVED;
    memcpy(entry->newest_digest, entry->served->digest, DIGEST_SIZE);
    entry->served->access = entry->access;
    entry_clear_error(entry, scan);
}
