/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of protocol/codec.c: good packets, and each way in which one can be wrong. */
#include "protocol/codec.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/protocol/requests.h"
#include "tests/suite.h"
#include "util/cleanup.h"

/* How many fds go with REQUEST. */
static size_t fds_of(const union wire_request *request)
{
    return request->header.opcode == WIRE_COMPILE ? 1 : 0;
}

/* What the last request was refused for. */
static uint32_t last_field;

/* Decodes REQUEST from an odd address, as its header's length says. */
static int decode(const union wire_request *request)
{
    unsigned char bytes[sizeof(*request) + 1];
    union wire_request out;

    memcpy(bytes + 1, request, sizeof(*request));
    return wire_request_decode(&out, bytes + 1, request->header.length, fds_of(request),
                               &last_field);
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

        ck_assert_int_eq(wire_request_decode(&out, &request, request.header.length,
                                             fds_of(&request), &last_field),
                         0);
        ck_assert_mem_eq(&out, &request, request.header.length);
        ck_assert_int_eq(decode(&request), 0);
    }
}
END_TEST

START_TEST(what_is_not_ours_ends_the_connection)
{
    union wire_request request = make_request(WIRE_RELOAD, "");
    union wire_request out;

    ck_assert_int_eq(wire_request_decode(&out, &request, 0, 0, &last_field), -EBADMSG);
    ck_assert_int_eq(wire_request_decode(&out, &request, 23, 0, &last_field), -EBADMSG);
    request.header.magic = __builtin_bswap32(WIRE_MAGIC);
    ck_assert_int_eq(wire_request_decode(&out, &request, 24, 0, &last_field), -EBADMSG);
}
END_TEST

