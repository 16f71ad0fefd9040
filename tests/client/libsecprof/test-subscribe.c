/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of client/libsecprof/subscribe.c: a stream of changes, good and bad. */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "client/libsecprof/secprof.h"
#include "tests/client/libsecprof/fake-server.h"
#include "tests/suite.h"

static struct fake_server server;
static struct secprof *handle;

static void setup(void)
{
    fake_server_start(&server, 0);
    ck_assert_int_eq(secprof_open(&handle, server.path, 0), 0);
}

static void teardown(void)
{
    secprof_close(handle);
    fake_server_stop(&server);
}

/* Adds a change to what follows the reply to REQUEST. */
static struct wire_change *add(const union wire_request *request, struct fake_reply *reply,
                               const char *name, uint32_t kind)
{
    struct wire_change *change = &reply->changes[reply->n_changes++];

    *change = (struct wire_change){.generation = 100 + reply->n_changes,
                                   .kind = kind,
                                   .entry_offset = offsetof(struct wire_change, entry),
                                   .entry_size = sizeof(change->entry)};
    strcpy(change->entry.name, name);
    memset(change->entry.digest, (int)reply->n_changes, sizeof(change->entry.digest));
    wire_reply_header(&change->header, &request->header, WIRE_OK, sizeof(*change));
    return change;
}

static void three(struct fake_server *self, const union wire_request *request,
                  struct fake_reply *reply)
{
    (void)self;
    if (request->header.opcode != WIRE_SUBSCRIBE)
        return;
    add(request, reply, "a", WIRE_PROFILE_SERVED);
    add(request, reply, "b", WIRE_CHANGE_GONE);
    add(request, reply, "", WIRE_CHANGE_LOST);
}

START_TEST(changes_come_in_order)
{
    static const struct {
        const char *name;
        uint32_t kind;
    } wanted[] = {
        {"a", SECPROF_CHANGE_SERVED}, {"b", SECPROF_CHANGE_GONE}, {"", SECPROF_CHANGE_LOST}};
    const struct secprof_change *change;
    struct secprof_changes *changes;
    unsigned char digest[32];

    server.spoil = three;
    ck_assert_int_eq(secprof_subscribe(handle, &changes), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(secprof_changes_next(changes, 5000, &change), 1);
        ck_assert_str_eq(change->name, wanted[i].name);
        ck_assert_uint_eq(change->kind, wanted[i].kind);
        ck_assert_uint_eq(change->generation, 101 + i);
        memset(digest, i + 1, sizeof(digest));
        ck_assert_mem_eq(change->digest, digest, sizeof(digest));
    }
    ck_assert_int_eq(secprof_changes_next(changes, 0, &change), 0);
    ck_assert_ptr_null(change);
    ck_assert_int_eq(secprof_changes_next(changes, 20, &change), 0);
    /* The handle itself goes on meanwhile, on its own connection. */
    ck_assert_int_eq(fake_get(handle, "x"), 0);
    ck_assert_int_eq(server.connections, 2);
    secprof_changes_close(changes);
}
END_TEST

START_TEST(the_fd_tells_when)
{
    const struct secprof_change *change;
    struct secprof_changes *changes;
    struct pollfd pollfd = {.events = POLLIN};

    server.spoil = three;
    ck_assert_int_eq(secprof_subscribe(handle, &changes), 0);
    pollfd.fd = secprof_changes_fd(changes);
    ck_assert_int_eq(poll(&pollfd, 1, 5000), 1);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(secprof_changes_next(changes, SECPROF_NO_TIMEOUT, &change), 1);
    ck_assert_int_eq(poll(&pollfd, 1, 0), 0);
    secprof_changes_close(changes);
}
END_TEST

static void end(struct fake_server *self, const union wire_request *request,
                struct fake_reply *reply)
{
    three(self, request, reply);
    reply->end = true;
}

