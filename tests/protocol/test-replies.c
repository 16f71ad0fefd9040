/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of protocol/codec.c: the replies that a client takes, those of later daemons among them,
 * and each way in which one can be wrong. */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/codec.h"
#include "tests/protocol/requests.h"
#include "tests/suite.h"
#include "util/cleanup.h"

/* A reply that can be changed before it is checked. */
struct reply {
    union {
        struct wire_header header;
        struct wire_get_reply get;
        struct wire_list_reply list;
        struct wire_daemon_status daemon;
        struct wire_profile_status profile;
        struct wire_reload_reply reload;
        struct wire_refusal refusal;
        unsigned char bytes[WIRE_MAX_REPLY + 1];
    };
    size_t len;
};

static void reply_start(struct reply *reply, const union wire_request *request, size_t len)
{
    memset(reply, 0, sizeof(*reply));
    wire_reply_header(&reply->header, &request->header, WIRE_OK, len);
    reply->len = len;
}

static int check_reply(const union wire_request *request, struct reply *reply)
{
    reply->header.length = (uint32_t)reply->len;
    return wire_reply_check(request, reply->bytes, reply->len);
}

/* Loop: the opcodes that are answered with a filter. */
START_TEST(get_replies)
{
    static const enum wire_opcode opcodes[] = {WIRE_GET, WIRE_COMPILE};
    union wire_request request = make_request(opcodes[_i], "default");
    uint32_t *delivery = _i == 0 ? &request.get.delivery : &request.compile.delivery;
    static struct reply reply;

    for (uint32_t n = 0; n <= WIRE_MAX_INSNS + 1; n++) {
        bool good = n >= 1 && n <= WIRE_MAX_INSNS;

        if (n > 3 && n < WIRE_MAX_INSNS - 3)
            continue;
        /* Fields of a later daemon lie before the filter, and more behind it. */
        for (uint32_t more = 0; more < 16; more += 8) {
            reply_start(&reply, &request, sizeof(reply.get) + n * WIRE_INSN_SIZE + 2 * more);
            reply.get.n_insns = n;
            reply.get.size = n * WIRE_INSN_SIZE;
            reply.get.offset = sizeof(reply.get) + more;
            reply.get.zero = more;
            ck_assert_int_eq(check_reply(&request, &reply), good ? WIRE_OK : -EBADMSG);
        }
        reply.len -= 9;
        ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
        reply.len += 9;
        reply.get.size += 8;
        ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
        reply.get.size -= 8;
        reply.get.offset = sizeof(reply.get) - 8;
        ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
        reply.get.offset = UINT32_MAX;
        ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    }
    /* Where an fd was asked for, the place is one in its file. */
    *delivery = WIRE_DELIVER_FD;
    reply_start(&reply, &request, sizeof(reply.get));
    reply.get.n_insns = 1;
    reply.get.size = WIRE_INSN_SIZE;
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    reply.len = sizeof(reply.get) + 8;
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    reply.len = sizeof(reply.get) - 1;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.len = sizeof(reply.header);
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
}
END_TEST

/* A list of N entries, each SIZE bytes long, at OFFSET. */
static void list_start(struct reply *reply, const union wire_request *request, uint32_t n,
                       uint32_t size, uint32_t offset)
{
    reply_start(reply, request, offset + n * size);
    reply->list.n_entries = n;
    reply->list.entry_size = size;
    reply->list.entries_offset = offset;
    for (uint32_t i = 0; i < n; i++) {
        struct wire_list_entry entry = {.state = WIRE_PROFILE_SERVED};

        snprintf(entry.name, sizeof(entry.name), "p%04u", i);
        memcpy(reply->bytes + offset + i * size, &entry, sizeof(entry));
    }
}

START_TEST(list_replies)
{
    union wire_request request = make_request(WIRE_LIST, "b");
    static struct reply reply;
    struct wire_list_entry *entries = (void *)(reply.bytes + sizeof(reply.list));

    list_start(&reply, &request, 0, sizeof(*entries), sizeof(reply.list));
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    reply.list.more = 1;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);

    list_start(&reply, &request, 2, sizeof(*entries), sizeof(reply.list));
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    reply.list.more = 1;
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    reply.list.more = 0;
    reply.list.n_entries = 3;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.list.n_entries = 2;
    reply.list.entry_size--;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.list.entry_size += 2;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.list.entry_size--;
    reply.list.entries_offset++;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.list.entries_offset = 24;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.list.entries_offset = sizeof(reply.list);
    strcpy(entries[1].name, entries[0].name);
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    strncpy(entries[1].name, "/", WIRE_NAME_SIZE - 1);
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    strncpy(entries[1].name, "z", WIRE_NAME_SIZE - 1);
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    strncpy(entries[0].name, "b", WIRE_NAME_SIZE - 1);
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    strncpy(entries[0].name, "c", WIRE_NAME_SIZE - 1);
    entries[1].n_insns = WIRE_MAX_INSNS + 1;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    entries[1].n_insns = 0;
    /* States of later daemons are theirs to define. */
    entries[1].state = WIRE_PROFILE_PENDING + 1;
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
}
END_TEST