START_TEST(a_refused_request_has_its_header_for_the_reply)
{
    union wire_request request = make_request(WIRE_GET, "default");
    union wire_request out;
    struct wire_header reply;

    request.header.opcode = 999;
    request.header.serial = 0x12345678;
    ck_assert_int_eq(wire_request_decode(&out, &request, sizeof(request.get), 0, &last_field),
                     WIRE_WHY_OPCODE);
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

/* Asserts that REQUEST is refused for REASON, at the offset FIELD. */
static void refused(const union wire_request *request, enum wire_reason reason, size_t field)
{
    ck_assert_int_eq(decode(request), reason);
    ck_assert_uint_eq(last_field, field);
}

START_TEST(wrong_headers_are_refused)
{
    union wire_request request = make_request(WIRE_GET, "default");
    union wire_request bad = request;
    union wire_request out;

    bad.header.version = 2;
    refused(&bad, WIRE_WHY_VERSION, 4);
    bad = request;
    bad.header.opcode = 0;
    refused(&bad, WIRE_WHY_OPCODE, 6);
    bad.header.opcode = WIRE_COMPILE + 1;
    refused(&bad, WIRE_WHY_OPCODE, 6);
    bad = request;
    bad.header.status = 1;
    refused(&bad, WIRE_WHY_NOT_ZERO, 16);
    bad = request;
    bad.header.zero = 1;
    refused(&bad, WIRE_WHY_NOT_ZERO, 20);
    /* An fd came along. */
    ck_assert_int_eq(wire_request_decode(&out, &request, sizeof(request.get), 1, &last_field),
                     WIRE_WHY_FDS);
    request = make_request(WIRE_COMPILE, "");
    for (size_t n = 0; n < 4; n++)
        ck_assert_int_eq(
            wire_request_decode(&out, &request, sizeof(request.compile), n, &last_field),
            n == 1 ? 0 : WIRE_WHY_FDS);
    bad = make_request(WIRE_GET, "default");
    bad.header.length--;
    ck_assert_int_eq(wire_request_decode(&out, &bad, sizeof(bad.get), 0, &last_field),
                     WIRE_WHY_LENGTH);
    ck_assert_uint_eq(last_field, 8);
}
END_TEST

/* Loop: every opcode. A longer request is one that sets what is not known here to 0. */
START_TEST(requests_may_be_longer)
{
    union wire_request request = make_request((enum wire_opcode)_i, "default");
    unsigned char packet[WIRE_MAX_REQUEST + 1] = {0};
    size_t least = request.header.length;
    union wire_request out;

    memcpy(packet, &request, least);
    for (uint32_t len = sizeof(struct wire_header); len <= sizeof(packet); len++) {
        int wanted = len < least ? WIRE_WHY_SHORT : 0;

        memcpy(packet + offsetof(struct wire_header, length), &len, sizeof(len));
        ck_assert_int_eq(wire_request_decode(&out, packet, len, fds_of(&request), &last_field),
                         len > WIRE_MAX_REQUEST ? WIRE_WHY_LONG : wanted);
        if (len <= least || len > WIRE_MAX_REQUEST)
            continue;
        packet[len - 1] = 1;
        ck_assert_int_eq(wire_request_decode(&out, packet, len, fds_of(&request), &last_field),
                         WIRE_WHY_NOT_ZERO);
        ck_assert_uint_eq(last_field, len - 1);
        packet[len - 1] = 0;
    }
}
END_TEST

START_TEST(wrong_fields_are_refused)
{
    static const size_t zeroes[] = {48, 56, 192, 255};
    static const size_t compile_zeroes[] = {48, 56, 64, 127};
    union wire_request request;

    for (size_t i = 0; i < ARRAY_SIZE(zeroes); i++) {
        request = make_request(WIRE_GET, "default");
        ((unsigned char *)&request)[zeroes[i]] = 1;
        refused(&request, WIRE_WHY_NOT_ZERO, zeroes[i]);
        request = make_request(WIRE_COMPILE, "");
        ((unsigned char *)&request)[compile_zeroes[i]] = 1;
        refused(&request, WIRE_WHY_NOT_ZERO, compile_zeroes[i]);
    }
    for (enum wire_opcode opcode = WIRE_LIST; opcode <= WIRE_SUBSCRIBE; opcode++) {
        request = make_request(opcode, "");
        ((unsigned char *)&request)[request.header.length - 8] = 1;
        refused(&request, WIRE_WHY_NOT_ZERO, request.header.length - 8);
    }
    request = make_request(WIRE_GET, "default");
    request.get.delivery = 0;
    refused(&request, WIRE_WHY_VALUE, 40);
    for (request.get.delivery = 1; request.get.delivery <= WIRE_DELIVER_RULES;
         request.get.delivery++)
        ck_assert_int_eq(decode(&request), 0);
    ck_assert_uint_eq(request.get.delivery, WIRE_DELIVER_RULES + 1);
    refused(&request, WIRE_WHY_VALUE, 40);
    request = make_request(WIRE_COMPILE, "");
    for (request.compile.delivery = 0; request.compile.delivery <= WIRE_DELIVER_RULES + 1;
         request.compile.delivery++) {
        const uint32_t delivery = request.compile.delivery;
        const bool valid =
            delivery > 0 && delivery != WIRE_DELIVER_PROFILE && delivery <= WIRE_DELIVER_RULES;

        ck_assert_int_eq(decode(&request), valid ? 0 : WIRE_WHY_VALUE);
    }
}
END_TEST

START_TEST(modes_are_known)
{
    union wire_request get = make_request(WIRE_GET, "default");
    union wire_request compile = make_request(WIRE_COMPILE, "");

    for (get.get.mode = 0; get.get.mode <= WIRE_MODE_LOG; get.get.mode++) {
        compile.compile.mode = get.get.mode;
        ck_assert_int_eq(decode(&get), 0);
        ck_assert_int_eq(decode(&compile), 0);
    }
    compile.compile.mode = get.get.mode;
    refused(&get, WIRE_WHY_VALUE, 44);
    refused(&compile, WIRE_WHY_VALUE, 44);
    get.get.mode = compile.compile.mode = 1U << 24;
    refused(&get, WIRE_WHY_VALUE, 44);
    refused(&compile, WIRE_WHY_VALUE, 44);
}
END_TEST

static void check_split(const char *name, size_t len, enum wire_mode mode)
{
    enum wire_mode found;

    ck_assert_uint_eq(wire_name_split(name, &found), len);
    ck_assert_int_eq(found, mode);
}

START_TEST(a_name_may_end_in_a_mode)
{
    check_split("web", 3, WIRE_MODE_ENFORCE);
    check_split("web@audit", 3, WIRE_MODE_AUDIT);
    check_split("web@log", 3, WIRE_MODE_LOG);
    check_split("a@b@log", 3, WIRE_MODE_LOG);
    check_split("@audit", 0, WIRE_MODE_AUDIT);
    check_split("web@log@audit", 7, WIRE_MODE_AUDIT);
    check_split("", 0, WIRE_MODE_ENFORCE);
    /* What only looks like one is part of the name. */
    check_split("web@enforce", 11, WIRE_MODE_ENFORCE);
    check_split("web@auditor", 11, WIRE_MODE_ENFORCE);
    check_split("web@log.1", 9, WIRE_MODE_ENFORCE);
    check_split("web@LOG", 7, WIRE_MODE_ENFORCE);
    check_split("log", 3, WIRE_MODE_ENFORCE);
    check_split("web@", 4, WIRE_MODE_ENFORCE);
}
END_TEST

START_TEST(wrong_names_are_refused)
{
    static const struct {
        enum wire_opcode opcode;
        size_t name;
    } with_name[] = {{WIRE_GET, 64}, {WIRE_LIST, 24}, {WIRE_STATUS, 24}};
    union wire_request request = make_request(WIRE_GET, "");

    refused(&request, WIRE_WHY_NAME, 64);
    for (size_t i = 0; i < ARRAY_SIZE(with_name); i++) {
        const size_t name = with_name[i].name;
        char *field = (char *)&request + name;

        request = make_request(with_name[i].opcode, "../x");
        refused(&request, WIRE_WHY_NAME, name);
        /* No ending NUL. */
        memset(field, 'x', WIRE_NAME_SIZE);
        refused(&request, WIRE_WHY_NAME, name);
        field[WIRE_NAME_SIZE - 1] = '\0';
        ck_assert_int_eq(decode(&request), 0);
        /* Something behind the first NUL. */
        memset(field, 0, WIRE_NAME_SIZE);
        strcpy(field, "default");
        field[WIRE_NAME_SIZE - 1] = 'x';
        refused(&request, WIRE_WHY_NAME, name);
        field[0] = '\0';
        refused(&request, WIRE_WHY_NAME, name);
    }
}
END_TEST

START_TEST(names_follow_the_rule)
{
    static const char *const good[] = {"a",      "default",     "_x",       "9",
                                       "a.b",    "a-b_c+d@e.f", "A..B",     "a@enforce",
                                       "a@log2", "audit",       "a@audit.b"};
    static const char *const bad[] = {
        "",     ".",   "..",  ".hidden", "-x",        "+x",    "@x",          "../x",
        "a/b",  "a b", "a\n", "a*",      "a\xc3\xa4", "\x7f",  "a,b",         "a:b",
        "a\\b", "[",   "`",   "{",       "a@audit",   "a@log", "a@log@audit", "@log"};
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

int main(void)
{
    Suite *suite = suite_create("codec");
    TCase *requests = tcase_create("requests");

    tcase_add_test(requests, requests_survive_the_way);
    tcase_add_test(requests, what_is_not_ours_ends_the_connection);
    tcase_add_test(requests, a_refused_request_has_its_header_for_the_reply);
    tcase_add_test(requests, wrong_headers_are_refused);
    tcase_add_loop_test(requests, requests_may_be_longer, WIRE_GET, WIRE_COMPILE + 1);
    tcase_add_test(requests, wrong_fields_are_refused);
    tcase_add_test(requests, modes_are_known);
    tcase_add_test(requests, a_name_may_end_in_a_mode);
    tcase_add_test(requests, wrong_names_are_refused);
    tcase_add_test(requests, names_follow_the_rule);
    suite_add_tcase(suite, requests);
    return suite_run(suite);
}
