/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps sources and variants in sealed memfds. Touches memory only. */
#include "daemon/filters/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/parse/request.h"
#include "daemon/cache/entry.h"
#include "protocol/protocol.h"
#include "util/cleanup.h"
#include "util/io.h"

/* linux/memfd.h and linux/fcntl.h, since 6.3. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

enum {
    SEALS = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL,
};

void store_init(struct store *store, size_t max)
{
    *store = (struct store){.max = max};
    TAILQ_INIT(&store->order);
    TAILQ_INIT(&store->kept);
    texts_init(&store->texts);
    store->fds_dir = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

void store_clear(struct store *store)
{
    texts_clear(&store->texts);
    if (store->fds_dir >= 0)
        close(store->fds_dir);
    store->fds_dir = -1;
}

/* As store_reopen(), in three quarters of the time: the way to it is walked once. */
static int reopen(struct store *store, int fd)
{
    char name[16];
    int opened;

    if (store->fds_dir < 0)
        return store_reopen(fd);
    snprintf(name, sizeof(name), "%d", fd);
    opened = openat(store->fds_dir, name, O_RDONLY | O_CLOEXEC);
    return opened < 0 ? -errno : opened;
}

/* Closes FILE, if it is there. */
static void drop_file(struct store *store, struct kept_file *file)
{
    if (file->fd < 0)
        return;
    TAILQ_REMOVE(&store->kept, file, link);
    store->n_kept--;
    close(file->fd);
    file->fd = -1;
}

bool store_is_full(const struct store *store, const struct kept_file *file)
{
    return file->fd < 0 && store->n_kept >= store->max;
}

void store_keep_file(struct store *store, struct kept_file *file, int fd)
{
    drop_file(store, file);
    for (struct kept_file *first;
         (first = TAILQ_FIRST(&store->kept)) && store_is_full(store, file);)
        drop_file(store, first);
    file->fd = fd;
    TAILQ_INSERT_TAIL(&store->kept, file, link);
    store->n_kept++;
}

int store_open_file(struct store *store, struct kept_file *file)
{
    TAILQ_REMOVE(&store->kept, file, link);
    TAILQ_INSERT_TAIL(&store->kept, file, link);
    return reopen(store, file->fd);
}

/* A memfd that holds the bytes and has MODE, with the flags that a kernel may not know in
 * NEW_FLAGS. */
static int make_memfd(const char *name, const void *bytes, size_t size, unsigned new_flags,
                      mode_t mode)
{
    cleanup_close int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | new_flags);

    if (fd < 0 && errno == EINVAL)
        fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -errno;

    int r = io_write_all(fd, bytes, size);

    if (r == 0 && fchmod(fd, mode) < 0)
        r = -errno;
    return r < 0 ? r : steal_fd(&fd);
}

int store_seal(const char *name, const void *bytes, size_t size)
{
    /* Whoever gets a read-only fd cannot open it again for writing; the seals hold in any case. */
    cleanup_close int fd = make_memfd(name, bytes, size, MFD_NOEXEC_SEAL, 0444);

    if (fd < 0)
        return fd;
    if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
        return -errno;
    return steal_fd(&fd);
}

int store_reopen(int fd)
{
    char path[32];
    int opened;

    /* Through /proc, for a description of its own: a dup() would share the offset. */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    opened = open(path, O_RDONLY | O_CLOEXEC);
    return opened < 0 ? -errno : opened;
}

int store_seal_executable(const char *name, const void *bytes, size_t size)
{
    cleanup_close int fd = make_memfd(name, bytes, size, MFD_EXEC, 0555);

    if (fd < 0)
        return fd;
    if (fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_EXEC) < 0 &&
        (errno != EINVAL || fcntl(fd, F_ADD_SEALS, SEALS) < 0))
        return -errno;
    /* A description that is open for writing can keep everybody from executing the file (ETXTBSY).
     */
    return store_reopen(fd);
}

int source_new(struct source **out, struct store *store, const void *bytes, size_t size,
               const char *path)
{
    struct source *source = calloc(1, sizeof(*source));
    int r = -ENOMEM;

    if (!source)
        return r;
    source->path = strdup(path);
    if (source->path)
        r = texts_add(&store->texts, bytes, size, &source->at);
    if (r < 0) {
        free(source->path);
        free(source);
        return r;
    }
    source->refs = 1;
    source->store = store;
    source->size = size;
    source->copy.fd = -1;
    LIST_INIT(&source->variants);
    digest_of(bytes, size, source->digest);
    cache_key_begin(&source->key, bytes, size);
    *out = source;
    return 0;
}

struct source *source_ref(struct source *source)
{
    source->refs++;
    return source;
}

static size_t variant_size(const struct stored_variant *variant)
{
    return (size_t)variant->n_insns * WIRE_INSN_SIZE;
}

static void variant_free(struct stored_variant *variant)
{
    if (variant->code)
        munmap((void *)variant->code, variant_size(variant));
    if (variant->fd >= 0)
        close(variant->fd);
    drop_file(variant->source->store, &variant->helper);
    free(variant->text);
    free(variant);
}

