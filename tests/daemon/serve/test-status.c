/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/serve/status.c and reload.c: what they say, and that a reload waits. */
#include "tests/daemon/serve/asking.h"

static int ask(struct asking *asking, const char *name)
{
    memset(asking->request.status.name, 0, WIRE_NAME_SIZE);
    strcpy(asking->request.status.name, name);
    return asking_begin(asking, WIRE_STATUS, sizeof(struct wire_get_status));
}

/* One served, one stale, one broken, one pending. */
static void fill(struct asking *asking)
{
    struct fake *fake = asking->fake;

    asking_serve(asking, "served", 0644);
    asking_serve(asking, "stale", 0644);
    fake_offer(fake, "stale", "another", 2);
    fake_refuse(fake, fake_take(fake));
    fake_offer(fake, "broken", "wrong", 2);
    fake_refuse(fake, fake_take(fake));
    fake_offer(fake, "pending", "text", 3);
}

START_TEST(the_daemon_says_its_numbers)
{
    struct asking *asking = asking_new();
    struct serve_numbers *numbers = &asking->handlers.numbers;
    struct wire_daemon_status status;

    fill(asking);
    *numbers = (struct serve_numbers){1, 2, 3, 4, 5, 6, 7, 8, 9};
    asking->fake->service.cache_bad = 10;
    asking->handlers.limits.max_subscribers = 11;
    asking->handlers.limits.compile_ms = 20;
    memset(asking->handlers.instance, 7, sizeof(asking->handlers.instance));
    asking->fake->log.dropped = 11;
    ck_assert_int_eq(ask(asking, ""), WIRE_OK);
    asking_reply(asking, &status);
    ck_assert_uint_eq(status.generation, asking->fake->service.generation);
    ck_assert_uint_eq(status.requests, numbers->requests);
    ck_assert_uint_eq(status.refused, numbers->refused);
    ck_assert_uint_eq(status.memory_hits, numbers->memory_hits);
    ck_assert_uint_eq(status.limited, numbers->limited);
    ck_assert_uint_eq(status.connections, numbers->connections);
    ck_assert_uint_eq(status.connections_refused, numbers->connections_refused);
    ck_assert_uint_eq(status.connections_idle, numbers->connections_idle);
    ck_assert_uint_eq(status.waiting, numbers->waiting);
    ck_assert_uint_eq(status.subscribers, numbers->subscribers);
    ck_assert_uint_eq(status.compiles, 4);
    ck_assert_uint_eq(status.compile_errors, 2);
    ck_assert_uint_eq(status.cache_bad, 10);
    ck_assert_uint_eq(status.log_dropped, 11);
    ck_assert_uint_eq(status.profiles, 4);
    ck_assert_uint_eq(status.profiles_stale, 1);
    ck_assert_uint_eq(status.profiles_broken, 1);
    ck_assert_uint_eq(status.variants, asking->fake->service.store.n);
    /* What the service has, and what comes from elsewhere. */
    ck_assert_uint_eq(status.jobs, 1 + 100);
    ck_assert_uint_eq(status.workers, 7);
    ck_assert_uint_ne(status.version[0], '\0');
    ck_assert_uint_ne(status.libseccomp[0], '\0');
    ck_assert_mem_eq(status.instance, asking->handlers.instance, sizeof(status.instance));
    ck_assert_uint_eq(status.limits.max_subscribers, 11);
    ck_assert_uint_eq(status.limits.compile_ms, 20);
    asking_free(asking);
}
END_TEST

START_TEST(a_profile_says_how_it_is)
{
    struct asking *asking = asking_new();
    const struct profile_entry *entry;
    struct wire_profile_status status;
    const char *path;

    fill(asking);
    asking->asker.peer.uid = 0;
    entry = registry_find(&asking->fake->service.registry, "stale");
    ck_assert_int_eq(ask(asking, "stale"), WIRE_OK);
    asking_reply(asking, &status);
    ck_assert_uint_eq(status.state, WIRE_PROFILE_STALE);
    ck_assert_uint_eq(status.generation, entry->generation);
    ck_assert_uint_eq(status.n_insns, 2);
    ck_assert_uint_eq(status.variants, 1);
    ck_assert_mem_eq(status.digest, entry->native->digest, DIGEST_SIZE);
    ck_assert_mem_eq(status.source_digest, entry->served->digest, DIGEST_SIZE);
    path = asking_text(asking, sizeof(status));
    ck_assert_str_eq(path, "/p/stale.json/p/stale.json:2:3: error: no\n");
    ck_assert_uint_eq(status.path_len, strlen("/p/stale.json"));

    ck_assert_int_eq(ask(asking, "broken"), WIRE_OK);
    asking_reply(asking, &status);
    ck_assert_uint_eq(status.state, WIRE_PROFILE_BROKEN);
    ck_assert_uint_eq(status.n_insns, 0);

    ck_assert_int_eq(ask(asking, "pending"), WIRE_OK);
    asking_reply(asking, &status);
    ck_assert_uint_eq(status.state, WIRE_PROFILE_PENDING);
    ck_assert_uint_eq(status.text_len, 0);

    ck_assert_int_eq(ask(asking, "served"), WIRE_OK);
    asking_reply(asking, &status);
    ck_assert_uint_eq(status.state, WIRE_PROFILE_SERVED);
    asking->asker.peer.uid = 1000;
    ck_assert_int_eq(ask(asking, "served"), WIRE_OK);
    ck_assert_int_eq(ask(asking, "broken"), WIRE_NOT_FOUND);
    ck_assert_int_eq(ask(asking, "nothing"), WIRE_NOT_FOUND);
    asking_free(asking);
}
END_TEST

START_TEST(a_reload_is_a_barrier)
{
    struct asking *asking = asking_new();
    struct wire_reload_reply reply;

    asking_as_admin(asking);
    fill(asking);
    ck_assert_int_eq(asking_begin(asking, WIRE_RELOAD, sizeof(struct wire_reload)), -1);
    ck_assert_int_eq(asking->answer.kind, ANSWER_AFTER_SCAN);
    ck_assert_uint_eq(asking->answer.scan, 1);
    /* After the wait it only answers. */
    ck_assert_int_eq(asking_again(asking), WIRE_OK);
    ck_assert_uint_eq(asking->scan, 1);
    asking_reply(asking, &reply);
    ck_assert_uint_eq(reply.generation, asking->fake->service.generation);
    ck_assert_uint_eq(reply.profiles, 4);
    ck_assert_uint_eq(reply.broken, 2);
    ck_assert_int_eq(asking_begin(asking, WIRE_RELOAD, sizeof(struct wire_reload)), -1);
    ck_assert_uint_eq(asking->answer.scan, 2);
    asking_free(asking);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "status");

    tcase_add_test(tests, the_daemon_says_its_numbers);
    tcase_add_test(tests, a_profile_says_how_it_is);
    tcase_add_test(tests, a_reload_is_a_barrier);
    return unit_end(suite);
}
