/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads into a growing block, since the length of what comes from a pipe is not known before. */
#include "integration/whole-file.h"

#include <errno.h>
#include <string.h>

#include "util/arena.h"
#include "util/io.h"

enum {
    FIRST_ROOM = 128 * 1024, /* most configurations fit */
};

/* Doubles the ROOM bytes at TEXT, of which LEN are in use, up to MAX and one more. */
static char *make_room(char *text, size_t len, size_t *room, size_t max, struct arena *arena)
{
    size_t more = *room ? *room * 2 : FIRST_ROOM;
    char *bigger;

    if (more > max + 2)
        more = max + 2;
    bigger = arena_alloc(arena, more);
    if (!bigger) {
        errno = ENOMEM;
        return NULL;
    }
    if (len)
        memcpy(bigger, text, len);
    *room = more;
    return bigger;
}

char *whole_file_read(int fd, size_t max, struct arena *arena, size_t *len)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t n;

    *len = 0;
    do {
        text = make_room(text, *len, &room, max, arena);
        if (!text)
            return NULL;
        n = io_read_up_to(fd, text + *len, room - 1 - *len);
        if (n < 0) {
            errno = (int)-n;
            return NULL;
        }
        *len += (size_t)n;
        if (*len > max) {
            errno = EFBIG;
            return NULL;
        }
    } while (*len == room - 1);
    text[*len] = '\0';
    return text;
}
