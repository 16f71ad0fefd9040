/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A service with a clock, a disk cache and an event loop that tests make up: no process, no socket
 * and no file. A test plays the workers: it takes jobs, and says what came of them.
 */
#ifndef TESTS_DAEMON_FILTERS_FAKE_SERVICE_H
#define TESTS_DAEMON_FILTERS_FAKE_SERVICE_H

#include "compiler/facts/abi.h"
#include "compiler/parse/request.h"
#include "daemon/filters/service.h"
#include "daemon/log.h"
#include "tests/daemon/unit.h"

enum {
    FAKE_TIMEOUT_USEC = 1000000,
    FAKE_BACKGROUND = 2,
    FAKE_ENTRIES = 64,
};

struct fake_entry {
    uint8_t key[DIGEST_SIZE];
    uint8_t code[16];
    bool refused;
    char text[256]; /* where REFUSED */
    bool bad;       /* it fails its check */
    struct variant_axes axes;
    enum cache_use use;
    bool costly;
};

struct fake {
    struct log log;
    struct service service;
    uint64_t now_usec;
    unsigned n_jobs_wait; /* how often the hooks were called */
    unsigned n_changed;

    struct fake_entry entries[FAKE_ENTRIES];
    size_t n;
    bool is_open;
    bool has_writer;
    bool is_in_place;
    size_t n_waiting;
    unsigned n_looks;
    unsigned n_dropped;
};

static inline uint64_t fake_now(void *user)
{
    return ((struct fake *)user)->now_usec;
}

static inline void fake_jobs_wait(void *user)
{
    ((struct fake *)user)->n_jobs_wait++;
}

static inline void fake_changed(void *user)
{
    ((struct fake *)user)->n_changed++;
}

static inline bool fake_is_open(void *user)
{
    return ((struct fake *)user)->is_open;
}

static inline bool fake_has_writer(void *user)
{
    return ((struct fake *)user)->has_writer;
}

static inline struct fake_entry *fake_find(struct fake *fake, const uint8_t key[DIGEST_SIZE])
{
    for (size_t i = 0; i < fake->n; i++)
        if (!memcmp(fake->entries[i].key, key, DIGEST_SIZE))
            return &fake->entries[i];
    return NULL;
}

static inline enum cache_outcome fake_read(void *user, const uint8_t key[DIGEST_SIZE],
                                           const struct target *target, struct compiled *compiled)
{
    const struct fake_entry *found = fake_find(user, key);

    (void)target;
    if (!found || found->bad)
        return found ? CACHE_BAD : CACHE_MISS;
    *compiled = (struct compiled){.result = found->refused ? -EINVAL : 0, .axes = found->axes};
    compiled->filter.text = "";
    if (found->refused)
        compiled->filter.text = found->text[0] ? found->text : ":1:1: error: no\n";
    compiled->filter.text_len = strlen(compiled->filter.text);
    if (!found->refused) {
        compiled->filter.bytes = found->code;
        compiled->filter.n_insns = sizeof(found->code) / WIRE_INSN_SIZE;
    }
    return CACHE_HIT;
}

static inline void fake_write(void *user, const struct compiled *compiled,
                              const uint8_t key[DIGEST_SIZE], enum cache_use use, bool costly)
{
    struct fake *fake = user;
    struct fake_entry *place = fake_find(fake, key);

    ck_assert_uint_lt(fake->n, FAKE_ENTRIES);
    if (!place)
        place = &fake->entries[fake->n++];
    *place = (struct fake_entry){
        .axes = compiled->axes, .refused = !compiled->filter.bytes, .use = use, .costly = costly};
    memcpy(place->key, key, DIGEST_SIZE);
    if (compiled->filter.bytes)
        memcpy(place->code, compiled->filter.bytes, sizeof(place->code));
    else
        snprintf(place->text, sizeof(place->text), "%.*s", (int)compiled->filter.text_len,
                 compiled->filter.text);
}

static inline void fake_drop(void *user, const uint8_t key[DIGEST_SIZE])
{
    struct fake *fake = user;
    struct fake_entry *entry = fake_find(fake, key);

    ck_assert_ptr_nonnull(entry);
    *entry = fake->entries[--fake->n];
    fake->n_dropped++;
}

static inline size_t fake_count_waiting(void *user)
{
    return ((struct fake *)user)->n_waiting;
}

