/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of protocol/codec.c: good packets, and each way in which one can be wrong. */
#include "protocol/codec.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "util/cleanup.h"

static union wire_request make_request(enum wire_opcode opcode, const char *name)
{
    union wire_request request = {0};
    size_t length = 0;

    switch (opcode) {
    case WIRE_GET:
        length = sizeof(request.get);
        request.get.delivery = WIRE_DELIVER_BYTES;
        strcpy(request.get.name, name);
        break;
    case WIRE_LIST:
        length = sizeof(request.list);
        strcpy(request.list.after, name);
        break;
    case WIRE_STATUS:
        length = sizeof(request.status);
        strcpy(request.status.name, name);
        break;
    case WIRE_RELOAD:
        length = sizeof(request.reload);
        break;
    case WIRE_SUBSCRIBE:
        length = sizeof(request.subscribe);
        break;
    case WIRE_COMPILE:
        length = sizeof(request.compile);
        request.compile.delivery = WIRE_DELIVER_BYTES;
        break;
    }
    wire_request_header(&request.header, opcode, length, 7);
    return request;
}

/* How many fds go with REQUEST. */
static size_t fds_of(const union wire_request *request)
{
    return request->header.opcode == WIRE_COMPILE ? 1 : 0;
}

/* Decodes REQUEST from an odd address, as its header's length says. */
static int decode(const union wire_request *request)
{
    unsigned char bytes[sizeof(*request) + 1];
    union wire_request out;

    memcpy(bytes + 1, request, sizeof(*request));
    return wire_request_decode(&out, bytes + 1, request->header.length, fds_of(request));
}

START_TEST(requests_survive_the_way)
{
    static const struct {
        enum wire_opcode opcode;
        const char *name;
    } cases[] = {
        {WIRE_GET, "default"},  {WIRE_LIST, ""},   {WIRE_LIST, "default"}, {WIRE_STATUS, ""},
        {WIRE_STATUS, "a.b-c"}, {WIRE_RELOAD, ""}, {WIRE_SUBSCRIBE, ""},   {WIRE_COMPILE, ""},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        union wire_request request = make_request(cases[i].opcode, cases[i].name);
        union wire_request out;

        ck_assert_int_eq(
            wire_request_decode(&out, &request, request.header.length, fds_of(&request)), WIRE_OK);
        ck_assert_mem_eq(&out, &request, request.header.length);
        ck_assert_int_eq(decode(&request), WIRE_OK);
    }
}
END_TEST

START_TEST(what_is_not_ours_ends_the_connection)
{
    union wire_request request = make_request(WIRE_RELOAD, "");
    union wire_request out;

    ck_assert_int_eq(wire_request_decode(&out, &request, 0, 0), -EBADMSG);
    ck_assert_int_eq(wire_request_decode(&out, &request, 23, 0), -EBADMSG);
    request.header.magic = __builtin_bswap32(WIRE_MAGIC);
    ck_assert_int_eq(wire_request_decode(&out, &request, 24, 0), -EBADMSG);
}
END_TEST

START_TEST(a_refused_request_has_its_header_for_the_reply)
{
    union wire_request request = make_request(WIRE_GET, "default");
    union wire_request out;
    struct wire_header reply;

    request.header.opcode = 999;
    request.header.serial = 0x12345678;
    ck_assert_int_eq(wire_request_decode(&out, &request, sizeof(request.get), 0), WIRE_BAD_OPCODE);
    wire_reply_header(&reply, &out.header, WIRE_BAD_OPCODE, 30);
    ck_assert_uint_eq(reply.magic, WIRE_MAGIC);
    ck_assert_uint_eq(reply.version, WIRE_VERSION);
    ck_assert_uint_eq(reply.opcode, 999);
    ck_assert_uint_eq(reply.serial, 0x12345678);
    ck_assert_uint_eq(reply.length, 30);
    ck_assert_uint_eq(reply.status, WIRE_BAD_OPCODE);
    ck_assert_uint_eq(reply.zero, 0);
}
END_TEST

