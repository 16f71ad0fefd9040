/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks and builds packets. Pure functions over memory: no socket, no policy.
 */
#ifndef PROTOCOL_CODEC_H
#define PROTOCOL_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/protocol.h"

/* One request, copied out of its packet, so that it is aligned and cannot change. */
union wire_request {
    struct wire_header header;
    struct wire_get get;
    struct wire_list list;
    struct wire_get_status status;
    struct wire_reload reload;
    struct wire_subscribe subscribe;
    struct wire_compile compile;
};

/*
 * Checks the LEN bytes at PACKET, as the wire has them, which came with N_FDS fds, and copies them
 * to *REQUEST. Returns 0; the enum wire_reason to refuse it with (then REQUEST->header is filled,
 * for the reply, and *FIELD is the offset of what is wrong, or 0); or -EBADMSG if it is no packet
 * of this protocol (shorter than a header, or another magic): then the connection must be closed.
 */
int wire_request_decode(union wire_request *request, const void *packet, size_t len, size_t n_fds,
                        uint32_t *field);

/* Fills the header of a reply of LENGTH bytes to the request with header REQUEST. */
void wire_reply_header(struct wire_header *reply, const struct wire_header *request,
                       enum wire_status status, size_t length);

/* Fills the header of a request of LENGTH bytes. */
void wire_request_header(struct wire_header *request, enum wire_opcode opcode, size_t length,
                         uint32_t serial);

/*
 * Checks the LEN bytes at PACKET, in the host's order (see order.h), as the reply to REQUEST:
 * header, serial, opcode, lengths, that what it counts and places lies in it, that names are valid,
 * sorted, and after the one that a LIST began after. How many fds came along is the caller's to
 * check. Returns the reply's status, which may be one that is not known here, or -EBADMSG where it
 * cannot be trusted.
 */
int wire_reply_check(const union wire_request *request, const void *packet, size_t len);

/*
 * True where NAME can name a profile: 1 to 127 characters of A-Z a-z 0-9 . _ - + @, the first one
 * a letter, digit or underscore, and no mode at its end.
 */
bool wire_name_is_valid(const char *name);

/*
 * The length of NAME without the mode at its end, "@audit" or "@log", and that mode in *MODE; where
 * there is none, the length of all of it and WIRE_MODE_ENFORCE.
 */
size_t wire_name_split(const char *name, enum wire_mode *mode);

enum wire_change_found {
    WIRE_CHANGE_KNOWN = 0,
    WIRE_CHANGE_UNKNOWN = 1, /* of a kind that comes later: to be skipped */
};

/*
 * Checks the LEN bytes at PACKET, in the host's order, as a change that followed the reply to the
 * SUBSCRIBE with header SUBSCRIBED. Returns an enum wire_change_found, and *CHANGE is a copy, or
 * -EBADMSG.
 */
int wire_change_check(struct wire_change *change, const struct wire_header *subscribed,
                      const void *packet, size_t len);

#endif