static inline bool fake_is_in_place(void *user)
{
    return ((struct fake *)user)->is_in_place;
}

static inline void fake_look(void *user)
{
    ((struct fake *)user)->n_looks++;
}

static inline struct fake *fake_new(void)
{
    static const struct service_limits limits = {
        .max_variants = 8,
        .max_contents = 4,
        .max_background = FAKE_BACKGROUND,
        .compile_timeout_usec = FAKE_TIMEOUT_USEC,
    };
    struct fake *fake = calloc(1, sizeof(*fake));

    ck_assert_ptr_nonnull(fake);
    fake->log.level = -1;
    fake->now_usec = 1000;
    fake->is_open = fake->has_writer = fake->is_in_place = true;
    fake->service.log = &fake->log;
    fake->service.host = target_by_name("x86_64");
    fake->service.kernel = 6 << 16 | 1;
    fake->service.cache = (struct cache_ops){
        .is_open = fake_is_open,
        .has_writer = fake_has_writer,
        .read = fake_read,
        .write = fake_write,
        .drop = fake_drop,
        .count_waiting = fake_count_waiting,
        .is_in_place = fake_is_in_place,
        .look = fake_look,
        .user = fake,
    };
    fake->service.hooks = (struct service_hooks){fake_now, fake_jobs_wait, fake_changed, fake};
    service_init(&fake->service, &limits);
    return fake;
}

static inline void fake_free(struct fake *fake)
{
    service_clear(&fake->service);
    /* Whatever was referred to was given back. */
    ck_assert_uint_eq(fake->service.jobs.n, 0);
    ck_assert_uint_eq(fake->service.store.n, 0);
    free(fake);
}

/* Plays a worker that takes the next job, which there has to be. */
static inline struct job *fake_take(struct fake *fake)
{
    struct job *job = jobs_next(&fake->service.jobs, fake->now_usec);

    ck_assert_ptr_nonnull(job);
    jobs_begin(&fake->service.jobs, job, fake->now_usec);
    return job;
}

/* A filter of two instructions. Where SEED is another, so is the filter. */
static inline void fake_code(uint8_t code[16], uint8_t seed)
{
    memset(code, 0, 16);
    code[0] = code[8] = 6;
    code[4] = seed;
}

/* The worker that has JOB made a filter of it. */
static inline void fake_succeed(struct fake *fake, struct job *job, uint8_t seed)
{
    uint8_t code[16];
    const struct outcome outcome = {.compiled.filter = {.bytes = code, .n_insns = 2, .text = ""}};

    fake_code(code, seed);
    service_finish(&fake->service, job, &outcome);
}

/* It says that the profile is wrong. */
static inline void fake_refuse(struct fake *fake, struct job *job)
{
    static const char text[] = ":2:3: error: no\n";
    const struct outcome outcome = {.compiled.result = -EINVAL,
                                    .compiled.filter = {.text = text, .text_len = strlen(text)}};

    service_finish(&fake->service, job, &outcome);
}

/* It came to no result. */
static inline void fake_fail(struct fake *fake, struct job *job, const char *why)
{
    const struct outcome outcome = {.compiled.result = -EIO, .why = why};

    service_finish(&fake->service, job, &outcome);
}

/* Offers TEXT as the version of the profile NAME that SCAN found. */
static inline struct profile_entry *fake_offer(struct fake *fake, const char *name,
                                               const char *text, uint64_t scan)
{
    struct profile_entry *entry = registry_find(&fake->service.registry, name);
    struct source *source;
    char path[64];

    snprintf(path, sizeof(path), "/p/%s.json", name);
    if (!entry) {
        entry = registry_add(&fake->service.registry, name);
        ck_assert_ptr_nonnull(entry);
        entry->path = strdup(path);
    }
    ck_assert_int_eq(source_new(&source, &fake->service.store, text, strlen(text), path), 0);
    service_offer(&fake->service, entry, source, scan);
    return entry;
}

/* The same, and brings it into service. */
static inline struct profile_entry *fake_serve(struct fake *fake, const char *name,
                                               const char *text, uint8_t seed)
{
    struct profile_entry *entry = fake_offer(fake, name, text, 1);

    fake_succeed(fake, fake_take(fake), seed);
    ck_assert_ptr_nonnull(entry->served);
    return entry;
}

#endif
