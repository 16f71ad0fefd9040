/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of protocol/codec.c: the packets that a subscriber gets. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "protocol/codec.h"
#include "tests/suite.h"

START_TEST(changes_follow_a_subscription)
{
    union wire_request request = {0};
    struct wire_subscribe_reply reply = {0};
    struct wire_change good = {.generation = 5, .kind = WIRE_PROFILE_STALE, .name = "default"};
    struct wire_change bad, out;

    wire_request_header(&request.header, WIRE_SUBSCRIBE, sizeof(request.subscribe), 7);
    wire_reply_header(&reply.header, &request.header, WIRE_OK, sizeof(reply));
    ck_assert_int_eq(wire_reply_check(&request, &reply, sizeof(reply)), WIRE_OK);
    ck_assert_int_eq(wire_reply_check(&request, &reply, sizeof(reply) - 1), -EBADMSG);

    wire_reply_header(&good.header, &request.header, WIRE_OK, sizeof(good));
    ck_assert(wire_change_check(&out, &request.header, &good, sizeof(good)));
    ck_assert_mem_eq(&out, &good, sizeof(good));
    ck_assert(!wire_change_check(&out, &request.header, &good, sizeof(good) - 1));
    ck_assert(!wire_change_check(&out, &request.header, &good, 0));
    for (uint32_t kind = 0; kind < 9; kind++) {
        bad = good;
        bad.kind = kind;
        /* A profile that is pending has not changed; one that is lost has no name. */
        ck_assert_int_eq(wire_change_check(&out, &request.header, &bad, sizeof(bad)),
                         kind != 0 && kind != WIRE_PROFILE_PENDING && kind < WIRE_CHANGE_LOST);
        memset(bad.name, 0, sizeof(bad.name));
        ck_assert_int_eq(wire_change_check(&out, &request.header, &bad, sizeof(bad)),
                         kind == WIRE_CHANGE_LOST);
    }
    bad = good;
    bad.header.serial++;
    ck_assert(!wire_change_check(&out, &request.header, &bad, sizeof(bad)));
    bad = good;
    bad.header.status = WIRE_FAILED;
    ck_assert(!wire_change_check(&out, &request.header, &bad, sizeof(bad)));
    bad = good;
    bad.header.opcode = WIRE_LIST;
    ck_assert(!wire_change_check(&out, &request.header, &bad, sizeof(bad)));
    /* A short one that says so. */
    bad = good;
    bad.header.length = sizeof(bad) - 1;
    ck_assert(!wire_change_check(&out, &request.header, &bad, sizeof(bad) - 1));
    bad = good;
    bad.header.zero = 1;
    ck_assert(!wire_change_check(&out, &request.header, &bad, sizeof(bad)));
    bad = good;
    memset(bad.name, 'x', sizeof(bad.name));
    ck_assert(!wire_change_check(&out, &request.header, &bad, sizeof(bad)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("changes");
    TCase *tcase = tcase_create("changes");

    tcase_add_test(tcase, changes_follow_a_subscription);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
