/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One table says where the numbers of each struct of protocol.h are, for machines that keep them
 * the other way round. Pure functions over memory.
 */
#include "protocol/order.h"

#include <string.h>

/*
 * The fields in their order: a digit is a number of so many bytes, a letter is bytes that stay: n a
 * name, d a digest or a version, l a label, i an instance.
 */
static const char *const layouts[WIRE_LAYOUTS] = {
    [WIRE_LAYOUT_HEADER] = "4224444",
    [WIRE_LAYOUT_REFUSAL] = "444444",
    [WIRE_LAYOUT_GET] = "8444488nl",
    [WIRE_LAYOUT_COMPILE] = "8444488l",
    [WIRE_LAYOUT_NAMED] = "n8",
    [WIRE_LAYOUT_BARE] = "8",
    [WIRE_LAYOUT_GET_REPLY] = "8dd44444444",
    [WIRE_LAYOUT_LIST_REPLY] = "84444",
    [WIRE_LAYOUT_ENTRY] = "n8d44",
    [WIRE_LAYOUT_DAEMON] = "888888888888444444444444444444ddi8444444444488888888",
    [WIRE_LAYOUT_PROFILE] = "8dd44444444",
    [WIRE_LAYOUT_RELOAD_REPLY] = "844",
    [WIRE_LAYOUT_SUBSCRIBE_REPLY] = "8",
    [WIRE_LAYOUT_CHANGE] = "84444",
};

/* The size of a field, and whether it is a number. */
static size_t field_size(char field, bool *number)
{
    *number = field >= '0' && field <= '9';
    if (*number)
        return (size_t)(field - '0');
    switch (field) {
    case 'n':
        return WIRE_NAME_SIZE;
    case 'd':
        return WIRE_DIGEST_SIZE;
    case 'l':
        return WIRE_LABEL_SIZE;
    default:
        return WIRE_INSTANCE_SIZE;
    }
}

size_t wire_layout_size(enum wire_layout layout)
{
    size_t size = 0;
    bool number;

    for (const char *field = layouts[layout]; *field; field++)
        size += field_size(*field, &number);
    return size;
}

void wire_turn(void *bytes, enum wire_layout layout)
{
    uint8_t *at = bytes;
    bool number;

    for (const char *field = layouts[layout]; *field; field++) {
        size_t size = field_size(*field, &number);

        for (size_t i = 0; number && i < size / 2; i++) {
            uint8_t kept = at[i];

            at[i] = at[size - 1 - i];
            at[size - 1 - i] = kept;
        }
        at += size;
    }
}

static bool host_is_little(void)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
}

/* Turns what LAYOUT describes at OFFSET, where the LEN bytes at PACKET have it whole. */
static void turn_at(uint8_t *packet, size_t len, size_t offset, enum wire_layout layout)
{
    if (offset <= len && len - offset >= wire_layout_size(layout))
        wire_turn(packet + offset, layout);
}

/* The header of a packet of at least so many bytes, in the host's order. */
static struct wire_header header_of(const void *packet)
{
    struct wire_header header;

    memcpy(&header, packet, sizeof(header));
    return header;
}

/* Indexed by opcode, of a request and of its reply. */
static const struct {
    enum wire_layout request, reply;
} by_opcode[] = {
    [WIRE_GET] = {WIRE_LAYOUT_GET, WIRE_LAYOUT_GET_REPLY},
    [WIRE_LIST] = {WIRE_LAYOUT_NAMED, WIRE_LAYOUT_LIST_REPLY},
    [WIRE_STATUS] = {WIRE_LAYOUT_NAMED, WIRE_LAYOUT_DAEMON},
    [WIRE_RELOAD] = {WIRE_LAYOUT_BARE, WIRE_LAYOUT_RELOAD_REPLY},
    [WIRE_SUBSCRIBE] = {WIRE_LAYOUT_BARE, WIRE_LAYOUT_SUBSCRIBE_REPLY},
    [WIRE_COMPILE] = {WIRE_LAYOUT_COMPILE, WIRE_LAYOUT_GET_REPLY},
};

