/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts answers together. Touches memory only. */
#include "daemon/serve/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "protocol/reason.h"
#include "util/utf8.h"

void answer_begin(struct answer *answer)
{
    answer->kind = ANSWER_SEND;
    answer->job = NULL;
    answer->scan = 0;
    answer->status = WIRE_OK;
    answer->fd = -1;
    answer->len = sizeof(struct wire_header);
}

void answer_reply(struct answer *answer, const void *reply, size_t len)
{
    memcpy(answer->packet, reply, len);
    answer->len = len;
}

void answer_add(struct answer *answer, const void *bytes, size_t len)
{
    memcpy(answer->packet + answer->len, bytes, len);
    answer->len += len;
}

/* Makes ANSWER the refusal for REASON with TEXT, which is not empty. */
static void refuse(struct answer *answer, enum wire_reason reason, uint32_t field, const char *text)
{
    struct wire_refusal refusal = {
        .reason = reason, .field = field, .text_offset = sizeof(refusal)};

    refusal.text_len = (uint32_t)utf8_escape((char *)answer->packet + sizeof(refusal),
                                             WIRE_TEXT_MAX, text, UTF8_KEEP_CONTROLS);
    answer->kind = ANSWER_SEND;
    answer->status = wire_reason_status(reason);
    answer_reply(answer, &refusal, sizeof(refusal));
    answer->len += refusal.text_len;
}

void answer_refuse(struct answer *answer, enum wire_reason reason, const char *fmt, ...)
{
    char text[WIRE_TEXT_MAX + 1];
    va_list args;

    va_start(args, fmt);
    if (vsnprintf(text, sizeof(text), fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    refuse(answer, reason, 0, text[0] ? text : wire_reason_text(reason));
}

void answer_refuse_field(struct answer *answer, enum wire_reason reason, uint32_t field)
{
    refuse(answer, reason, field, wire_reason_text(reason));
}

void answer_retry_in(struct answer *answer, uint64_t usec)
{
    struct wire_refusal refusal;
    uint64_t ms = usec / 1000 + 1;

    memcpy(&refusal, answer->packet, sizeof(refusal));
    refusal.retry_ms = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
    memcpy(answer->packet, &refusal, sizeof(refusal));
}
