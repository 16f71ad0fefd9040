/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The texts of all profiles in one memory file. With a file for each, ten thousand texts that
 * nobody asks for would take half of the fds that a process may have.
 *
 *       0          page             page       pages           page          END
 *       | text A ..| text B .......| (given back) ............| text F .. |
 *
 * A text begins on a page of its own behind all that were added before it, and never moves. The
 * pages of one that is dropped are given back to the system; their place in the file is never used
 * again, and at a GiB a second the file has room for three hundred years. So nothing is searched,
 * and nothing has to be put together. The file itself never leaves this process: whoever is to have
 * a text gets a sealed copy.
 */
#ifndef DAEMON_FILTERS_TEXTS_H
#define DAEMON_FILTERS_TEXTS_H

#include <stddef.h>
#include <stdint.h>

struct texts {
    int fd; /* -1: there was no text yet */
    uint64_t end;
    size_t pages; /* of the texts that are there */
};

void texts_init(struct texts *texts);
void texts_clear(struct texts *texts);

/* Adds the SIZE bytes at BYTES. Returns 0 and in *AT where they are; or -errno. */
int texts_add(struct texts *texts, const void *bytes, size_t size, uint64_t *at);

/* Reads the text of SIZE bytes that is AT to BYTES. Returns 0 or -errno. */
int texts_read(const struct texts *texts, uint64_t at, size_t size, void *bytes);

/* Drops that text. */
void texts_drop(struct texts *texts, uint64_t at, size_t size);

#endif
