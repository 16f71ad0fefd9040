/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/serve/subscribe.c: who may subscribe, and what they hear. */
#include "daemon/serve/subscribe.h"

#include "tests/daemon/serve/asking.h"

static int ask(struct asking *asking)
{
    return asking_begin(asking, WIRE_SUBSCRIBE, sizeof(struct wire_subscribe));
}

/* Plays the server, after a good answer. */
static void subscribe(struct asking *asking, uid_t uid)
{
    asking->handlers.numbers.subscribers++;
    ck_assert_int_eq(users_add(&asking->handlers.subscribers, uid), 0);
}

/* The kind of the next change that ASKER hears of and its name, or 0. *SEEN moves on. */
static uint32_t hear(struct asking *asking, uint64_t *seen, char name[WIRE_NAME_SIZE])
{
    struct wire_change packet, checked;
    uint64_t next;

    if (!subscribe_next(&asking->fake->service, &asking->asker.peer, &asking->request.header, seen,
                        &next, &packet)) {
        ck_assert_uint_eq(*seen, asking->fake->service.changes.n);
        return 0;
    }
    ck_assert_int_eq(wire_change_check(&checked, &asking->request.header, &packet, sizeof(packet)),
                     0);
    *seen = next;
    memcpy(name, packet.entry.name, WIRE_NAME_SIZE);
    return packet.kind;
}

START_TEST(a_subscription_begins)
{
    struct asking *asking = asking_new();
    struct wire_subscribe_reply reply;

    ck_assert_int_eq(ask(asking), WIRE_OK);
    ck_assert_int_eq(asking->answer.kind, ANSWER_SUBSCRIBE);
    asking_reply(asking, &reply);
    ck_assert_uint_eq(reply.generation, asking->fake->service.generation);
    asking_free(asking);
}
END_TEST

/* Of eight, one user gets two; and the last one is an administrator's. */
START_TEST(there_are_limits)
{
    struct asking *asking = asking_new();

    subscribe(asking, 1000);
    ck_assert_int_eq(ask(asking), WIRE_OK);
    subscribe(asking, 1000);
    ck_assert_int_eq(ask(asking), WIRE_LIMIT);
    ck_assert_int_eq(asking->answer.kind, ANSWER_SEND);
    ck_assert_str_eq(asking_why(asking), "there are 2 subscribers (--max-subscribers)");
    asking->asker.peer.uid = asking->asker.peer.payer = 1001;
    for (uid_t uid = 2000; uid < 2005; uid++) {
        ck_assert_int_eq(ask(asking), WIRE_OK);
        subscribe(asking, uid);
    }
    ck_assert_int_eq(ask(asking), WIRE_LIMIT);
    asking_as_admin(asking);
    ck_assert_int_eq(ask(asking), WIRE_OK);
    subscribe(asking, 77);
    ck_assert_int_eq(ask(asking), WIRE_LIMIT);
    asking_free(asking);
}
END_TEST

START_TEST(changes_come_in_their_order)
{
    struct asking *asking = asking_new();
    char name[WIRE_NAME_SIZE];
    uint64_t seen = 0;

    ask(asking);
    asking->asker.peer.uid = 0;
    ck_assert_uint_eq(hear(asking, &seen, name), 0);
    fake_serve(asking->fake, "a", "1", 1);
    fake_serve(asking->fake, "b", "2", 2);
    ck_assert_uint_eq(hear(asking, &seen, name), WIRE_PROFILE_SERVED);
    ck_assert_str_eq(name, "a");
    ck_assert_uint_eq(hear(asking, &seen, name), WIRE_PROFILE_SERVED);
    ck_assert_str_eq(name, "b");
    ck_assert_uint_eq(hear(asking, &seen, name), 0);
    service_remove(&asking->fake->service, 0);
    ck_assert_uint_eq(hear(asking, &seen, name), WIRE_CHANGE_GONE);
    ck_assert_str_eq(name, "a");
    asking_free(asking);
}
END_TEST

START_TEST(what_is_not_acknowledged_comes_again)
{
    struct asking *asking = asking_new();
    struct wire_change packet;
    uint64_t seen = 0, next;

    ask(asking);
    asking->asker.peer.uid = 0;
    fake_serve(asking->fake, "a", "1", 1);
    for (int i = 0; i < 3; i++) {
        ck_assert(subscribe_next(&asking->fake->service, &asking->asker.peer,
                                 &asking->request.header, &seen, &next, &packet));
        ck_assert_uint_eq(seen, 0);
        ck_assert_uint_eq(next, 1);
    }
    asking_free(asking);
}
END_TEST

/* Who lost the right to read a profile hears that it is gone, who never had it hears nothing. */
START_TEST(who_may_not_read_hears_nothing)
{
    struct asking *asking = asking_new();
    struct service *service = &asking->fake->service;
    struct profile_entry *entry;
    struct entry_access before;
    char name[WIRE_NAME_SIZE];
    uint64_t seen = 0;

    ask(asking);
    entry = asking_serve(asking, "hidden", 0644); /* the change itself was seen with mode 0 */
    ck_assert_uint_eq(service->changes.n, 1);
    ck_assert_uint_eq(hear(asking, &seen, name), 0);
    before = entry_access(entry);
    entry->access.mode = 0600;
    changes_note(&service->changes, 5, entry, &before);
    ck_assert_uint_eq(hear(asking, &seen, name), WIRE_CHANGE_GONE);
    ck_assert_str_eq(name, "hidden");
    before = entry_access(entry);
    entry->access.mode = 0644;
    changes_note(&service->changes, 6, entry, &before);
    ck_assert_uint_eq(hear(asking, &seen, name), WIRE_PROFILE_SERVED);
    asking_free(asking);
}
END_TEST

START_TEST(who_is_overtaken_is_told)
{
    struct asking *asking = asking_new();
    struct service *service = &asking->fake->service;
    struct profile_entry *entry;
    struct entry_access access;
    char name[WIRE_NAME_SIZE];
    uint64_t seen = 0;

    ask(asking);
    entry = asking_serve(asking, "x", 0644);
    access = entry_access(entry);
    while (service->changes.n < CHANGES_KEPT)
        changes_note(&service->changes, 1, entry, &access);
    /* All of these are still there; the first one is not for this client. */
    ck_assert_uint_eq(hear(asking, &seen, name), WIRE_PROFILE_SERVED);
    ck_assert_uint_eq(seen, 2);
    seen = 0;
    changes_note(&service->changes, 1, entry, &access);
    ck_assert_uint_eq(hear(asking, &seen, name), WIRE_CHANGE_LOST);
    ck_assert_str_eq(name, "");
    ck_assert_uint_eq(hear(asking, &seen, name), 0);
    changes_note(&service->changes, 1, entry, &access);
    ck_assert_uint_eq(hear(asking, &seen, name), WIRE_PROFILE_SERVED);
    asking_free(asking);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "subscribe");

    tcase_add_test(tests, a_subscription_begins);
    tcase_add_test(tests, there_are_limits);
    tcase_add_test(tests, changes_come_in_their_order);
    tcase_add_test(tests, what_is_not_acknowledged_comes_again);
    tcase_add_test(tests, who_may_not_read_hears_nothing);
    tcase_add_test(tests, who_is_overtaken_is_told);
    return unit_end(suite);
}
