/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the profiles that clients bring. Touches memory only. */
#include "daemon/filters/contents.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct content {
    TAILQ_ENTRY(content) in_order;
    struct source *source; /* a reference */
};

void contents_init(struct contents *contents, size_t max)
{
    *contents = (struct contents){.max = max};
    TAILQ_INIT(&contents->order);
}

static void drop(struct contents *contents, struct content *content)
{
    TAILQ_REMOVE(&contents->order, content, in_order);
    contents->n--;
    contents->bytes -= content->source->size;
    source_unref(content->source);
    free(content);
}

void contents_clear(struct contents *contents)
{
    for (struct content *content; (content = TAILQ_FIRST(&contents->order));)
        drop(contents, content);
}

/* The content with DIGEST, or NULL. */
static struct content *find(const struct contents *contents, const uint8_t digest[DIGEST_SIZE])
{
    struct content *content;

    /* From the end: what was used last is used again soonest. */
    TAILQ_FOREACH_REVERSE(content, &contents->order, content_list, in_order)
    {
        if (!memcmp(content->source->digest, digest, DIGEST_SIZE))
            return content;
    }
    return NULL;
}

/* Drops the least recently used ones until there is room for one more of SIZE bytes. */
static void make_room(struct contents *contents, size_t size)
{
    struct content *content;

    while ((content = TAILQ_FIRST(&contents->order)) &&
           (contents->n >= contents->max || contents->bytes + size > CONTENTS_BYTES_MAX))
        drop(contents, content);
}

static int add(struct contents *contents, struct store *store, const void *bytes, size_t size,
               const uint8_t digest[DIGEST_SIZE], struct content **out)
{
    struct content *content = calloc(1, sizeof(*content));
    char hex[DIGEST_HEX_SIZE], path[32];
    int r;

    if (!content)
        return -ENOMEM;
    /* What the log calls it. */
    digest_hex(digest, hex);
    snprintf(path, sizeof(path), "content:%.12s", hex);
    r = source_new(&content->source, store, bytes, size, path);
    if (r < 0) {
        free(content);
        return r;
    }
    make_room(contents, size);
    TAILQ_INSERT_TAIL(&contents->order, content, in_order);
    contents->n++;
    contents->bytes += size;
    *out = content;
    return 0;
}

int contents_take(struct contents *contents, struct store *store, const void *bytes, size_t size,
                  struct source **source)
{
    uint8_t digest[DIGEST_SIZE];
    struct content *content;

    digest_of(bytes, size, digest);
    content = find(contents, digest);
    if (content) {
        TAILQ_REMOVE(&contents->order, content, in_order);
        TAILQ_INSERT_TAIL(&contents->order, content, in_order);
    } else {
        int r = add(contents, store, bytes, size, digest, &content);

        if (r < 0 || !content)
            return r < 0 ? r : -ENOMEM;
    }
    *source = source_ref(content->source);
    return 0;
}
