/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of daemon/files/follow.c share: real files, and a service without a process. */
#ifndef TESTS_DAEMON_FILES_FOLLOWING_H
#define TESTS_DAEMON_FILES_FOLLOWING_H

#include "daemon/files/follow.h"
#include "tests/daemon/filters/fake-service.h"

struct fixture {
    struct fake *fake;
    struct service *service;
    sd_event *event;
    char *directories[2];
    struct follow follow;
    uint8_t seed; /* of the filter that was made last */
    unsigned begun;
};

static inline void on_changed(void *user)
{
    follow_changes(&((struct fixture *)user)->follow);
}

static inline void on_begun(void *user)
{
    ((struct fixture *)user)->begun++;
}

static inline void start(struct fixture *fixture)
{
    *fixture = (struct fixture){.fake = fake_new()};
    fixture->service = &fixture->fake->service;
    ck_assert_int_eq(mkdir(unit_path("first"), 0755), 0);
    ck_assert_int_eq(mkdir(unit_path("second"), 0755), 0);
    fixture->directories[0] = strdup(unit_path("first"));
    fixture->directories[1] = strdup(unit_path("second"));
    fixture->follow = (struct follow){
        .directories = fixture->directories,
        .n_directories = 2,
        .max_profiles = 8,
        .own_uid = geteuid(),
        .service = fixture->service,
        .watch = {.fd = -1, .changed = on_changed, .user = fixture},
        .begun = on_begun,
        .user = fixture,
    };
    ck_assert_int_eq(sd_event_new(&fixture->event), 0);
    ck_assert_int_eq(watch_start(&fixture->follow.watch, fixture->event), 0);
}

static inline void stop(struct fixture *fixture)
{
    watch_stop(&fixture->follow.watch);
    follow_stop(&fixture->follow);
    sd_event_unref(fixture->event);
    free(fixture->directories[0]);
    free(fixture->directories[1]);
    fake_free(fixture->fake);
}

/* Scans; the jobs wait. */
static inline void scan(struct fixture *fixture)
{
    uint64_t before = fixture->follow.scans;

    ck_assert_uint_eq(follow_scan(&fixture->follow, true), before + 1);
    while (follow_step(&fixture->follow))
        ;
    /* What the watch has to tell was looked at. */
    watch_forget(&fixture->follow.watch);
}

/* Compiles what waits. Returns how many versions that were. */
static inline unsigned compile(struct fixture *fixture)
{
    unsigned n = 0;

    for (; fixture->service->jobs.n; n++)
        fake_succeed(fixture->fake, fake_take(fixture->fake), ++fixture->seed);
    return n;
}

static inline unsigned scan_and_compile(struct fixture *fixture)
{
    scan(fixture);
    return compile(fixture);
}

static inline struct profile_entry *get(struct fixture *fixture, const char *name)
{
    struct profile_entry *entry = registry_find(&fixture->service->registry, name);

    ck_assert_ptr_nonnull(entry);
    return entry;
}

/* Checks in which state the profile NAME is, and that the text in service is TEXT, or none. */
static inline void check(struct fixture *fixture, const char *name, enum wire_profile_state state,
                         const char *text)
{
    const struct profile_entry *entry = get(fixture, name);
    uint8_t digest[DIGEST_SIZE];

    ck_assert_int_eq(entry_state(entry), state);
    ck_assert(!entry->served == !text);
    if (!text)
        return;
    digest_of(text, strlen(text), digest);
    ck_assert_mem_eq(entry->served->digest, digest, DIGEST_SIZE);
}

static inline void check_error(struct fixture *fixture, const char *name, const char *part)
{
    const struct profile_entry *entry = get(fixture, name);

    ck_assert(entry->failed);
    ck_assert_msg(strstr(entry->error, part) != NULL, "\"%s\" is not in: %s", part, entry->error);
}

#endif