START_TEST(long_lists)
{
    union wire_request request = make_request(WIRE_LIST, "");
    static struct reply reply;
    const uint32_t size = sizeof(struct wire_list_entry);

    list_start(&reply, &request, WIRE_LIST_MAX_ENTRIES, size, sizeof(reply.list));
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    ck_assert_uint_le(reply.len, WIRE_MAX_REPLY);
    /* Those of a later daemon: longer entries, and more of them. */
    list_start(&reply, &request, 10, size + 24, sizeof(reply.list) + 16);
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    list_start(&reply, &request, WIRE_LIST_MAX_ENTRIES + 1, size, sizeof(reply.list));
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    reply.list.n_entries = UINT32_MAX;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.list.entry_size = UINT32_MAX;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
}
END_TEST

START_TEST(status_replies)
{
    union wire_request daemon = make_request(WIRE_STATUS, "");
    union wire_request profile = make_request(WIRE_STATUS, "default");
    static struct reply reply;

    reply_start(&reply, &daemon, sizeof(reply.daemon));
    ck_assert_int_eq(check_reply(&daemon, &reply), WIRE_OK);
    ck_assert_int_eq(check_reply(&profile, &reply), -EBADMSG);
    reply.daemon.cache_state = 99;
    reply.daemon.spare[7] = 1;
    reply.len += 100;
    ck_assert_int_eq(check_reply(&daemon, &reply), WIRE_OK);
    memset(reply.daemon.version, 'x', sizeof(reply.daemon.version));
    ck_assert_int_eq(check_reply(&daemon, &reply), -EBADMSG);
    reply_start(&reply, &daemon, sizeof(reply.daemon) - 1);
    ck_assert_int_eq(check_reply(&daemon, &reply), -EBADMSG);

    reply_start(&reply, &profile, sizeof(reply.profile) + 12);
    reply.profile.path_offset = sizeof(reply.profile) + 7;
    reply.profile.path_len = 5;
    reply.profile.text_offset = sizeof(reply.profile);
    reply.profile.text_len = 7;
    reply.profile.state = 99;
    ck_assert_int_eq(check_reply(&profile, &reply), WIRE_OK);
    reply.profile.path_len = 6;
    ck_assert_int_eq(check_reply(&profile, &reply), -EBADMSG);
    reply.profile.path_len = 5;
    reply.profile.text_len = 13;
    ck_assert_int_eq(check_reply(&profile, &reply), -EBADMSG);
    reply.profile.text_len = 7;
    reply.profile.text_offset--;
    ck_assert_int_eq(check_reply(&profile, &reply), -EBADMSG);
    /* The end wraps around. */
    reply.profile.text_offset = UINT32_MAX - 3;
    ck_assert_int_eq(check_reply(&profile, &reply), -EBADMSG);
    reply.profile.text_offset = sizeof(reply.profile);
    reply.profile.text_len = UINT32_MAX;
    ck_assert_int_eq(check_reply(&profile, &reply), -EBADMSG);
    reply.profile.text_len = 7;
    reply.profile.n_insns = WIRE_MAX_INSNS + 1;
    ck_assert_int_eq(check_reply(&profile, &reply), -EBADMSG);
}
END_TEST

START_TEST(reload_replies)
{
    union wire_request request = make_request(WIRE_RELOAD, "");
    static struct reply reply;

    reply_start(&reply, &request, sizeof(reply.reload));
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    reply.len++;
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    reply.len = sizeof(reply.reload) - 1;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.len = sizeof(reply.header);
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.len = 23;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
}
END_TEST

