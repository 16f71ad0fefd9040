/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts answers together. Touches memory only. */
#include "daemon/serve/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

void answer_refuse(struct answer *answer, enum wire_status status, const char *fmt, ...)
{
    char *text = (char *)answer->packet + sizeof(struct wire_header);
    va_list args;

    answer->kind = ANSWER_SEND;
    answer->status = status;
    va_start(args, fmt);
    if (vsnprintf(text, WIRE_TEXT_MAX + 1, fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    answer->len = sizeof(struct wire_header) + strlen(text);
}
