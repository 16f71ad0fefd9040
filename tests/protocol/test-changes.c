/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of protocol/codec.c: the packets that a subscriber gets. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "protocol/codec.h"
#include "tests/suite.h"

static const struct wire_header subscribed = {.magic = WIRE_MAGIC,
                                              .version = WIRE_VERSION,
                                              .opcode = WIRE_SUBSCRIBE,
                                              .length = sizeof(struct wire_subscribe),
                                              .serial = 7};

static int check(const struct wire_change *packet, size_t len)
{
    struct wire_change out;

    return wire_change_check(&out, &subscribed, packet, len);
}

START_TEST(changes_follow_a_subscription)
{
    union wire_request request = {0};
    struct wire_subscribe_reply reply = {0};
    struct wire_change good = {.generation = 5,
                               .kind = WIRE_PROFILE_STALE,
                               .entry_offset = offsetof(struct wire_change, entry),
                               .entry_size = sizeof(good.entry),
                               .entry = {.name = "default"}};
    struct wire_change bad, out;

    request.header = subscribed;
    wire_reply_header(&reply.header, &request.header, WIRE_OK, sizeof(reply));
    ck_assert_int_eq(wire_reply_check(&request, &reply, sizeof(reply)), WIRE_OK);
    ck_assert_int_eq(wire_reply_check(&request, &reply, sizeof(reply) - 1), -EBADMSG);

    wire_reply_header(&good.header, &request.header, WIRE_OK, sizeof(good));
    ck_assert_int_eq(check(&good, sizeof(good)), WIRE_CHANGE_KNOWN);
    ck_assert_int_eq(wire_change_check(&out, &request.header, &good, sizeof(good)), 0);
    ck_assert_mem_eq(&out, &good, sizeof(good));
    ck_assert_int_eq(check(&good, sizeof(good) - 1), -EBADMSG);
    ck_assert_int_eq(check(&good, 0), -EBADMSG);
    for (uint32_t kind = 0; kind < 9; kind++) {
        const bool named = kind != 0 && kind != WIRE_PROFILE_PENDING && kind < WIRE_CHANGE_LOST;

        bad = good;
        bad.kind = kind;
        /* A profile that is pending has not changed: the kind is none. One that is lost has no
         * name. */
        if (named || kind == WIRE_CHANGE_LOST)
            ck_assert_int_eq(check(&bad, sizeof(bad)), named ? WIRE_CHANGE_KNOWN : -EBADMSG);
        else
            ck_assert_int_eq(check(&bad, sizeof(bad)), WIRE_CHANGE_UNKNOWN);
        memset(bad.entry.name, 0, sizeof(bad.entry.name));
        if (named || kind == WIRE_CHANGE_LOST)
            ck_assert_int_eq(check(&bad, sizeof(bad)), named ? -EBADMSG : WIRE_CHANGE_KNOWN);
    }
    bad = good;
    bad.header.serial++;
    ck_assert_int_eq(check(&bad, sizeof(bad)), -EBADMSG);
    bad = good;
    bad.header.status = WIRE_FAILED;
    ck_assert_int_eq(check(&bad, sizeof(bad)), -EBADMSG);
    bad = good;
    bad.header.opcode = WIRE_LIST;
    ck_assert_int_eq(check(&bad, sizeof(bad)), -EBADMSG);
    /* A short one that says so. */
    bad = good;
    bad.header.length = sizeof(bad) - 1;
    ck_assert_int_eq(check(&bad, sizeof(bad) - 1), -EBADMSG);
    bad = good;
    bad.header.zero = 1;
    bad.zero = 1;
    ck_assert_int_eq(check(&bad, sizeof(bad)), WIRE_CHANGE_KNOWN);
    bad = good;
    memset(bad.entry.name, 'x', sizeof(bad.entry.name));
    ck_assert_int_eq(check(&bad, sizeof(bad)), -EBADMSG);
    bad = good;
    bad.entry_size--;
    ck_assert_int_eq(check(&bad, sizeof(bad)), -EBADMSG);
    bad = good;
    bad.entry_offset++;
    ck_assert_int_eq(check(&bad, sizeof(bad)), -EBADMSG);
    bad.entry_offset = UINT32_MAX;
    ck_assert_int_eq(check(&bad, sizeof(bad)), -EBADMSG);
}
END_TEST

/* One of a later daemon: fields behind those that are known, then a longer entry. */
START_TEST(changes_may_be_longer)
{
    struct {
        struct wire_change change;
        uint64_t more;
    } grown = {.change = {.generation = 5,
                          .kind = WIRE_CHANGE_GONE,
                          .entry_offset = offsetof(struct wire_change, entry) + 8,
                          .entry_size = sizeof(grown.change.entry)}};
    struct wire_change out;

    wire_reply_header(&grown.change.header, &subscribed, WIRE_OK, sizeof(grown));
    strcpy((char *)&grown + grown.change.entry_offset, "later");
    ck_assert_int_eq(wire_change_check(&out, &subscribed, &grown, sizeof(grown)), 0);
    ck_assert_str_eq(out.entry.name, "later");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("changes");
    TCase *tcase = tcase_create("changes");

    tcase_add_test(tcase, changes_follow_a_subscription);
    tcase_add_test(tcase, changes_may_be_longer);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
