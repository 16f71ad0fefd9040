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
 * Checks the LEN bytes at PACKET, which came with N_FDS fds, and copies them to *REQUEST.
 * Returns WIRE_OK; a wire_status to refuse it with (then REQUEST->header is filled, for the
 * reply); or -EBADMSG if it is no packet of this protocol (shorter than a header, or another
 * magic): then the connection must be closed.
 */
int wire_request_decode(union wire_request *request, const void *packet, size_t len, size_t n_fds);

/* Fills the header of a reply of LENGTH bytes to the request with header REQUEST. */
void wire_reply_header(struct wire_header *reply, const struct wire_header *request,
                       enum wire_status status, size_t length);

/* Fills the header of a request of LENGTH bytes. */
void wire_request_header(struct wire_header *request, enum wire_opcode opcode, size_t length,
                         uint32_t serial);

/*
 * Checks the LEN bytes at PACKET as the reply to REQUEST: header, serial, opcode, lengths, that
 * each count fits, that names are valid, sorted, and after the one that a LIST began after. How
 * many fds came along is the caller's to check. Returns the reply's wire_status, or -EBADMSG where
 * it cannot be trusted.
 */
int wire_reply_check(const union wire_request *request, const void *packet, size_t len);

/*
 * True where NAME can name a profile: 1 to 127 characters of A-Z a-z 0-9 . _ - + @, the first one
 * a letter, digit or underscore.
 */
bool wire_name_is_valid(const char *name);

/*
 * Checks the LEN bytes at PACKET as a change that followed the reply to the SUBSCRIBE with header
 * SUBSCRIBED. Returns true, and *CHANGE is a copy.
 */
bool wire_change_check(struct wire_change *change, const struct wire_header *subscribed,
                       const void *packet, size_t len);

/* What STATUS means, in a few words ("no such profile"); "unknown status" for any other number. */
const char *wire_status_text(int status);

#endif