START_TEST(wrong_headers_are_refused)
{
    union wire_request request = make_request(WIRE_GET, "default");
    union wire_request bad = request;
    union wire_request out;

    bad.header.version = 2;
    ck_assert_int_eq(decode(&bad), WIRE_BAD_VERSION);
    bad = request;
    bad.header.opcode = 0;
    ck_assert_int_eq(decode(&bad), WIRE_BAD_OPCODE);
    bad.header.opcode = WIRE_COMPILE + 1;
    ck_assert_int_eq(decode(&bad), WIRE_BAD_OPCODE);
    bad = request;
    bad.header.status = 1;
    ck_assert_int_eq(decode(&bad), WIRE_BAD_REQUEST);
    bad = request;
    bad.header.zero = 1;
    ck_assert_int_eq(decode(&bad), WIRE_BAD_REQUEST);
    /* An fd came along. */
    ck_assert_int_eq(wire_request_decode(&out, &request, sizeof(request.get), 1), WIRE_BAD_REQUEST);
    request = make_request(WIRE_COMPILE, "");
    for (size_t n = 0; n < 4; n++)
        ck_assert_int_eq(wire_request_decode(&out, &request, sizeof(request.compile), n),
                         n == 1 ? WIRE_OK : WIRE_BAD_REQUEST);
    bad = request = make_request(WIRE_GET, "default");
    bad.header.length--;
    ck_assert_int_eq(wire_request_decode(&out, &bad, sizeof(bad.get), 0), WIRE_BAD_LENGTH);
}
END_TEST

/* Loop: every opcode. */
START_TEST(only_one_length_is_right)
{
    union wire_request request = make_request((enum wire_opcode)_i, "default");
    unsigned char packet[WIRE_MAX_REQUEST] = {0};
    size_t right = request.header.length;
    union wire_request out;

    memcpy(packet, &request, right);
    for (uint32_t len = sizeof(struct wire_header); len <= sizeof(packet); len++) {
        memcpy(packet + offsetof(struct wire_header, length), &len, sizeof(len));
        ck_assert_int_eq(wire_request_decode(&out, packet, len, fds_of(&request)),
                         len == right ? WIRE_OK : WIRE_BAD_LENGTH);
    }
}
END_TEST

START_TEST(wrong_fields_are_refused)
{
    union wire_request request = make_request(WIRE_GET, "default");

    request.get.zero = 1;
    ck_assert_int_eq(decode(&request), WIRE_BAD_REQUEST);
    request = make_request(WIRE_GET, "default");
    request.get.delivery = 0;
    ck_assert_int_eq(decode(&request), WIRE_BAD_REQUEST);
    for (request.get.delivery = 1; request.get.delivery <= WIRE_DELIVER_PROFILE;
         request.get.delivery++)
        ck_assert_int_eq(decode(&request), WIRE_OK);
    ck_assert_uint_eq(request.get.delivery, WIRE_DELIVER_PROFILE + 1);
    ck_assert_int_eq(decode(&request), WIRE_BAD_REQUEST);
    request = make_request(WIRE_COMPILE, "");
    request.compile.zero = 1;
    ck_assert_int_eq(decode(&request), WIRE_BAD_REQUEST);
    request.compile.zero = 0;
    for (request.compile.delivery = 1; request.compile.delivery <= WIRE_DELIVER_HELPER;
         request.compile.delivery++)
        ck_assert_int_eq(decode(&request), WIRE_OK);
    request.compile.delivery = WIRE_DELIVER_PROFILE;
    ck_assert_int_eq(decode(&request), WIRE_BAD_REQUEST);
}
END_TEST

