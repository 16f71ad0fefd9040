/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a request comes to. A handler fills it in and knows no connection; the connection acts on
 * it, and alone sends anything.
 */
#ifndef DAEMON_SERVE_ANSWER_H
#define DAEMON_SERVE_ANSWER_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/protocol.h"

struct job;

enum answer_kind {
    ANSWER_SEND,       /* PACKET is to be sent */
    ANSWER_SUBSCRIBE,  /* the same, and from then on each change */
    ANSWER_AFTER_JOB,  /* the request is to be handled again when JOB has ended, */
    ANSWER_AFTER_SCAN, /* or when what SCAN found is in service */
};

struct answer {
    enum answer_kind kind;
    struct job *job;
    uint64_t scan;           /* its number */
    enum wire_status status; /* of what is sent */
    int fd;                  /* that goes with it, owned; -1: none */
    size_t len;              /* of PACKET; the header in it is the connection's to fill */
    alignas(max_align_t) uint8_t packet[WIRE_MAX_REPLY];
};

/* Begins a new answer: a WIRE_OK with nothing behind its header. */
void answer_begin(struct answer *answer);

/* Makes the LEN bytes at REPLY, a struct that begins with a header, the packet. */
void answer_reply(struct answer *answer, const void *reply, size_t len);

/* Adds the LEN bytes at BYTES to the packet, which has room for them. */
void answer_add(struct answer *answer, const void *bytes, size_t len);

/*
 * Refuses the request for REASON, with a text: where that comes out empty, with what the reason
 * means. Bytes in it that are no UTF-8 are written as \xNN.
 */
void answer_refuse(struct answer *answer, enum wire_reason reason, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with the usual text. FIELD: the offset in the request of what is wrong, or 0. */
void answer_refuse_field(struct answer *answer, enum wire_reason reason, uint32_t field);

/* ANSWER, a refusal, says that it is worth while to try again in USEC. */
void answer_retry_in(struct answer *answer, uint64_t usec);

#endif
