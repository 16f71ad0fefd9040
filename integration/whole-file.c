/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads into a growing block, since the length of what comes from a pipe is not known before. */
#include "integration/whole-file.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "util/arena.h"
#include "util/deadline.h"

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

/* One read of up to SIZE bytes. Returns how many there were; 0: it ended; or -errno. */
static ssize_t read_some(int fd, char *to, size_t size, int64_t deadline)
{
    for (;;) {
        int r = deadline_wait(fd, POLLIN, deadline);

        if (r < 0)
            return r;

        ssize_t n = read(fd, to, size);

        if (n >= 0 || (errno != EINTR && errno != EAGAIN))
            return n < 0 ? -errno : n;
    }
}

char *whole_file_read(int fd, size_t max, int64_t deadline, struct arena *arena, size_t *len)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t n;

    *len = 0;
    do {
        if (*len + 1 >= room)
            text = make_room(text, *len, &room, max, arena);
        if (!text)
            return NULL;
        n = read_some(fd, text + *len, room - 1 - *len, deadline);
        if (n < 0) {
            errno = (int)-n;
            return NULL;
        }
        *len += (size_t)n;
        if (*len > max) {
            errno = EFBIG;
            return NULL;
        }
    } while (n > 0);
    text[*len] = '\0';
    return text;
}