START_TEST(wrong_names_are_refused)
{
    static const enum wire_opcode with_name[] = {WIRE_GET, WIRE_LIST, WIRE_STATUS};
    union wire_request request = make_request(WIRE_GET, "");

    ck_assert_int_eq(decode(&request), WIRE_BAD_NAME);
    for (size_t i = 0; i < ARRAY_SIZE(with_name); i++) {
        request = make_request(with_name[i], "../x");
        ck_assert_int_eq(decode(&request), WIRE_BAD_NAME);

        size_t name = request.header.length - WIRE_NAME_SIZE;
        char *field = (char *)&request + name;

        /* No ending NUL. */
        memset(field, 'x', WIRE_NAME_SIZE);
        ck_assert_int_eq(decode(&request), WIRE_BAD_NAME);
        field[WIRE_NAME_SIZE - 1] = '\0';
        ck_assert_int_eq(decode(&request), WIRE_OK);
        /* Something behind the first NUL. */
        memset(field, 0, WIRE_NAME_SIZE);
        strcpy(field, "default");
        field[WIRE_NAME_SIZE - 1] = 'x';
        ck_assert_int_eq(decode(&request), WIRE_BAD_NAME);
        field[0] = '\0';
        ck_assert_int_eq(decode(&request), WIRE_BAD_NAME);
    }
}
END_TEST

START_TEST(names_follow_the_rule)
{
    static const char *const good[] = {"a", "default", "_x", "9", "a.b", "a-b_c+d@e.f", "A..B"};
    static const char *const bad[] = {"",     ".",   "..",   ".hidden", "-x", "+x",        "@x",
                                      "../x", "a/b", "a b",  "a\n",     "a*", "a\xc3\xa4", "\x7f",
                                      "a,b",  "a:b", "a\\b", "[",       "`",  "{"};
    char name[WIRE_NAME_SIZE + 1] = {0};

    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        ck_assert_msg(wire_name_is_valid(good[i]), "%s", good[i]);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        ck_assert_msg(!wire_name_is_valid(bad[i]), "%s", bad[i]);
    memset(name, 'x', WIRE_NAME_SIZE - 1);
    ck_assert(wire_name_is_valid(name));
    name[WIRE_NAME_SIZE - 1] = 'x';
    ck_assert(!wire_name_is_valid(name));
}
END_TEST

/* A reply that can be changed before it is checked. */
struct reply {
    union {
        struct wire_header header;
        struct wire_get_reply get;
        struct wire_list_reply list;
        struct wire_daemon_status daemon;
        struct wire_profile_status profile;
        struct wire_reload_reply reload;
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
        reply_start(&reply, &request, sizeof(reply.get) + n * WIRE_INSN_SIZE);
        reply.get.n_insns = n;
        ck_assert_int_eq(check_reply(&request, &reply), good ? WIRE_OK : -EBADMSG);
        reply.len--;
        ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
        reply.len += 2;
        ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    }
    /* Where an fd was asked for, the bytes do not belong there. */
    *delivery = WIRE_DELIVER_FD;
    reply_start(&reply, &request, sizeof(reply.get) + WIRE_INSN_SIZE);
    reply.get.n_insns = 1;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.len = sizeof(reply.get);
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    reply.len = sizeof(reply.header);
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
}
END_TEST

START_TEST(list_replies)
{
    union wire_request request = make_request(WIRE_LIST, "b");
    static struct reply reply;
    struct wire_list_entry *entries = (void *)(reply.bytes + sizeof(reply.list));

    reply_start(&reply, &request, sizeof(reply.list));
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    reply.list.more = 1;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);

    reply_start(&reply, &request, sizeof(reply.list) + 2 * sizeof(*entries));
    reply.list.n_entries = 2;
    strcpy(entries[0].name, "c");
    strcpy(entries[1].name, "d");
    entries[0].state = WIRE_PROFILE_SERVED;
    entries[1].state = WIRE_PROFILE_PENDING;
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    reply.list.more = 1;
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    reply.list.more = 2;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.list.more = 0;
    reply.list.n_entries = 1;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.list.n_entries = 3;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.list.n_entries = 2;
    strcpy(entries[1].name, "c");
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    strcpy(entries[1].name, "/");
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    strcpy(entries[1].name, "d");
    strcpy(entries[0].name, "b");
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    strcpy(entries[0].name, "c");
    entries[1].state = 0;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    entries[1].state = WIRE_PROFILE_PENDING + 1;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
}
END_TEST