/* Takes VARIANT out of memory. */
static void variant_drop(struct stored_variant *variant)
{
    struct source *source = variant->source;

    LIST_REMOVE(variant, in_source);
    if (!variant->pinned)
        TAILQ_REMOVE(&source->store->order, variant, in_order);
    source->n_variants--;
    source->store->n--;
    source->store->n_pinned -= variant->pinned;
    variant_free(variant);
}

void source_leave(struct source *source)
{
    if (source->list)
        TAILQ_REMOVE(source->list, source, link);
    source->list = NULL;
}

void source_enter(struct source *source, struct source_list *list)
{
    source_leave(source);
    TAILQ_INSERT_TAIL(list, source, link);
    source->list = list;
}

void source_unref(struct source *source)
{
    if (!source || --source->refs > 0)
        return;
    for (struct stored_variant *variant; (variant = LIST_FIRST(&source->variants));)
        variant_drop(variant);
    drop_file(source->store, &source->copy);
    texts_drop(&source->store->texts, source->at, source->size);
    free(source->path);
    free(source);
}

void source_normalise(const struct source *source, struct variant_request *request)
{
    if (source->axes_known)
        variant_normalise(&source->axes, request);
}

struct stored_variant *source_find(struct source *source, const struct variant_request *request)
{
    struct variant_order *order = &source->store->order;
    struct stored_variant *variant;

    LIST_FOREACH(variant, &source->variants, in_source)
    {
        if (variant_request_equal(&variant->request, request)) {
            if (!variant->pinned) {
                TAILQ_REMOVE(order, variant, in_order);
                TAILQ_INSERT_TAIL(order, variant, in_order);
            }
            return variant;
        }
    }
    return NULL;
}

/* Drops the least recently used variants that may be dropped, until no more than MAX are left. */
static void make_room(struct store *store)
{
    struct stored_variant *variant = TAILQ_FIRST(&store->order);

    /* The last one is the one that was just asked for. */
    while (variant && store->n - store->n_pinned > store->max) {
        struct stored_variant *next = TAILQ_NEXT(variant, in_order);

        if (next)
            variant_drop(variant);
        variant = next;
    }
}

/* Fills in VARIANT from FILTER. */
static int variant_fill(struct stored_variant *variant, const struct filter_bytes *filter)
{
    size_t size = (size_t)filter->n_insns * WIRE_INSN_SIZE;

    variant->text = strndup(filter->text ? filter->text : "", filter->text_len);
    if (!variant->text)
        return -ENOMEM;
    variant->refused = !filter->bytes;
    if (variant->refused)
        return 0;
    variant->n_insns = filter->n_insns;
    variant->flags = filter->flags;
    digest_of(filter->bytes, size, variant->digest);
    variant->fd = store_seal("secprof-filter", filter->bytes, size);
    if (variant->fd < 0)
        return variant->fd;

    /* Not MAP_SHARED: before Linux 6.7 a file that is sealed against writing cannot be mapped so.
     */
    void *code = mmap(NULL, size, PROT_READ, MAP_PRIVATE, variant->fd, 0);

    if (code == MAP_FAILED)
        return -errno;
    variant->code = code;
    return 0;
}

int source_keep(struct source *source, const struct variant_request *request,
                const struct filter_bytes *filter, struct stored_variant **out)
{
    struct stored_variant *variant = source_find(source, request);

    if (variant) {
        *out = variant;
        return 0;
    }
    variant = calloc(1, sizeof(*variant));
    if (!variant)
        return -ENOMEM;
    variant->fd = -1;
    variant->helper.fd = -1;
    variant->source = source;
    variant->request = *request;

    int r = variant_fill(variant, filter);

    if (r < 0) {
        variant_free(variant);
        return r;
    }
    LIST_INSERT_HEAD(&source->variants, variant, in_source);
    TAILQ_INSERT_TAIL(&source->store->order, variant, in_order);
    source->n_variants++;
    source->store->n++;
    make_room(source->store);
    *out = variant;
    return 0;
}

void variant_pin(struct stored_variant *variant)
{
    if (variant->pinned)
        return;
    TAILQ_REMOVE(&variant->source->store->order, variant, in_order);
    variant->source->store->n_pinned++;
    variant->pinned = true;
}

int variant_open(const struct stored_variant *variant)
{
    return reopen(variant->source->store, variant->fd);
}

int source_copy(const struct source *source)
{
    cleanup_free char *bytes = malloc(source->size + 1); /* malloc(0) may return NULL */
    uint8_t digest[DIGEST_SIZE];
    int r;

    if (!bytes)
        return -ENOMEM;
    r = texts_read(&source->store->texts, source->at, source->size, bytes);
    if (r < 0)
        return r;
    /* Whatever goes wrong with the places of texts, none is ever taken for another one. */
    digest_of(bytes, source->size, digest);
    if (memcmp(digest, source->digest, DIGEST_SIZE) != 0)
        return -EIO;
    return store_seal("secprof-profile", bytes, source->size);
}

int source_open(struct source *source)
{
    if (source->copy.fd < 0) {
        int fd = source_copy(source);

        if (fd < 0)
            return fd;
        store_keep_file(source->store, &source->copy, fd);
    }
    return store_open_file(source->store, &source->copy);
}
