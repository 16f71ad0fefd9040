/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is kept in memory: the sources (versions of profiles that were read), whose texts lie in one
 * file, and for each the variants compiled from it, each in a sealed memfd of its own.
 */
#ifndef DAEMON_FILTERS_STORE_H
#define DAEMON_FILTERS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "compiler/parse/request.h"
#include "compiler/prove/prove.h"
#include "daemon/digest.h"
#include "daemon/files/access.h"
#include "daemon/filters/texts.h"

/* A sealed memfd that was made because a client wanted it, and is kept for the next one. */
struct kept_file {
    TAILQ_ENTRY(kept_file) link;
    int fd; /* -1: there is none */
};

/* A filter in memory, or the compiler's refusal of this variant. */
struct stored_variant {
    LIST_ENTRY(stored_variant) in_source;
    TAILQ_ENTRY(stored_variant) in_order;
    struct source *source;
    struct variant_request request; /* cut down to what the profile's conditions can tell apart */
    bool refused;                   /* there is no filter; TEXT says why */
    bool pinned;                    /* never dropped to make room: variant_pin() */
    int fd;                         /* sealed memfd with the filter, in the target's byte order */
    const void *code;               /* the same, mapped; NULL without a filter */
    struct kept_file helper;        /* secprof-helper with the filter; see helper-open.h */
    uint32_t helper_size;           /* bytes of the helper, where there is or was one */
    uint8_t digest[DIGEST_SIZE];    /* SHA-256 of those bytes */
    uint32_t n_insns;
    uint32_t flags; /* SECCOMP_FILTER_FLAG_* */
    char *text;     /* the compiler's lines about it, each without the name of the file */
};

LIST_HEAD(variant_list, stored_variant);
LIST_HEAD(source_jobs, job);
TAILQ_HEAD(source_list, source);
TAILQ_HEAD(variant_order, stored_variant);
TAILQ_HEAD(kept_list, kept_file);

/* All variants. */
struct store {
    struct variant_order order; /* those that are not pinned, the least recently used first */
    size_t n;
    size_t n_pinned;
    size_t max;            /* of those that are not pinned, and of files that are kept */
    struct kept_list kept; /* the least recently used first */
    size_t n_kept;
    struct texts texts;
    int fds_dir; /* /proc/self/fd, for variant_open(); -1: it cannot be opened */
};

/* One version of a profile. Its content never changes; it lives as long as somebody refers to it.
 */
struct source {
    unsigned refs;
    struct store *store;
    uint64_t at; /* where the profile's bytes are in the store's texts, SIZE of them */
    size_t size;
    struct kept_file copy; /* a file of its own with them */
    uint8_t digest[DIGEST_SIZE];
    struct digest key;         /* everything of a cache key that does not depend on the request */
    char *path;                /* the file that it was read from */
    struct access_list access; /* that file's */
    struct variant_axes axes;
    bool axes_known;
    uint32_t failure_read; /* a bit for each target's ABI: what the disk remembers is known; */
    uint32_t failure_kept; /* and it remembers a failure */
    struct variant_list variants;
    size_t n_variants;
    struct source_jobs jobs; /* compiles of it that wait or run */
    TAILQ_ENTRY(source) link;
    struct source_list *list;    /* the one that it is in, of service.h; NULL: none */
    size_t next_target;          /* the next one to be looked for ahead of time; see background.c */
    uint32_t missing;            /* a bit for each target whose filter the disk lacks */
    uint64_t changed_at;         /* the number of the scan that found it; see service.c */
    struct profile_entry *entry; /* whose it is, or was to be; NULL once that is gone */
};

void store_init(struct store *store, size_t max);

/* Gives back what is left when there are no sources any more. */
void store_clear(struct store *store);

/* True where FILE is not there, and another one would have to go for it. */
bool store_is_full(const struct store *store, const struct kept_file *file);

/* Has STORE keep FD (consumed) as FILE. The least recently used one goes where there are too many.
 */
void store_keep_file(struct store *store, struct kept_file *file, int fd);

/* Opens FILE, which is there, as variant_open(). */
int store_open_file(struct store *store, struct kept_file *file);

/*
 * Makes a source of the SIZE bytes at BYTES, read from PATH (copied), with one reference. Returns 0
 * and *SOURCE, or -errno.
 */
int source_new(struct source **source, struct store *store, const void *bytes, size_t size,
               const char *path);
struct source *source_ref(struct source *source);

/* Gives a reference back; the last one takes the source's variants with it. SOURCE may be NULL. */
void source_unref(struct source *source);

/* Puts SOURCE at the end of LIST, and takes it out of the one that it is in. */
void source_enter(struct source *source, struct source_list *list);
void source_leave(struct source *source);

/* Cuts REQUEST down by the source's axes, where they are known. */
void source_normalise(const struct source *source, struct variant_request *request);

/* The variant for the normalised REQUEST, now the most recently used one; NULL: not in memory. */
struct stored_variant *source_find(struct source *source, const struct variant_request *request);

/* A filter as a worker or the cache gives it, in the target's byte order. */
struct filter_bytes {
    const void *bytes; /* N_INSNS * WIRE_INSN_SIZE; none: the compiler refused */
    uint32_t n_insns;
    uint32_t flags;
    struct proof_record proof;
    const char *text; /* TEXT_LEN bytes; no ending NUL is needed */
    size_t text_len;
};

/*
 * Keeps FILTER as SOURCE's variant for the normalised REQUEST, and drops the least recently used
 * ones where there are too many. Returns 0 and *VARIANT (the one that was there already, if so);
 * -errno.
 */
int source_keep(struct source *source, const struct variant_request *request,
                const struct filter_bytes *filter, struct stored_variant **variant);

/* Keeps VARIANT in memory for as long as its source lives. */
void variant_pin(struct stored_variant *variant);

/*
 * Opens a new file description of VARIANT's filter: read-only, at offset 0. Returns an fd that the
 * caller owns, or -errno.
 */
int variant_open(const struct stored_variant *variant);

/* The same for the profile's text, in a file of its own that is made at the first time. */
int source_open(struct source *source);

/*
 * Makes a sealed memfd with SOURCE's text. Returns an fd that the caller owns; -EIO where what is
 * kept is not what was read any more; or another -errno.
 */
int source_copy(const struct source *source);

/*
 * Makes a memfd called NAME that holds the SIZE bytes at BYTES and can change no more: sealed
 * against writes, growing, shrinking and other seals. Returns an fd that the caller owns, or
 * -errno.
 */
int store_seal(const char *name, const void *bytes, size_t size);

/*
 * The same for a program that clients execute: the fd is read-only, and no writable one is left.
 * -EACCES where the system forbids executable memfds (the sysctl vm.memfd_noexec).
 */
int store_seal_executable(const char *name, const void *bytes, size_t size);

/* Opens a new file description of the memfd FD: read-only, at offset 0. Returns an fd that the
 * caller owns, or -errno. */
int store_reopen(int fd);

#endif
