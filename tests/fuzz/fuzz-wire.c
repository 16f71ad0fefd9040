/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packets of the wire protocol: the input is a byte of options, a byte with the length of a
 * request, the request, and a packet that comes back. The daemon must take only requests that its
 * protocol has, and the client only replies that fit what it asked for.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "protocol/codec.h"
#include "tests/fuzz/fuzz.h"
#include "util/cleanup.h"

enum {
    OPTION_HEADER = 1, /* the request's header is right */
    OPTION_REPLY = 2,  /* so is the reply's, as far as it repeats the request's */
    OPTION_FD = 4,     /* an fd comes with the request */
};

/* Request lengths by opcode, from PROTOCOL.md. */
static const size_t lengths[] = {0, 176, 152, 152, 24, 24, 48};

static void repair_request(uint8_t *packet, size_t len)
{
    struct wire_header header;

    if (len < sizeof(header))
        return;
    memcpy(&header, packet, sizeof(header));
    wire_request_header(&header, (enum wire_opcode)(header.opcode % 8), len, header.serial);
    memcpy(packet, &header, sizeof(header));
}

static void repair_reply(uint8_t *packet, size_t len, const struct wire_header *request)
{
    struct wire_header header;

    if (len < sizeof(header))
        return;
    memcpy(&header, packet, sizeof(header));
    wire_reply_header(&header, request, (enum wire_status)(header.status % 4 ? 0 : header.status),
                      len);
    memcpy(packet, &header, sizeof(header));
}

static bool is_name(const char name[WIRE_NAME_SIZE], bool may_be_empty)
{
    static const char zeroes[WIRE_NAME_SIZE];
    size_t len = strnlen(name, WIRE_NAME_SIZE);

    if (len == WIRE_NAME_SIZE || memcmp(name + len, zeroes, WIRE_NAME_SIZE - len) != 0)
        return false;
    return len == 0 ? may_be_empty
                    : strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                   "._-+@") == len &&
                          !strchr(".-+@", name[0]);
}

static void check_request(const union wire_request *request, const uint8_t *packet, size_t len,
                          size_t n_fds)
{
    const struct wire_header *header = &request->header;

    FUZZ_CHECK(header->magic == WIRE_MAGIC && header->version == WIRE_VERSION &&
                   header->length == len && header->status == 0 && header->zero == 0,
               "a wrong header");
    FUZZ_CHECK(header->opcode < ARRAY_SIZE(lengths) && lengths[header->opcode] == len,
               "opcode %u with %zu bytes", header->opcode, len);
    FUZZ_CHECK(!memcmp(request, packet, len), "the copy is another one");
    FUZZ_CHECK(n_fds == (header->opcode == WIRE_COMPILE), "%zu fds with opcode %u", n_fds,
               header->opcode);
    switch (header->opcode) {
    case WIRE_GET:
        FUZZ_CHECK(is_name(request->get.name, false) && request->get.delivery >= 1 &&
                       request->get.delivery <= WIRE_DELIVER_PROFILE && !request->get.zero,
                   "GET");
        break;
    case WIRE_LIST:
        FUZZ_CHECK(is_name(request->list.after, true), "LIST");
        break;
    case WIRE_STATUS:
        FUZZ_CHECK(is_name(request->status.name, true), "STATUS");
        break;
    case WIRE_COMPILE:
        FUZZ_CHECK(request->compile.delivery >= 1 &&
                       request->compile.delivery <= WIRE_DELIVER_HELPER && !request->compile.zero,
                   "COMPILE");
        break;
    }
}

static void check_list(const union wire_request *request, const uint8_t *packet, size_t len)
{
    const char *before = request->list.after;
    struct wire_list_reply reply;

    memcpy(&reply, packet, sizeof(reply));
    FUZZ_CHECK(len == sizeof(reply) + reply.n_entries * sizeof(struct wire_list_entry), "LIST");
    FUZZ_CHECK(!reply.more || reply.n_entries > 0, "there is more, but never further");
    for (uint32_t i = 0; i < reply.n_entries; i++) {
        const struct wire_list_entry *entry =
            (const struct wire_list_entry *)(const void *)(packet + sizeof(reply)) + i;

        FUZZ_CHECK(is_name(entry->name, false) && strcmp(before, entry->name) < 0,
                   "names do not rise");
        before = entry->name;
    }
}