START_TEST(replies_must_answer_the_request)
{
    union wire_request request = make_request(WIRE_RELOAD, "");
    static struct reply good;
    static struct reply bad;

    reply_start(&good, &request, sizeof(good.reload));
    bad = good;
    bad.header.magic++;
    ck_assert_int_eq(check_reply(&request, &bad), -EBADMSG);
    bad = good;
    bad.header.version++;
    ck_assert_int_eq(check_reply(&request, &bad), -EBADMSG);
    bad = good;
    bad.header.opcode = WIRE_STATUS;
    ck_assert_int_eq(check_reply(&request, &bad), -EBADMSG);
    bad = good;
    bad.header.serial++;
    ck_assert_int_eq(check_reply(&request, &bad), -EBADMSG);
    bad = good;
    bad.header.zero = 1;
    ck_assert_int_eq(check_reply(&request, &bad), WIRE_OK);
    bad = good;
    bad.header.length++;
    ck_assert_int_eq(wire_reply_check(&request, &bad, bad.len), -EBADMSG);
}
END_TEST

START_TEST(refusals)
{
    static const uint32_t statuses[] = {1, 2, 14, WIRE_STATUS_COUNT, INT_MAX};
    union wire_request request = make_request(WIRE_GET, "default");
    static struct reply reply;

    for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
        const int status = (int)statuses[i];

        reply_start(&reply, &request, sizeof(reply.refusal) + 8 + WIRE_TEXT_MAX);
        reply.header.status = statuses[i];
        reply.refusal.text_offset = sizeof(reply.refusal) + 8;
        reply.refusal.text_len = WIRE_TEXT_MAX;
        reply.refusal.zero = 1;
        ck_assert_int_eq(check_reply(&request, &reply), status);
        reply.refusal.text_len++;
        ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
        reply.refusal.text_len--;
        reply.refusal.text_offset++;
        ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
        reply.refusal.text_offset = 24;
        ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
        /* What another version has behind the header is not looked at. */
        reply.header.version = 2;
        ck_assert_int_eq(check_reply(&request, &reply),
                         status == WIRE_BAD_VERSION ? WIRE_BAD_VERSION : -EBADMSG);
    }
    reply_start(&reply, &request, sizeof(reply.refusal) - 1);
    reply.header.status = 6;
    reply.refusal.text_offset = sizeof(reply.refusal) - 1;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply_start(&reply, &request, sizeof(reply.refusal));
    reply.header.status = UINT32_MAX;
    reply.refusal.text_offset = sizeof(reply.refusal);
    ck_assert_int_eq(check_reply(&request, &reply), INT_MAX);
}
END_TEST

/* A small generator (xorshift), so that each run sees the same packets. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Packets that are right in their headers and random behind them, in memory that ends where they
 * do: a build with sanitizers sees each byte too many that is read. */
START_TEST(random_packets_are_judged_within_their_bounds)
{
    uint32_t state = 2463534242;
    int accepted = 0;

    for (int i = 0; i < 20000; i++) {
        enum wire_opcode opcode = (enum wire_opcode)(WIRE_GET + next_random(&state) % 4);
        union wire_request request = make_request(opcode, i % 2 ? "" : "default");
        struct wire_header header = request.header;
        size_t len = sizeof(header) + next_random(&state) % 600;
        unsigned char *packet = malloc(len);
        union wire_request out;
        uint32_t field;
        int r;

        for (size_t j = 0; j < len; j++)
            packet[j] = next_random(&state) % 4 ? 0 : (unsigned char)next_random(&state);
        header.length = (uint32_t)len;
        header.status = next_random(&state) % 3 ? 0 : next_random(&state) % 16;
        memcpy(packet, &header, sizeof(header));
        r = wire_request_decode(&out, packet, len, 0, &field);
        ck_assert_int_ge(r, 0);
        ck_assert_uint_le(field, len);
        r = wire_reply_check(&request, packet, len);
        ck_assert(r == -EBADMSG || r >= WIRE_OK);
        accepted += r >= 0;
        free(packet);
    }
    /* Some of both kinds, or the loop showed nothing. */
    ck_assert_int_gt(accepted, 100);
    ck_assert_int_lt(accepted, 19900);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replies");
    TCase *replies = tcase_create("replies");

    tcase_add_loop_test(replies, get_replies, 0, 2);
    tcase_add_test(replies, list_replies);
    tcase_add_test(replies, long_lists);
    tcase_add_test(replies, status_replies);
    tcase_add_test(replies, reload_replies);
    tcase_add_test(replies, replies_must_answer_the_request);
    tcase_add_test(replies, refusals);
    tcase_add_test(replies, random_packets_are_judged_within_their_bounds);
    suite_add_tcase(suite, replies);
    return suite_run(suite);
}
