/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys, format and reading of the disk cache. Writes nothing but time stamps. */
#include "daemon/cache/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/compile.h"
#include "compiler/facts/libseccomp.h"
#include "compiler/parse/request.h"
#include "config.h"
#include "daemon/cache/dir.h"
#include "util/cleanup.h"
#include "util/io.h"

static void frame_text(struct digest *key, const char *text)
{
    digest_frame(key, text, strlen(text));
}

void cache_key_begin(struct digest *key, const void *bytes, size_t size)
{
    char libseccomp[32];

    digest_init(key);
    frame_text(key, "secprof cache");
    digest_frame_number(key, CACHE_FORMAT);
    frame_text(key, PACKAGE_VERSION);
    digest_frame_number(key, COMPILER_VERSION);
    frame_text(key, libseccomp_version(libseccomp, sizeof(libseccomp)));
    digest_frame(key, bytes, size);
}

void cache_key_finish(const struct digest *begun, const struct variant_request *request,
                      uint8_t key[DIGEST_SIZE])
{
    struct digest digest = *begun;

    frame_text(&digest, request->target->name);
    digest_frame_number(&digest, request->caps);
    digest_frame_number(&digest, request->kernel);
    digest_frame_number(&digest, request->mode);
    digest_finish(&digest, key);
}

void cache_key_failure(const struct digest *begun, const struct target *target,
                       uint8_t key[DIGEST_SIZE])
{
    struct digest digest = *begun;

    /* No target is called so. */
    frame_text(&digest, "failure");
    frame_text(&digest, target->name);
    digest_finish(&digest, key);
}

/* The checksum of an entry of SIZE bytes, as if the place for it were empty. */
static void entry_checksum(const struct cache_header *header, const uint8_t *bytes, size_t size,
                           uint8_t checksum[DIGEST_SIZE])
{
    struct cache_header blank = *header;
    struct digest digest;

    memset(blank.checksum, 0, sizeof(blank.checksum));
    digest_init(&digest);
    digest_add(&digest, &blank, sizeof(blank));
    digest_add(&digest, bytes + sizeof(blank), size - sizeof(blank));
    digest_finish(&digest, checksum);
}

size_t cache_entry_build(const struct compiled *compiled, const uint8_t key[DIGEST_SIZE],
                         uint8_t *bytes)
{
    struct cache_header header = {.magic = CACHE_MAGIC, .format = CACHE_FORMAT};
    size_t size = sizeof(header) + packed_write(compiled, bytes + sizeof(header));

    memcpy(header.key, key, DIGEST_SIZE);
    entry_checksum(&header, bytes, size, header.checksum);
    memcpy(bytes, &header, sizeof(header));
    return size;
}

int cache_entry_check(struct compiled *compiled, uint8_t *bytes, size_t size,
                      const uint8_t key[DIGEST_SIZE], const struct target *target)
{
    uint8_t checksum[DIGEST_SIZE];
    struct cache_header header;
    const char *why;
    int r;

    if (size < sizeof(header) || size > CACHE_ENTRY_MAX)
        return -EBADMSG;
    memcpy(&header, bytes, sizeof(header));
    if (header.magic != CACHE_MAGIC || header.format != CACHE_FORMAT ||
        memcmp(header.key, key, DIGEST_SIZE) != 0)
        return -EBADMSG;
    entry_checksum(&header, bytes, size, checksum);
    if (memcmp(checksum, header.checksum, DIGEST_SIZE) != 0)
        return -EBADMSG;
    r = packed_check(compiled, bytes + sizeof(header), size - sizeof(header), target, &why);
    if (r < 0)
        return r;
    /* Where there was no compile, there is nothing to keep. */
    return compiled->result == 0 || compiled->result == -EINVAL ? 0 : -EBADMSG;
}

/* Reads the entry NAME. Returns its size, -ENOENT, or -EBADMSG where it cannot be an entry. */
static ssize_t read_entry(const struct cache_dir *dir, const char *name, uint8_t *bytes)
{
    cleanup_close int fd = openat(dir->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    ssize_t size;

    if (fd < 0)
        return errno == ELOOP ? -EBADMSG : -errno;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || (st.st_uid != 0 && st.st_uid != dir->own_uid) ||
        (st.st_mode & (S_IWGRP | S_IWOTH)))
        return -EBADMSG;
    size = io_read_up_to(fd, bytes, CACHE_ENTRY_MAX + 1);
    if (size < 0)
        return size;
    /* What was not used for longest goes first when room is needed. No harm where this fails. */
    (void)!futimens(fd, NULL);
    return size;
}

enum cache_outcome cache_read(const struct cache_dir *dir, const uint8_t key[DIGEST_SIZE],
                              const struct target *target, uint8_t *bytes,
                              struct compiled *compiled)
{
    char name[CACHE_NAME_SIZE];
    ssize_t size;

    if (dir->fd < 0)
        return CACHE_MISS;
    digest_hex(key, name);
    size = read_entry(dir, name, bytes);
    if (size < 0 && size != -EBADMSG)
        return CACHE_MISS;
    if (size >= 0 && cache_entry_check(compiled, bytes, (size_t)size, key, target) == 0)
        return CACHE_HIT;
    return CACHE_BAD;
}
