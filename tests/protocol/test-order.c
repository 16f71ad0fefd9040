/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of protocol/order.c. The table of layouts is checked on every machine; that packets come
 * out little-endian shows on a big-endian one (scripts/test-foreign), and in test-document.c. */
#include "protocol/order.h"

#include <check.h>
#include <string.h>

#include "tests/suite.h"

START_TEST(layouts_cover_their_structs)
{
    const size_t header = sizeof(struct wire_header);

    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_HEADER), header);
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_REFUSAL), sizeof(struct wire_refusal) - header);
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_GET), sizeof(struct wire_get) - header);
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_COMPILE), sizeof(struct wire_compile) - header);
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_NAMED), sizeof(struct wire_list) - header);
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_NAMED), sizeof(struct wire_get_status) - header);
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_BARE), sizeof(struct wire_reload) - header);
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_BARE), sizeof(struct wire_subscribe) - header);
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_GET_REPLY),
                      sizeof(struct wire_get_reply) - header);
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_LIST_REPLY),
                      sizeof(struct wire_list_reply) - header);
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_ENTRY), sizeof(struct wire_list_entry));
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_DAEMON),
                      sizeof(struct wire_daemon_status) - header);
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_PROFILE),
                      sizeof(struct wire_profile_status) - header);
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_RELOAD_REPLY),
                      sizeof(struct wire_reload_reply) - header);
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_SUBSCRIBE_REPLY),
                      sizeof(struct wire_subscribe_reply) - header);
    ck_assert_uint_eq(wire_layout_size(WIRE_LAYOUT_CHANGE),
                      offsetof(struct wire_change, entry) - header);
}
END_TEST

/* Numbers are turned at their places, and nothing else is. */
START_TEST(numbers_are_turned)
{
    struct {
        struct wire_header header;
        struct wire_list_entry entry;
    } packet = {
        .header = {.magic = WIRE_MAGIC, .version = 1, .opcode = 0x0203, .status = 0x04050607},
        .entry = {.name = "name",
                  .generation = UINT64_C(0x0102030405060708),
                  .digest = {1, 2, 3},
                  .n_insns = 0x01020304,
                  .state = 1}};
    unsigned char before[sizeof(packet)];

    memcpy(before, &packet, sizeof(packet));
    wire_turn(&packet.header, WIRE_LAYOUT_HEADER);
    wire_turn(&packet.entry, WIRE_LAYOUT_ENTRY);
    ck_assert_uint_eq(packet.header.magic, __builtin_bswap32(WIRE_MAGIC));
    ck_assert_uint_eq(packet.header.version, 0x0100);
    ck_assert_uint_eq(packet.header.opcode, 0x0302);
    ck_assert_uint_eq(packet.header.status, 0x07060504);
    ck_assert_str_eq(packet.entry.name, "name");
    ck_assert_uint_eq(packet.entry.generation, UINT64_C(0x0807060504030201));
    ck_assert_uint_eq(packet.entry.digest[2], 3);
    ck_assert_uint_eq(packet.entry.n_insns, 0x04030201);
    ck_assert_uint_eq(packet.entry.state, 0x01000000);
    wire_turn(&packet.header, WIRE_LAYOUT_HEADER);
    wire_turn(&packet.entry, WIRE_LAYOUT_ENTRY);
    ck_assert_mem_eq(&packet, before, sizeof(packet));
}
END_TEST

/* There and back, for each kind of packet; and the magic is these four bytes on every machine. */
START_TEST(packets_survive_the_way)
{
    static union {
        struct wire_header header;
        struct wire_list_reply list;
        struct wire_change change;
        unsigned char bytes[1024];
    } packet, before;

    for (unsigned opcode = 0; opcode <= WIRE_COMPILE + 1; opcode++) {
        for (uint32_t status = 0; status < 2; status++) {
            for (size_t i = 0; i < sizeof(packet); i++)
                packet.bytes[i] = (unsigned char)i;
            packet.header = (struct wire_header){
                .magic = WIRE_MAGIC, .opcode = (uint16_t)opcode, .status = status};
            packet.list.n_entries = 3;
            packet.list.entries_offset = 56;
            packet.list.entry_size = 184;
            before = packet;
            wire_reply_to_wire(&packet, sizeof(packet), opcode % 2);
            ck_assert_mem_eq(packet.bytes, "SPRF", 4);
            wire_reply_to_host(&packet, sizeof(packet), opcode % 2);
            ck_assert_mem_eq(&packet, &before, sizeof(packet));
            wire_request_to_wire(&packet, 300);
            ck_assert_mem_eq(packet.bytes, "SPRF", 4);
            wire_request_to_host(&packet, 300);
            ck_assert_mem_eq(&packet, &before, sizeof(packet));
        }
    }
    packet.change.entry_offset = 48;
    packet.change.entry_size = sizeof(packet.change.entry);
    before = packet;
    wire_change_to_wire(&packet, sizeof(packet.change));
    ck_assert_mem_eq(packet.bytes, "SPRF", 4);
    wire_change_to_host(&packet, sizeof(packet.change));
    ck_assert_mem_eq(&packet, &before, sizeof(packet));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("order");
    TCase *tcase = tcase_create("order");

    tcase_add_test(tcase, layouts_cover_their_structs);
    tcase_add_test(tcase, numbers_are_turned);
    tcase_add_test(tcase, packets_survive_the_way);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
