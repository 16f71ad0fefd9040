/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets between the order of the wire, little-endian, and the host's. Where the two are the same
 * nothing is done. Pure functions over memory, which do not look at what the fields say.
 */
#ifndef PROTOCOL_ORDER_H
#define PROTOCOL_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/protocol.h"

/* What a packet is laid out as. */
enum wire_layout {
    WIRE_LAYOUT_HEADER,
    WIRE_LAYOUT_REFUSAL, /* from here on: what follows the header */
    WIRE_LAYOUT_GET,
    WIRE_LAYOUT_COMPILE,
    WIRE_LAYOUT_NAMED, /* LIST and STATUS */
    WIRE_LAYOUT_BARE,  /* RELOAD and SUBSCRIBE */
    WIRE_LAYOUT_GET_REPLY,
    WIRE_LAYOUT_LIST_REPLY,
    WIRE_LAYOUT_ENTRY,
    WIRE_LAYOUT_DAEMON,
    WIRE_LAYOUT_PROFILE,
    WIRE_LAYOUT_RELOAD_REPLY,
    WIRE_LAYOUT_SUBSCRIBE_REPLY,
    WIRE_LAYOUT_CHANGE,
    WIRE_LAYOUTS,
};

/* The bytes that LAYOUT describes. */
size_t wire_layout_size(enum wire_layout layout);

/* Turns each number of what lies at BYTES, wire_layout_size() of them, round. */
void wire_turn(void *bytes, enum wire_layout layout);

/* The LEN bytes at PACKET, a request as the wire has it, become the host's; or the other way. */
void wire_request_to_host(void *packet, size_t len);
void wire_request_to_wire(void *packet, size_t len);

/*
 * The LEN bytes at PACKET, a reply, in which what does not fit is left alone. NAMED: a STATUS of a
 * profile was asked for.
 */
void wire_reply_to_host(void *packet, size_t len, bool named);
void wire_reply_to_wire(void *packet, size_t len, bool named);

/* The LEN bytes at PACKET, a change that followed a subscription. */
void wire_change_to_host(void *packet, size_t len);
void wire_change_to_wire(void *packet, size_t len);

#endif
