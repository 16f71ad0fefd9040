/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that is freed all at once: a list of blocks, each filled from its start. */
#include "util/arena.h"

#include <errno.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_BLOCK = 64 * 1024,
    BLOCK_MAX = 1024 * 1024, /* blocks grow with what is used, up to here */
};

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char bytes[]; /* cleared when they are handed out: the rest is not
                                                   touched */
};

void arena_free(struct arena *arena)
{
    struct arena_block *block = arena->blocks;

    while (block) {
        struct arena_block *next = block->next;

        free(block);
        block = next;
    }
    arena->blocks = NULL;
    arena->used = 0;
}

static struct arena_block *add_block(struct arena *arena, size_t size)
{
    struct arena_block *block = malloc(sizeof(*block) + size);

    if (block) {
        block->used = 0;
        block->size = size;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

void arena_clear(struct arena *arena, size_t keep)
{
    struct arena_block *block = arena->blocks;
    size_t used = arena->used;

    if (block && !block->next && block->size <= keep) {
        block->used = 0;
        arena->used = 0;
        return;
    }
    arena_free(arena);
    if (used > 0 && used <= keep)
        add_block(arena, used);
}

static size_t aligned(size_t size)
{
    const size_t align = alignof(max_align_t);

    return (size + align - 1) / align * align;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;

    if (size > SIZE_MAX / 2)
        return NULL;
    size = aligned(size);
    if (arena->limit && (size > arena->limit || arena->used > arena->limit - size))
        return NULL;
    if (!block || block->size - block->used < size) {
        size_t room = arena->used < FIRST_BLOCK ? FIRST_BLOCK
                      : arena->used < BLOCK_MAX ? arena->used
                                                : BLOCK_MAX;

        block = add_block(arena, size > room ? size : room);
        if (!block)
            return NULL;
    }

    void *bytes = block->bytes + block->used;

    memset(bytes, 0, size);
    block->used += size;
    arena->used += size;
    return bytes;
}

void *arena_calloc(struct arena *arena, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes))
        return NULL;
    return arena_alloc(arena, bytes);
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
    char *copy = len < SIZE_MAX ? arena_alloc(arena, len + 1) : NULL;

    if (copy && len)
        memcpy(copy, text, len);
    return copy;
}

char *arena_vprintf(struct arena *arena, const char *fmt, va_list args)
{
    va_list again;

    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (len < 0)
        return NULL;

    char *text = arena_alloc(arena, (size_t)len + 1);

    if (text)
        vsnprintf(text, (size_t)len + 1, fmt, args);
    return text;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    char *text = arena_vprintf(arena, fmt, args);
    va_end(args);
    return text;
}

/* Makes the OLD bytes at START, which were handed out last, SIZE bytes. False: there is no room. */
static bool extend(struct arena *arena, const void *start, size_t old, size_t size)
{
    struct arena_block *block = arena->blocks;

    old = aligned(old);
    size = aligned(size);
    if (!block || block->used < old || start != block->bytes + block->used - old ||
        block->size - block->used < size - old ||
        (arena->limit && arena->limit - arena->used < size - old))
        return false;
    memset(block->bytes + block->used, 0, size - old);
    block->used += size - old;
    arena->used += size - old;
    return true;
}

int arena_grow(struct arena *arena, void *items, size_t n, size_t *room, size_t size)
{
    void **slot = items;

    if (n < *room)
        return 0;

    size_t more = *room ? *room * 2 : 8;

    if (*room && extend(arena, *slot, *room * size, more * size)) {
        *room = more;
        return 0;
    }

    void *bigger = arena_calloc(arena, more, size);

    if (!bigger)
        return -ENOMEM;
    if (n)
        memcpy(bigger, *slot, n * size);
    *slot = bigger;
    *room = more;
    return 0;
}