START_TEST(a_full_list_fits)
{
    union wire_request request = make_request(WIRE_LIST, "");
    static struct reply reply;
    struct wire_list_entry *entries = (void *)(reply.bytes + sizeof(reply.list));
    size_t n = WIRE_LIST_MAX_ENTRIES;

    reply_start(&reply, &request, sizeof(reply.list) + (n + 1) * sizeof(*entries));
    for (size_t i = 0; i < n + 1; i++) {
        snprintf(entries[i].name, sizeof(entries[i].name), "p%04zu", i);
        entries[i].state = WIRE_PROFILE_SERVED;
    }
    reply.list.n_entries = (uint32_t)n + 1;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.list.n_entries = (uint32_t)n;
    reply.len -= sizeof(*entries);
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    ck_assert_uint_le(reply.len, WIRE_MAX_REPLY);
    reply.list.n_entries = UINT32_MAX;
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
    memset(reply.daemon.version, 'x', sizeof(reply.daemon.version));
    ck_assert_int_eq(check_reply(&daemon, &reply), -EBADMSG);

    reply_start(&reply, &profile, sizeof(reply.profile) + 12);
    reply.profile.path_len = 5;
    reply.profile.text_len = 7;
    reply.profile.state = WIRE_PROFILE_STALE;
    ck_assert_int_eq(check_reply(&profile, &reply), WIRE_OK);
    reply.profile.text_len = 8;
    ck_assert_int_eq(check_reply(&profile, &reply), -EBADMSG);
    /* Together they wrap around to 12. */
    reply.profile.path_len = UINT32_MAX - 15;
    reply.profile.text_len = 28;
    ck_assert_int_eq(check_reply(&profile, &reply), -EBADMSG);
    reply.profile.path_len = 5;
    reply.profile.text_len = 7;
    reply.profile.state = 5;
    ck_assert_int_eq(check_reply(&profile, &reply), -EBADMSG);
}
END_TEST

/* The longest of each, and one more. */
START_TEST(status_replies_have_limits)
{
    union wire_request profile = make_request(WIRE_STATUS, "default");
    static struct reply reply;

    reply_start(&reply, &profile, sizeof(reply.profile) - 1);
    reply.profile.state = WIRE_PROFILE_SERVED;
    ck_assert_int_eq(check_reply(&profile, &reply), -EBADMSG);
    for (uint32_t more = 0; more < 2; more++) {
        int wanted = more ? -EBADMSG : WIRE_OK;

        reply_start(&reply, &profile, sizeof(reply.profile) + 4096 + more);
        reply.profile.path_len = 4096 + more;
        reply.profile.state = WIRE_PROFILE_SERVED;
        ck_assert_int_eq(check_reply(&profile, &reply), wanted);
        reply_start(&reply, &profile, sizeof(reply.profile) + WIRE_TEXT_MAX + more);
        reply.profile.text_len = WIRE_TEXT_MAX + more;
        reply.profile.state = WIRE_PROFILE_SERVED;
        ck_assert_int_eq(check_reply(&profile, &reply), wanted);
        reply_start(&reply, &profile, sizeof(reply.profile));
        reply.profile.n_insns = WIRE_MAX_INSNS + more;
        reply.profile.state = WIRE_PROFILE_SERVED;
        ck_assert_int_eq(check_reply(&profile, &reply), wanted);
    }
}
END_TEST