START_TEST(a_daemon_that_ends_is_noticed)
{
    const struct secprof_change *change;
    struct secprof_changes *changes;

    server.spoil = end;
    ck_assert_int_eq(secprof_subscribe(handle, &changes), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(secprof_changes_next(changes, 5000, &change), 1);
    ck_assert_int_eq(secprof_changes_next(changes, 5000, &change), -ECONNRESET);
    ck_assert_ptr_null(change);
    ck_assert_int_eq(secprof_changes_next(changes, 0, &change), -ECONNRESET);
    secprof_changes_close(changes);
}
END_TEST

/* Ways in which a change can be wrong: the mode of the server. */
static void spoiled(struct fake_server *self, const union wire_request *request,
                    struct fake_reply *reply)
{
    struct wire_change *change = add(request, reply, "a", WIRE_PROFILE_SERVED);
    int mode = self->mode;

    switch (mode) {
    case 0:
        change->header.serial++;
        break;
    case 1:
        change->header.magic++;
        break;
    case 2:
        change->entry_size--;
        break;
    case 3:
        strcpy(change->entry.name, "../a");
        break;
    case 4:
        change->header.length--;
        break;
    case 5:
        change->header.opcode = WIRE_GET;
        break;
    case 6:
        change->entry_offset++;
        break;
    }
}

/* Loop: the ways. */
START_TEST(a_wrong_change_is_not_used)
{
    const struct secprof_change *change;
    struct secprof_changes *changes;

    server.mode = _i;
    server.spoil = spoiled;
    ck_assert_int_eq(secprof_subscribe(handle, &changes), 0);
    ck_assert_int_eq(secprof_changes_next(changes, 5000, &change), -EBADMSG);
    ck_assert_ptr_null(change);
    secprof_changes_close(changes);
}
END_TEST

static void later(struct fake_server *self, const union wire_request *request,
                  struct fake_reply *reply)
{
    (void)self;
    if (request->header.opcode != WIRE_SUBSCRIBE)
        return;
    add(request, reply, "a", 77);
    add(request, reply, "b", WIRE_PROFILE_PENDING);
    add(request, reply, "c", WIRE_PROFILE_SERVED);
    add(request, reply, "d", 78);
}

START_TEST(kinds_of_later_daemons_are_skipped)
{
    const struct secprof_change *change;
    struct secprof_changes *changes;

    server.spoil = later;
    ck_assert_int_eq(secprof_subscribe(handle, &changes), 0);
    ck_assert_int_eq(secprof_changes_next(changes, 5000, &change), 1);
    ck_assert_str_eq(change->name, "c");
    ck_assert_int_eq(secprof_changes_next(changes, 20, &change), 0);
    secprof_changes_close(changes);
}
END_TEST

static void full(struct fake_server *self, const union wire_request *request,
                 struct fake_reply *reply)
{
    (void)self;
    (void)request;
    fake_error(reply, WIRE_LIMIT, "there are 64 subscribers");
}

START_TEST(a_refused_subscription)
{
    struct secprof_changes *changes = (void *)&server;
    const struct secprof_change *change;
    char text[64];

    server.spoil = full;
    ck_assert_int_eq(secprof_subscribe(handle, &changes), -EBUSY);
    ck_assert_ptr_null(changes);
    secprof_last_message(handle, text, sizeof(text));
    ck_assert_str_eq(text, "there are 64 subscribers");
    ck_assert_int_eq(secprof_subscribe(NULL, &changes), -EINVAL);
    ck_assert_int_eq(secprof_subscribe(handle, NULL), -EINVAL);
    ck_assert_int_eq(secprof_changes_next(NULL, 0, &change), -EINVAL);
    ck_assert_int_eq(secprof_changes_fd(NULL), -EINVAL);
    secprof_changes_close(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("changes");
    TCase *tcase = tcase_create("changes");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, changes_come_in_order);
    tcase_add_test(tcase, the_fd_tells_when);
    tcase_add_test(tcase, a_daemon_that_ends_is_noticed);
    tcase_add_loop_test(tcase, a_wrong_change_is_not_used, 0, 7);
    tcase_add_test(tcase, kinds_of_later_daemons_are_skipped);
    tcase_add_test(tcase, a_refused_subscription);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
