/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that is freed all at once. What the compiler makes of one profile (its JSON, model,
 * policy, diagrams) lives in one arena, so no stage has to say when a piece of it dies.
 */
#ifndef UTIL_ARENA_H
#define UTIL_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed out, in all */
    size_t limit;               /* most bytes that may be handed out; 0: no limit */
};

#define ARENA_INIT \
    {              \
        NULL, 0, 0 \
    }

/* Frees everything that came from ARENA; it can be used again. */
void arena_free(struct arena *arena);

/*
 * Like arena_free(), but keeps the memory for what is allocated next if no more than KEEP bytes
 * were in use: for an arena that is filled again and again.
 */
void arena_clear(struct arena *arena, size_t keep);

/* Returns SIZE zeroed bytes, aligned for any type, or NULL (out of memory, or over the limit). */
void *arena_alloc(struct arena *arena, size_t size);

/* Like arena_alloc() for N items of SIZE bytes; NULL also where N * SIZE overflows. */
void *arena_calloc(struct arena *arena, size_t n, size_t size);

/* Returns a NUL-terminated copy of the LEN bytes at TEXT, or NULL. */
char *arena_strndup(struct arena *arena, const char *text, size_t len);

/* Returns the formatted text, or NULL. */
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

/*
 * Makes room for one more item of SIZE bytes after the N items at *ITEMS, of which *ROOM fit
 * now; *ITEMS may move (the old place stays valid until the arena is freed).
 * Returns 0 or -ENOMEM.
 */
int arena_grow(struct arena *arena, void *items, size_t n, size_t *room, size_t size);

#define cleanup_arena __attribute__((cleanup(arena_free)))

#endif
