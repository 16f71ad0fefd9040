/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of daemon/serve/client-state.c: from state to state, and when it ends. */
#include "daemon/serve/client-state.h"

#include <errno.h>
#include <sys/epoll.h>

#include "tests/daemon/unit.h"

START_TEST(each_state_has_its_event_and_its_task)
{
    static const struct {
        enum client_state state;
        uint32_t events;
        enum client_task task; /* where the event is there */
    } rows[] = {
        {CLIENT_READING, EPOLLIN, CLIENT_DO_READ},   {CLIENT_WAITING, 0, CLIENT_DO_NOTHING},
        {CLIENT_WRITING, EPOLLOUT, CLIENT_DO_FLUSH}, {CLIENT_SUBSCRIBED, 0, CLIENT_DO_NOTHING},
        {CLIENT_BEHIND, EPOLLOUT, CLIENT_DO_PUSH},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        enum client_state state = rows[i].state;

        ck_assert_uint_eq(client_state_events(state), rows[i].events);
        ck_assert_int_eq(client_state_task(state, rows[i].events), rows[i].task);
        /* A peer that is gone is gone in each. */
        ck_assert_int_eq(client_state_task(state, EPOLLHUP | EPOLLIN), CLIENT_DO_END);
        ck_assert_int_eq(client_state_task(state, EPOLLERR), CLIENT_DO_END);
    }
    ck_assert_int_eq(client_state_task(CLIENT_READING, EPOLLOUT), CLIENT_DO_NOTHING);
}
END_TEST

START_TEST(a_reply_leads_on)
{
    ck_assert_int_eq(client_state_replied(&(struct client_life){0}), CLIENT_READING);
    ck_assert_int_eq(client_state_replied(&(struct client_life){.subscribed = true}),
                     CLIENT_SUBSCRIBED);
    ck_assert_int_eq(client_state_replied(&(struct client_life){.refused = true}), CLIENT_ENDED);
    ck_assert_int_eq(client_state_replied(&(struct client_life){.last = true}), CLIENT_ENDED);
    ck_assert_int_eq(client_state_replied(&(struct client_life){.last = true, .subscribed = true}),
                     CLIENT_ENDED);
}
END_TEST

START_TEST(a_change_leads_on)
{
    ck_assert_int_eq(client_state_pushed(0), CLIENT_SUBSCRIBED);
    ck_assert_int_eq(client_state_pushed(-EAGAIN), CLIENT_BEHIND);
    ck_assert_int_eq(client_state_pushed(-EPIPE), CLIENT_ENDED);
}
END_TEST

START_TEST(who_does_nothing_is_closed)
{
    struct client_life life = {.active_usec = 100};

    ck_assert_uint_eq(client_state_deadline(&life, 50), 150);
    ck_assert_uint_eq(client_state_deadline(&life, 0), UINT64_MAX);
    life.state = CLIENT_WRITING;
    ck_assert_uint_eq(client_state_deadline(&life, 50), 150);
    /* It is the daemon that it waits for. */
    life.state = CLIENT_WAITING;
    ck_assert_uint_eq(client_state_deadline(&life, 50), UINT64_MAX);
    life.state = CLIENT_SUBSCRIBED;
    life.subscribed = true;
    ck_assert_uint_eq(client_state_deadline(&life, 50), UINT64_MAX);
    life = (struct client_life){.active_usec = 100, .refused = true};
    ck_assert_uint_eq(client_state_deadline(&life, 0), 100 + CLIENT_REFUSED_USEC);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tests = unit_begin(&suite, "client-state");

    tcase_add_test(tests, each_state_has_its_event_and_its_task);
    tcase_add_test(tests, a_reply_leads_on);
    tcase_add_test(tests, a_change_leads_on);
    tcase_add_test(tests, who_does_nothing_is_closed);
    return unit_end(suite);
}