static bool is_known(uint16_t opcode)
{
    return opcode >= WIRE_GET && opcode < sizeof(by_opcode) / sizeof(by_opcode[0]);
}

static void turn_body(uint8_t *packet, size_t len, const struct wire_header *header, bool reply,
                      bool named)
{
    enum wire_layout layout = WIRE_LAYOUT_REFUSAL;

    if (reply && header->status != WIRE_OK)
        layout = WIRE_LAYOUT_REFUSAL;
    else if (!is_known(header->opcode))
        return;
    else if (reply && named && header->opcode == WIRE_STATUS)
        layout = WIRE_LAYOUT_PROFILE;
    else
        layout = reply ? by_opcode[header->opcode].reply : by_opcode[header->opcode].request;
    turn_at(packet, len, sizeof(*header), layout);
}

/* The entries of a list whose fixed part is in the host's order. */
static void turn_entries(uint8_t *packet, size_t len)
{
    struct wire_list_reply list;

    if (len < sizeof(list))
        return;
    memcpy(&list, packet, sizeof(list));
    if (list.entry_size < sizeof(struct wire_list_entry))
        return;
    for (size_t i = 0, at = list.entries_offset; i < list.n_entries && at < len;
         i++, at += list.entry_size)
        turn_at(packet, len, at, WIRE_LAYOUT_ENTRY);
}

static bool has_entries(const struct wire_header *header)
{
    return header->opcode == WIRE_LIST && header->status == WIRE_OK;
}

void wire_request_to_host(void *packet, size_t len)
{
    if (host_is_little() || len < sizeof(struct wire_header))
        return;
    wire_turn(packet, WIRE_LAYOUT_HEADER);

    const struct wire_header header = header_of(packet);

    turn_body(packet, len, &header, false, false);
}

void wire_request_to_wire(void *packet, size_t len)
{
    if (host_is_little() || len < sizeof(struct wire_header))
        return;

    const struct wire_header header = header_of(packet);

    turn_body(packet, len, &header, false, false);
    wire_turn(packet, WIRE_LAYOUT_HEADER);
}

void wire_reply_to_host(void *packet, size_t len, bool named)
{
    if (host_is_little() || len < sizeof(struct wire_header))
        return;
    wire_turn(packet, WIRE_LAYOUT_HEADER);

    const struct wire_header header = header_of(packet);

    turn_body(packet, len, &header, true, named);
    if (has_entries(&header))
        turn_entries(packet, len);
}

void wire_reply_to_wire(void *packet, size_t len, bool named)
{
    if (host_is_little() || len < sizeof(struct wire_header))
        return;

    const struct wire_header header = header_of(packet);

    if (has_entries(&header))
        turn_entries(packet, len);
    turn_body(packet, len, &header, true, named);
    wire_turn(packet, WIRE_LAYOUT_HEADER);
}

/* The entry of a change whose fixed part is in the host's order. */
static void turn_change_entry(uint8_t *packet, size_t len)
{
    struct wire_change change = {0};

    if (len < sizeof(change))
        return;
    memcpy(&change, packet, sizeof(change));
    turn_at(packet, len, change.entry_offset, WIRE_LAYOUT_ENTRY);
}

void wire_change_to_host(void *packet, size_t len)
{
    if (host_is_little() || len < sizeof(struct wire_header))
        return;
    wire_turn(packet, WIRE_LAYOUT_HEADER);
    turn_at(packet, len, sizeof(struct wire_header), WIRE_LAYOUT_CHANGE);
    turn_change_entry(packet, len);
}

void wire_change_to_wire(void *packet, size_t len)
{
    if (host_is_little() || len < sizeof(struct wire_header))
        return;
    turn_change_entry(packet, len);
    turn_at(packet, len, sizeof(struct wire_header), WIRE_LAYOUT_CHANGE);
    wire_turn(packet, WIRE_LAYOUT_HEADER);
}