START_TEST(reload_replies)
{
    union wire_request request = make_request(WIRE_RELOAD, "");
    static struct reply reply;

    reply_start(&reply, &request, sizeof(reply.reload));
    ck_assert_int_eq(check_reply(&request, &reply), WIRE_OK);
    reply.len++;
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
    ck_assert_int_eq(check_reply(&request, &bad), -EBADMSG);
    bad = good;
    bad.header.length++;
    ck_assert_int_eq(wire_reply_check(&request, &bad, bad.len), -EBADMSG);
}
END_TEST

START_TEST(error_replies)
{
    union wire_request request = make_request(WIRE_GET, "default");
    static struct reply reply;

    for (int status = 1; status < WIRE_STATUS_COUNT; status++) {
        reply_start(&reply, &request, sizeof(reply.header) + WIRE_TEXT_MAX);
        reply.header.status = (uint32_t)status;
        ck_assert_int_eq(check_reply(&request, &reply), status);
        reply.header.version = 2;
        ck_assert_int_eq(check_reply(&request, &reply),
                         status == WIRE_BAD_VERSION ? WIRE_BAD_VERSION : -EBADMSG);
        reply.header.version = WIRE_VERSION;
        reply.len++;
        ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    }
    reply_start(&reply, &request, sizeof(reply.header));
    reply.header.status = WIRE_STATUS_COUNT;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
    reply.header.status = UINT32_MAX;
    ck_assert_int_eq(check_reply(&request, &reply), -EBADMSG);
}
END_TEST

START_TEST(every_status_has_its_own_text)
{
    for (int i = 0; i < WIRE_STATUS_COUNT; i++) {
        ck_assert_str_ne(wire_status_text(i), "unknown status");
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(wire_status_text(i), wire_status_text(j));
    }
    ck_assert_str_eq(wire_status_text(-1), "unknown status");
    ck_assert_str_eq(wire_status_text(WIRE_STATUS_COUNT), "unknown status");
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
        int r;

        for (size_t j = 0; j < len; j++)
            packet[j] = next_random(&state) % 4 ? 0 : (unsigned char)next_random(&state);
        header.length = (uint32_t)len;
        header.status = next_random(&state) % 3 ? 0 : next_random(&state) % 16;
        memcpy(packet, &header, sizeof(header));
        r = wire_request_decode(&out, packet, len, 0);
        ck_assert(r >= WIRE_OK && r < WIRE_STATUS_COUNT);
        r = wire_reply_check(&request, packet, len);
        ck_assert(r == -EBADMSG || (r >= WIRE_OK && r < WIRE_STATUS_COUNT));
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
    Suite *suite = suite_create("codec");
    TCase *requests = tcase_create("requests");
    TCase *replies = tcase_create("replies");

    tcase_add_test(requests, requests_survive_the_way);
    tcase_add_test(requests, what_is_not_ours_ends_the_connection);
    tcase_add_test(requests, a_refused_request_has_its_header_for_the_reply);
    tcase_add_test(requests, wrong_headers_are_refused);
    tcase_add_loop_test(requests, only_one_length_is_right, WIRE_GET, WIRE_COMPILE + 1);
    tcase_add_test(requests, wrong_fields_are_refused);
    tcase_add_test(requests, wrong_names_are_refused);
    tcase_add_test(requests, names_follow_the_rule);
    suite_add_tcase(suite, requests);
    tcase_add_loop_test(replies, get_replies, 0, 2);
    tcase_add_test(replies, list_replies);
    tcase_add_test(replies, a_full_list_fits);
    tcase_add_test(replies, status_replies);
    tcase_add_test(replies, status_replies_have_limits);
    tcase_add_test(replies, reload_replies);
    tcase_add_test(replies, replies_must_answer_the_request);
    tcase_add_test(replies, error_replies);
    tcase_add_test(replies, every_status_has_its_own_text);
    tcase_add_test(replies, random_packets_are_judged_within_their_bounds);
    suite_add_tcase(suite, replies);
    return suite_run(suite);
}