/* A reply that was taken. Packets lie at an address for any type. */
static void check_reply(const union wire_request *request, const uint8_t *packet, size_t len,
                        int status)
{
    const struct wire_header *header = (const void *)packet;
    uint32_t delivery =
        request->header.opcode == WIRE_GET ? request->get.delivery : request->compile.delivery;

    FUZZ_CHECK(header->length == len && header->serial == request->header.serial &&
                   header->opcode == request->header.opcode && (int)header->status == status,
               "a wrong header");
    if (status != WIRE_OK) {
        FUZZ_CHECK(len - sizeof(*header) <= WIRE_TEXT_MAX, "a long text");
        return;
    }
    switch (header->opcode) {
    case WIRE_GET:
    case WIRE_COMPILE: {
        const struct wire_get_reply *reply = (const void *)packet;

        FUZZ_CHECK(reply->n_insns >= 1 && reply->n_insns <= WIRE_MAX_INSNS, "a filter of none");
        FUZZ_CHECK(len == sizeof(*reply) + (delivery == WIRE_DELIVER_BYTES
                                                ? (size_t)reply->n_insns * WIRE_INSN_SIZE
                                                : 0),
                   "%zu bytes for %u instructions", len, reply->n_insns);
        break;
    }
    case WIRE_LIST:
        check_list(request, packet, len);
        break;
    case WIRE_STATUS:
        if (request->status.name[0]) {
            const struct wire_profile_status *reply = (const void *)packet;

            FUZZ_CHECK(len == sizeof(*reply) + reply->path_len + reply->text_len, "STATUS");
        } else {
            const struct wire_daemon_status *reply = (const void *)packet;

            FUZZ_CHECK(len == sizeof(*reply) && memchr(reply->version, 0, sizeof(reply->version)) &&
                           memchr(reply->libseccomp, 0, sizeof(reply->libseccomp)),
                       "STATUS");
        }
        break;
    }
}

static void check_change(const struct wire_header *subscribed, const uint8_t *packet, size_t len)
{
    struct wire_change change;

    if (!wire_change_check(&change, subscribed, packet, len))
        return;
    FUZZ_CHECK(len == sizeof(change) && !memcmp(&change, packet, len), "another change");
    FUZZ_CHECK(is_name(change.name, change.kind == WIRE_CHANGE_LOST), "a change of no name");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;

    uint8_t options = data[0];
    size_t len = data[1] < size - 2 ? data[1] : size - 2;
    size_t reply_len = size - 2 - len;
    size_t n_fds = options & OPTION_FD ? 1 : 0;
    cleanup_free uint8_t *packet = malloc(len ? len : 1);
    cleanup_free uint8_t *reply = malloc(reply_len ? reply_len : 1);
    union wire_request request;

    FUZZ_CHECK(packet && reply, "no memory");
    memcpy(packet, data + 2, len);
    memcpy(reply, data + 2 + len, reply_len);
    if (options & OPTION_HEADER)
        repair_request(packet, len);

    int status = wire_request_decode(&request, packet, len, n_fds);

    FUZZ_CHECK(status == -EBADMSG || (status >= 0 && status < WIRE_STATUS_COUNT), "status %d",
               status);
    if (status == WIRE_OK)
        check_request(&request, packet, len, n_fds);
    if (status != WIRE_OK)
        return 0;
    if (options & OPTION_REPLY)
        repair_reply(reply, reply_len, &request.header);
    check_change(&request.header, reply, reply_len);
    status = wire_reply_check(&request, reply, reply_len);
    FUZZ_CHECK(status == -EBADMSG || (status >= 0 && status < WIRE_STATUS_COUNT), "reply %d",
               status);
    if (status != -EBADMSG)
        check_reply(&request, reply, reply_len, status);
    return 0;
}
