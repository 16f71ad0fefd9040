/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps texts in one memory file. Touches memory only. */
#include "daemon/filters/texts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/io.h"

void texts_init(struct texts *texts)
{
    *texts = (struct texts){.fd = -1};
}

void texts_clear(struct texts *texts)
{
    if (texts->fd >= 0)
        close(texts->fd);
    texts_init(texts);
}

/* SIZE in whole pages; a text without bytes has one, too. */
static size_t pages_of(size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return size / page + 1;
}

static uint64_t bytes_of(size_t pages)
{
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void give_back(const struct texts *texts, uint64_t at, size_t pages)
{
    (void)fallocate(texts->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at,
                    (off_t)bytes_of(pages));
}

int texts_add(struct texts *texts, const void *bytes, size_t size, uint64_t *at)
{
    const size_t pages = pages_of(size);
    int r;

    if (texts->fd < 0)
        texts->fd = memfd_create("secprof-profiles", MFD_CLOEXEC);
    if (texts->fd < 0)
        return -errno;
    r = io_pwrite_all(texts->fd, bytes, size, (off_t)texts->end);
    if (r < 0) {
        give_back(texts, texts->end, pages);
        return r;
    }
    *at = texts->end;
    texts->end += bytes_of(pages);
    texts->pages += pages;
    return 0;
}

int texts_read(const struct texts *texts, uint64_t at, size_t size, void *bytes)
{
    return io_pread_all_at(texts->fd, bytes, size, (off_t)at);
}

void texts_drop(struct texts *texts, uint64_t at, size_t size)
{
    const size_t pages = pages_of(size);

    if (texts->fd < 0)
        return;
    give_back(texts, at, pages);
    texts->pages -= pages;
}
