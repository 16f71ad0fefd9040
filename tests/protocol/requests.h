/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Good requests of each opcode, for the tests of the codec: they are what the tests then spoil. */
#ifndef TESTS_PROTOCOL_REQUESTS_H
#define TESTS_PROTOCOL_REQUESTS_H

#include <string.h>

#include "protocol/codec.h"

static inline union wire_request make_request(enum wire_opcode opcode, const char *name)
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

#endif
