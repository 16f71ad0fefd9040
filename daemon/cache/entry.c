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
#include "compiler/facts/bpf.h"
#include "compiler/facts/libseccomp.h"
#include "compiler/parse/request.h"
#include "compiler/prove/prove.h"
#include "config.h"
#include "daemon/filters/verify.h"
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

size_t cache_entry_build(const struct cache_entry *entry, const uint8_t key[DIGEST_SIZE],
                         uint8_t *bytes)
{
    const struct filter_bytes *filter = &entry->filter;
    size_t code = filter->bytes ? (size_t)filter->n_insns * WIRE_INSN_SIZE : 0;
    size_t text = filter->text_len < WIRE_TEXT_MAX ? filter->text_len : WIRE_TEXT_MAX;
    size_t size = sizeof(struct cache_header) + code + text;
    struct cache_header header = {
        .magic = CACHE_MAGIC,
        .format = CACHE_FORMAT,
        .axis_caps = entry->axes.caps,
        .n_axis_kernels = entry->axes.n_kernels,
        .refused = !filter->bytes,
        .n_insns = filter->bytes ? filter->n_insns : 0,
        .flags = filter->bytes ? filter->flags : 0,
        .text_len = (uint32_t)text,
        .all_axis_kernels = entry->axes.all_kernels,
        .proof_version = filter->bytes ? filter->proof.version : 0,
        .proof_ranges = filter->bytes ? filter->proof.ranges : 0,
    };

    memcpy(header.key, key, DIGEST_SIZE);
    for (uint32_t i = 0; i < entry->axes.n_kernels; i++)
        header.axis_kernels[i] = entry->axes.kernels[i];
    if (code)
        memcpy(bytes + sizeof(header), filter->bytes, code);
    if (text)
        memcpy(bytes + sizeof(header) + code, filter->text, text);
    entry_checksum(&header, bytes, size, header.checksum);
    memcpy(bytes, &header, sizeof(header));
    return size;
}

/* Checks the instructions of an entry, which are in TARGET's byte order. */
static bool program_is_valid(const void *bytes, size_t n, const struct target *target)
{
    struct sock_filter program[WIRE_MAX_INSNS];

    if (n < 1 || n > WIRE_MAX_INSNS)
        return false;
    bpf_load(bytes, n, target_native_abi(target)->big_endian, program);
    return verify_program(program, n);
}

/* Checks the parts of HEADER against each other, and against an entry of SIZE bytes with KEY. */
static bool header_is_valid(const struct cache_header *header, size_t size,
                            const uint8_t key[DIGEST_SIZE])
{
    if (header->magic != CACHE_MAGIC || header->format != CACHE_FORMAT ||
        header->all_axis_kernels > 1 || header->refused > 1 || header->n_insns > WIRE_MAX_INSNS ||
        header->text_len > WIRE_TEXT_MAX)
        return false;
    if (header->refused && (header->n_insns || header->flags))
        return false;
    if (!verify_proof((struct proof_record){header->proof_version, header->proof_ranges},
                      !header->refused))
        return false;
    return size == sizeof(*header) + (size_t)header->n_insns * WIRE_INSN_SIZE + header->text_len &&
           !memcmp(header->key, key, DIGEST_SIZE) && verify_flags(header->flags);
}

int cache_entry_check(struct cache_entry *entry, uint8_t *bytes, size_t size,
                      const uint8_t key[DIGEST_SIZE], const struct target *target)
{
    uint8_t checksum[DIGEST_SIZE];
    struct cache_header header;

    if (size < sizeof(header))
        return -EBADMSG;
    memcpy(&header, bytes, sizeof(header));
    if (!header_is_valid(&header, size, key))
        return -EBADMSG;
    entry_checksum(&header, bytes, size, checksum);
    if (memcmp(checksum, header.checksum, DIGEST_SIZE))
        return -EBADMSG;

    uint8_t *code = bytes + sizeof(header);
    char *text = (char *)code + (size_t)header.n_insns * WIRE_INSN_SIZE;

    *entry = (struct cache_entry){
        .filter = {.bytes = header.refused ? NULL : code,
                   .n_insns = header.n_insns,
                   .flags = header.flags,
                   .proof = {header.proof_version, header.proof_ranges},
                   .text = text,
                   .text_len = header.text_len},
        .axes = {.caps = header.axis_caps,
                 .n_kernels = header.n_axis_kernels,
                 .all_kernels = header.all_axis_kernels},
    };
    memcpy(entry->axes.kernels, header.axis_kernels, sizeof(header.axis_kernels));
    if (!verify_axes(&entry->axes))
        return -EBADMSG;
    if (!header.refused && !program_is_valid(code, header.n_insns, target))
        return -EBADMSG;
    verify_text(text, header.text_len);
    return 0;
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
                              struct cache_entry *entry)
{
    char name[CACHE_NAME_SIZE];
    ssize_t size;

    if (dir->fd < 0)
        return CACHE_MISS;
    digest_hex(key, name);
    size = read_entry(dir, name, bytes);
    if (size < 0 && size != -EBADMSG)
        return CACHE_MISS;
    if (size >= 0 && cache_entry_check(entry, bytes, (size_t)size, key, target) == 0)
        return CACHE_HIT;
    return CACHE_BAD;
}
